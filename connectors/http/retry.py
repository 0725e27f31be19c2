"""Decide how long to wait before a call is repeated, and when to give up.

Rules kept here: the backoff is full jitter on a doubling ceiling. A `Retry-After` of up to a week is obeyed and does
not use up the patience (R5).
"""

import re
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST = 0.25
CEILING = 8.0
OBEYED = 10
"""The number of times in a row that a server may delay one call."""
INTERVAL = 10.0
"""Seconds to wait after a 429 without details: the documented interval of GrowthHub."""

LONGEST = 7 * 86400.0
"""A longer wait in seconds is not believed: a daily allowance is renewed after a day."""
MINUTE = 60.0
"""Seconds of a longer interval after which a call tries whether the interval is real."""

_NUMBER = re.compile(r"\d{1,12}(\.\d*)?")


@dataclass(frozen=True, slots=True)
class Effort:
    """The cost of one call so far: tries, seconds of patience used, and obeyed waits in a row.

    `uncertain` says that one of the tries may have been executed.
    """

    tries: int = 0
    spent: float = 0.0
    obeyed: int = 0
    uncertain: bool = False

    def after_try(self, seconds: float, *, uncertain: bool) -> "Effort":
        """Count a try without a result."""
        return replace(self, tries=self.tries + 1, spent=self.spent + seconds, uncertain=self.uncertain or uncertain)

    def after_wait(self, wait: "Wait") -> "Effort":
        """Count a wait. The part that the server asked for costs no patience."""
        return replace(self, spent=self.spent + wait.own, obeyed=self.obeyed + 1 if wait.asked else 0)


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds to wait: `asked` by the server, `own` from the patience."""

    asked: float
    own: float


def backoff(tries: int, chance: float) -> float:
    """Return the seconds to wait after so many failed tries. `chance` is random in [0, 1)."""
    return chance * min(CEILING, FIRST * 2.0 ** min(tries - 1, 30))


def next_wait(effort: Effort, patience: float, chance: float, asked: float | None) -> Wait | None:
    """Return the wait before the next try, None to give up.

    `asked` is what the server asks for, None for nothing. `patience` is what is left of it in seconds.
    """
    own = max(0.0, backoff(effort.tries, chance) - (asked or 0.0))
    obeys = asked is not None and own == 0.0
    if effort.obeyed >= OBEYED or (own >= patience and not obeys):
        return None
    return Wait(asked or 0.0, own)


def throttled_wait(headers_say: float | None, interval: float | None, chance: float) -> float:
    """Return the seconds to wait after a 429: what it says, else its interval (a minute at most) plus jitter."""
    if headers_say is not None:
        return headers_say
    return (INTERVAL if interval is None else min(interval, MINUTE)) + chance


def retry_after(value: str | None, served_at: datetime) -> float | None:
    """Return the seconds that a `Retry-After` asks for. A date in it is compared with the server's own `Date`."""
    if not value:
        return None
    try:
        seconds = float(value) if _NUMBER.fullmatch(value) else _until(value, served_at)
    except (ValueError, OverflowError, TypeError, IndexError):
        # The parser of dates raises all of these.
        return None
    return seconds if seconds <= LONGEST else None


def _until(value: str, served_at: datetime) -> float:
    moment = parsedate_to_datetime(value)
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - served_at).total_seconds())


class Outage:
    """The time without a usable answer of an account, over all of its calls.

    So many calls to a dead server cost the patience once, not once per call.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._first: float | None = None
        self._last = 0.0

    def answered(self) -> None:
        """Record a usable answer, or one that asked to wait."""
        with self._lock:
            self._first = None

    def failed(self, now: float) -> float:
        """Record a failed try at a monotonic time. Return for how many seconds there have been only failures."""
        with self._lock:
            if self._first is None or now - self._last > self._patience:
                self._first = now
            self._last = now
            return now - self._first
