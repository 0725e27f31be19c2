"""The five fields of a crontab line, checked when the config file is read rather than when the daemon meets them."""

import re

CRON_HELP = 'five fields of a crontab: minute, hour, day, month, weekday, like "*/5 * * * *"'

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    ("weekday", 0, 7, {name: number for number, name in enumerate(_WEEKDAYS)}),
)

_ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)


def check_cron(text: str) -> str:
    """Return the line as it is. Raises ValueError, whose text says what is allowed."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise ValueError(CRON_HELP)
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True):
        if not all(_fits(item, low, high, words) for item in part.split(",")):
            raise ValueError(f"{CRON_HELP}; the {name} goes from {low} to {high}")
    return text


def _fits(item: str, low: int, high: int, words: dict[str, int]) -> bool:
    match = _ITEM.fullmatch(item)
    if match is None or (match["step"] is not None and int(match["step"]) == 0):
        return False
    ends = [_number(match[end], words) for end in ("first", "last") if match[end] is not None]
    return all(low <= end <= high for end in ends) and ends == sorted(ends)


def _number(text: str, words: dict[str, int]) -> int:
    return int(text) if text.isdigit() else words.get(text, -1)
