"""Measure how far a server's clock is ahead of ours, from the `Date` of its answers (R1, R14, R43).

`Date` counts whole seconds: the server's time was somewhere in `[Date, Date + 1 s)` at some moment between the start
and the end of the round trip. So each answer bounds the offset from both sides, and many answers bound it well.

A `Date` that is far from our clock and from the last known offset is in doubt until the next answer agrees with it: one
wrong header must not move a cursor into the future. A `Date` outside of EARLIEST to LATEST is never a clock.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

RESOLUTION: Final = 1.0
DRIFT: Final = 1e-4
"""Seconds per second by which two clocks drift apart at worst."""
PLAUSIBLE: Final = 60.0
"""Seconds by which a `Date` may differ from the expected one before it is in doubt: the usual `settle`."""
EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The bounds of an offset in seconds."""

    lowest: float
    highest: float

    def narrowed(self, other: "OffsetRange", seconds: float) -> "OffsetRange":
        """Return the range that both allow, the other measured `seconds` later. If they disagree, return the other."""
        drift = abs(seconds) * DRIFT
        lowest = max(self.lowest - drift, other.lowest)
        highest = min(self.highest + drift, other.highest)
        return OffsetRange(lowest, highest) if lowest <= highest else other

    def is_near(self, other: "OffsetRange") -> bool:
        """Say whether both may mean the same offset, within PLAUSIBLE seconds."""
        return self.lowest - PLAUSIBLE <= other.highest and other.lowest - PLAUSIBLE <= self.highest


@dataclass(frozen=True, slots=True)
class ServerTime:
    """The server's time of an answer. `doubted` says that its `Date` was not believed."""

    at: datetime
    doubted: bool = False


class Skew:
    """The measured offset of one server's clock.

    `expected` is the offset that an earlier process measured, in seconds.
    """

    def __init__(self, expected: float | None = None) -> None:
        self._bounds: OffsetRange | None = None
        self._doubted = None if expected is None else OffsetRange(expected, expected)
        self._measured_at = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def seen(self, date: str | None, started: datetime, ended: datetime) -> ServerTime:
        """Learn from an answer. Return the server's time of it, estimated where its `Date` is not believed."""
        served_at = parse_date(date) if date else None
        if served_at is None or not EARLIEST <= served_at < LATEST:
            return ServerTime(ended + timedelta(seconds=self.offset()))
        lowest = (served_at - ended).total_seconds()
        highest = (served_at - started).total_seconds() + RESOLUTION
        measured = OffsetRange(lowest, max(lowest, highest))
        with self._lock:
            if self._is_believed(measured):
                self._learn(measured, ended)
                return ServerTime(served_at)
            self._doubted = measured
        return ServerTime(ended + timedelta(seconds=self.offset()), doubted=True)

    def offset(self) -> float:
        """Return the seconds by which the server is ahead of us, 0.0 before the first answer."""
        bounds = self._bounds
        return 0.0 if bounds is None else (bounds.lowest + bounds.highest) / 2

    def _is_believed(self, measured: OffsetRange) -> bool:
        """Say whether a measured offset is near our clock, near what is known, or near the last one in doubt."""
        expected = (OffsetRange(0.0, 0.0), self._bounds, self._doubted)
        return any(each is not None and measured.is_near(each) for each in expected)

    def _learn(self, measured: OffsetRange, now: datetime) -> None:
        if self._bounds is not None:
            measured = self._bounds.narrowed(measured, (now - self._measured_at).total_seconds())
        self._bounds, self._measured_at, self._doubted = measured, now, None


@lru_cache(maxsize=16)
def parse_date(text: str) -> datetime | None:
    """Return the time of an HTTP date, None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        # A zone can move the year 1 out of the calendar, and the parser raises the other errors.
        return None
