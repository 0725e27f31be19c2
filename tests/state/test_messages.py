from collections.abc import Iterator

import pytest

from state.cursors import COVERED, INDEXED, Cursors
from state.file import StateFile
from state.links import Link, Links, LinkSide
from state.message_staging import MessageAction, MessageStage, StagedMessage
from state.messages import Indexed, MessageIndex, Streams
from state.staging import Stage, Step
from tests.state.files import opened

ANN = Indexed("1", "ann", 1000, b"hello")


@pytest.fixture
def state() -> Iterator[StateFile]:
    with opened() as state:
        yield state


@pytest.fixture(autouse=True)
def people(state: StateFile) -> Iterator[Stage]:
    stage = Stage(state)
    yield stage
    stage.close()


@pytest.fixture
def index(state: StateFile) -> MessageIndex:
    return MessageIndex(state.db, 1, "left")


def link(state: StateFile, stream: str, left: str, right: str) -> int:
    pair = Link(LinkSide(left, "original"), LinkSide(right, "copy", '{"contact": "ann"}'), 1)
    Links(state.db, 1, stream).save(pair, "r1")
    return pair.id


def test_a_message_is_found_by_person_and_time_as_long_as_it_is_linked_to_nothing(
    state: StateFile, index: MessageIndex
) -> None:
    index.put([ANN, Indexed("2", "ann", 2500, None), Indexed("3", "bob", 1000, b"hello")])
    assert index.alike("ann", 1500, 1000) == [ANN, Indexed("2", "ann", 2500, None)]
    assert index.alike("ann", 1500, 400) == []
    link(state, "messages", "1", "note:9")
    assert index.alike("ann", 1500, 500) == []


def test_a_digest_that_is_known_stays_where_a_listing_shows_none_and_so_does_what_waits(index: MessageIndex) -> None:
    index.put([ANN])
    index.mark("1", left_out=True)
    index.put([Indexed("1", "ann", 1000, None)])
    assert index.of("1") == Indexed("1", "ann", 1000, b"hello", left_out=True)
    index.drop("1")
    assert index.of("1") is None


def test_who_is_linked_or_about_to_be_frees_the_messages_that_were_left_out(
    state: StateFile, index: MessageIndex, people: Stage
) -> None:
    index.put([Indexed(name, name, 1, None, left_out=True) for name in ("ann", "bob", "cai", "dan")])
    index.put([Indexed("told", "bob", 1, None)])
    old = link(state, "contacts", "ann", "a")
    link(state, "contacts", "bob", "b")
    assert [one.id for one in index.freed(old)] == ["bob"]
    people.plan(Step("create", "right", "cai", None, None, "right"))
    people.pair("dan", "d")
    assert [one.id for one in index.freed(old)] == ["bob", "cai", "dan"]


def test_the_index_of_one_side_knows_nothing_of_the_other(state: StateFile, index: MessageIndex) -> None:
    index.put([ANN])
    assert MessageIndex(state.db, 1, "right").of("1") is None


def test_another_set_up_has_the_messages_read_again_and_the_people_not(state: StateFile) -> None:
    streams = Streams(state.db, 1, "messages")
    for stream in ("contacts", "messages"):
        for kind in (COVERED, INDEXED):
            Cursors(state.db, 1, stream).add("left", kind, [(0, 5)])
    assert streams.fingerprint() is None
    streams.set_up("one")
    streams.followed(7)
    streams.set_up("two")
    assert (streams.fingerprint(), streams.last_link()) == ("two", 7)
    assert Cursors(state.db, 1, "messages").get("left", COVERED) == ()
    assert Cursors(state.db, 1, "messages").get("left", INDEXED) == ((0, 5),)
    assert Cursors(state.db, 1, "contacts").get("left", COVERED) == ((0, 5),)


def test_only_links_of_people_count_as_the_newest_link(state: StateFile) -> None:
    streams = Streams(state.db, 1, "messages")
    assert streams.newest_link() == 0
    number = link(state, "contacts", "ann", "a")
    link(state, "messages", "1", "note:9")
    assert streams.newest_link() == number


def test_steps_come_in_the_order_in_which_messages_were_sent_page_by_page(state: StateFile) -> None:
    stage = MessageStage(state)
    for number, sent in enumerate((30, 10, 20, 10)):
        stage.plan(MessageAction("create", "right", str(number), "ann", sent))
    stage.plan(MessageAction("create", "left", "9", "ann", 5))
    pages = list(stage.steps("create", "right", 2))
    assert [[step.source_id for step in page] for page in pages] == [["1", "3"], ["2", "0"]]
    assert stage.count_steps("create", "right") == 4
    assert stage.is_planned("right", "2")
    assert not stage.is_planned("left", "2")


def test_what_shows_nothing_new_counts_once_for_each_link(state: StateFile) -> None:
    stage = MessageStage(state)
    stage.put([
        StagedMessage("left", "1", "ann", None, b"d", 7), StagedMessage("right", "1", "a", None, b"d", 7),
        StagedMessage("left", "2", "ann", "{}", b"d", 8), StagedMessage("left", "3", "ann"),
    ])  # fmt: skip
    assert stage.count_unchanged() == 1
    assert (stage.count("left"), stage.count("right")) == (3, 1)
    assert [one.id for page in stage.pages("left") for one in page] == ["2"]


def test_links_whose_message_was_not_shown_are_missing_and_those_of_people_never(state: StateFile) -> None:
    stage = MessageStage(state)
    shown, missed = link(state, "messages", "1", "note:1"), link(state, "messages", "2", "note:2")
    link(state, "contacts", "3", "c")
    stage.put([StagedMessage("left", "1", "ann", link=shown)])
    assert stage.missing("left", 1, 0) == [(missed, "2")]
    assert stage.missing("left", 1, missed) == []


def test_a_person_who_was_looked_at_is_known_even_without_copies(state: StateFile) -> None:
    stage = MessageStage(state)
    stage.put_copies("right", "ann", [])
    stage.put_copies("right", "bob", ["{}"])
    assert stage.was_looked_at("right", "ann")
    assert not stage.was_looked_at("left", "ann")
    assert (stage.copies("right", "ann"), stage.copies("right", "bob")) == ([], ["{}"])
    stage.take("right", "note:1")
    assert stage.is_taken("right", "note:1")
    assert not stage.is_taken("left", "note:1")
