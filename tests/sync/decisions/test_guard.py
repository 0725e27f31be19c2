from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.decisions.guard import HARMLESS, Weight, guard

COMMAND = "sync run --connection sales"


def stops(weight: Weight, max_changed: float) -> bool:
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
    assert stops(Weight(linked=linked, changed=changed), share) == stopped


@given(st.integers(1, 100), st.integers(1, 50))
def test_a_share_of_whole_hundredths_is_met_exactly_whatever_binary_fractions_make_of_it(
    hundredths: int, hundreds: int
) -> None:
    linked, changed = 100 * hundreds, hundredths * hundreds
    share = float(Fraction(hundredths, 100))
    assert not stops(Weight(linked=linked, changed=changed), share)
    assert stops(Weight(linked=linked, changed=changed + 1), share) == (changed + 1 > HARMLESS)


@pytest.mark.parametrize(
    ("changed", "count", "stopped"), [(10, 10, False), (11, 10, True), (1, 0, True), (0, 0, False)]
)
def test_a_whole_number_is_a_count_however_many_people_there_are(changed: int, count: int, stopped: bool) -> None:
    assert stops(Weight(linked=100_000, changed=changed), count) == stopped


def test_one_is_a_count_and_one_point_nought_a_share() -> None:
    weight = Weight(linked=100, changed=100)
    assert stops(weight, 1)
    assert not stops(weight, 1.0)


def test_first_meetings_that_replace_a_value_are_weighed_against_all_first_meetings() -> None:
    assert not stops(Weight(linked=0, meetings=60, replaced=30), 0.5)
    assert stops(Weight(linked=10_000, meetings=60, replaced=31), 0.5)


def test_each_side_is_weighed_by_itself() -> None:
    weights = {"growthgenius": Weight(1000, 0), "growthhub": Weight(1000, 501)}
    assert "growthhub" in guard(weights, 0.5, COMMAND)


def test_the_sentence_says_how_much_of_what_and_how_to_let_it_through() -> None:
    sentence = guard({"growthhub": Weight(linked=100, changed=51)}, 0.5, COMMAND)
    for part in (
        "51 of 100",
        "growthhub",
        "max_changed = 0.5",
        "nothing was written",
        "--dry-run",
        f"{COMMAND} --unguarded",
    ):
        assert part in sentence


def test_a_plan_without_weight_goes_on() -> None:
    assert not guard({"growthgenius": Weight(), "growthhub": Weight()}, 0.0, COMMAND)
    assert not guard({}, 0, COMMAND)
