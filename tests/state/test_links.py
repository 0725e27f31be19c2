import sqlite3

import pytest

from state.conflicts import Conflict, Conflicts
from state.links import Link, Links, LinkSide
from tests.state.files import link, opened


def test_a_link_is_read_back_from_both_sides_as_it_was_stored() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        left = LinkSide("1", '["a"]', '{"slot":"mobile_phone"}', b"1" * 16, 1700000000000, 1700000000001)
        full = Link(left, LinkSide("hub-1", '["b"]'), mapping=1)
        with state.atomic():
            links.save(full, "r1")
        assert full.id
        assert links.by_record("left", ["1", "2"]) == {"1": full}
        assert links.by_record("right", ["hub-1"]) == {"hub-1": full}
        assert links.by_id(full.id) == full
        assert links.by_id(full.id + 1) is None
        assert list(links.all()) == [full]


def test_a_changed_link_stays_the_same_link() -> None:
    with opened() as state:
        links, stored = Links(state.db, 1, "contacts"), link()
        with state.atomic():
            links.save(stored, "r1")
            stored.left.shadow, stored.left.digest, stored.right.wrote_ms = '["new"]', b"2" * 16, 7
            number = stored.id
            links.save(stored, "r2")
        assert stored.id == number
        assert links.by_id(number) == stored
        assert links.count() == 1
        assert state.db.execute("SELECT run FROM link").fetchone()[0] == "r1"


def test_nobody_is_linked_twice_on_either_side() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic():
            links.save(link("1", "hub-1"), "r1")
        for double in (link("1", "hub-2"), link("2", "hub-1")):
            with pytest.raises(sqlite3.IntegrityError), state.atomic():
                links.save(double, "r1")
        assert links.count() == 1


def test_who_was_deleted_and_made_again_takes_the_place_of_the_lost_pair() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic():
            links.save(link("1", "hub-1", gone="right"), "r1")
            links.save(link("2", "hub-2", gone="left"), "r1")
        assert links.count_gone() == 2
        with state.atomic():
            links.save(link("1", "hub-9"), "r2")
        assert links.count_gone() == 1
        assert links.by_record("left", ["1"])["1"].right.id == "hub-9"
        assert links.by_record("right", ["hub-1"]) == {}


def test_a_link_that_goes_takes_its_conflicts_along() -> None:
    with opened() as state:
        links, conflicts, stored = Links(state.db, 1, "contacts"), Conflicts(state.db, 1, "contacts"), link()
        with state.atomic():
            links.save(stored, "r1")
            conflicts.put(Conflict(stored.id, "city", "ada@example.com", '"a"', '"b"', None, None, 1, "r1"))
            state.db.execute("DELETE FROM link")
        assert conflicts.count() == 0


def test_streams_do_not_see_each_other() -> None:
    with opened() as state:
        contacts, messages = Links(state.db, 1, "contacts"), Links(state.db, 1, "messages")
        with state.atomic():
            contacts.save(link("1", "hub-1"), "r1")
            messages.save(link("1", "hub-7"), "r1")
        assert contacts.by_record("left", ["1"])["1"].right.id == "hub-1"
        assert messages.by_record("left", ["1"])["1"].right.id == "hub-7"


def test_more_links_than_one_question_can_hold_are_found() -> None:
    with opened() as state:
        links = Links(state.db, 1, "contacts")
        with state.atomic():
            for number in range(950):
                links.save(link(str(number), f"hub-{number}"), "r1")
        assert len(links.by_record("left", [str(number) for number in range(1000)])) == 950
        assert [one.left.id for one in links.all()] == [str(number) for number in range(950)]
