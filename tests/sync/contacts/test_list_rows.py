"""Which rows of a list are believed, and which records are read by id instead."""

from typing import Any

import pytest

from connectors.contact import Contact
from sync.contacts import list_rows
from sync.contacts.context import Context
from sync.contacts.list_rows import ALWAYS_NEW, BelievedRow, believed_row
from tests.sync.contacts.memory_world import MemoryWorld

BROKEN = "a\ufffd@example.com"


@pytest.fixture
def ada(memory: MemoryWorld) -> str:
    """Return the id at the left of a linked contact."""
    return memory.add_linked(first_name="Ada", last_name="McRae", email="ada@example.com", city="Oslo")[0]


def judged(memory: MemoryWorld, context: Context, ada: str, **row: Any) -> BelievedRow | None:
    """Return what is believed of a row that shows something else than the record."""
    memory.left.calls.clear()
    raw = {**memory.left.records[ada], "updated_at": memory.clock.now().isoformat(), **row}
    return believed_row(context, context.connection.left, raw, memory.link(context, ada), {})


def reads(memory: MemoryWorld) -> int:
    return [name for name, _ in memory.left.calls].count("read_record")


def test_a_row_that_shows_what_was_agreed_or_an_edit_is_believed(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        row = judged(memory, context, ada, city="Rome")
        assert row is not None
        assert row.contact.fields["city"] == "Rome"
        assert reads(memory) == 0


def test_a_row_that_is_older_than_an_earlier_answer_is_read_by_id(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        link = memory.link(context, ada)
        link.left.seen_ms = context.run.now_ms() + 1
        raw = {**memory.left.records[ada], "city": "Rome"}
        memory.left.calls.clear()
        row = believed_row(context, context.connection.left, raw, link, {})
    assert row is not None
    assert row.contact.fields["city"] == "Oslo"
    assert reads(memory) == 1


def test_a_row_that_is_older_than_our_own_write_is_read_by_id(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        link = memory.link(context, ada)
        link.left.seen_ms, link.left.wrote_ms = None, context.run.now_ms() + 1
        memory.left.calls.clear()
        assert believed_row(context, context.connection.left, memory.left.records[ada], link, {}) is not None
    assert reads(memory) == 1


def test_a_name_that_lost_nothing_but_its_capitals_is_read_by_id(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        row = judged(memory, context, ada, last_name="mcrae")
        assert row is not None
        assert (row.contact.fields["last_name"], reads(memory)) == ("McRae", 1)
        changed = judged(memory, context, ada, last_name="Mcrae")
        assert changed is not None
        assert (changed.contact.fields["last_name"], reads(memory)) == ("Mcrae", 0)


def test_a_value_that_a_row_leaves_out_is_empty_only_if_the_record_says_so(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        row = judged(memory, context, ada, city=None)
        assert row is not None
        assert (row.contact.fields["city"], reads(memory)) == ("Oslo", 1)
        memory.left.edit(ada, city=None)
        row = judged(memory, context, ada)
        assert row is not None
        assert (row.contact.fields["city"], reads(memory)) == (None, 1)


def test_a_row_that_was_doubted_and_shows_the_same_again_costs_no_second_read(memory: MemoryWorld, ada: str) -> None:
    with memory.context() as context:
        doubted = judged(memory, context, ada, city=None)
        assert doubted is not None
        link = memory.link(context, ada)
        link.left.digest = doubted.digest
        with memory.state.atomic() as transaction:
            context.tables.links.save_link(transaction, link, "")
        assert judged(memory, context, ada, city=None) is None
        assert reads(memory) == 0
        memory.clock.pass_by(60)
        assert judged(memory, context, ada, city=None) is not None
        assert reads(memory) == 1


def test_a_scan_of_everything_reads_only_so_many_records_for_values_that_a_list_leaves_out(
    memory: MemoryWorld, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_rows, "MOST", 1)
    notes: list[str] = []
    with memory.context() as context:
        monkeypatch.setattr(context.run.progress, "note", notes.append)
        assert judged(memory, context, ada, city=None) is not None
        assert reads(memory) == 1
        for _ in range(2):
            row = judged(memory, context, ada, city=None, first_name="Adah")
            assert row is not None
            assert reads(memory) == 0
            assert ("city" in row.contact.fields, row.contact.fields["first_name"]) == (False, "Adah")
            assert row.digest == ALWAYS_NEW
    assert len(notes) == 1
    assert "1 are read by id in one run" in notes[0]


@pytest.mark.parametrize(
    ("fields", "unmapped", "read"),
    [
        ({"email": "bob@example.com"}, {}, 0),
        ({"email": None}, {}, 0),
        ({}, {"email": "no address"}, 0),
        ({}, {"email": BROKEN}, 1),
        ({}, {}, 1),
    ],
    ids=["address", "none", "legible dirt", "broken dirt", "silence"],
)
def test_a_new_row_that_does_not_show_its_address_is_read_by_id(
    memory: MemoryWorld, monkeypatch: pytest.MonkeyPatch, fields: Any, unmapped: dict[str, str], read: int
) -> None:
    bob = memory.left.add(first_name="Bob", email="bob@example.com")
    raw = memory.left.records[bob]
    to_contact = memory.left.to_contact
    shown = iter([Contact(bob, fields, None, None, unmapped=unmapped)])
    monkeypatch.setattr(memory.left, "to_contact", lambda raw, known: next(shown, None) or to_contact(raw, known))
    with memory.context() as context:
        row = believed_row(context, context.connection.left, raw, None, {})
    assert row is not None
    assert row.contact.fields.get("email") == ("bob@example.com" if read else fields.get("email"))
    assert reads(memory) == read
