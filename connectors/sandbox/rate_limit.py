"""The server's side of a rate limit, as GrowthHub shows it: for sandboxes."""

from collections import deque
from datetime import date, datetime, timedelta
from typing import Protocol

from connectors.http.rate_headers import RateLimit


class ServerAllowance(Protocol):
    """Counts the calls of one account at the server."""

    limit: RateLimit
    """The limit in force. It may be changed at any time."""

    def take(self, now: datetime, calls: int = 1) -> bool:
        """Count calls. Return False at the first one over the allowance, which is not counted."""

    def wait(self, now: datetime) -> float:
        """Return the seconds until a call is within the allowance again."""

    def headers(self, now: datetime) -> dict[str, str]:
        """Return the headers that state the limits."""


class ServerRateLimit:
    """A sliding window, and a daily count that starts at zero at midnight UTC."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._taken: deque[datetime] = deque()
        self._day: tuple[date | None, int] = (None, 0)

    def take(self, now: datetime, calls: int = 1) -> bool:
        """Count calls. Return False at the first one over the allowance, which is not counted."""
        for _ in range(calls):
            self._forget(now)
            if len(self._taken) >= self.limit.calls or self._daily_left(now) == 0:
                return False
            self._taken.append(now)
            self._day = (now.date(), self._today(now) + 1)
        return True

    def wait(self, now: datetime) -> float:
        """Return the seconds until a call is within the allowance again."""
        if self._daily_left(now) == 0:
            return self._reset(now)
        self._forget(now)
        over = len(self._taken) - self.limit.calls
        return max(0.0, self.limit.interval - (now - self._taken[over]).total_seconds()) if over >= 0 else 0.0

    def headers(self, now: datetime) -> dict[str, str]:
        """Return the headers that GrowthHub is documented and recorded to send."""
        shown = {
            "X-RateLimit-Max": str(self.limit.calls),
            "X-RateLimit-Remaining": str(max(0, self.limit.calls - len(self._taken))),
            "X-RateLimit-Interval-Milliseconds": str(round(self.limit.interval * 1000)),
        }
        if self.limit.daily is not None:
            shown["X-RateLimit-Limit-Daily"] = str(self.limit.daily)
            shown["X-RateLimit-Daily-Remaining"] = str(self._daily_left(now))
            shown["x-ratelimit-daily-reset"] = str(round(self._reset(now) * 1000))
        return shown

    def _forget(self, now: datetime) -> None:
        start = now - timedelta(seconds=self.limit.interval)
        while self._taken and self._taken[0] <= start:
            self._taken.popleft()

    def _today(self, now: datetime) -> int:
        return self._day[1] if self._day[0] == now.date() else 0

    def _daily_left(self, now: datetime) -> int:
        return 1 if self.limit.daily is None else max(0, self.limit.daily - self._today(now))

    @staticmethod
    def _reset(now: datetime) -> float:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return (midnight - now).total_seconds()
