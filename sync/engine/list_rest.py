"""How long the lists that a run has read may not be read again, by the rate limits of their accounts (R32)."""

from collections.abc import Mapping
from datetime import timedelta
from math import inf
from typing import Final

from connectors.http.rate_headers import RateLimit
from sync.contacts.context import Context
from sync.rules.schedule import rest_after_list

DAY: Final = 86_400.0
"""Seconds."""


def rest_of_lists(contacts: Context, limits: Mapping[str, RateLimit | None]) -> timedelta:
    """Return how long none of the lists that were read may be read again."""
    calls = contacts.findings.listing_calls
    return max((rest_after_list(calls[name], _calls_per_second(limits[name])) for name in calls), default=timedelta(0))


def _calls_per_second(limit: RateLimit | None) -> float | None:
    if limit is None:
        return None
    daily = inf if limit.daily is None else limit.daily / DAY
    return min(limit.calls / limit.interval, daily)
