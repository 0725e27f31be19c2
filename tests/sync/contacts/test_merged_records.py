"""Records that a user has merged into others, and what becomes of their counterparts."""

import pytest

from sync.config.contacts import ContactsStream
from sync.contacts.context import Context
from sync.contacts.merged_records import find_merge_targets
from sync.contacts.plan_steps import DELETE
from tests.sync.contacts.memory_world import MemoryWorld

Pair = tuple[str, str]


@pytest.fixture
def ada(memory: MemoryWorld) -> Pair:
    """Return both ids of a linked contact, where deletions are propagated."""
    memory.settings = ContactsStream(max_changed=1.0, deletes="propagate")
    return memory.add_linked(first_name="Ada", email="ada@example.com", phone="+12125550123", city="Oslo")


def counterpart(context: Context, left_id: str) -> str:
    return context.tables.links.by_record("left", [left_id])[left_id].right.id


@pytest.mark.parametrize(
    "shown",
    [
        {"first_name": "Ada", "email": "ada@example.com"},
        {"first_name": "Ada", "phone": "+12125550123"},
    ],
    ids=["e-mail", "phone"],
)
def test_an_unlinked_record_with_the_same_key_takes_the_place_of_the_one_that_is_gone(
    memory: MemoryWorld, ada: Pair, shown: dict[str, str]
) -> None:
    del memory.left.records[ada[0]]
    target = memory.left.add(**shown)
    context = memory.reconcile()
    assert counterpart(context, target) == ada[1]
    assert (list(memory.left.records), list(memory.right.records)) == ([target], [ada[1]])


def test_a_merge_target_that_knows_less_empties_nothing(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    target = memory.left.add(email="ada@example.com", city="Rome")
    memory.reconcile()
    assert memory.right.shown(ada[1])["first_name"] == "Ada"
    assert memory.left.shown(target)["first_name"] == "Ada"


def test_a_record_that_carries_the_marker_of_the_survivor_takes_the_place(memory: MemoryWorld, ada: Pair) -> None:
    del memory.right.records[ada[1]]
    target = memory.right.add(first_name="Adah", email="adah@example.com")
    memory.right.records[target]["marker"] = ada[0]
    context = memory.reconcile()
    assert counterpart(context, ada[0]) == target
    assert list(memory.left.records) == [ada[0]]


def test_a_record_with_the_number_of_another_name_does_not_take_the_place(memory: MemoryWorld, ada: Pair) -> None:
    del memory.left.records[ada[0]]
    target = memory.left.add(first_name="Bob", email="bob@example.com", phone="+12125550123")
    context = memory.reconcile()
    assert counterpart(context, target) != ada[1]
    assert ada[1] not in memory.right.records


def test_a_survivor_is_listed_if_the_merge_target_is_linked_to_another_record(memory: MemoryWorld, ada: Pair) -> None:
    bob = memory.add_linked(first_name="Bob", email="bob@example.com")
    del memory.left.records[ada[0]]
    memory.left.edit(bob[0], email="ada@example.com")
    context = memory.reconcile()
    (failure,) = [one for one in context.tables.failures.waiting_failures() if one.operation == DELETE]
    assert (failure.side, failure.record_id) == ("right", ada[1])
    assert failure.blockers == (f"left:{bob[0]}", f"right:{bob[1]}")
    assert f"merge {ada[1]} into {bob[1]} at two too" in failure.reason
    assert set(memory.right.records) == {ada[1], bob[1]}


def test_no_record_takes_the_place_whose_address_belongs_to_another_contact_of_the_survivors_side(
    memory: MemoryWorld, ada: Pair
) -> None:
    memory.settings = ContactsStream(max_changed=1.0, create="none")
    del memory.left.records[ada[0]]
    target = memory.left.add(first_name="Ada", email="ada.reed@example.com", phone="+12125550123")
    other = memory.right.add(first_name="Ada", email="ada.reed@example.com")
    context = memory.reconcile()
    assert counterpart(context, target) == other


def test_the_server_is_asked_only_about_survivors_that_would_be_deleted_or_were_just_found(
    memory: MemoryWorld, ada: Pair
) -> None:
    memory.settings = ContactsStream(max_changed=1.0)
    del memory.left.records[ada[0]]
    memory.reconcile()
    memory.left.calls.clear()
    with memory.context() as context:
        links = list(context.tables.links.gone_links())
        assert find_merge_targets(context, links, set()) == {}
        assert memory.left.calls == []
        find_merge_targets(context, links, {links[0].id})
        assert [name for name, _ in memory.left.calls] == ["find_candidates"]
