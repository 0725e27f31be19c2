"""Wait until the next call of an account may start (R5). connectors.http.call_log decides; this module waits.

Each call costs one write to the call log: the ends of earlier calls are written with the start of the next one. For an
account without a limit nothing is written per call: a hold is looked for once a second, and calls are counted in bulk.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from connectors.clock import Clock
from connectors.errors import AllowanceSpent
from connectors.http.call_log import CallLog, EndedCall
from connectors.http.rate_headers import RateHeaders, RateLimit
from connectors.http.retry import MINUTE

__all__ = ["CallLogStore", "CallSlot", "MemoryCallLogStore", "Pacer", "RateLimit", "RateLimiter"]

LOOK: Final = 1.0
"""Seconds between two readings of the call log where nothing limits the rate."""
COUNTED: Final = 500
"""Calls that are counted before they are written to the call log, where nothing limits the rate."""


@dataclass(frozen=True, slots=True)
class CallSlot:
    """The permission to make one call now. `key` is its key in the call log, None where nothing is logged."""

    key: int | None = None


class RateLimiter(Protocol):
    """Decides when the next call may start, and learns from each answer."""

    def take(self) -> CallSlot:
        """Wait until a call may start. Raises AllowanceSpent."""

    def done(self, slot: CallSlot, headers: Mapping[str, str] | None, status: int | None) -> None:
        """Report how a call ended. Both are None when no answer came."""

    def interval_of(self, headers: Mapping[str, str]) -> float | None:
        """Return the interval in seconds in an answer's rate headers."""

    def hold(self, seconds: float) -> None:
        """Start no call of this account for so many seconds, because the server asked for it."""

    def close(self) -> None:
        """Write what is not written yet."""


class CallLogStore(Protocol):
    """Stores the call logs of all accounts as text, shared by every process that makes calls for them."""

    def revise(self, account: str, change: Callable[[str], str]) -> None:
        """Replace the account's log by `change(log)`, atomically for all processes.

        The log is "" at first. `change` is quick and makes no calls. An error in it leaves the log as it was.
        """

    def peek(self, account: str) -> str:
        """Return the account's log as it is, "" at first."""


class MemoryCallLogStore:
    """Stores call logs for the threads of one process."""

    def __init__(self) -> None:
        self._logs: dict[str, str] = {}
        self._lock = threading.Lock()

    def revise(self, account: str, change: Callable[[str], str]) -> None:
        """Replace the account's log by `change(log)`."""
        with self._lock:
            self._logs[account] = change(self._logs.get(account, ""))

    def peek(self, account: str) -> str:
        """Return the account's log."""
        with self._lock:
            return self._logs.get(account, "")


