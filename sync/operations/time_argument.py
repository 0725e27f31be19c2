"""Parse WHEN as users type it: an ISO 8601 time, a date, or a span back from now (`2d`, `36h`, `90m`).

A time without an offset is UTC; a date is its midnight in UTC (R2). Results are aware, in UTC.
"""

import re
from datetime import UTC, date, datetime, time

from connectors.duration import parse_span
from sync.errors import UsageError

WHEN_HELP = (
    "a time (2026-11-20T14:30:00Z), a date (2026-11-20, its midnight in UTC), or a span back from now (2d, 36h, 90m)"
)
_SPAN = re.compile(r"[0-9]+[a-z]+")


def parse_when(text: str, now: datetime) -> datetime:
    """Return the time. Raises UsageError."""
    written = text.strip()
    try:
        return now - parse_span(written) if _SPAN.fullmatch(written) else _moment(written)
    except (ValueError, OverflowError, TypeError):  # TypeError: pendulum 3.3 raises it for "0:"
        raise UsageError(f"{text!r} is not a time; WHEN is {WHEN_HELP}") from None


def parse_window(since: str | None, until: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return `[since, until)`, with None for an end that is not given. Raises UsageError for an empty window."""
    start, end = _option("--since", since, now), _option("--until", until, now)
    if start is not None and start >= now:
        raise UsageError(f"--since {since} is in the future")
    if start is not None and end is not None and end <= start:
        raise UsageError(f"--until {until} is not after --since {since}")
    return start, end


def _option(name: str, text: str | None, now: datetime) -> datetime | None:
    try:
        return None if text is None else parse_when(text, now)
    except UsageError as error:
        raise UsageError(f"{name} {error}") from None


def _moment(text: str) -> datetime:
    import pendulum

    parsed = pendulum.parse(text, exact=True) if text[:1].isdigit() else None
    if isinstance(parsed, datetime):
        return datetime.fromisoformat(parsed.isoformat()).astimezone(UTC)
    if isinstance(parsed, date):
        return datetime.combine(parsed, time(), UTC)
    raise ValueError(text)
