from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import CallCounts
from state.daily_counts import DailyCount
from sync.engine.metrics import LIMITS, counted, limit_of
from sync.output.report import RunReport
from sync.output.stream_report import Counts, StreamReport

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_run_is_counted_with_its_end_its_length_its_records_and_its_calls() -> None:
    report = RunReport("r1", "sales", NOON)
    report.streams["contacts"] = StreamReport({"gg": Counts(read=5, updated=2), "gh": Counts(created=1)})
    report.requests["gh"] = CallCounts(reads=3, writes=2, retries=1, throttled=4)
    found = {one for one in counted(report, "partial", NOON + timedelta(seconds=7.5)) if one.count}
    assert found == {
        DailyCount("", "", "run partial", 1),
        DailyCount("", "", "within 15", 1),
        DailyCount("", "", "took_ms", 7500),
        DailyCount("contacts", "gg", "read", 5),
        DailyCount("contacts", "gg", "updated", 2),
        DailyCount("contacts", "gh", "created", 1),
        DailyCount("", "gh", "reads", 3),
        DailyCount("", "gh", "writes", 2),
        DailyCount("", "gh", "retries", 1),
        DailyCount("", "gh", "throttled", 4),
    }


def test_a_clock_that_was_set_back_makes_no_run_shorter_than_nothing() -> None:
    found = {one.name: one.count for one in counted(RunReport("r1", "sales", NOON), "ok", NOON - timedelta(days=1))}
    assert found["took_ms"] == 0
    assert found["within 1"] == 1


@given(st.floats(0, 1e6))
def test_the_limit_is_the_smallest_that_is_kept(seconds: float) -> None:
    kept = [limit for limit in LIMITS if seconds <= limit]
    assert limit_of(seconds) == (str(min(kept)) if kept else "inf")
