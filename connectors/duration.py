"""Parse spans of time and rates as people write them: `60s`, `36h`, `2/s`, `100/10s`."""

import re
from datetime import timedelta

from connectors.http.rate_headers import RateLimit

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST = timedelta(days=365_000)

SPAN_HELP = 'a whole number and a unit (ms, s, m, h, d, w), like "60s" or "36h"'
RATE_HELP = 'calls per time, like "2/s", "100/10s" or "60/min"'

_SPAN = re.compile(r"([0-9]{1,15})(ms|s|min|m|h|d|w)")
_RATE = re.compile(r"([0-9]{1,9})/([0-9]{0,9})(ms|s|min|m|h|d)")


def parse_span(text: str) -> timedelta:
    """Parse a span. Raises ValueError with a text that says what is allowed."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(SPAN_HELP)
    return _times(int(match[1]), match[2])


def parse_rate(text: str) -> RateLimit:
    """Parse a rate. Raises ValueError with a text that says what is allowed."""
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(RATE_HELP)
    calls, interval = int(match[1]), _times(int(match[2] or 1), match[3]).total_seconds()
    if not (calls and interval):
        raise ValueError(f"{RATE_HELP}, more than none")
    return RateLimit(calls, interval)


def _times(count: int, unit: str) -> timedelta:
    if count > LONGEST / UNITS[unit]:
        raise ValueError(f"{SPAN_HELP}, of less than a thousand years")
    return count * UNITS[unit]
