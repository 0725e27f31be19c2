"""The five fields of a crontab line, checked when the config file is read rather than when the daemon meets them.

They mean what cron means by them: weekdays count from Sunday, which is 0 and 7; where both day and weekday are
restricted, either of them is enough. Whoever runs by such a line (the daemon, a timer of systemd) starts from here.
"""

import re
from dataclasses import dataclass

CRON_HELP = 'five fields of a crontab: minute, hour, day, month, weekday, like "*/5 * * * *"'

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(MONTHS, start=1)}),
    ("weekday", 0, 7, {name: number for number, name in enumerate(WEEKDAYS)}),
)
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Crontab:
    """The moments of a line: the numbers that each field may have, ascending; weekdays from Sunday, 0, to 6.

    `either`: a day fits by its date or by its weekday; else by both.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool


def check_cron(text: str) -> str:
    """Return the line as it is. Raises ValueError, whose text says what is allowed."""
    parse_cron(text)
    return text


def parse_cron(text: str) -> Crontab:
    """Return the moments that the line means. Raises ValueError, whose text says what is allowed."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise ValueError(CRON_HELP)
    minutes, hours, days, months, weekdays = (
        _numbers(part, *field) for part, field in zip(parts, _FIELDS, strict=True)
    )
    either = not (parts[2].startswith("*") or parts[4].startswith("*"))
    if not either and not any(day <= _LONGEST[month - 1] for day in days for month in months):
        raise ValueError(f"{CRON_HELP}; none of these months has such a day")
    return Crontab(minutes, hours, days, months, tuple(sorted({day % 7 for day in weekdays})), either)


def _numbers(part: str, name: str, low: int, high: int, words: dict[str, int]) -> tuple[int, ...]:
    found: set[int] = set()
    for item in part.split(","):
        numbers = _range(item, low, high, words)
        if not numbers:
            raise ValueError(f"{CRON_HELP}; the {name} goes from {low} to {high}")
        found.update(numbers)
    return tuple(sorted(found))


def _range(item: str, low: int, high: int, words: dict[str, int]) -> range:
    """Return the numbers of one item, none where it is wrong."""
    match = _ITEM.fullmatch(item)
    if match is None or (match["step"] is not None and int(match["step"]) == 0):
        return range(0)
    first = low if match["first"] is None else _number(match["first"], words)
    last = _number(match["last"], words) if match["last"] else high if "*" in item or match["step"] else first
    return range(first, last + 1, int(match["step"] or 1)) if low <= first <= last <= high else range(0)


def _number(text: str, words: dict[str, int]) -> int:
    return int(text) if text.isdigit() else words.get(text, -1)
