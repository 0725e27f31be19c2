"""The comparison of both sides, from the plan of a dry run over everything."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from connectors.errors import RecordRefused
from state.conflicts import resolve_conflict
from state.holds import Hold
from sync.config.contacts import ContactsStream
from sync.contacts.link_state import hold
from sync.contacts.verify import compare
from sync.output.formats import WHOLE
from sync.output.report import Comparison
from tests.sync.contacts.memory_world import MemoryWorld

Pair = tuple[str, str]


@pytest.fixture
def ada(memory: MemoryWorld) -> Pair:
    """Return both ids of a linked contact."""
    return memory.add_linked(first_name="Ada", email="ada@example.com", city="Oslo")


def found(memory: MemoryWorld) -> Comparison:
    with memory.compared(dry=True) as context:
        return compare(context)


def who(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    return [entry["who"] for entry in entries]


def test_two_sides_that_agree_differ_in_nothing(memory: MemoryWorld, ada: Pair) -> None:
    comparison = found(memory)
    assert comparison.compared == 1
    assert (comparison.only, comparison.differ) == ({"one": [], "two": []}, [])
    assert (comparison.doubles, comparison.held) == ([], [])


def test_a_field_that_a_run_would_write_differs_with_what_both_sides_show(memory: MemoryWorld, ada: Pair) -> None:
    memory.left.edit(ada[0], city="Rome")
    assert found(memory).differ == [{"who": "ada@example.com", "field": "city", "left": "Rome", "right": "Oslo"}]


def test_a_comparison_writes_nothing(memory: MemoryWorld, ada: Pair) -> None:
    memory.left.edit(ada[0], city="Rome")
    memory.left.add(first_name="Bob", email="bob@example.com")
    memory.right.calls.clear()
    found(memory)
    assert {name for name, _ in memory.right.calls} <= {"read_window", "read_record", "find_candidates"}
    assert memory.right.shown(ada[1])["city"] == "Oslo"


def test_a_contact_that_a_run_would_create_exists_on_one_side_only(memory: MemoryWorld, ada: Pair) -> None:
    memory.left.add(first_name="Bob", email="bob@example.com")
    memory.right.add(first_name="Cai", email="cai@example.com")
    only = found(memory).only
    assert (who(only["one"]), who(only["two"])) == (["bob@example.com"], ["cai@example.com"])


def test_a_survivor_exists_on_one_side_only(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    assert who(found(memory).only["two"]) == ["ada@example.com"]


def test_a_survivor_that_an_undo_has_left_behind_is_held_and_not_alone(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    memory.reconcile()
    with memory.context() as context, memory.state.atomic() as transaction:
        link = memory.link(context, ada[0])
        context.tables.holds.put_hold(transaction, Hold(link.id, WHOLE, 0, "an undo"))
    comparison = found(memory)
    assert comparison.only["two"] == []
    assert [(one["field"], one["left"], one["right"]) for one in comparison.held] == [(WHOLE, None, "kept")]


def test_a_survivor_whose_counterpart_is_to_be_created_again_is_not_listed_twice(
    memory: MemoryWorld, ada: Pair
) -> None:
    memory.settings = ContactsStream(max_changed=1.0, deletes="propagate")
    del memory.left.records[ada[0]]
    memory.right.edit(ada[1], city="Rome")
    context = memory.reconcile()
    conflict = context.tables.conflicts.of_link(memory.link(context, ada[0]).id)[WHOLE]
    with memory.state.atomic() as transaction:
        resolve_conflict(transaction, conflict.id, "right")
    assert who(found(memory).only["two"]) == ["ada@example.com"]


def test_a_contact_that_could_not_be_created_is_listed_with_the_reason(memory: MemoryWorld, ada: Pair) -> None:
    memory.left.add(first_name="Bob", email="bob@example.com")
    memory.right.fail("create_contact", RecordRefused("two", "not today"))
    memory.run()
    (entry,) = found(memory).only["one"]
    assert (entry["who"], entry["reason"]) == ("bob@example.com", "two refuses it: not today")


def test_a_pair_whose_write_failed_differs_although_it_is_not_planned(memory: MemoryWorld, ada: Pair) -> None:
    memory.left.edit(ada[0], city="Rome")
    memory.right.fail("update_contact", RecordRefused("two", "not today"))
    memory.run()
    assert [(one["field"], one["left"], one["right"]) for one in found(memory).differ] == [("city", "Rome", "Oslo")]


def test_a_field_in_conflict_differs_until_a_user_decides(memory: MemoryWorld, ada: Pair) -> None:
    memory.settings = ContactsStream(max_changed=1.0, conflicts="manual")
    memory.left.edit(ada[0], city="Rome")
    memory.right.edit(ada[1], city="Bern")
    memory.run()
    assert [(one["field"], one["left"], one["right"]) for one in found(memory).differ] == [("city", "Rome", "Bern")]


def test_second_records_of_one_contact_are_doubles(memory: MemoryWorld, ada: Pair) -> None:
    double = memory.left.add(first_name="Ada", email="ada@example.com")
    memory.run()
    (entry,) = found(memory).doubles
    assert entry["account"] == "one"
    assert set(entry["ids"]) == {double, ada[0]}


@pytest.mark.parametrize(("edited", "listed"), [(False, ["city"]), (True, [])])
def test_a_held_difference_is_listed_until_an_edit_lets_it_travel(
    memory: MemoryWorld, ada: Pair, edited: bool, listed: list[str]
) -> None:
    memory.right.edit(ada[1], city="Rome")
    memory.run()
    memory.left.records[ada[0]]["city"] = "Oslo"
    with memory.context() as context:
        link = memory.agree(context, ada[0], left={"city": "Oslo"})
        with memory.state.atomic() as transaction:
            hold(transaction, context, link, ["city"])
    if edited:
        memory.left.edit(ada[0], city="Bern")
    comparison = found(memory)
    assert [one["field"] for one in comparison.held] == listed
    assert bool(comparison.differ) == edited
