"""Counterparts that pairing alone does not find: of replaced records, and of contacts with a lifted erasure."""

import pytest

from connectors.records import Page
from sync.contacts.context import Context
from sync.contacts.partners import lifted_partner, note_lifted, replaced_partner, settle_lifted
from sync.rules import contact_codec
from sync.rules.erasure_marks import mark_of_record
from sync.rules.match import Candidates, Paired
from tests.sync.contacts.memory_world import MemoryWorld

Pair = tuple[str, str]


@pytest.fixture
def ada(memory: MemoryWorld) -> Pair:
    """Return both ids of a linked contact."""
    return memory.add_linked(first_name="Ada", email="ada@example.com")


def erase_and_lift(memory: MemoryWorld, ada: Pair) -> None:
    """Erase what is known of a contact, and lift the erasure again: its hashes stay."""
    marks = [mark_of_record("one", ada[0]), mark_of_record("two", ada[1])]
    with memory.context() as context, memory.state.atomic() as transaction:
        context.tables.links.remove_link(transaction, memory.link(context, ada[0]).id)
        for side, record_id in zip(context.connection.sides, ada, strict=True):
            side.identities.drop_contact(transaction, record_id)
        context.tables.erasure_marks.add_marks(transaction, marks, 0)
        assert context.tables.erasure_marks.lift_marks(transaction, marks[:1]) == 1


def partner(memory: MemoryWorld, context: Context, left_id: str) -> object:
    contact = contact_codec.index_entry(memory.left.to_contact(memory.left.records[left_id], {}))
    return lifted_partner(context, context.connection.left, contact)


def test_a_contact_whose_erasure_was_lifted_is_linked_to_its_own_record_whatever_its_address_is_now(
    memory: MemoryWorld, ada: Pair
) -> None:
    erase_and_lift(memory, ada)
    memory.left.edit(ada[0], email="countess@example.com")
    with memory.context() as context:
        assert partner(memory, context, ada[0]) == Paired(ada[1], "lifted")


def test_the_other_side_is_read_in_full_once_for_all_such_contacts(memory: MemoryWorld, ada: Pair) -> None:
    bob = memory.add_linked(first_name="Bob", email="bob@example.com")
    for one in (ada, bob):
        erase_and_lift(memory, one)
    memory.right.calls.clear()
    with memory.context() as context:
        assert [partner(memory, context, one[0]) for one in (ada, bob)] == [
            Paired(ada[1], "lifted"), Paired(bob[1], "lifted"),
        ]  # fmt: skip
    assert [name for name, _ in memory.right.calls].count("read_window") == 1


def test_a_contact_that_was_never_erased_has_no_such_counterpart(memory: MemoryWorld, ada: Pair) -> None:
    memory.right.calls.clear()
    with memory.context() as context:
        assert partner(memory, context, ada[0]) is None
    assert memory.right.calls == []


def test_a_full_reading_proves_that_a_record_exists_no_more_and_pairing_decides(memory: MemoryWorld, ada: Pair) -> None:
    erase_and_lift(memory, ada)
    del memory.right.records[ada[1]]
    other = memory.right.add(first_name="Ada", email="ada@example.com")
    with memory.context() as context:
        assert partner(memory, context, ada[0]) == Paired(other, "e-mail")
        assert len(context.findings.absent) == 1


def test_a_reading_with_a_hole_proves_nothing(memory: MemoryWorld, ada: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    erase_and_lift(memory, ada)
    monkeypatch.setattr(memory.right, "read_window", lambda _: iter([Page([], memory.clock.now())]))
    with memory.context() as context:
        context.boundary.holes["right"] = [(0, 1)]
        partner(memory, context, ada[0])
        assert context.findings.absent == set()


@pytest.mark.parametrize("case", ["linked again", "absent", "neither"])
def test_the_hashes_are_dropped_once_the_contact_is_linked_again_or_has_no_record(
    memory: MemoryWorld, ada: Pair, case: str
) -> None:
    erase_and_lift(memory, ada)
    if case == "linked again":
        memory.run()
    with memory.context() as context:
        number = note_lifted(context, context.connection.left, ada[0])
        assert number is not None
        context.findings.absent |= {number} if case == "absent" else set()
        with memory.state.atomic() as transaction:
            settle_lifted(transaction, context)
        kept = context.tables.erasure_marks.lifted(mark_of_record("one", ada[0]))
        assert (kept is not None) == (case == "neither")


@pytest.mark.parametrize("replaced", [True, False])
def test_a_record_with_the_marker_of_a_linked_contact_takes_the_place_of_one_that_is_gone(
    memory: MemoryWorld, ada: Pair, replaced: bool
) -> None:
    twin = memory.right.add(first_name="Adah", email="adah@example.com")
    memory.right.records[twin]["marker"] = ada[0]
    if replaced:
        del memory.right.records[ada[1]]
    with memory.context() as context:
        contact = contact_codec.index_entry(memory.right.to_contact(memory.right.records[twin], {}))
        marked = context.connection.left.identities.by_id([ada[0]])
        found = replaced_partner(context, context.connection.right, contact, Candidates(marked=marked))
    assert found == (Paired(ada[0], "marker") if replaced else None)
