import pytest

from state import connections
from state.cursors import COVERED, INDEXED, Cursors
from state.errors import StateError
from tests.state.files import opened


def test_a_connection_keeps_its_number() -> None:
    with opened() as state, state.atomic() as db:
        assert connections.connection_id(db, "sales", "growthgenius", "growthhub") == 1
        assert connections.connection_id(db, "support", "growthgenius", "growthhub") == 2
        assert connections.connection_id(db, "sales", "growthgenius", "growthhub") == 1


@pytest.mark.parametrize("accounts", [("growthhub", "growthgenius"), ("growthgenius", "third")])
def test_a_connection_with_other_accounts_is_refused_with_what_to_do(accounts: tuple[str, str]) -> None:
    error = r"growthgenius and growthhub.*another name.*`path`"
    with opened() as state, state.atomic() as transaction, pytest.raises(StateError, match=error):
        connections.connection_id(transaction, "sales", *accounts)


def test_the_identity_of_an_account_is_stored() -> None:
    with opened() as state, state.atomic() as db:
        assert connections.account_identity(db, "growthhub") is None
        connections.remember_account(db, "growthhub", "growthhub", {"location": "ve9", "users": [78]})
        assert connections.account_identity(db, "growthhub") == ("growthhub", {"location": "ve9", "users": [78]})


def test_another_mapping_deletes_covered_intervals_and_keeps_indexed_ones() -> None:
    with opened() as state:
        cursors = Cursors(state.db, 1, "contacts")
        with state.atomic() as transaction:
            cursors.add_intervals(transaction, "left", COVERED, [(0, 10)])
            cursors.add_intervals(transaction, "left", INDEXED, [(0, 10)])
            assert connections.add_mapping(transaction, 1, "second", ["email", "city"]) == 2
        assert connections.mappings(state.db, 1) == {1: ("first", ("email",)), 2: ("second", ("email", "city"))}
        assert cursors.intervals("left", COVERED) == ()
        assert cursors.intervals("left", INDEXED) == ((0, 10),)
