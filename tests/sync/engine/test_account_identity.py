import shlex
from collections.abc import Mapping
from typing import Any

import pytest

from state import connections
from state.cursors import COVERED, Cursors
from state.errors import StateError
from state.file import StateFile
from sync.engine.account_identity import confirm_identity, remember_identity
from tests.state.files import opened

HUB: Mapping[str, Any] = {"location": "ve9EPM428h8vShlRW1KT"}
GENIUS: Mapping[str, Any] = {"user_ids": ["78", "81"]}


def remember(
    state: StateFile, identity: Mapping[str, Any], account: str = "mine", connector: str = "growthhub"
) -> None:
    with state.atomic() as transaction:
        remember_identity(transaction, account, connector, identity, {1: "right"})


def cover(state: StateFile) -> Cursors:
    cursors = Cursors(state.db, 1, "contacts")
    with state.atomic() as transaction:
        cursors.add_intervals(transaction, "left", COVERED, [(0, 9)])
        cursors.add_intervals(transaction, "right", COVERED, [(0, 9)])
    return cursors


def test_an_account_that_was_never_used_may_be_any_identity() -> None:
    with opened() as state:
        confirm_identity(state, "mine", "growthhub", HUB)


def test_an_account_that_is_unchanged_is_confirmed() -> None:
    with opened() as state:
        remember(state, HUB)
        confirm_identity(state, "mine", "growthhub", dict(HUB))


@pytest.mark.parametrize(
    ("connector", "identity"),
    [
        ("growthhub", {"location": "another"}),
        ("growthhub", {}),
        ("growthgenius", HUB),
    ],
)
def test_another_account_under_the_same_name_is_refused_with_what_to_do(
    connector: str, identity: Mapping[str, Any]
) -> None:
    with opened() as state:
        remember(state, HUB)
        with pytest.raises(StateError) as refused:
            confirm_identity(state, "mine", connector, identity)
        message = str(refused.value)
        assert "account mine" in message
        assert "ve9EPM428h8vShlRW1KT" in message
        assert shlex.join(["mv", str(state.path), f"{state.path}.old"]) in message


@pytest.mark.parametrize(
    ("users", "confirmed"),
    [
        (["78", "81"], True),
        (["81", "78"], True),
        ([78, 81], True),
        (["78", "81", "99"], True),
        (["78"], False),
        (["99"], False),
        ([], False),
    ],
)
def test_users_may_come_but_none_that_was_read_may_go(users: list[Any], confirmed: bool) -> None:
    identity = {"user_ids": users}
    with opened() as state:
        remember(state, GENIUS, connector="growthgenius")
        if confirmed:
            confirm_identity(state, "mine", "growthgenius", identity)
        else:
            with pytest.raises(StateError, match="account mine"):
                confirm_identity(state, "mine", "growthgenius", identity)


def test_with_another_user_the_side_is_read_from_its_first_record_again() -> None:
    with opened() as state:
        remember(state, GENIUS, connector="growthgenius")
        cursors = cover(state)
        remember(state, {"user_ids": ["78", "81", "99"]}, connector="growthgenius")
        assert cursors.intervals("right", COVERED) == ()
        assert cursors.intervals("left", COVERED) == ((0, 9),)
        remembered = connections.account_identity(state.db, "mine")
        assert remembered is not None
        assert remembered[1]["user_ids"] == ["78", "81", "99"]


def test_an_account_that_is_remembered_unchanged_keeps_what_was_covered() -> None:
    with opened() as state:
        remember(state, GENIUS, connector="growthgenius")
        cursors = cover(state)
        remember(state, {"user_ids": ["78", "81"]}, connector="growthgenius")
        assert cursors.intervals("right", COVERED) == ((0, 9),)


def test_a_first_identity_takes_nothing_back() -> None:
    with opened() as state:
        cursors = cover(state)
        remember(state, HUB)
        assert cursors.intervals("right", COVERED) == ((0, 9),)
