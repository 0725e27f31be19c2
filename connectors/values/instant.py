"""Moments as APIs write them: RFC 3339 with any offset, or a count since 1970.

Results are aware and in UTC. A time without an offset counts as UTC. Nonsense is None, never an error.
"""

import re
from datetime import UTC, datetime, timedelta
from math import isfinite

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MILLISECONDS = 10**11  # as seconds the year 5138, as milliseconds 1973
_SECONDS_DIGITS = 10
_MILLISECONDS_DIGITS = 13
_SPACED_ZONE = re.compile(r"\s+(?:UTC|GMT|Z|([+-]\d\d:?\d\d))$", re.IGNORECASE)


def parse(raw: object) -> datetime | None:
    """Return the moment of a JSON value in UTC, None for a value that is no time.

    Strings are RFC 3339 ("2021-01-19T17:06:25.730-05:00", documented sample), a bare date (midnight), or 10 or 13
    digits. Numbers are seconds below 10^11, else milliseconds, since 1970. "2021-01-19 17:06:25 UTC" is read as well.
    """
    try:
        if isinstance(raw, str):
            return _from_text(raw)
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            return _from_count(raw)
    except (ValueError, OverflowError):
        return None
    return None


def render(moment: datetime) -> str:
    """Return an aware moment as "2026-01-01T00:00:00.000Z", cut to milliseconds."""
    return from_ms(to_ms(moment)).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def to_ms(moment: datetime) -> int:
    """Return the milliseconds since 1970 of an aware moment, rounded down. Raises TypeError for a naive one."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Return the moment so many milliseconds after 1970, in UTC. Raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _from_text(raw: str) -> datetime | None:
    text = raw.strip()
    if text.isascii() and text.isdigit():
        return _from_digits(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.fromisoformat(_SPACED_ZONE.sub(lambda zone: zone[1] or "Z", text.upper()))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _from_digits(text: str) -> datetime | None:
    if len(text) not in (_SECONDS_DIGITS, _MILLISECONDS_DIGITS):
        return None
    return from_ms(int(text) * (1000 if len(text) == _SECONDS_DIGITS else 1))


def _from_count(raw: float) -> datetime | None:
    if not isfinite(raw):
        return None
    return from_ms(int(raw if abs(raw) >= _FIRST_MILLISECONDS else raw * 1000))
