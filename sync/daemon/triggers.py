"""Turn `every` and `cron` of the config file into triggers of APScheduler, in UTC.

APScheduler gets a crontab line as lists of numbers. It would read the line itself with weekdays counted from Monday,
and would require both day and weekday. `every` is spread by a tenth at most, so that not all connections call at once.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sync.config.cron import parse_cron, weekdays_of
from sync.config.model import Connection
from sync.rules.schedule import JITTER, PATIENCE

SPREAD: Final = 300.0
"""Seconds by which a run is delayed at most."""


class Trigger(Protocol):
    """The trigger interface of APScheduler. Times are aware."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Return the next time, None without one."""


def trigger_of(connection: Connection) -> Trigger:
    """Return the trigger of a connection."""
    if connection.cron is not None:
        return _cron(connection.cron)
    # Connections with the same interval should not call at the same time.
    jitter = min(connection.every.total_seconds() * JITTER, SPREAD)
    return _interval(connection.every, jitter)


def interval_at(connection: Connection, now: datetime) -> timedelta:
    """Return the time between the next two runs of the connection."""
    if connection.cron is None:
        return connection.every
    trigger = _cron(connection.cron)
    first = trigger.get_next_fire_time(None, now) or now
    second = trigger.get_next_fire_time(first, first) or now
    return max(second - first, timedelta(minutes=1))


def moved(connection: Connection, planned: datetime, step: timedelta) -> datetime:
    """Return the new time of a planned run after the clock was set back by `step`, which is negative.

    An interval keeps its length. A crontab line means times of day, so the next time by the new clock counts.
    """
    later = planned + step
    if connection.cron is None:
        return later
    return _cron(connection.cron).get_next_fire_time(None, later) or later


def latest_after(connection: Connection, since: datetime) -> datetime:
    """Return when a stream that last ran at `since` counts as stalled: PATIENCE runs later."""
    if connection.cron is None:
        return since + PATIENCE * connection.every
    trigger, at = _cron(connection.cron), since
    for _ in range(PATIENCE):
        at = trigger.get_next_fire_time(at, at) or at
    return at


def _interval(every: timedelta, jitter: float) -> Trigger:
    trigger: Trigger = IntervalTrigger(seconds=every.total_seconds(), jitter=jitter, timezone=UTC)
    return trigger


def _cron(line: str) -> Trigger:
    cron = parse_cron(line)
    times = {"minute": _list(cron.minutes), "hour": _list(cron.hours), "month": _list(cron.months)}
    # cron counts weekdays from Sunday, APScheduler from Monday
    day, weekday = _list(cron.days), _list({(number + 6) % 7 for number in weekdays_of(cron)})
    if cron.day_and:
        both: Trigger = CronTrigger(day=day, day_of_week=weekday, **times, timezone=UTC)
        return both
    by_date = CronTrigger(day=day, **times, timezone=UTC)
    either: Trigger = OrTrigger([by_date, CronTrigger(day_of_week=weekday, **times, timezone=UTC)])
    return either


def _list(numbers: Collection[int]) -> str:
    return ",".join(map(str, sorted(numbers)))
