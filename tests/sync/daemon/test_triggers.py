from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.config.cron import parse_cron, weekdays_of
from sync.config.model import Connection, parse
from sync.daemon.triggers import SPREAD, interval_at, latest_after, trigger_of
from sync.rules.schedule import JITTER
from tests.sync.config_text import GOOD, with_line

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)  # a Sunday


def connection(line: str = "") -> Connection:
    text = with_line("connections.sales", line) if line else GOOD
    return parse(text, Path("config.toml")).connections["sales"]


def times(line: str, count: int, since: datetime = NOON) -> list[datetime]:
    """Return the next times of a connection, each counted from the one before."""
    trigger, found, last = trigger_of(connection(line)), [], None
    for _ in range(count):
        last = trigger.get_next_fire_time(last, last or since)
        assert last is not None
        found.append(last)
    return found


@pytest.mark.parametrize(
    ("cron", "following"),
    [
        ("*/20 * * * *", ["2026-03-01T12:00", "2026-03-01T12:20", "2026-03-01T12:40"]),
        ("30 6 * * 0", ["2026-03-08T06:30", "2026-03-15T06:30"]),
        ("30 6 * * 7", ["2026-03-08T06:30", "2026-03-15T06:30"]),
        ("30 6 * * 1", ["2026-03-02T06:30", "2026-03-09T06:30"]),
        ("0 9 * * mon-fri", ["2026-03-02T09:00", "2026-03-03T09:00", "2026-03-04T09:00"]),
        ("0 0 13 * fri", ["2026-03-06T00:00", "2026-03-13T00:00", "2026-03-20T00:00"]),
        ("0 0 2 * sun", ["2026-03-02T00:00", "2026-03-08T00:00"]),
        ("0 0 29 feb *", ["2028-02-29T00:00"]),
    ],
)
def test_a_crontab_line_runs_when_cron_would(cron: str, following: list[str]) -> None:
    found = times(f'cron = "{cron}"', len(following))
    assert [f"{time:%Y-%m-%dT%H:%M}" for time in found] == following
    assert all(time.utcoffset() == timedelta(0) for time in found)


@pytest.mark.parametrize(("every", "seconds"), [("10s", 10.0), ("5m", 300.0), ("7d", 7 * 86400.0)])
def test_every_is_spread_by_a_tenth_at_most_and_never_shortened(every: str, seconds: float) -> None:
    found = times(f'every = "{every}"', 50)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(found)]
    assert all(seconds - 0.001 <= gap <= seconds + min(seconds * JITTER, SPREAD) + 0.001 for gap in gaps)
    assert len({round(gap, 3) for gap in gaps}) > 1


def test_the_interval_of_a_crontab_line_is_the_time_between_its_next_two_runs() -> None:
    assert interval_at(connection('every = "90s"'), NOON) == timedelta(seconds=90)
    assert interval_at(connection('cron = "*/20 * * * *"'), NOON) == timedelta(minutes=20)
    assert interval_at(connection('cron = "0 9 * * mon-fri"'), NOON) == timedelta(days=1)


def test_a_stream_stalls_after_three_missed_runs() -> None:
    assert latest_after(connection(), NOON) == NOON + timedelta(minutes=15)
    friday = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
    assert latest_after(connection('cron = "0 9 * * mon-fri"'), friday) == datetime(2026, 3, 11, 9, 0, tzinfo=UTC)


fields = st.tuples(
    st.sampled_from(["*", "0", "*/7", "5,50", "10-20/5"]),
    st.sampled_from(["*", "3", "*/5", "22-23"]),
    st.sampled_from(["*", "1", "*/10", "13,27", "28"]),
    st.sampled_from(["*", "2", "jan,jul", "*/4"]),
    st.sampled_from(["*", "0", "7", "mon-fri", "*/2", "6,sun"]),
)


@given(fields, st.integers(0, 4 * 365 * 86400).map(lambda seconds: NOON + timedelta(seconds=seconds)))
def test_every_time_is_a_moment_of_the_line_and_none_before_it_is_left_out(
    parts: tuple[str, ...], since: datetime
) -> None:
    line = " ".join(parts)
    cron = parse_cron(line)

    def fits(moment: datetime) -> bool:
        by_date, by_weekday = moment.day in cron.days, moment.isoweekday() % 7 in weekdays_of(cron)
        day = (by_date or by_weekday) if not cron.day_and else (by_date and by_weekday)
        return day and moment.month in cron.months and moment.hour in cron.hours and moment.minute in cron.minutes

    (found,) = times(f'cron = "{line}"', 1, since)
    assert found >= since
    assert fits(found)
    earlier = since.replace(second=0, microsecond=0) + timedelta(minutes=since.second > 0 or since.microsecond > 0)
    for _ in range(2000):
        if earlier >= found:
            break
        assert not fits(earlier)
        earlier += timedelta(minutes=1)
