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
def people(state: StateFile) -> Iterator[Staging]:
    stage = Staging(state)
    yield stage
    stage.detach()


@pytest.fixture
def transaction(state: StateFile, people: Staging) -> Iterator[Transaction]:
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


def test_a_message_is_found_by_person_and_time_as_long_as_it_is_linked_to_nothing(
    state: StateFile, index: MessageIndex, transaction: Transaction
) -> None:
    index.put_messages(
        transaction, [ANN, IndexedMessage("2", "ann", 2500, None), IndexedMessage("3", "bob", 1000, b"hello")]
    )
    assert index.unlinked_near("ann", 1500, 1000) == [ANN, IndexedMessage("2", "ann", 2500, None)]
    assert index.unlinked_near("ann", 1500, 400) == []
    link(state, "messages", "1", "note:9")
    assert index.unlinked_near("ann", 1500, 500) == []


def test_a_digest_that_is_known_stays_where_a_listing_shows_none_and_so_does_what_waits(
    index: MessageIndex, transaction: Transaction
) -> None:
    index.put_messages(transaction, [ANN])
    index.mark_left_out(transaction, "1", left_out=True)
    index.put_messages(transaction, [IndexedMessage("1", "ann", 1000, None)])
    assert index.message("1") == IndexedMessage("1", "ann", 1000, b"hello", left_out=True)
    index.drop_message(transaction, "1")
    assert index.message("1") is None


def test_who_is_linked_or_about_to_be_frees_the_messages_that_were_left_out(
    state: StateFile, index: MessageIndex, people: Staging, transaction: Transaction
) -> None:
    index.put_messages(
        transaction, [IndexedMessage(name, name, 1, None, left_out=True) for name in ("ann", "bob", "cai", "dan")]
    )
    index.put_messages(transaction, [IndexedMessage("told", "bob", 1, None)])
    old = link(state, "contacts", "ann", "a")
    link(state, "contacts", "bob", "b")
    assert [one.id for one in index.freed_messages(old)] == ["bob"]
    people.plan_step(Step("create", "right", "cai", None, None, "right"))
    people.add_pair("dan", "d")
    assert [one.id for one in index.freed_messages(old)] == ["bob", "cai", "dan"]


def test_the_index_of_one_side_knows_nothing_of_the_other(
    state: StateFile, index: MessageIndex, transaction: Transaction
) -> None:
    index.put_messages(transaction, [ANN])
    assert MessageIndex(state.db, 1, "right").message("1") is None


def test_another_set_up_has_the_messages_read_again_and_the_people_not(
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


def test_only_links_of_people_count_as_the_newest_link(state: StateFile) -> None:
    streams = StreamSetup(state.db, 1, "messages")
    assert streams.newest_link() == 0
    number = link(state, "contacts", "ann", "a")
    link(state, "messages", "1", "note:9")
    assert streams.newest_link() == number


def test_steps_come_in_the_order_in_which_messages_were_sent_page_by_page(
    state: StateFile, transaction: Transaction
) -> None:
    stage = MessageStaging(state)
    for number, sent in enumerate((30, 10, 20, 10)):
        stage.plan_action(transaction, MessageAction("create", "right", str(number), "ann", sent))
    stage.plan_action(transaction, MessageAction("create", "left", "9", "ann", 5))
    pages = list(stage.planned_actions("create", "right", 2))
    assert [[step.source_id for step in page] for page in pages] == [["1", "3"], ["2", "0"]]
    assert stage.count_actions("create", "right") == 4
    assert stage.is_planned("right", "2")
    assert not stage.is_planned("left", "2")


def test_what_shows_nothing_new_counts_once_for_each_link(state: StateFile, transaction: Transaction) -> None:
    stage = MessageStaging(state)
    stage.put_messages(transaction, [
        StagedMessage("left", "1", "ann", None, b"d", 7), StagedMessage("right", "1", "a", None, b"d", 7),
        StagedMessage("left", "2", "ann", "{}", b"d", 8), StagedMessage("left", "3", "ann"),
    ])  # fmt: skip
    assert stage.count_unchanged() == 1
    assert (stage.count_messages("left"), stage.count_messages("right")) == (3, 1)
    assert [one.id for page in stage.message_pages("left") for one in page] == ["2"]


def test_links_whose_message_was_not_shown_are_missing_and_those_of_people_never(
    state: StateFile, transaction: Transaction
) -> None:
    stage = MessageStaging(state)
    shown, missed = link(state, "messages", "1", "note:1"), link(state, "messages", "2", "note:2")
    link(state, "contacts", "3", "c")
    stage.put_messages(transaction, [StagedMessage("left", "1", "ann", link=shown)])
    assert stage.missing("left", 1, 0) == [(missed, "2")]
    assert stage.missing("left", 1, missed) == []


def test_a_person_who_was_looked_at_is_known_even_without_copies(state: StateFile, transaction: Transaction) -> None:
    stage = MessageStaging(state)
    stage.put_copies(transaction, "right", "ann", [])
    stage.put_copies(transaction, "right", "bob", ["{}"])
    assert stage.were_copies_read("right", "ann")
    assert not stage.were_copies_read("left", "ann")
    assert (stage.copies("right", "ann"), stage.copies("right", "bob")) == ([], ["{}"])
    stage.mark_taken(transaction, "right", "note:1")
    assert stage.is_taken("right", "note:1")
    assert not stage.is_taken("left", "note:1")
