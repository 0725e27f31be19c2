"""Return how many of the day's calls to an account are used, from the call log that all processes share (R5)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.http.call_log import DAY, CallLog
from state.call_log import call_log_text
from state.database import Database


@dataclass(frozen=True, slots=True)
class DailyAllowance:
    """The calls of this UTC day, and how many the server allows per day, None where it does not say.

    `used` is the count of the server where it gives one, otherwise the count of growthsync.
    """

    account: str
    used: int
    limit: int | None
    renewed_at: datetime | None


def allowance(db: Database, account: str, now: float) -> DailyAllowance:
    """Return the allowance of an account; `now` is in seconds since 1970."""
    calls = CallLog.loaded(call_log_text(db, account))
    calls.set_clock(now)
    daily = calls.daily
    if daily is not None and daily.limit is not None and daily.renewed_at > now:
        return DailyAllowance(
            account, daily.limit - daily.remaining, daily.limit, datetime.fromtimestamp(daily.renewed_at, UTC)
        )
    day = calls.spans.day()
    if day is not None and day.ends_at > now:
        return DailyAllowance(account, day.used, day.calls, datetime.fromtimestamp(day.ends_at, UTC))
    limit = None if calls.limit is None else calls.limit.daily
    return DailyAllowance(account, calls.today if calls.day == int(now // DAY) else 0, limit, None)
