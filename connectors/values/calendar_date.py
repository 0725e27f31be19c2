"""Dates and moments, as users and systems write them in fields of a contact.

Rules kept here:
- a date is "2026-03-01", a moment is "2026-03-01T10:00:00.000Z", in UTC;
- a date is read from the eight forms that GrowthHub documents for a date of birth (year, month, day, or month, day,
  year, with - / . or _ between them), from a moment, and from a count since 1970. A moment's day is its day in UTC;
- a moment is read in every form that connectors.values.instant reads. Of counts, a number or a text, only those with 10
  digits (seconds) and 13 digits (milliseconds) are moments: 20260301 is a day to a reader, and no second of 1970. A
  place that always counts milliseconds says so by `from_milliseconds`;
- a year is one of 1 to 9999. Any other text is Unmapped (R17).
"""

import re
from datetime import date, datetime
from typing import Final

from connectors.values import instant, text
from connectors.values.text import Reading, Unmapped

COUNTED: Final = frozenset({10, 13})
"""Digits of a count of seconds, and of one of milliseconds, since 1970."""

_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/._])(\d{1,2})\2(\d{1,2})", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/._])(\d{1,2})\2(\d{4})", re.ASCII)


def clean_date(raw: object) -> Reading:
    """Return the date of a JSON value, None if it is empty, Unmapped if it is no date."""
    if isinstance(raw, bool):
        return Unmapped("true" if raw else "false")
    found = text.clean_line(raw)
    if not isinstance(found, str):
        return found
    if first := _YEAR_FIRST.fullmatch(found):
        return _day(first[1], first[3], first[4]) or Unmapped(found)
    if last := _YEAR_LAST.fullmatch(found):
        return _day(last[4], last[1], last[3]) or Unmapped(found)
    moment = _moment(raw, found)
    return moment.date().isoformat() if moment is not None else Unmapped(found)


def clean_moment(raw: object) -> Reading:
    """Return the moment of a JSON value, None if it is empty, Unmapped if it is no moment."""
    if isinstance(raw, bool):
        return Unmapped("true" if raw else "false")
    found = text.clean_line(raw)
    if not isinstance(found, str):
        return found
    moment = _moment(raw, found)
    return instant.render(moment) if moment is not None else Unmapped(found)


def from_milliseconds(raw: object) -> object:
    """Return the day of a number of milliseconds since 1970, of any length; every other value as it is."""
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        return raw
    try:
        return instant.from_ms(int(raw)).date().isoformat()
    except (ValueError, OverflowError):
        return raw


def _moment(raw: object, found: str) -> datetime | None:
    if not isinstance(raw, int | float):
        return instant.parse(found)
    digits = found.lstrip("-").partition(".")[0]
    return instant.parse(raw) if digits.isdigit() and len(digits) in COUNTED else None


def _day(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
