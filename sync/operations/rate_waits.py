"""List the accounts that must wait for more than a minute, with the end and the reason, from the shared call log."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connectors.http.call_log import CallLog
from connectors.http.retry import MINUTE
from state.call_log import call_log_text
from state.database import Database
from sync.output.formats import time_text


def waits_of(db: Database, accounts: Iterable[str], now: float) -> list[dict[str, Any]]:
    """Return the accounts that have to wait; `now` is in seconds since 1970."""
    return [found for account in accounts if (found := _wait(db, account, now)) is not None]


def _wait(db: Database, account: str, now: float) -> dict[str, Any] | None:
    book = CallLog.loaded(call_log_text(db, account))
    book.set_clock(now)
    spent, wait = book.spent_until(now), book.wait(now)
    if spent is None and wait <= MINUTE:
        return None
    reason = "the daily allowance of calls is spent" if spent is not None else book.reason(now)
    until = datetime.fromtimestamp(max(spent or 0.0, now + wait), UTC)
    return {"account": account, "until": time_text(until), "reason": reason}
