from hypothesis import given
from hypothesis import strategies as st

from state import daily_counts
from state.daily_counts import DAY_MS, DailyCount, day_of
from tests.state.files import opened, other_connection

NOW_MS = 20_000 * DAY_MS + 5
READ = DailyCount("contacts", "growthhub", "read", 3)

counts = st.builds(
    DailyCount,
    st.sampled_from(["", "contacts", "messages"]),
    st.sampled_from(["", "growthhub"]),
    st.sampled_from(["read", "run ok"]),
    st.integers(0, 1000),
)
moments = st.integers(0, 30).map(lambda days: NOW_MS - days * DAY_MS)


def test_counts_of_one_day_are_added_up() -> None:
    with opened() as state, state.atomic() as transaction:
        daily_counts.add_counts(transaction, 1, NOW_MS, [READ])
        daily_counts.add_counts(transaction, 1, NOW_MS + 1000, [READ])
        daily_counts.add_counts(transaction, 1, NOW_MS - DAY_MS, [READ])
        today = DailyCount("contacts", "growthhub", "read", 6)
        assert daily_counts.counts_by_day(transaction, "sales", day_of(NOW_MS)) == [(20_000, today)]
        assert daily_counts.counts_by_day(transaction, "sales", 0) == [(19_999, READ), (20_000, today)]
        assert daily_counts.counts_by_day(transaction, "other", 0) == []


def test_a_count_of_zero_is_not_stored() -> None:
    with opened() as state, state.atomic() as transaction:
        daily_counts.add_counts(transaction, 1, NOW_MS, [DailyCount("contacts", "growthhub", "read", 0)])
        assert daily_counts.total_counts(transaction) == []


@given(st.lists(st.tuples(moments, st.lists(counts, max_size=4)), max_size=8), moments, moments)
def test_no_sum_falls_when_old_days_are_folded(
    runs: list[tuple[int, list[DailyCount]]], first: int, second: int
) -> None:
    with opened() as state, state.atomic() as transaction:
        for now_ms, found in runs:
            daily_counts.add_counts(transaction, 1, now_ms, found)
        before = daily_counts.total_counts(transaction)
        for before_ms in (first, second):
            daily_counts.fold_old_days(transaction, 1, before_ms)
            assert daily_counts.total_counts(transaction) == before
            assert {day for day, _ in daily_counts.counts_by_day(transaction, "sales", 1)} <= set(
                range(day_of(before_ms), 20_001)
            )


def test_the_counts_of_other_connections_are_not_touched() -> None:
    with opened() as state:
        other = other_connection(state)
        with state.atomic() as transaction:
            daily_counts.add_counts(transaction, 1, NOW_MS, [READ])
            daily_counts.add_counts(transaction, other, NOW_MS, [READ])
            daily_counts.fold_old_days(transaction, other, NOW_MS + DAY_MS)
            assert daily_counts.counts_by_day(transaction, "sales", 1) == [(20_000, READ)]
            assert daily_counts.counts_by_day(transaction, "marketing", 1) == []
            assert daily_counts.total_counts(transaction) == [("marketing", READ), ("sales", READ)]
