import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.config.cron import parse_cron, weekdays_of
from sync.service.calendar import on_calendar
from tests.sync.service.systemd import analyze, needs_tools

LINES = [
    ("*/20 * * * *", ["*-*-* *:00,20,40:00 UTC"]),
    ("30 6 * * 0", ["Sun *-*-* 06:30:00 UTC"]),
    ("0 9 1,15 jan,jul *", ["*-01,07-01,15 09:00:00 UTC"]),
    ("0 0 13 * fri", ["*-*-13 00:00:00 UTC", "Fri *-*-* 00:00:00 UTC"]),
    ("5 0 */10 2 1-5", ["Mon,Tue,Wed,Thu,Fri *-02-01,11,21,31 00:05:00 UTC"]),
]


@pytest.mark.parametrize(("line", "moments"), LINES)
def test_a_crontab_line_becomes_a_systemd_calendar_event(line: str, moments: list[str]) -> None:
    assert on_calendar(line) == moments


@needs_tools
@pytest.mark.parametrize("line", [line for line, _ in LINES])
def test_systemd_means_the_same_by_it(line: str, tmp_path: Path) -> None:
    cron = parse_cron(line)
    for moment in on_calendar(line):
        found = analyze(tmp_path, "calendar", "--iterations=5", moment)
        assert found.returncode == 0, found.stderr
        times = re.findall(
            r"(?:\(in UTC\)|Next elapse|Iter\. #\d+): \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", found.stdout
        )
        assert times, found.stdout
        for text in times:
            time = datetime.fromisoformat(text).replace(tzinfo=UTC)
            assert time - timedelta(0) > datetime(2026, 1, 1, tzinfo=UTC)
            assert (time.minute in cron.minutes, time.hour in cron.hours, time.month in cron.months) == (
                True,
                True,
                True,
            )
            weekday = time.isoweekday() % 7
            by_date, by_weekday = time.day in cron.days, weekday in weekdays_of(cron)
            assert (by_date or by_weekday) if not cron.day_and else (by_date and by_weekday)
