"""How far a server's clock is ahead of ours, from the `Date` of its answers (R1, R14).

`Date` counts whole seconds: the server's time lay somewhere in `[Date, Date + 1 s)` at some moment between the
start and the end of the round trip. Each answer so bounds the offset from both sides, and many together bound it well.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

RESOLUTION: Final = 1.0
DRIFT: Final = 1e-4
"""Seconds by which two clocks part in a second, at worst."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The offset in seconds lies between these."""

    lowest: float
    highest: float

    def narrowed(self, other: "Bounds", seconds: float) -> "Bounds":
        """Return what both allow, the other measured `seconds` later; it alone when they disagree (a clock was set)."""
        drift = abs(seconds) * DRIFT
        lowest = max(self.lowest - drift, other.lowest)
        highest = min(self.highest + drift, other.highest)
        return Bounds(lowest, highest) if lowest <= highest else other


class Skew:
    """The measured offset of one server's clock."""

    def __init__(self) -> None:
        self._bounds: Bounds | None = None
        self._measured_at = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def seen(self, date: str | None, started: datetime, ended: datetime) -> datetime:
        """Learn from an answer, and return the server's own time of it (estimated where it has no usable `Date`)."""
        served_at = parse_date(date) if date else None
        if served_at is None:
            return ended + timedelta(seconds=self.offset())
        lowest = (served_at - ended).total_seconds()
        highest = (served_at - started).total_seconds() + RESOLUTION
        with self._lock:
            self._learn(Bounds(lowest, max(lowest, highest)), ended)
        return served_at

    def offset(self) -> float:
        """Return seconds by which the server is ahead of us, 0.0 before the first answer."""
        bounds = self._bounds
        return 0.0 if bounds is None else (bounds.lowest + bounds.highest) / 2

    def _learn(self, measured: Bounds, now: datetime) -> None:
        if self._bounds is not None:
            measured = self._bounds.narrowed(measured, (now - self._measured_at).total_seconds())
        self._bounds, self._measured_at = measured, now


@lru_cache(maxsize=16)
def parse_date(text: str) -> datetime | None:
    """Return the time of an HTTP date, None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
