"""How much of the day's calls to an account is used: from the book that all processes share (R5)."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.http.call_log import DAY, CallLog


@dataclass(frozen=True, slots=True)
class DailyAllowance:
    """Calls of today, and how many the server allows in a day, None where it does not say.

    `used` is the server's count where it gives one, and ours elsewhere.
    """

    account: str
    used: int
    limit: int | None
    renewed_at: datetime | None


def allowance(db: sqlite3.Connection, account: str, now: float) -> DailyAllowance:
    """Return how an account stands; `now` is in seconds since 1970."""
    row = db.execute("SELECT facts FROM allowance WHERE account = ?", (account,)).fetchone()
    book = CallLog.loaded("" if row is None else row["facts"])
    book.set_clock(now)
    daily = book.daily
    if daily is not None and daily.limit is not None and daily.renewed_at > now:
        return DailyAllowance(
            account, daily.limit - daily.remaining, daily.limit, datetime.fromtimestamp(daily.renewed_at, UTC)
        )
    limit = None if book.limit is None else book.limit.daily
    return DailyAllowance(account, book.today if book.day == int(now // DAY) else 0, limit, None)
