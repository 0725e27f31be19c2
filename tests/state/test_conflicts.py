from dataclasses import replace

import pytest

from state.conflicts import Conflict, Conflicts
from state.file import StateFile
from state.links import Links
from tests.state.files import link, opened

CITY = Conflict(1, "city", "ada@example.com", '"Oslo"', '"Rome"', 50, None, 100, "r1")


def put(state: StateFile, *conflicts: Conflict, stream: str = "contacts") -> Conflicts:
    table = Conflicts(state.db, 1, stream)
    with state.atomic() as transaction:
        if not Links(state.db, 1, "contacts").count_links():
            Links(state.db, 1, "contacts").save_link(transaction, link(), "r1")
        for conflict in conflicts:
            table.put_conflict(transaction, conflict)
    return table


def test_a_conflict_is_listed_by_its_field() -> None:
    with opened() as state:
        conflicts = put(state, CITY, replace(CITY, field="email"))
        assert conflicts.of_link(1) == {"city": replace(CITY, id=1), "email": replace(CITY, field="email", id=2)}
        assert conflicts.of_link(2) == {}
        assert conflicts.count_open() == 2


def test_a_conflict_that_is_found_again_has_the_present_values_and_its_first_time() -> None:
    with opened() as state:
        conflicts = put(state, CITY)
        conflicts = put(state, replace(CITY, left_value='"Bergen"', left_changed_ms=150, found_ms=200, run="r2"))
        expected = replace(CITY, left_value='"Bergen"', left_changed_ms=150, id=1)
        assert conflicts.of_link(1) == {"city": expected}
        assert (expected.found_ms, expected.run) == (100, "r1")


@pytest.mark.parametrize("resolution", ["left", "right", 'value:"Bergen"'])
def test_a_resolved_conflict_waits_for_the_next_run_and_not_for_a_user(resolution: str) -> None:
    with opened() as state:
        conflicts = put(state, CITY, replace(CITY, field="email"))
        assert conflicts.resolved_links() == []
        with state.atomic() as db:
            db.execute("UPDATE conflict SET resolution = ? WHERE field = 'city'", (resolution,))
        assert conflicts.resolved_links() == [1]
        assert conflicts.count_open() == 1
        assert conflicts.of_link(1)["city"].resolution == resolution


def test_closing_some_fields_leaves_the_others() -> None:
    with opened() as state:
        conflicts = put(state, CITY, replace(CITY, field="email"))
        with state.atomic() as transaction:
            conflicts.close_conflicts(transaction, 1, {"city", "never in conflict"})
        assert list(conflicts.of_link(1)) == ["email"]


def test_streams_are_counted_apart() -> None:
    with opened() as state:
        contacts = put(state, CITY)
        assert contacts.count_open() == 1
        assert Conflicts(state.db, 1, "messages").count_open() == 0
