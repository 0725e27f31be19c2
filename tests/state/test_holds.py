from state.file import StateFile
from state.holds import Hold, Holds
from state.links import Links
from tests.state.files import link, opened

CITY = Hold(1, "city", 100, "u1")


def put(state: StateFile, *holds: Hold) -> Holds:
    held = Holds(state.db, 1, "contacts")
    with state.atomic() as transaction:
        if not Links(state.db, 1, "contacts").count_links():
            Links(state.db, 1, "contacts").save_link(transaction, link(), "r1")
        for each in holds:
            held.put_hold(transaction, each)
    return held


def test_holds_are_found_by_link_and_listed_oldest_first() -> None:
    with opened() as state:
        title = Hold(1, "title", 50, "u0")
        held = put(state, CITY, title)
        assert held.of_link(1) == {"city": CITY, "title": title}
        assert held.of_link(2) == {}
        assert held.all_holds() == [title, CITY]
        assert Holds(state.db, 1, "messages").all_holds() == []


def test_a_field_that_is_held_again_keeps_its_first_time() -> None:
    with opened() as state:
        put(state, CITY)
        assert put(state, Hold(1, "city", 200, "u2")).all_holds() == [CITY]


def test_ending_some_holds_leaves_the_others() -> None:
    with opened() as state:
        held = put(state, CITY, Hold(1, "title", 50, "u0"))
        with state.atomic() as transaction:
            held.end_holds(transaction, 1, ["title", "never held"])
            held.end_holds(transaction, 2, ["city"])
        assert held.all_holds() == [CITY]


def test_holds_are_deleted_with_their_link() -> None:
    with opened() as state:
        held = put(state, CITY)
        with state.atomic() as transaction:
            Links(state.db, 1, "contacts").remove_link(transaction, 1)
        assert held.all_holds() == []
