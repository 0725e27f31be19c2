import sqlite3

import pytest

from state.conflicts import Conflict, Conflicts
from state.file import StateFile
from state.history import begin_run, end_run
from state.links import Link, Links, LinkSide, SeenRecord
from tests.state.files import link, opened, other_connection


def test_a_link_is_read_back_from_both_sides_as_it_was_stored() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        left = LinkSide(
            "1", '["a"]', '{"slot":"mobile_phone"}', b"1" * 16, 1700000000000, 1700000000001, '{"phone":"12"}'
        )
        full = Link(left, LinkSide("hub-1", '["b"]'), mapping=1)
        with state.atomic() as transaction:
            links.save_link(transaction, full, "r1")
        assert full.id
        assert links.by_record("left", ["1", "2"]) == {"1": full}
        assert links.by_record("right", ["hub-1"]) == {"hub-1": full}
        assert links.by_id(full.id) == full
        assert links.by_id(full.id + 1) is None
        assert list(links.all_links()) == [full]


def test_a_changed_link_stays_the_same_link() -> None:
    with opened() as state:
        links, stored = Links(state.db, 1, "contacts"), link()
        with state.atomic() as transaction:
            links.save_link(transaction, stored, "r1")
            stored.left.shadow, stored.left.digest, stored.right.wrote_ms = '["new"]', b"2" * 16, 7
            number = stored.id
            links.save_link(transaction, stored, "r2")
        assert stored.id == number
        assert links.by_id(number) == stored
        assert links.count_links() == 1
        assert state.db.execute("SELECT run FROM link").fetchone()[0] == "r1"


def test_no_record_is_linked_twice() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic() as transaction:
            links.save_link(transaction, link("1", "hub-1"), "r1")
        for double in (link("1", "hub-2"), link("2", "hub-1")):
            with pytest.raises(sqlite3.IntegrityError), state.atomic() as transaction:
                links.save_link(transaction, double, "r1")
        assert links.count_links() == 1


def test_the_link_of_a_record_that_was_created_again_replaces_the_old_one() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic() as transaction:
            links.save_link(transaction, link("1", "hub-1", gone="right"), "r1")
            links.save_link(transaction, link("2", "hub-2", gone="left"), "r1")
        assert links.count_gone() == 2
        with state.atomic() as transaction:
            links.save_link(transaction, link("1", "hub-9"), "r2")
        assert links.count_gone() == 1
        assert links.by_record("left", ["1"])["1"].right.id == "hub-9"
        assert links.by_record("right", ["hub-1"]) == {}


def test_conflicts_are_deleted_with_their_link() -> None:
    with opened() as state:
        links, conflicts, stored = Links(state.db, 1, "contacts"), Conflicts(state.db, 1, "contacts"), link()
        with state.atomic() as transaction:
            links.save_link(transaction, stored, "r1")
            conflicts.put_conflict(
                transaction, Conflict(stored.id, "city", "ada@example.com", '"a"', '"b"', None, None, 1, "r1")
            )
            state.db.execute("DELETE FROM link")
        assert conflicts.count_open() == 0


def test_streams_and_connections_do_not_see_each_other() -> None:
    with opened() as state:
        mine = Links(state.db, 1, "contacts")
        others = [Links(state.db, 1, "messages"), Links(state.db, other_connection(state), "contacts")]
        with state.atomic() as transaction:
            mine.save_link(transaction, link("1", "hub-1"), "r1")
            mine.save_link(transaction, link("2", "hub-2", gone="left"), "r1")
            for number, links in enumerate(others):
                links.save_link(transaction, link("1", f"hub-7{number}"), "r1")
                links.save_link(transaction, link("3", "hub-3"), "r1")
                links.save_link(transaction, link("4", "hub-4", gone="right"), "r1")
        assert [one.right.id for one in mine.all_links()] == ["hub-1", "hub-2"]
        assert [one.right.id for one in mine.gone_links()] == ["hub-2"]
        assert (mine.count_links(), mine.count_gone()) == (2, 1)
        assert mine.by_record("left", ["1", "3"])["1"].right.id == "hub-1"
        for side, ids in (("left", ["1", "2", "3", "4"]), ("right", ["hub-1", "hub-2", "hub-3", "hub-70"])):
            assert mine.by_record(side, ids).keys() == mine.seen_records(side, ids).keys() == set(ids[:2])
        for number, links in enumerate(others):
            assert (links.count_links(), links.count_gone()) == (3, 1)
            assert links.by_record("left", ["1"])["1"].right.id == f"hub-7{number}"


def test_a_new_link_replaces_none_of_another_stream_or_connection() -> None:
    with opened() as state:
        mine = Links(state.db, 1, "contacts")
        others = [Links(state.db, 1, "messages"), Links(state.db, other_connection(state), "contacts")]
        with state.atomic() as transaction:
            for links in (mine, *others):
                links.save_link(transaction, link("1", "hub-1", gone="right"), "r1")
                links.save_link(transaction, link("2", "hub-2", gone="left"), "r1")
            mine.save_link(transaction, link("9", "hub-2"), "r2")
        assert mine.count_gone() == 1
        assert [links.count_gone() for links in others] == [2, 2]


def test_more_links_than_one_query_can_name_are_found() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic() as transaction:
            for number in range(950):
                links.save_link(transaction, link(str(number), f"hub-{number}"), "r1")
        assert len(links.by_record("left", [str(number) for number in range(1000)])) == 950
        assert [one.left.id for one in links.all_links()] == [str(number) for number in range(950)]


