"""Rate limits of an account, and the headers in which an answer states them (R5)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LONGEST_INTERVAL: Final = 3600.0
"""Seconds. Limits are stated for seconds, a minute or an hour: a header with a longer interval is ignored."""
MOST_CALLS: Final = 1_000_000
"""No server allows more calls in one interval."""
LONGEST_DAY: Final = 25 * 3600.0
"""Seconds. A daily allowance is renewed after a day, plus an hour for clocks that differ."""
DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `calls` calls in any `interval` seconds, and at most `daily` of them in a day.

    `spans` are fixed spans of time besides: seconds, and the calls that each allows.
    """

    calls: int
    interval: float
    daily: int | None = None
    spans: tuple[tuple[float, int], ...] = ()

    @property
    def margin(self) -> float:
        """Seconds kept on top of the interval, for clocks that round."""
        return min(0.01, self.interval * 0.005)


def is_plausible(limit: RateLimit) -> bool:
    """Say whether a server can mean the limit."""
    return 1 <= limit.calls <= MOST_CALLS and 0.0 < limit.interval <= LONGEST_INTERVAL


@dataclass(frozen=True, slots=True)
class SpanUsage:
    """What an answer says of one fixed span of time: its length in seconds, the calls it allows, and those made."""

    seconds: float
    calls: int
    used: int


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """The limits in an answer's headers, None where a header is missing or impossible.

    `reset` is the seconds until the daily allowance is renewed. `spans` are the fixed spans of a server that counts
    calls in those instead of in a sliding interval.
    """

    calls: int | None = None
    remaining: int | None = None
    interval: float | None = None
    daily: int | None = None
    daily_remaining: int | None = None
    reset: float | None = None
    spans: tuple[SpanUsage, ...] = ()

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "RateHeaders":
        """Read the headers of an answer. A value that is no whole number within its bounds counts as absent."""
        interval = whole_number(headers.get("X-RateLimit-Interval-Milliseconds"), 1, LONGEST_INTERVAL * 1000)
        reset = whole_number(headers.get("X-RateLimit-Daily-Reset"), 0, LONGEST_DAY * 1000)
        return cls(
            whole_number(headers.get("X-RateLimit-Max"), 1, MOST_CALLS),
            whole_number(headers.get("X-RateLimit-Remaining"), 0, MOST_CALLS),
            None if interval is None else interval / 1000,
            whole_number(headers.get("X-RateLimit-Limit-Daily"), 1),
            whole_number(headers.get("X-RateLimit-Daily-Remaining"), 0),
            None if reset is None else reset / 1000,
        )


def whole_number(text: str | None, lowest: int, highest: float = math.inf) -> int | None:
    """Return the whole number that a header states, None where it is missing, something else, or out of bounds."""
    if not text or len(text) > DIGITS or not text.isascii() or not text.isdigit():
        return None
    return int(text) if lowest <= int(text) <= highest else None
