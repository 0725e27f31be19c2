"""Rate limits: what an account may do, and what the headers of an answer say of it (R5)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `calls` calls in any `interval` seconds, and at most `daily` of them in a day."""

    calls: int
    interval: float
    daily: int | None = None

    @property
    def margin(self) -> float:
        """Seconds kept on top of the interval, for clocks that round."""
        return min(0.01, self.interval * 0.005)


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """What an answer says of the limits, None where it says nothing; `reset` is seconds until the daily one is new."""

    calls: int | None = None
    remaining: int | None = None
    interval: float | None = None
    daily: int | None = None
    daily_remaining: int | None = None
    reset: float | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "RateHeaders":
        """Read the headers of an answer; a value that is no whole number counts as absent."""
        interval = _whole(headers.get("X-RateLimit-Interval-Milliseconds"))
        reset = _whole(headers.get("X-RateLimit-Daily-Reset"))
        return cls(
            _whole(headers.get("X-RateLimit-Max")),
            _whole(headers.get("X-RateLimit-Remaining")),
            None if interval is None else interval / 1000,
            _whole(headers.get("X-RateLimit-Limit-Daily")),
            _whole(headers.get("X-RateLimit-Daily-Remaining")),
            None if reset is None else reset / 1000,
        )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
