from hypothesis import given
from hypothesis import strategies as st

from connectors.http.call_times import CallTimes

STEP = 0.05
MOMENTS = st.lists(st.integers(0, 400).map(lambda number: 1_790_000_000 + number / 40), max_size=40)


def filled(moments: list[float]) -> CallTimes:
    ends = CallTimes()
    for moment in moments:
        ends.add(moment, STEP)
    return ends


@given(MOMENTS)
def test_ends_are_the_same_in_whatever_order_they_were_noted(moments: list[float]) -> None:
    ends = filled(moments)
    assert ends == filled(sorted(moments))
    assert ends.dumped() == filled(sorted(moments)).dumped()
    assert ends.total() == len(moments)


@given(MOMENTS)
def test_no_end_seems_earlier_than_it_was_nor_more_than_a_step_later(moments: list[float]) -> None:
    noted = [at for at, calls in filled(moments).moments(2e9) for _ in range(calls)]
    assert all(at - 1e-4 <= end <= at + STEP + 1e-4 for at, end in zip(sorted(moments), noted, strict=True))


@given(MOMENTS)
def test_ends_survive_being_written_down(moments: list[float]) -> None:
    ends = filled(moments)
    again = CallTimes.loaded(ends.dumped())
    assert again == ends
    assert again.dumped() == ends.dumped()


@given(MOMENTS, st.integers(0, 220))
def test_those_that_had_ended_by_a_moment_are_counted(moments: list[float], number: int) -> None:
    ends, moment = filled(moments), 1_790_000_000 + number * STEP + STEP / 2
    assert ends.by(moment) == sum(calls for at, calls in ends.moments(2e9) if at <= moment)


@given(MOMENTS, st.integers(0, 220), st.integers(0, 220))
def test_what_is_too_old_or_lies_ahead_is_dropped_and_nothing_else(moments: list[float], one: int, other: int) -> None:
    first, last = (1_790_000_000 + number * STEP + STEP / 2 for number in sorted((one, other)))
    ends, expected = filled(moments), [each for each in filled(moments).moments(2e9) if first < each[0] <= last]
    ends.tidy(first, last)
    assert ends.moments(2e9) == expected
    assert CallTimes.loaded(ends.dumped()) == ends


def test_no_end_is_shown_later_than_now() -> None:
    assert filled([1_790_000_000.01]).moments(1_790_000_000.02) == [(1_790_000_000.02, 1)]
