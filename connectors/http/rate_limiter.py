"""When the next call of an account may start (R5); connectors.http.call_log decides, this waits and remembers.

One step in the ledger per call: how the last calls ended is written with the start of the next one. An account that
has no limit and shows none writes nothing per call; it looks for a hold once a second and counts in bulk.
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
"""Seconds between two looks into the ledger where nothing limits the pace."""
COUNTED: Final = 500
"""Calls that are counted before the ledger hears of them, where nothing limits the pace."""


@dataclass(frozen=True, slots=True)
class CallSlot:
    """The right to make one call now; `key` is its place in the book, None where nothing is written down."""

    key: int | None = None


class RateLimiter(Protocol):
    """Says when the next call may start, and learns from each answer."""

    def take(self) -> CallSlot:
        """Wait until a call may start. Raises AllowanceSpent."""

    def done(self, turn: CallSlot, headers: Mapping[str, str] | None, status: int | None) -> None:
        """Tell how a call ended; None and None when no answer came."""

    def hold(self, seconds: float) -> None:
        """Let no call of this account start for so long, because the server asked for it."""

    def interval_of(self, headers: Mapping[str, str]) -> float | None:
        """Return the interval in seconds that an answer's rate headers name."""

    def close(self) -> None:
        """Write down what is not yet written."""


class CallLogStore(Protocol):
    """Where the books of all accounts lie, shared by every process that calls for them. A book is a text."""

    def revise(self, account: str, change: Callable[[str], str]) -> None:
        """Replace the account's log by `change(log)`, atomically for all processes.

        The book is "" at first. `change` is quick and calls nothing; what it raises leaves the book as it was.
        """

    def peek(self, account: str) -> str:
        """Return the account's book as it is, "" at first."""


class MemoryCallLogStore:
    """Books for the threads of one process."""

    def __init__(self) -> None:
        self._books: dict[str, str] = {}
        self._lock = threading.Lock()

    def revise(self, account: str, change: Callable[[str], str]) -> None:
        """Replace the account's book by `change(book)`."""
        with self._lock:
            self._books[account] = change(self._books.get(account, ""))

    def peek(self, account: str) -> str:
        """Return the account's book."""
        with self._lock:
            return self._books.get(account, "")


class Pacer:
    """The pace of one account.

    `limit` holds until the server says otherwise; `ceiling` is the user's own, and stays. `note` is called with what a
    person should know of a long wait, from any thread. `rate_headers` reads what an answer's headers say of the limits.
    """

    def __init__(
        self,
        ledger: CallLogStore,
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
        self._ledger = ledger
        self._clock = clock
        self._limit = limit
        self._account = account
        self._ceiling = ceiling
        self._lock = threading.Lock()
        self._ended: list[EndedCall] = []
        self._uncounted = 0
        self._looked_at = float("-inf")
        self._glimpse = CallLog()
        self._book = CallLog()
        self._text: str | None = None

    def take(self) -> CallSlot:
        """Wait until a call may start. Raises AllowanceSpent, which says when there will be calls again.

        Each call passes by the clock's sleep, if only for a moment: a clock that can be stopped stops a run there.
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

    def done(self, turn: CallSlot, headers: Mapping[str, str] | None, status: int | None) -> None:
        """Tell how a call ended. What the answer says of the limits is kept for the next step in the ledger."""
        said = self._rate_headers(headers) if headers is not None and status is not None else None
        if turn.key is None and (said is None or said == RateHeaders()):
            return
        ended = EndedCall(turn.key or 0, self._now(), said)
        with self._lock:
            self._ended.append(ended)
        if turn.key is None:
            self._write(lambda _: None)
            self._looked_at = float("-inf")

    def interval_of(self, headers: Mapping[str, str]) -> float | None:
        """Return the interval in seconds that an answer's rate headers name."""
        return self._rate_headers(headers).interval

    def hold(self, seconds: float) -> None:
        """Let no call of this account start for so long, in no process."""
        until = self._now() + seconds

        def hold(book: CallLog) -> None:
            book.hold = max(book.hold, until)

        self._write(hold)
        self._looked_at = float("-inf")

    def renewed_at(self) -> datetime | None:
        """Return when a daily allowance that is spent will be renewed, in UTC, None while calls are left."""
        book, now = CallLog.loaded(self._ledger.peek(self._account)), self._now()
        book.set_clock(now)
        until = book.spent_until(now)
        return None if until is None else datetime.fromtimestamp(until, UTC)

    def close(self) -> None:
        """Write down what is not yet written."""
        if self._ended or self._uncounted:
            self._write(lambda _: None)

    def _is_free(self) -> bool:
        if self._limit is not None or self._ceiling is not None:
            return False
        if self._clock.monotonic() - self._looked_at >= LOOK:
            self._glimpse = CallLog.loaded(self._ledger.peek(self._account))
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
        """Wait, but look again every minute: clocks are set, and a hold may be gone; say what takes longer."""
        until = self._now() + wait
        if wait > MINUTE and until > self._noted + MINUTE:
            self._noted = until
            ends = datetime.fromtimestamp(until, UTC)
            self._note(f"{self._account}: no call before {ends:%Y-%m-%d %H:%M:%S} UTC, because {reason}")
        self._clock.sleep(min(wait, MINUTE))

    def _reserve(self) -> tuple[int | None, float, str]:
        """Return the key of a call that may start now, or None, seconds to wait, and why."""
        now = self._now()
        key: int | None = None
        wait, reason = 0.0, ""
        until: float | None = None

        def reserve(book: CallLog) -> None:
            nonlocal key, wait, reason, until
            until = book.spent_until(now)
            wait, reason = book.wait(now, self._ceiling), book.reason(now)
            if until is None and wait <= 0.0:
                key = book.begin(now)

        self._write(reserve)
        if until is not None:
            renewed = datetime.fromtimestamp(until, UTC)
            message = f"the daily allowance of calls is spent; it is renewed at {renewed:%Y-%m-%d %H:%M:%S} UTC"
            raise AllowanceSpent(self._account, message, renewed)
        return key, wait, reason

    def _write(self, change: Callable[[CallLog], None]) -> None:
        with self._lock:
            ended, uncounted = tuple(self._ended), self._uncounted
            self._ledger.revise(self._account, lambda text: self._revised(text, ended, uncounted, change))
            del self._ended[: len(ended)]
            self._uncounted -= uncounted

    def _revised(
        self, text: str, ended: tuple[EndedCall, ...], uncounted: int, change: Callable[[CallLog], None]
    ) -> str:
        book = self._book if text == self._text else CallLog.loaded(text)
        self._text = None  # what is half changed is not the book of any text
        book.set_clock(self._now())
        book.limit = book.limit or self._limit
        for each in ended:
            book.end(each, self._ceiling)
        now = self._now()
        if uncounted:
            book.count(now, uncounted)
        book.tidy(now, self._ceiling)
        change(book)
        self._book, self._text = book, book.dumped()
        return self._text

    def _now(self) -> float:
        return self._clock.now().timestamp()
