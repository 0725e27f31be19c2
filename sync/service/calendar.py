"""A crontab line as values of systemd's OnCalendar= (systemd.time(7)), in UTC."""

from collections.abc import Collection

from cronsim import CronSim

from sync.config.cron import parse_cron, weekdays_of

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def on_calendar(line: str) -> list[str]:
    """Return the values that together mean the line: two where either day or weekday is enough."""
    cron = parse_cron(line)
    weekdays = weekdays_of(cron)
    if cron.day_and:
        return [_moment(cron, cron.days, weekdays)]
    return [_moment(cron, cron.days, range(7)), _moment(cron, range(1, 32), weekdays)]


def _moment(cron: CronSim, days: Collection[int], weekdays: Collection[int]) -> str:
    names = "" if len(weekdays) == len(_DAYS) else f"{','.join(_DAYS[day] for day in sorted(weekdays))} "
    date = f"*-{_list(cron.months, 12)}-{_list(days, 31)}"
    return f"{names}{date} {_list(cron.hours, 24)}:{_list(cron.minutes, 60)}:00 UTC"


def _list(numbers: Collection[int], whole: int) -> str:
    return "*" if len(numbers) == whole else ",".join(f"{number:02}" for number in sorted(numbers))
