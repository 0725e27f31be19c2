from hypothesis import given
from hypothesis import strategies as st

from state.intervals import Interval, IntervalSet, gaps, reach, union

END = 24
POINTS = st.integers(0, END)
INTERVALS = st.tuples(POINTS, POINTS)  # half of them empty, since they end before they start
SPANS = st.tuples(st.integers(0, END - 4), st.integers(1, 4)).map(lambda span: (span[0], sum(span)))
GROUPS = st.lists(SPANS | INTERVALS, max_size=6)
WHOLES = st.just((0, END)) | INTERVALS


def instants(intervals: list[Interval] | IntervalSet) -> set[int]:
    """Return the brute-force model of some intervals: every instant in them."""
    return {instant for start, end in intervals for instant in range(start, end)}


@given(GROUPS, GROUPS)
def test_a_union_holds_every_instant_of_its_groups_and_no_other(one: list[Interval], other: list[Interval]) -> None:
    assert instants(union(one, other)) == instants(one) | instants(other)


@given(GROUPS)
def test_a_union_is_sorted_without_empty_overlapping_or_touching_intervals(group: list[Interval]) -> None:
    merged = union(group)
    assert all(start < end for start, end in merged)
    assert all(merged[n][1] < merged[n + 1][0] for n in range(len(merged) - 1))


@given(GROUPS, GROUPS)
def test_unions_do_not_depend_on_order_and_repeating_them_adds_nothing(
    one: list[Interval], other: list[Interval]
) -> None:
    merged = union(one, other)
    assert union(other[::-1], one[::-1]) == merged
    assert union(merged, one, merged) == merged


@given(GROUPS, WHOLES)
def test_gaps_are_every_instant_of_the_whole_that_is_not_covered(group: list[Interval], whole: Interval) -> None:
    covered = union(group)
    assert instants(gaps(covered, whole)) == instants([whole]) - instants(covered)


@given(GROUPS, WHOLES)
def test_gaps_are_as_few_and_in_order(group: list[Interval], whole: Interval) -> None:
    found = gaps(union(group), whole)
    assert found == union(found)


@given(GROUPS, WHOLES)
def test_once_the_gaps_are_covered_there_are_none(group: list[Interval], whole: Interval) -> None:
    covered = union(group)
    assert gaps(union(covered, gaps(covered, whole)), whole) == ()


@given(GROUPS)
def test_the_reach_of_an_instant_is_the_first_one_after_it_that_is_not_covered(group: list[Interval]) -> None:
    covered, merged = instants(group), union(group)
    for origin in range(END + 1):
        expected = next(instant for instant in range(origin, END + 1) if instant not in covered)
        assert reach(merged, origin) == (expected if origin in covered else None)


def test_touching_intervals_are_one() -> None:
    assert union([(0, 10)], [(10, 20)]) == ((0, 20),)
    assert union([(0, 10)], [(11, 20)]) == ((0, 10), (11, 20))


def test_nothing_covered_is_one_gap_and_has_no_reach() -> None:
    assert gaps((), (0, 10)) == ((0, 10),)
    assert gaps(((0, 10),), (5, 5)) == ()
    assert reach((), 0) is None
