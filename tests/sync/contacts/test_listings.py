"""A system that can only list: everything is read, the digests tell what changed, and no time counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from connectors.connector import WriteResult
from connectors.contact import Fields
from connectors.records import Page, Window
from state.cursors import COVERED, INDEXED
from sync.contacts.context import Context
from sync.contacts.deletions import find_vanished
from sync.contacts.read import read_side
from sync.engine.contact_stream import report_left_out
from sync.rules.contact_codec import to_ms
from sync.rules.windows import ReadRange
from tests.memory_connector import MemoryConnector
from tests.sync.contacts.memory_world import MemoryWorld
from tests.thorough import THOROUGH


@pytest.fixture
def listing(memory: MemoryWorld) -> MemoryWorld:
    """Return a world with a left side that can only list and a right side with windows."""
    memory.left.lists_only = True
    return memory


def covered(memory: MemoryWorld, read_range: ReadRange | None = None, *, kind: str = COVERED) -> object:
    with memory.context() as context:
        spans = read_side(context, context.connection.left, read_range or ReadRange())
        with context.state.atomic() as transaction:
            context.tables.cursors.add_intervals(transaction, "left", COVERED, spans)
        return context.tables.cursors.intervals("left", kind)


def listings(connector: MemoryConnector) -> int:
    return [name for name, _ in connector.calls].count("read_window")


def vanished(memory: MemoryWorld, *, unguarded: bool = False) -> list[str]:
    """Return the records of the left side that a scan of everything finds deleted."""
    with memory.context() as context:
        for side in context.connection.sides:
            read_side(context, side, ReadRange(whole=True))
        found = find_vanished(context, unguarded=unguarded)
        links = [context.tables.links.by_id(number) for number in found]
        return sorted(link.left.id for link in links if link is not None)


def left_out(context: Context) -> dict[tuple[str, str], int]:
    return dict(context.findings.left_out)


def test_what_is_listed_is_covered_up_to_the_time_at_which_the_list_was_begun(listing: MemoryWorld) -> None:
    listing.left.add(first_name="Ada")
    begun = listing.clock.now()
    assert covered(listing) == ((0, to_ms(begun)),)
    assert covered(listing, kind=INDEXED) == ((0, to_ms(begun)),)


def test_a_list_is_read_once_however_many_gaps_there_are(listing: MemoryWorld) -> None:
    start = listing.clock.now()
    for _ in range(2):
        listing.clock.pass_by(600)
        covered(listing, ReadRange(since=listing.clock.now() - timedelta(minutes=1), until=listing.clock.now()))
    before = listings(listing.left)
    listing.clock.pass_by(600)
    assert covered(listing) == ((0, to_ms(start + timedelta(minutes=30))),)
    assert listings(listing.left) == before + 1


def test_a_cursor_past_the_present_is_cut_back_and_read_again_in_the_same_list(listing: MemoryWorld) -> None:
    covered(listing)
    with listing.context() as context, context.state.atomic() as transaction:
        ahead = (to_ms(listing.clock.now()) or 0) + 7_200_000
        context.tables.cursors.add_intervals(transaction, "left", COVERED, [(0, ahead)])
    before = listings(listing.left)
    listing.clock.pass_by(60)
    assert covered(listing) == ((0, to_ms(listing.clock.now())),)
    assert listings(listing.left) == before + 1


def test_an_edit_that_moves_no_time_is_carried(listing: MemoryWorld) -> None:
    ada = listing.left.add(email="ada@example.com", city="Oslo")
    listing.run()
    listing.left.records[ada]["city"] = "Rome"
    listing.clock.pass_by(86_400)
    listing.run()
    assert [each["city"] for each in listing.right.records.values()] == ["Rome"]


def test_a_record_that_is_dated_after_the_list_was_begun_is_carried(listing: MemoryWorld) -> None:
    ada = listing.left.add(email="ada@example.com")
    listing.left.records[ada]["updated_at"] = (listing.clock.now() + timedelta(days=1)).isoformat()
    listing.run()
    assert [each["email"] for each in listing.right.records.values()] == ["ada@example.com"]


def test_a_run_over_a_list_without_changes_writes_nothing(listing: MemoryWorld) -> None:
    listing.left.add(email="ada@example.com")
    listing.run()
    listing.clock.pass_by(60)
    writes = listing.right.call_counts.writes + listing.left.call_counts.writes
    assert listing.run().report.unchanged == 1
    assert listing.right.call_counts.writes + listing.left.call_counts.writes == writes


def world_of(memory: MemoryWorld, number: int) -> list[str]:
    ids = [memory.left.add(email=f"ada{n}@example.com") for n in range(number)]
    memory.run()
    return ids


def test_who_is_missing_from_the_list_and_unknown_by_id_is_deleted(listing: MemoryWorld) -> None:
    ids = world_of(listing, 30)
    for each in ids[:5]:
        del listing.left.records[each]
    assert vanished(listing) == sorted(ids[:5])


def test_who_is_missing_from_the_list_and_known_by_id_is_not_deleted(
    listing: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world_of(listing, 30)
    whole = MemoryConnector.read_window

    def shaky(self: MemoryConnector, window: Window) -> Iterator[Page]:
        pages = whole(self, window)
        return (replace(page, records=page.records[:2]) for page in pages) if self is listing.left else pages

    monkeypatch.setattr(MemoryConnector, "read_window", shaky)
    assert vanished(listing) == []


def test_a_list_that_leaves_out_other_contacts_each_time_deletes_none(
    listing: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = world_of(listing, 30)
    whole, chance = MemoryConnector.read_window, Random(7)  # noqa: S311 - lists to repeat, no secret

    def shaky(self: MemoryConnector, window: Window) -> Iterator[Page]:
        for page in whole(self, window):
            rows = [raw for raw in page.records if self is not listing.left or chance.random() < share]
            yield replace(page, records=chance.sample(rows, len(rows)))

    monkeypatch.setattr(MemoryConnector, "read_window", shaky)
    for number in range(1000 if THOROUGH else 50):
        share = chance.choice((0.0, 0.3, 0.9, 0.99))
        assert vanished(listing, unguarded=number % 2 == 0) == []
    del listing.left.records[ids[4]]
    assert vanished(listing, unguarded=True) == [ids[4]]


def test_a_list_that_lost_more_than_the_guard_lets_pass_deletes_no_contact_unless_a_user_lets_it(
    listing: MemoryWorld,
) -> None:
    ids = world_of(listing, 50)
    listing.settings = listing.settings.model_copy(update={"max_changed": 0.5})
    for each in ids[:26]:
        del listing.left.records[each]
    assert vanished(listing) == []
    assert vanished(listing, unguarded=True) == sorted(ids[:26])


def test_a_contact_without_the_key_of_the_other_side_is_left_out_until_it_has_one(memory: MemoryWorld) -> None:
    memory.right.needed = "phone"
    ada = memory.left.add(email="ada@example.com")
    context = memory.run()
    assert (memory.right.records, context.report.left_out) == ({}, 1)
    assert left_out(context) == {("one", "it needs phone"): 1}
    assert context.tables.failures.count_listed() == 0
    notes: list[str] = []
    object.__setattr__(context.run, "progress", type("Notes", (), {"note": staticmethod(notes.append)})())
    report_left_out(context)
    assert notes == ["one: 1 contact left out: it needs phone"]
    memory.clock.pass_by(60)
    memory.left.edit(ada, phone="+12125550123")
    assert left_out(memory.run()) == {}
    assert [each["phone"] for each in memory.right.records.values()] == ["+12125550123"]


def test_a_key_that_does_not_travel_is_no_key(memory: MemoryWorld) -> None:
    memory.right.needed = "phone"
    memory.right.fields_without_place = frozenset({"phone"})
    memory.left.add(email="ada@example.com", phone="+12125550123")
    memory.right.fields = memory.right.fields - {"phone"}
    assert left_out(memory.run()) == {("one", "it needs phone"): 1}


def test_a_record_that_its_system_leaves_out_pairs_by_its_source_id_alone(memory: MemoryWorld) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@example.com", phone="+12125550123")
    same: Fields = {"first_name": "Ada", "email": "ada@example.com", "phone": "+12125550123"}
    memory.right.records["r1"] = {
        "id": "r1", **same, "left_out": "of another channel", "updated_at": memory.clock.now().isoformat()
    }  # fmt: skip
    context = memory.run()
    assert left_out(context) == {("two", "of another channel"): 1}
    assert len(memory.left.records) == 1
    assert memory.link(context, ada).right.id != "r1"


def test_a_record_that_is_left_out_and_has_the_source_id_is_paired(memory: MemoryWorld) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@example.com")
    memory.right.records["r1"] = {
        "id": "r1", "first_name": "Ada", "marker": ada, "left_out": "of another channel",
        "updated_at": memory.clock.now().isoformat(),
    }  # fmt: skip
    context = memory.run()
    assert (left_out(context), memory.link(context, ada).right.id) == ({}, "r1")


def test_a_create_that_is_answered_with_a_listed_record_without_a_date_is_a_first_meeting(
    memory: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server took the create for an update of a record that a reading had shown before."""
    memory.settings = memory.settings.model_copy(update={"create": "right"})
    known = memory.right.add(first_name="Ada", city="Oslo")
    record = memory.right.records[known]
    record["created_at"] = ""
    memory.run()

    def upsert(self: MemoryConnector, changes: Fields, _marker: str | None) -> WriteResult:
        assert self is memory.right
        record.update({name: value for name, value in changes.items() if value})
        return WriteResult(dict(record), memory.clock.now())

    monkeypatch.setattr(MemoryConnector, "create_contact", upsert)
    ada = memory.left.add(first_name="Ada", email="ada@example.com")
    context = memory.run()
    assert memory.link(context, ada).right.id == known
    assert context.report.accounts["two"].created == 0
    assert memory.left.shown(ada)["city"] == "Oslo", "what a user typed there is carried, as at any first meeting"
