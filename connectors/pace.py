"""The pace of calls: never more than the allowance of an account in any interval (R5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `calls` calls in any `interval` seconds, and at most `daily` of them in a day."""

    calls: int
    interval: float
    daily: int | None = None
