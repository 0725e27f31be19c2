import json
from collections.abc import Iterator

import pytest

from state import contact_lookup
from state.contact_lookup import FoundContact, Record
from state.failures import Failure, Failures
from state.file import StateFile
from state.history import CREATED, DELETED, History, HistoryEntry
from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact
from state.links import Links
from tests.state.files import link, opened

LEFT = Record(1, "left", "growthgenius", "1")
RIGHT = Record(1, "right", "growthhub", "hub-1")
ANN = IndexedContact("1", "ann@example.com", "ann reed", ("+12125550123",), None, None)


@pytest.fixture
def state() -> Iterator[StateFile]:
    """A state without contacts."""
    with opened() as made:
        yield made


def know(state: StateFile, known: IndexedContact = ANN, side: str = "left") -> None:
    with state.atomic() as transaction:
        IdentityIndex(state.db, 1, side).put_contacts(transaction, [known])


def tell(state: StateFile, *entries: HistoryEntry, stream: str = "contacts") -> None:
    with state.atomic() as transaction:
        History(state.db, 1, stream).add_entries(transaction, entries, "r1", 100)


def connect(state: StateFile) -> int:
    pair = link()
    with state.atomic() as transaction:
        Links(state.db, 1, "contacts").save_link(transaction, pair, "r1")
    return pair.id


def test_a_contact_in_the_index_is_found_by_id_address_and_number(state: StateFile) -> None:
    know(state)
    assert contact_lookup.by_record(state.db, "growthgenius", "1") == [LEFT]
    assert contact_lookup.by_email(state.db, "ann@example.com", str.casefold) == [LEFT]
    assert contact_lookup.by_phone(state.db, "+12125550123") == [LEFT]
    assert contact_lookup.by_record(state.db, "growthhub", "1") == []
    assert contact_lookup.by_record(state.db, "growthgenius", "2") == []
    assert (
        contact_lookup.by_email(state.db, "bob@example.com", str.casefold)
        == contact_lookup.by_phone(state.db, "+12125550124")
        == []
    )


def test_linked_records_are_one_contact_whichever_is_looked_up(state: StateFile) -> None:
    number = connect(state)
    expected = [FoundContact((LEFT, RIGHT), number)]
    assert (
        contact_lookup.found_contacts(state.db, [LEFT])
        == contact_lookup.found_contacts(state.db, [RIGHT, LEFT])
        == expected
    )
    assert expected[0].ids == {"growthgenius": "1", "growthhub": "hub-1"}
    assert contact_lookup.by_record(state.db, "growthhub", "hub-1") == [RIGHT]
    lone = Record(1, "left", "growthgenius", "2")
    assert contact_lookup.found_contacts(state.db, [lone]) == [FoundContact((lone,), None)]


def test_a_contact_with_a_listed_failure_is_found(state: StateFile) -> None:
    with state.atomic() as transaction:
        failure = Failure("left", "1", "growthhub", "Ann@Example.com", "create", "refused")
        Failures(state.db, 1, "contacts").put_failure(transaction, failure, 100)
    assert (
        contact_lookup.by_record(state.db, "growthgenius", "1")
        == contact_lookup.by_email(state.db, "ann@example.com", str.casefold)
        == [LEFT]
    )


def test_a_contact_that_we_deleted_is_found_by_its_last_values(state: StateFile) -> None:
    shown = json.dumps({"email": "Ann@Example.com", "work_phone": "+12125550123", "tags": ["a"]})
    tell(state, HistoryEntry(None, "growthhub", "hub-1", "*", shown, None, DELETED))
    assert contact_lookup.by_record(state.db, "growthhub", "hub-1") == [RIGHT]
    assert (
        contact_lookup.by_email(state.db, "ann@example.com", str.casefold)
        == contact_lookup.by_phone(state.db, "+12125550123")
        == [RIGHT]
    )


def test_a_former_address_or_number_is_found_in_the_history(state: StateFile) -> None:
    tell(
        state,
        HistoryEntry(1, "growthhub", "hub-1", "email", '"Old@example.com"', '"new@example.com"', "carried"),
        HistoryEntry(1, "growthhub", "hub-1", "phone", '"+12125550123"', "null", "carried"),
        HistoryEntry(1, "growthhub", "hub-2", "city", '"old@example.com"', '"+12125550123"', "carried"),
    )
    assert contact_lookup.by_former_email(state.db, "old@example.com", str.casefold) == [RIGHT]
    assert contact_lookup.by_former_email(state.db, "new@example.com", str.casefold) == [RIGHT]
    assert contact_lookup.by_former_phone(state.db, "+12125550123") == [RIGHT]
    assert (
        contact_lookup.by_email(state.db, "old@example.com", str.casefold)
        == contact_lookup.by_phone(state.db, "+12125550123")
        == []
    )


def test_a_record_is_found_by_the_id_in_its_marker(state: StateFile) -> None:
    know(state, IndexedContact("hub-1", None, "", (), "1", None), "right")
    assert contact_lookup.by_marker(state.db, LEFT) == [RIGHT]
    assert contact_lookup.by_marker(state.db, RIGHT) == []


def test_the_history_of_a_contact_has_both_records_and_their_messages_in_order(state: StateFile) -> None:
    connect(state)
    tell(state, HistoryEntry(1, "growthhub", "hub-1", "*", None, None, CREATED))
    tell(state, HistoryEntry(9, "growthhub", "note-1", "*", None, None, CREATED, person="hub-1"), stream="messages")
    tell(state, HistoryEntry(9, "growthhub", "note-2", "*", None, None, CREATED, person="hub-2"), stream="messages")
    tell(state, HistoryEntry(1, "growthgenius", "1", "city", "null", '"Oslo"', "carried"))
    tell(
        state, HistoryEntry(1, "growthgenius", "hub-1", "city", "null", '"Oslo"', "carried")
    )  # an id at the other account
    (person,) = contact_lookup.found_contacts(state.db, [LEFT])
    assert [line.entry.record_id for line in contact_lookup.contact_history(state.db, person)] == [
        "hub-1",
        "note-1",
        "1",
    ]
