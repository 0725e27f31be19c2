from collections.abc import Iterator

import pytest

from state.cursors import COVERED, INDEXED, Cursors
from state.database import Transaction
from state.file import StateFile
from state.links import Link, Links, LinkSide
from state.message_staging import MessageAction, MessageStaging, StagedMessage
from state.messages import IndexedMessage, MessageIndex, StreamSetup
from state.staging import Staging, Step
from tests.state.files import opened

ANN = IndexedMessage("1", "ann", 1000, b"hello")


@pytest.fixture
def state() -> Iterator[StateFile]:
    with opened() as state:
        yield state


@pytest.fixture(autouse=True)
def contacts(state: StateFile) -> Iterator[Staging]:
    staging = Staging(state)
    yield staging
    staging.detach()


@pytest.fixture
def transaction(state: StateFile, contacts: Staging) -> Iterator[Transaction]:
    with state.atomic() as transaction:
        yield transaction


@pytest.fixture
def index(state: StateFile) -> MessageIndex:
    return MessageIndex(state.db, 1, "left")


def link(state: StateFile, stream: str, left: str, right: str) -> int:
    pair = Link(LinkSide(left, "original"), LinkSide(right, "copy", '{"contact": "ann"}'), 1)
    with state.atomic_or_joined() as transaction:
        Links(state.db, 1, stream).save_link(transaction, pair, "r1")
    return pair.id


def test_an_unlinked_message_is_found_by_contact_and_time(
    state: StateFile, index: MessageIndex, transaction: Transaction
) -> None:
    index.put_messages(
        transaction, [ANN, IndexedMessage("2", "ann", 2500, None), IndexedMessage("3", "bob", 1000, b"hello")]
    )
    assert index.unlinked_near("ann", 1500, 1000) == [ANN, IndexedMessage("2", "ann", 2500, None)]
    assert index.unlinked_near("ann", 1500, 400) == []
    link(state, "messages", "1", "note:9")
    assert index.unlinked_near("ann", 1500, 500) == []


def test_a_stored_digest_and_left_out_stay_where_a_listing_shows_neither(
    index: MessageIndex, transaction: Transaction
) -> None:
    index.put_messages(transaction, [ANN])
    index.mark_left_out(transaction, "1", left_out=True)
    index.put_messages(transaction, [IndexedMessage("1", "ann", 1000, None)])
    assert index.message("1") == IndexedMessage("1", "ann", 1000, b"hello", left_out=True)
    index.drop_message(transaction, "1")
    assert index.message("1") is None


def test_a_contact_that_is_linked_or_planned_frees_its_left_out_messages(
    state: StateFile, index: MessageIndex, contacts: Staging, transaction: Transaction
) -> None:
    index.put_messages(
        transaction, [IndexedMessage(name, name, 1, None, left_out=True) for name in ("ann", "bob", "cai", "dan")]
    )
    index.put_messages(transaction, [IndexedMessage("later", "bob", 1, None)])
    old = link(state, "contacts", "ann", "a")
    link(state, "contacts", "bob", "b")
    assert [one.id for one in index.freed_messages(old)] == ["bob"]
    contacts.plan_step(Step("create", "right", "cai", None, None, "right"))
    contacts.add_pair("dan", "d")
    assert [one.id for one in index.freed_messages(old)] == ["bob", "cai", "dan"]


def test_the_index_of_one_side_knows_nothing_of_the_other(
    state: StateFile, index: MessageIndex, transaction: Transaction
) -> None:
    index.put_messages(transaction, [ANN])
    assert MessageIndex(state.db, 1, "right").message("1") is None


def test_other_settings_delete_the_covered_intervals_of_messages_only(
    state: StateFile, transaction: Transaction
) -> None:
    streams = StreamSetup(state.db, 1, "messages")
    for stream in ("contacts", "messages"):
        for kind in (COVERED, INDEXED):
            Cursors(state.db, 1, stream).add_intervals(transaction, "left", kind, [(0, 5)])
    assert streams.fingerprint() is None
    streams.set_up(transaction, "one")
    streams.note_followed(transaction, 7)
    streams.set_up(transaction, "two")
    assert (streams.fingerprint(), streams.last_link()) == ("two", 7)
    assert Cursors(state.db, 1, "messages").intervals("left", COVERED) == ()
    assert Cursors(state.db, 1, "messages").intervals("left", INDEXED) == ((0, 5),)
    assert Cursors(state.db, 1, "contacts").intervals("left", COVERED) == ((0, 5),)


def test_only_links_of_contacts_count_as_the_newest_link(state: StateFile) -> None:
    streams = StreamSetup(state.db, 1, "messages")
    assert streams.newest_link() == 0
    number = link(state, "contacts", "ann", "a")
    link(state, "messages", "1", "note:9")
    assert streams.newest_link() == number


def test_actions_come_in_the_order_of_their_messages_page_by_page(state: StateFile, transaction: Transaction) -> None:
    staging = MessageStaging(state)
    for number, sent in enumerate((30, 10, 20, 10)):
        staging.plan_action(transaction, MessageAction("create", "right", str(number), "ann", sent))
    staging.plan_action(transaction, MessageAction("create", "left", "9", "ann", 5))
    pages = list(staging.planned_actions("create", "right", 2))
    assert [[step.source_id for step in page] for page in pages] == [["1", "3"], ["2", "0"]]
    assert staging.count_actions("create", "right") == 4
    assert staging.is_planned("right", "2")
    assert not staging.is_planned("left", "2")


def test_unchanged_messages_count_once_per_link(state: StateFile, transaction: Transaction) -> None:
    staging = MessageStaging(state)
    staging.put_messages(transaction, [
        StagedMessage("left", "1", "ann", None, b"d", 7), StagedMessage("right", "1", "a", None, b"d", 7),
        StagedMessage("left", "2", "ann", "{}", b"d", 8), StagedMessage("left", "3", "ann"),
    ])  # fmt: skip
    assert staging.count_unchanged() == 1
    assert (staging.count_messages("left"), staging.count_messages("right")) == (3, 1)
    assert [one.id for page in staging.message_pages("left") for one in page] == ["2"]


def test_only_links_of_messages_that_were_not_listed_are_missing(state: StateFile, transaction: Transaction) -> None:
    staging = MessageStaging(state)
    shown, missed = link(state, "messages", "1", "note:1"), link(state, "messages", "2", "note:2")
    link(state, "contacts", "3", "c")
    staging.put_messages(transaction, [StagedMessage("left", "1", "ann", link=shown)])
    assert staging.missing("left", 1, 0) == [(missed, "2")]
    assert staging.missing("left", 1, missed) == []


def test_a_contact_without_copies_counts_as_read(state: StateFile, transaction: Transaction) -> None:
    staging = MessageStaging(state)
    staging.put_copies(transaction, "right", "ann", [])
    staging.put_copies(transaction, "right", "bob", ["{}"])
    assert staging.were_copies_read("right", "ann")
    assert not staging.were_copies_read("left", "ann")
    assert (staging.copies("right", "ann"), staging.copies("right", "bob")) == ([], ["{}"])
    staging.mark_taken(transaction, "right", "note:1")
    assert staging.is_taken("right", "note:1")
    assert not staging.is_taken("left", "note:1")
