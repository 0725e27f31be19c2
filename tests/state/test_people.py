import json
from collections.abc import Iterator

import pytest

from state import people
from state.failures import Failure, Failures
from state.file import StateFile
from state.history import CREATED, DELETED, Entry, History
from state.identity import Identities, Known
from state.links import Links
from state.people import Person, Record
from tests.state.files import link, opened

LEFT = Record(1, "left", "growthgenius", "1")
RIGHT = Record(1, "right", "growthhub", "hub-1")
ANN = Known("1", "ann@example.com", "ann reed", ("+12125550123",), None, None)


@pytest.fixture
def state() -> Iterator[StateFile]:
    """A state that knows nobody."""
    with opened() as made:
        yield made


def know(state: StateFile, known: Known = ANN, side: str = "left") -> None:
    with state.atomic():
        Identities(state.db, 1, side).put([known])


def tell(state: StateFile, *entries: Entry, stream: str = "contacts") -> None:
    with state.atomic():
        History(state.db, 1, stream).add(entries, "r1", 100)


def connect(state: StateFile) -> int:
    pair = link()
    with state.atomic():
        Links(state.db, 1, "contacts").save(pair, "r1")
    return pair.id


def test_somebody_in_the_index_is_found_by_id_address_and_number(state: StateFile) -> None:
    know(state)
    assert people.by_record(state.db, "growthgenius", "1") == [LEFT]
    assert people.by_email(state.db, "ann@example.com", str.casefold) == [LEFT]
    assert people.by_phone(state.db, "+12125550123") == [LEFT]
    assert people.by_record(state.db, "growthhub", "1") == []
    assert people.by_record(state.db, "growthgenius", "2") == []
    assert people.by_email(state.db, "bob@example.com", str.casefold) == people.by_phone(state.db, "+12125550124") == []


def test_linked_records_are_one_person_whichever_is_asked_for(state: StateFile) -> None:
    number = connect(state)
    expected = [Person((LEFT, RIGHT), number)]
    assert people.persons(state.db, [LEFT]) == people.persons(state.db, [RIGHT, LEFT]) == expected
    assert expected[0].ids == {"growthgenius": "1", "growthhub": "hub-1"}
    assert people.by_record(state.db, "growthhub", "hub-1") == [RIGHT]
    lone = Record(1, "left", "growthgenius", "2")
    assert people.persons(state.db, [lone]) == [Person((lone,), None)]


def test_a_listed_failure_makes_somebody_known(state: StateFile) -> None:
    with state.atomic():
        failure = Failure("left", "1", "growthhub", "Ann@Example.com", "create", "refused")
        Failures(state.db, 1, "contacts").put(failure, 100)
    assert (
        people.by_record(state.db, "growthgenius", "1")
        == people.by_email(state.db, "ann@example.com", str.casefold)
        == [LEFT]
    )


def test_whoever_was_deleted_by_us_is_known_by_what_they_showed(state: StateFile) -> None:
    shown = json.dumps({"email": "Ann@Example.com", "work_phone": "+12125550123", "tags": ["a"]})
    tell(state, Entry(None, "growthhub", "hub-1", "*", shown, None, DELETED))
    assert people.by_record(state.db, "growthhub", "hub-1") == [RIGHT]
    assert (
        people.by_email(state.db, "ann@example.com", str.casefold)
        == people.by_phone(state.db, "+12125550123")
        == [RIGHT]
    )


def test_a_former_address_or_number_is_known_from_the_history(state: StateFile) -> None:
    tell(
        state,
        Entry(1, "growthhub", "hub-1", "email", '"Old@example.com"', '"new@example.com"', "carried"),
        Entry(1, "growthhub", "hub-1", "phone", '"+12125550123"', "null", "carried"),
        Entry(1, "growthhub", "hub-2", "city", '"old@example.com"', '"+12125550123"', "carried"),
    )
    assert people.by_former_email(state.db, "old@example.com", str.casefold) == [RIGHT]
    assert people.by_former_email(state.db, "new@example.com", str.casefold) == [RIGHT]
    assert people.by_former_phone(state.db, "+12125550123") == [RIGHT]
    assert people.by_email(state.db, "old@example.com", str.casefold) == people.by_phone(state.db, "+12125550123") == []


def test_a_record_that_claims_by_its_marker_to_be_another_is_found_by_it(state: StateFile) -> None:
    know(state, Known("hub-1", None, "", (), "1", None), "right")
    assert people.by_marker(state.db, LEFT) == [RIGHT]
    assert people.by_marker(state.db, RIGHT) == []


def test_the_history_of_a_person_is_that_of_both_records_and_their_messages_in_order(state: StateFile) -> None:
    connect(state)
    tell(state, Entry(1, "growthhub", "hub-1", "*", None, None, CREATED))
    tell(state, Entry(9, "growthhub", "note-1", "*", None, None, CREATED, person="hub-1"), stream="messages")
    tell(state, Entry(9, "growthhub", "note-2", "*", None, None, CREATED, person="hub-2"), stream="messages")
    tell(state, Entry(1, "growthgenius", "1", "city", "null", '"Oslo"', "carried"))
    tell(state, Entry(1, "growthgenius", "hub-1", "city", "null", '"Oslo"', "carried"))  # an id at the other account
    (person,) = people.persons(state.db, [LEFT])
    assert [line.entry.record_id for line in people.history(state.db, person)] == ["hub-1", "note-1", "1"]