class Pacer:
    """The rate limiter of one account.

    `limit` holds until the server says otherwise. `ceiling` is the limit of the config and always holds. `note` is
    called from any thread with a message about a long wait. `rate_headers` reads the limits in an answer's headers.
    """

    def __init__(
        self,
        store: CallLogStore,
        clock: Clock,
        limit: RateLimit | None,
        account: str,
        *,
        ceiling: RateLimit | None = None,
        note: Callable[[str], None] = lambda _text: None,
        rate_headers: Callable[[Mapping[str, str]], RateHeaders] = RateHeaders.of,
    ) -> None:
        self._note = note
        self._rate_headers = rate_headers
        self._noted = 0.0
        self._store = store
        self._clock = clock
        self._limit = limit
        self._account = account
        self._ceiling = ceiling
        self._lock = threading.Lock()
        self._ended: list[EndedCall] = []
        self._uncounted = 0
        self._looked_at = float("-inf")
        self._glimpse = CallLog()
        self._log = CallLog()
        self._text: str | None = None

    def take(self) -> CallSlot:
        """Wait until a call may start. Raises AllowanceSpent, with the time of renewal.

        Each call passes through the clock's sleep, so that a clock that can be stopped stops a run there.
        """
        self._clock.sleep(0.0)
        while self._is_free():
            wait = self._free_wait()
            if wait <= 0.0:
                return CallSlot()
            self._sleep(wait, self._glimpse.reason(self._now()))
        while True:
            key, wait, reason = self._reserve()
            if key is not None:
                return CallSlot(key)
            self._sleep(wait, reason)

    def done(self, slot: CallSlot, headers: Mapping[str, str] | None, status: int | None) -> None:
        """Report how a call ended. What its answer says of limits is written with the next call."""
        said = self._rate_headers(headers) if headers is not None and status is not None else None
        if slot.key is None and (said is None or said == RateHeaders()):
            return
        ended = EndedCall(slot.key or 0, self._now(), said)
        with self._lock:
            self._ended.append(ended)
        if slot.key is None:
            self._write(lambda _: None)
            self._looked_at = float("-inf")

    def interval_of(self, headers: Mapping[str, str]) -> float | None:
        """Return the interval in seconds in an answer's rate headers."""
        return self._rate_headers(headers).interval

    def hold(self, seconds: float) -> None:
        """Start no call of this account for so many seconds, in any process."""
        until = self._now() + seconds

        def hold(log: CallLog) -> None:
            log.hold = max(log.hold, until)

        self._write(hold)
        self._looked_at = float("-inf")

    def renewed_at(self) -> datetime | None:
        """Return when a spent daily allowance is renewed, in UTC, None while calls are left."""
        log, now = CallLog.loaded(self._store.peek(self._account)), self._now()
        log.set_clock(now)
        until = log.spent_until(now)
        return None if until is None else datetime.fromtimestamp(until, UTC)

    def close(self) -> None:
        """Write what is not written yet."""
        if self._ended or self._uncounted:
            self._write(lambda _: None)

    def _is_free(self) -> bool:
        if self._limit is not None or self._ceiling is not None:
            return False
        if self._clock.monotonic() - self._looked_at >= LOOK:
            self._glimpse = CallLog.loaded(self._store.peek(self._account))
            self._looked_at = self._clock.monotonic()
        return self._glimpse.limit is None and self._glimpse.daily is None

    def _free_wait(self) -> float:
        self._glimpse.set_clock(self._now())
        wait = self._glimpse.hold - self._now()
        if wait <= 0.0:
            with self._lock:
                self._uncounted += 1
            if self._uncounted >= COUNTED:
                self.close()
        return wait

    def _sleep(self, wait: float, reason: str) -> None:
        """Wait, but look again every minute, because clocks are set and holds end. Report a wait that takes longer."""
        until = self._now() + wait
        if wait > MINUTE and until > self._noted + MINUTE:
            self._noted = until
            ends = datetime.fromtimestamp(until, UTC)
            self._note(f"{self._account}: no call before {ends:%Y-%m-%d %H:%M:%S} UTC, because {reason}")
        self._clock.sleep(min(wait, MINUTE))

    def _reserve(self) -> tuple[int | None, float, str]:
        """Return the key of a call that may start now, or None, the seconds to wait, and the reason."""
        now = self._now()
        key: int | None = None
        wait, reason = 0.0, ""
        until: float | None = None

        def reserve(log: CallLog) -> None:
            nonlocal key, wait, reason, until
            until = log.spent_until(now)
            wait, reason = log.wait(now, self._ceiling), log.reason(now)
            if until is None and wait <= 0.0:
                key = log.begin(now)

        self._write(reserve)
        if until is not None:
            renewed = datetime.fromtimestamp(until, UTC)
            message = f"the daily allowance of calls is spent; it is renewed at {renewed:%Y-%m-%d %H:%M:%S} UTC"
            raise AllowanceSpent(self._account, message, renewed)
        return key, wait, reason

    def _write(self, change: Callable[[CallLog], None]) -> None:
        with self._lock:
            ended, uncounted = tuple(self._ended), self._uncounted
            self._store.revise(self._account, lambda text: self._revised(text, ended, uncounted, change))
            del self._ended[: len(ended)]
            self._uncounted -= uncounted

    def _revised(
        self, text: str, ended: tuple[EndedCall, ...], uncounted: int, change: Callable[[CallLog], None]
    ) -> str:
        log = self._log if text == self._text else CallLog.loaded(text)
        # A log that is half changed matches no text.
        self._text = None
        log.set_clock(self._now())
        log.limit = log.limit or self._limit
        log.spans.expect(self._limit.spans if self._limit is not None else ())
        for each in ended:
            log.end(each, self._ceiling)
        now = self._now()
        if uncounted:
            log.count(now, uncounted)
        log.tidy(now, self._ceiling)
        change(log)
        self._log, self._text = log, log.dumped()
        return self._text

    def _now(self) -> float:
        return self._clock.now().timestamp()
