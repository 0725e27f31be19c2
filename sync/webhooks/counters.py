"""Count the outcomes of webhooks since the daemon started, for the status page and the metrics.

`sync.daemon.daemon.Daemon` is the one object. Any thread may read it at any time.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final

QUEUED: Final = "queued"
DUPLICATE: Final = "duplicate"
IGNORED: Final = "ignored"
PUT_OFF: Final = "put_off"

UNSIGNED: Final = "unsigned"
LATE: Final = "late"
LARGE: Final = "large"
SLOW: Final = "slow"
UNREADABLE: Final = "unreadable"
MISDIRECTED: Final = "misdirected"
NO_POST: Final = "no_post"

REFUSALS: Final = (UNSIGNED, LATE, LARGE, SLOW, UNREADABLE, MISDIRECTED, NO_POST)
"""Outcomes of requests that are refused. One that is put off is to be sent again."""
OUTCOMES: Final = (QUEUED, DUPLICATE, IGNORED, PUT_OFF, *REFUSALS)


@dataclass(frozen=True, slots=True)
class WebhookCounts:
    """The counts at a moment, by each of OUTCOMES. `waiting` is the number of hints in the queue."""

    outcomes: dict[str, int]
    waiting: int
    last_at: datetime | None

    @property
    def received(self) -> int:
        """Return how many requests were answered."""
        return sum(self.outcomes.values())


@dataclass(slots=True)
class Counters:
    """The running totals."""

    _outcomes: Counter[str] = field(default_factory=Counter)
    _waiting: int = 0
    _last_at: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def count(self, outcome: str) -> None:
        """Count the outcome of a request."""
        with self._lock:
            self._outcomes[outcome] += 1

    def hear(self, at: datetime, waiting: int) -> None:
        """Note that events were queued at a time, and how many hints wait now."""
        with self._lock:
            self._last_at, self._waiting = at, waiting

    def snapshot(self) -> WebhookCounts:
        """Return the counts now."""
        with self._lock:
            return WebhookCounts({name: self._outcomes[name] for name in OUTCOMES}, self._waiting, self._last_at)
