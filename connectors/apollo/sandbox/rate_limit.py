"""The rate limit of the Apollo sandbox: a minute, an hour and a day at once, with the documented headers."""

from datetime import datetime
from typing import Final

from connectors.http.rate_headers import RateLimit
from connectors.sandbox.fixed_rate_limit import FixedRateLimit

MINUTE, HOUR, DAY = 60, 3600, 86_400
NAMES: Final = {MINUTE: ("minute", "minute"), HOUR: ("hourly", "hourly"), DAY: ("24-hour", "24-hour")}
LIMITLESS: Final = 1_000_000


class ApolloRateLimit:
    """The limits of one team. `limit.calls` is that of a minute."""

    def __init__(self, limit: RateLimit) -> None:
        self._counts = FixedRateLimit({})
        self.limit = limit

    @property
    def limit(self) -> RateLimit:
        """Return the limit in force."""
        return self._limit

    @limit.setter
    def limit(self, limit: RateLimit) -> None:
        self._limit = limit
        hour = next((calls for seconds, calls in limit.spans if seconds == HOUR), LIMITLESS)
        self._counts.limits = {MINUTE: limit.calls, HOUR: hour, DAY: limit.daily or LIMITLESS}

    def take(self, now: datetime, calls: int = 1) -> bool:
        """Count calls. Return False at the first one over an allowance, which is not counted."""
        return self._counts.take(now, calls)

    def wait(self, now: datetime) -> float:
        """Return the seconds until a call is within all allowances again."""
        return self._counts.wait(now)

    def headers(self, now: datetime) -> dict[str, str]:
        """Return the headers of the team, and those of the gateway, which say nothing about the team."""
        shown = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4999", "x-ratelimit-reset": "1"}
        for seconds, (name, used) in NAMES.items():
            allowed = self._counts.limits[seconds]
            is_limited = allowed < LIMITLESS
            shown[f"x-rate-limit-{name}"] = str(allowed) if is_limited else ""
            shown[f"x-{used}-usage"] = str(self._counts.used(seconds, now)) if is_limited else ""
            shown[f"x-{used}-requests-left"] = str(self._counts.left(seconds, now)) if is_limited else ""
        return shown
