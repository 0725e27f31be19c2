"""Price the calls of a plan: their share of the day of an account, and how long they take."""

from typing import Final

from connectors.http.rate_limiter import RateLimit
from sync.output.report import Cost

DAY_SECONDS: Final = 86_400.0


def price_of_calls(calls: int, limit: RateLimit | None, charged: int = 0) -> Cost:
    """Return the cost of so many calls; the system may charge for `charged` of them.

    An account without a known limit has no share of a day, and no rate to wait for.
    """
    if limit is None:
        return Cost(calls, 0.0, 0.0, charged)
    # A span that is spent is waited for until it ends; before the first call it has not begun.
    waits = (span * ((calls - 1) // allowed) for span, allowed in limit.spans if calls > allowed)
    seconds = max(calls * limit.interval / limit.calls, *waits, 0.0)
    daily = limit.daily or DAY_SECONDS * limit.calls / limit.interval
    return Cost(calls, round(calls / daily, 4), round(seconds, 1), charged)
