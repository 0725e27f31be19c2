"""The server's side of a rate limit that counts in fixed spans, each opened by its first call: for sandboxes."""

from datetime import datetime, timedelta


class FixedRateLimit:
    """Several spans at once. `limits` holds the calls that each allows, by its length in seconds."""

    def __init__(self, limits: dict[int, int]) -> None:
        self.limits = limits
        self._spans: dict[int, tuple[datetime, int]] = {}

    def take(self, now: datetime, calls: int = 1) -> bool:
        """Count calls. Return False at the first one over the allowance, which is not counted."""
        for _ in range(calls):
            if any(self.left(seconds, now) == 0 for seconds in self.limits):
                return False
            for seconds in self.limits:
                opened, used = self._open(seconds, now) or (now, 0)
                self._spans[seconds] = (opened, used + 1)
        return True

    def used(self, seconds: int, now: datetime) -> int:
        """Return the calls made in a span."""
        span = self._open(seconds, now)
        return span[1] if span else 0

    def left(self, seconds: int, now: datetime) -> int:
        """Return the calls left in a span."""
        return max(0, self.limits[seconds] - self.used(seconds, now))

    def wait(self, now: datetime) -> float:
        """Return the seconds until a call is within the allowance again."""
        spent = [seconds for seconds in self.limits if self.left(seconds, now) == 0]
        ends = (span[0] + timedelta(seconds=seconds) for seconds in spent if (span := self._open(seconds, now)))
        return max(((end - now).total_seconds() for end in ends), default=0.0)

    def _open(self, seconds: int, now: datetime) -> tuple[datetime, int] | None:
        span = self._spans.get(seconds)
        return span if span and now < span[0] + timedelta(seconds=seconds) else None
