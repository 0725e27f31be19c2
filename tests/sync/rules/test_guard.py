from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.rules.guard import HARMLESS, ChangeWeight, guard

COMMAND = "sync run --connection sales"


def stops(weight: ChangeWeight, max_changed: float) -> bool:
    return bool(guard({"growthhub": weight}, max_changed, COMMAND))


@pytest.mark.parametrize(
    ("linked", "changed", "share", "stopped"),
    [
        (100, 50, 0.5, False),  # exactly the share passes
        (100, 51, 0.5, True),
        (20, 20, 0.5, False),  # up to 20 are harmless
        (21, 21, 0.5, True),
        (40, 21, 0.5, True),
        (42, 21, 0.5, False),
        (100, 29, 0.29, False),  # 0.29 * 100 is less than 29 in binary
        (300, 21, 0.07, False),
        (300, 22, 0.07, True),
        (1000, 1000, 1.0, False),
        (1000, 21, 0.0, True),
        (1000, 20, 0.0, False),
    ],
)
def test_exactly_the_share_passes_and_nothing_beyond_it(linked: int, changed: int, share: float, stopped: bool) -> None:
    assert stops(ChangeWeight(linked=linked, changed=changed), share) == stopped


@given(st.integers(1, 100), st.integers(1, 50))
def test_a_share_of_whole_hundredths_is_met_exactly_whatever_binary_fractions_make_of_it(
    hundredths: int, hundreds: int
) -> None:
    linked, changed = 100 * hundreds, hundredths * hundreds
    share = float(Fraction(hundredths, 100))
    assert not stops(ChangeWeight(linked=linked, changed=changed), share)
    assert stops(ChangeWeight(linked=linked, changed=changed + 1), share) == (changed + 1 > HARMLESS)


@pytest.mark.parametrize(
    ("changed", "count", "stopped"), [(10, 10, False), (11, 10, True), (1, 0, True), (0, 0, False)]
)
def test_a_whole_number_is_a_count_however_many_contacts_there_are(changed: int, count: int, stopped: bool) -> None:
    assert stops(ChangeWeight(linked=100_000, changed=changed), count) == stopped


def test_one_is_a_count_and_one_point_nought_a_share() -> None:
    weight = ChangeWeight(linked=100, changed=100)
    assert stops(weight, 1)
    assert not stops(weight, 1.0)


def test_first_meetings_that_replace_a_value_are_weighed_against_all_first_meetings() -> None:
    assert not stops(ChangeWeight(linked=0, meetings=60, replaced=30), 0.5)
    assert stops(ChangeWeight(linked=10_000, meetings=60, replaced=31), 0.5)


def test_each_side_is_weighed_by_itself() -> None:
    weights = {"growthgenius": ChangeWeight(1000, 0), "growthhub": ChangeWeight(1000, 501)}
    assert "growthhub" in guard(weights, 0.5, COMMAND)


def test_the_sentence_says_how_much_of_what_and_how_to_let_it_through() -> None:
    sentence = guard({"growthhub": ChangeWeight(linked=100, changed=51)}, 0.5, COMMAND)
    for part in (
        "it would change 51 of 100 people that are linked at growthhub",
        "max_changed = 0.5",
        "nothing was written",
        "--dry-run",
        f"{COMMAND} --unguarded",
    ):
        assert part in sentence


def test_a_plan_without_weight_goes_on() -> None:
    assert ChangeWeight() == ChangeWeight(linked=0, changed=0, meetings=0, replaced=0)
    for nothing in (0, 0.0):
        assert not guard({"growthgenius": ChangeWeight(), "growthhub": ChangeWeight()}, nothing, COMMAND)
        assert not guard({}, nothing, COMMAND)


def test_first_meetings_are_reported_where_nothing_is_wrong_with_those_that_are_linked() -> None:
    meeting, both = ChangeWeight(linked=100, meetings=60, replaced=31), ChangeWeight(100, 51, 60, 31)
    assert "31 of 60 people that meet for the first time" in guard({"growthhub": meeting}, 0.5, COMMAND)
    assert "51 of 100 people that are linked" in guard({"growthhub": both}, 0.5, COMMAND)


WEIGHTS = st.builds(ChangeWeight, *(st.integers(0, 60) for _ in range(4)))
SHARES = st.integers(0, 40) | st.integers(0, 100).map(lambda hundredths: hundredths / 100)


@given(WEIGHTS, WEIGHTS, SHARES)
def test_swapped_sides_are_stopped_alike(left: ChangeWeight, right: ChangeWeight, share: float) -> None:
    there, back = {"left": left, "right": right}, {"left": right, "right": left}
    assert bool(guard(there, share, COMMAND)) == bool(guard(back, share, COMMAND))
    assert bool(guard(there, share, COMMAND)) == (stops(left, share) or stops(right, share))


@given(WEIGHTS, SHARES, st.sampled_from(("changed", "replaced")), st.integers(1, 60))
def test_a_plan_that_changes_more_is_never_let_through_where_less_was_stopped(
    weight: ChangeWeight, share: float, what: str, more: int
) -> None:
    heavier = replace(weight, **{what: getattr(weight, what) + more})
    assert stops(heavier, share) or not stops(weight, share)
