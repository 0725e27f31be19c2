"""Read the limits of an Apollo team from the headers of an answer (R5).

Rules kept here:
- three fixed spans count at once: minute, hour and day. The minute is kept as a sliding interval, which is stricter;
- an empty header means that the span has no limit; a missing one says nothing;
- `x-ratelimit-*` without a hyphen is the gateway's, also on answers that were refused. It is ignored.
"""

from collections.abc import Mapping
from typing import Final

from connectors.http.rate_headers import MOST_CALLS, RateHeaders, RateLimit, SpanUsage, whole_number

MINUTE: Final = 60.0
SPANS: Final = ((3600.0, ("hourly",)), (86_400.0, ("24-hour", "daily")))
"""The length of each span in seconds, and its names in headers: today's, and the older one."""

FREE: Final = RateLimit(50, MINUTE, 600, ((3600.0, 200), (86_400.0, 600)))
"""The limits of the free plan, which hold until an answer states others."""


def rate_headers(headers: Mapping[str, str]) -> RateHeaders:
    """Return the limits that an answer states."""
    calls = whole_number(headers.get("x-rate-limit-minute"), 1, MOST_CALLS)
    left = whole_number(headers.get("x-minute-requests-left"), 0, MOST_CALLS)
    spans = tuple(filter(None, (_usage(headers, seconds, names) for seconds, names in SPANS)))
    return RateHeaders(calls=calls, remaining=left, interval=MINUTE if calls else None, spans=spans)


def _usage(headers: Mapping[str, str], seconds: float, names: tuple[str, ...]) -> SpanUsage | None:
    for name in names:
        stated = headers.get(f"x-rate-limit-{name}")
        if stated is None:
            continue
        if not stated.strip():
            return SpanUsage(seconds, MOST_CALLS, 0)
        calls = whole_number(stated, 1, MOST_CALLS)
        left = whole_number(headers.get(f"x-{name}-requests-left"), 0, MOST_CALLS)
        used = whole_number(headers.get(f"x-{name}-usage"), 0, MOST_CALLS)
        if calls is not None and (left is not None or used is not None):
            return SpanUsage(seconds, calls, max(used or 0, 0 if left is None else calls - left))
    return None