def test_what_was_last_seen_is_found_for_any_number_of_records_of_a_side() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic() as transaction:
            for number in range(450):
                stored = link(str(number), f"hub-{number}", gone="left" if number == 7 else None)
                stored.left.digest, stored.right.digest = b"left %d" % number, b"right %d" % number
                links.save_link(transaction, stored, "r1")
        for side, name in (("left", "{}"), ("right", "hub-{}")):
            seen = links.seen_records(side, [name.format(number) for number in range(500)])
            assert seen == {
                name.format(number): SeenRecord(
                    number + 1, f"{side} {number}".encode(), 1, "left" if number == 7 else None
                )
                for number in range(450)
            }


def test_each_side_of_a_link_is_found_by_its_name() -> None:
    pair = link("1", "hub-1")
    assert (pair.side("left"), pair.side("right")) == (pair.left, pair.right)
    assert (pair.side("left").id, pair.side("right").id) == ("1", "hub-1")


def test_a_removed_link_is_not_found_and_all_others_are() -> None:
    with opened() as state:
        links, one, other = Links(state.db, 1, "contacts"), link("1", "hub-1"), link("2", "hub-2")
        with state.atomic() as transaction:
            links.save_link(transaction, one, "r1")
            links.save_link(transaction, other, "r1")
            links.remove_link(transaction, one.id)
        assert list(links.all_links()) == [other]


def test_links_that_lost_a_side_are_listed_page_by_page_while_they_change() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic() as transaction:
            for number in range(450):
                links.save_link(
                    transaction, link(str(number), f"hub-{number}", gone=("left", "right", None)[number % 3]), "r1"
                )
        listed = []
        for lost in links.gone_links():
            listed.append(lost.left.id)
            with state.atomic() as transaction:
                links.remove_link(transaction, lost.id)
        assert listed == [str(number) for number in range(450) if number % 3 != 2]
        assert links.count_links() == 150


def test_links_of_copies_are_listed_by_contact_page_by_page_while_they_change() -> None:
    with opened() as state:
        mine = Links(state.db, 1, "messages")
        others = [Links(state.db, 1, "contacts"), Links(state.db, other_connection(state), "messages")]
        expected = []
        with state.atomic() as transaction:
            for number in range(450):
                copy = link(str(number), f"hub-{number}", gone="left" if number == 7 else None)
                copy.right.memory, copy.right.shadow = f"person {number % 3}", "copy" if number % 5 else "own"
                mine.save_link(transaction, copy, "r1")
                if number % 5 and number != 7:
                    expected.append((copy.right.memory, copy.id))
            for links in others:
                stranger = link("1", "hub-1")
                stranger.right.memory, stranger.right.shadow = "person 1", "copy"
                links.save_link(transaction, stranger, "r1")
        listed = []
        for copy in mine.copy_links("right"):
            listed.append((copy.right.memory, copy.id))
            with state.atomic() as transaction:
                copy.right.shadow = "amended"
                mine.save_link(transaction, copy, "r2")
        assert listed == sorted(expected)
        assert list(mine.copy_links("right")) == list(mine.copy_links("left")) == []


def run_of(state: StateFile, run: str, started_ms: int, status: str | None, connection: int = 1) -> None:
    state.db.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?, NULL, NULL)", (run, connection, started_ms, None, status))


@pytest.mark.parametrize("ended", ["ok", "partial"])
@pytest.mark.parametrize("cut_off", [None, "failed", "interrupted"])
def test_the_first_link_since_the_last_complete_run_is_unfinished(ended: str, cut_off: str | None) -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        pairs = [link(str(number), f"hub-{number}") for number in range(5)]
        with state.atomic() as transaction:
            for number, status in enumerate((cut_off, ended, cut_off, cut_off)):
                run_of(state, f"r{number}", number, status)
            for run, pair in zip(("r0", "r1", "r2", "r2", "r3"), pairs, strict=True):
                links.save_link(transaction, pair, run)
        assert links.first_unfinished() == pairs[2].id
        with state.atomic():
            run_of(state, "r4", 4, ended)
        assert links.first_unfinished() is None


def test_before_the_first_complete_run_every_link_is_unfinished() -> None:
    with opened() as state:
        links, pair = Links(state.db, 1, "contacts"), link()
        assert links.first_unfinished() is None
        with state.atomic() as transaction:
            run_of(state, "r1", 1, None)
            links.save_link(transaction, link("0", "hub-0"), "r0")  # of a run that the state knows nothing of
            links.save_link(transaction, pair, "r1")
        assert links.first_unfinished() == pair.id


def test_runs_and_links_of_other_connections_do_not_count() -> None:
    with opened() as state:
        links, elsewhere, pair = Links(state.db, 1, "contacts"), other_connection(state), link("5", "hub-5")
        with state.atomic() as transaction:
            Links(state.db, 1, "messages").save_link(transaction, link(), "mine")
            Links(state.db, elsewhere, "contacts").save_link(transaction, link(), "mine")
            links.save_link(transaction, link("3", "hub-3"), "theirs")
            links.save_link(transaction, pair, "mine")
            run_of(state, "mine", 1, None)
            run_of(state, "theirs", 2, None, elsewhere)
            run_of(state, "ended", 9, "ok", elsewhere)
        assert links.first_unfinished() == pair.id


def test_an_undo_is_no_complete_run() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic() as transaction:
            begin_run(transaction, "r1", 1, 100)
            links.save_link(transaction, link(), "r1")
            begin_run(transaction, "u1", 1, 200, "r1")
            end_run(transaction, "u1", 300, "ok", "{}")
        assert links.first_unfinished() == 1
        with state.atomic() as db:
            begin_run(db, "r2", 1, 400)
            end_run(db, "r2", 500, "ok", "{}")
        assert links.first_unfinished() is None
