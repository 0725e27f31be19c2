import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Fields, same
from sync.rules.deletion import SurvivorAction, goes_towards, is_carried, is_edited, survivor_action
from sync.rules.merge_result import LEFT, RIGHT, SideView
from tests.sync.people_model import NAMES, SIDES, views

OTHER = {LEFT: RIGHT, RIGHT: LEFT}
MIRRORED = {"both": "both", "left_to_right": "right_to_left", "right_to_left": "left_to_right"}
DELETES = st.sampled_from(("ignore", "propagate"))
DIRECTIONS = st.sampled_from(tuple(MIRRORED))
DECISIONS = st.sampled_from((None, LEFT, RIGHT))


@pytest.mark.parametrize(
    ("direction", "left", "right"),
    [("both", True, True), ("left_to_right", False, True), ("right_to_left", True, False)],
)
def test_a_deletion_goes_where_its_stream_goes(direction: str, left: bool, right: bool) -> None:
    assert (goes_towards(direction, LEFT), goes_towards(direction, RIGHT)) == (left, right)
    assert (is_carried(LEFT, "propagate", direction), is_carried(RIGHT, "propagate", direction)) == (left, right)
    assert not is_carried(LEFT, "ignore", direction)
    assert not is_carried(RIGHT, "ignore", direction)


@pytest.mark.parametrize(
    ("gone", "decided", "direction", "expected"),
    [
        (LEFT, None, "both", SurvivorAction.DELETED),
        (LEFT, None, "left_to_right", SurvivorAction.DELETED),
        (LEFT, None, "right_to_left", SurvivorAction.LEFT_ALONE),
        (RIGHT, None, "right_to_left", SurvivorAction.DELETED),
        (LEFT, LEFT, "right_to_left", SurvivorAction.DELETED),
        (LEFT, RIGHT, "both", SurvivorAction.RECREATED),
    ],
)
def test_a_user_decides_before_the_config_does(
    gone: str, decided: str | None, direction: str, expected: SurvivorAction
) -> None:
    assert survivor_action(gone, decided, "propagate", direction) is expected
    assert survivor_action(gone, decided, "ignore", direction) is (
        SurvivorAction.LEFT_ALONE if decided is None else expected
    )


def is_deleted(gone: str, survivor: SideView, deletes: str, direction: str, decided: str | None) -> bool:
    return survivor_action(gone, decided, deletes, direction) is SurvivorAction.DELETED and not is_edited(
        survivor, gone, decided
    )


@given(st.sampled_from(SIDES), views(), DELETES, DIRECTIONS)
def test_unless_a_user_says_so_no_contact_is_deleted_that_shows_what_was_never_agreed_on(
    gone: str, survivor: SideView, deletes: str, direction: str
) -> None:
    if is_deleted(gone, survivor, deletes, direction, None):
        assert deletes == "propagate"
        assert goes_towards(direction, OTHER[gone])
        assert all(same(name, survivor.now[name], survivor.base.get(name)) for name in survivor.now)


@given(st.sampled_from(SIDES), views(), DELETES, DIRECTIONS)
def test_without_a_baseline_no_contact_is_deleted_that_shows_anything(
    gone: str, survivor: SideView, deletes: str, direction: str
) -> None:
    stranger = SideView({**survivor.now, "city": "Oslo"}, {})
    assert not is_deleted(gone, stranger, deletes, direction, None)


@given(st.sampled_from(SIDES), views(), st.sampled_from(NAMES), DECISIONS)
def test_an_edit_holds_the_deletion_up_until_a_user_decides_for_the_side_that_deleted(
    gone: str, survivor: SideView, name: str, decided: str | None
) -> None:
    agreed = SideView(survivor.base, survivor.base)
    edited = SideView(
        {**survivor.base, name: "Edited" if name not in {"tags", "lists"} else ("edited",)}, survivor.base
    )
    assert not is_edited(agreed, gone, decided)
    assert is_edited(edited, gone, decided) == (decided != gone)


def test_an_edit_that_means_nothing_on_the_other_side_holds_the_deletion_up_too() -> None:
    agreed: Fields = {"phone": "+12125550123"}
    edited = SideView({}, agreed, unmapped=frozenset({"phone"}))
    never_agreed = SideView(agreed, agreed, unmapped=frozenset({"country"}))
    assert is_edited(edited, LEFT, None)
    assert not is_edited(edited, LEFT, LEFT)
    assert not is_edited(never_agreed, LEFT, None)


@given(st.sampled_from(SIDES), views(), DELETES, DIRECTIONS, DECISIONS)
def test_swapped_sides_lose_the_same_contacts(
    gone: str, survivor: SideView, deletes: str, direction: str, decided: str | None
) -> None:
    there = is_deleted(gone, survivor, deletes, direction, decided)
    back = is_deleted(OTHER[gone], survivor, deletes, MIRRORED[direction], OTHER.get(decided or ""))
    assert there == back
