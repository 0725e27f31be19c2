"""A crontab line as systemd's OnCalendar= says it (systemd.time(7)), in UTC."""

from collections.abc import Sequence

from sync.config.cron import Crontab, parse_cron

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def on_calendar(line: str) -> list[str]:
    """Return the values that together mean the line: two where either day or weekday is enough."""
    tab = parse_cron(line)
    by_date, by_weekday = _date(tab, tab.days), _date(tab, range(1, 32))
    if tab.either:
        return [_moment("", by_date, tab), _moment(_weekdays(tab), by_weekday, tab)]
    return [_moment(_weekdays(tab), by_date, tab)]


def _moment(weekdays: str, date: str, tab: Crontab) -> str:
    return f"{weekdays}{date} {_list(tab.hours, 24)}:{_list(tab.minutes, 60)}:00 UTC"


def _date(tab: Crontab, days: Sequence[int]) -> str:
    return f"*-{_list(tab.months, 12)}-{_list(days, 31)}"


def _weekdays(tab: Crontab) -> str:
    return "" if len(tab.weekdays) == len(_DAYS) else f"{','.join(_DAYS[day] for day in tab.weekdays)} "


def _list(numbers: Sequence[int], whole: int) -> str:
    return "*" if len(numbers) == whole else ",".join(f"{number:02}" for number in numbers)
