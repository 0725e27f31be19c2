"""R41, without I/O: what has no place at a side is owed to it, and nothing is agreed of it."""

from dataclasses import replace

import pytest

from connectors.contact import Value
from sync.rules.mapping import FieldRule, Rules
from sync.rules.merge import Resolution, merge
from sync.rules.merge_result import LEFT, RIGHT, Merge, SideView
from sync.rules.new_record import plan_new_record
from sync.rules.shadow_update import after_agreement, after_write

TITLE = FieldRule("title", to_left=True, to_right=False, homeless=frozenset({RIGHT}))
LISTS = FieldRule("lists", to_left=False, to_right=False, homeless=frozenset({RIGHT}))
RULES: Rules = {"title": TITLE, "lists": LISTS}
UNKNOWN = SideView({}, {})


def merged(left: SideView, right: SideView, decided: dict[str, Resolution] | None = None) -> Merge:
    return merge({"title": TITLE}, left, right, lambda _left, _right, _rule: LEFT, "newest", decided)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (SideView({"title": "Chief"}, {}), UNKNOWN),
        (SideView({"title": "Chief"}, {"title": "Chief"}), UNKNOWN),
        (SideView({"title": "Chief"}, {"title": "Cook"}), SideView({}, {"title": "Cook"})),
        (SideView({"title": None}, {"title": "Cook"}), SideView({}, {"title": "Cook"})),
    ],
)
def test_a_value_for_a_side_without_a_place_is_owed_and_not_agreed(left: SideView, right: SideView) -> None:
    result = merged(left, right)
    assert result == Merge(owed={"title": RIGHT})
    for bases in (after_agreement(result, RIGHT, right, left), after_write(result, RIGHT, right, left, {})):
        assert bases.target == right.base


@pytest.mark.parametrize("value", [None, "Cook"])
def test_nothing_is_owed_where_nothing_is_to_be_written(value: Value) -> None:
    assert merged(SideView({"title": value}, {"title": value}), SideView({}, {"title": value})) == Merge()


def test_a_first_meeting_keeps_what_it_saw_so_that_it_need_not_be_read_again() -> None:
    left = SideView({"title": "Chief"}, {})
    bases = after_agreement(merged(left, UNKNOWN), LEFT, left, UNKNOWN)
    assert (bases.target, bases.source) == ({"title": "Chief"}, {})


def test_a_decision_of_a_user_waits_for_the_place() -> None:
    left, right = SideView({"title": "Chief"}, {"title": "Cook"}), SideView({}, {"title": "Cook"})
    assert merged(left, right, {"title": ("left", None)}) == Merge(conflicts={"title": ("Chief", "Cook")})


def test_a_set_is_owed_as_a_whole() -> None:
    shown = SideView({"lists": ("a",)}, {})
    assert merge({"lists": LISTS}, shown, UNKNOWN, lambda _left, _right, _rule: None, "manual") == Merge(
        owed={"lists": RIGHT}
    )


def test_a_new_contact_is_created_without_what_is_owed() -> None:
    made = plan_new_record(RULES, {"title": "Chief", "lists": ("a",)}, RIGHT)
    assert (made.changes, made.owed) == ({}, {"title": "Chief", "lists": ("a",)})
    homed = {name: replace(rule, to_right=True, homeless=frozenset()) for name, rule in RULES.items()}
    assert plan_new_record(homed, {"title": "Chief"}, RIGHT).owed == {}
