"""R46: whatever goes wrong in a probe, the contact is deleted, or the finding says what a user has to delete."""

from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import pytest

from connectors.connector import Connector, Finding, WriteResult
from connectors.contact import Contact, Fields
from connectors.errors import AuthError, ConnectorError, OutcomeUnknown, RecordGone, RecordRefused
from sync.engine.probe import TAG, probe, proven, remembered
from tests.connectors.clocks import FakeClock

Said = TypeVar("Said")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Account:
    """An account that keeps one contact, and fails as a test says."""

    account, write_scope = "hub", "contacts.write"
    can_delete = True
    fields = frozenset({"first_name", "last_name", "email", "tags"})

    def __init__(self, **errors: ConnectorError) -> None:
        self.errors, self.kept, self.calls, self.hidden = errors, cast("dict[str, Any]", {}), cast("list[str]", []), 0

    def clock_offset(self) -> float:
        return 0.0

    def create_contact(self, sent: Fields, _marker: str | None) -> WriteResult:
        self.calls.append("create")
        if not isinstance(self.errors.get("create"), AuthError):
            self.kept = {"id": "7", **sent}
        return self._said("create", WriteResult(self.kept, NOON))

    def find_candidates(self, _sent: Fields, _marker: str | None, _since: datetime | None) -> list[dict[str, Any]]:
        self.calls.append("find")
        self.hidden -= 1
        return self._said("find", [self.kept] if self.kept and self.hidden < 0 else [])

    def to_contact(self, raw: dict[str, Any], _memory: object) -> Contact:
        return Contact(raw["id"], {"email": raw["email"]})

    def update_contact(
        self, raw: dict[str, Any], _memory: object, _changes: Fields, _marker: str | None
    ) -> WriteResult:
        self.calls.append("update")
        return self._said("update", WriteResult(raw, NOON))

    def delete_contact(self, _record_id: str) -> None:
        self.calls.append("delete")
        self._said("delete", None)
        self.kept = {}

    def read_record(self, _record_id: str) -> None:
        if not self.kept:
            raise RecordGone("hub", "it is gone")

    def _said(self, call: str, answer: Said) -> Said:
        error = self.errors.get(call)
        if error is not None:
            if isinstance(error, OutcomeUnknown):
                del self.errors[call]
            raise error
        return answer


def probed(account: Account) -> list[Finding]:
    return list(probe(cast("Connector", account), FakeClock()))


def test_a_contact_is_created_changed_and_deleted() -> None:
    account = Account()
    assert [each.ok for each in probed(account)] == [True, True, True]
    assert (account.calls, account.kept) == (["create", "update", "delete"], {})


@pytest.mark.parametrize(
    "error", [AuthError("hub", "no scope"), RecordRefused("hub", "no"), OutcomeUnknown("hub", "?")]
)
def test_the_contact_is_deleted_whatever_becomes_of_its_update(error: ConnectorError) -> None:
    account = Account(update=error)
    assert [each.ok for each in probed(account)] == [True, False, True]
    assert account.kept == {}


def test_a_contact_with_a_lost_create_is_found_though_late_and_deleted() -> None:
    account = Account(create=OutcomeUnknown("hub", "no answer"))
    account.hidden = 2
    assert [each.ok for each in probed(account)] == [True, True, True]
    assert account.kept == {}


@pytest.mark.parametrize("searching", [{}, {"find": AuthError("hub", "no search")}])
def test_a_contact_with_a_lost_create_that_is_not_found_is_named_with_what_to_do(searching: Any) -> None:
    account = Account(create=OutcomeUnknown("hub", "no answer"), **searching)
    account.hidden = 99
    (found,) = probed(account)
    assert not found.ok
    assert "no answer" in found.problem
    assert account.kept["email"] in found.mend
    assert TAG in found.mend
    assert "delete it there by hand" in found.mend


def test_a_contact_that_was_surely_not_made_is_not_to_be_looked_for() -> None:
    (found,) = probed(Account(create=AuthError("hub", "no scope")))
    assert "by hand" not in found.mend
    assert "contacts.write" in found.mend


def test_a_deletion_with_a_lost_answer_is_looked_at_and_created_again() -> None:
    account = Account(delete=OutcomeUnknown("hub", "no answer"))
    assert [each.ok for each in probed(account)] == [True, True, True]
    assert (account.calls.count("delete"), account.kept) == (2, {})


def test_a_contact_that_cannot_be_deleted_is_named_with_what_to_do() -> None:
    account = Account(delete=AuthError("hub", "no scope"))
    found = probed(account)[-1]
    assert not found.ok
    for said in ("hub:7", account.kept["email"], TAG, "by hand"):
        assert said in found.mend


def test_what_a_probe_found_goes_before_what_a_check_can_only_guess() -> None:
    known = remembered(probed(Account(update=AuthError("hub", "no scope"))), NOON)
    assert known == {"at": "2026-11-30T12:00:00+00:00", "create": True, "update": False, "delete": True}
    guess = Finding("token may write contacts", ok=False, problem="it answered 500", fatal=False)
    assert [(each.ok, each.fatal) for each in proven(guess, known)] == [(True, True), (False, True), (True, False)]
    assert all("2026-11-30" in each.what for each in proven(guess, known))
    assert proven(guess, {}) == [guess]


@pytest.mark.parametrize("ok", [True, False])
def test_what_a_server_reports_for_sure_goes_before_an_earlier_probe(ok: bool) -> None:
    result = Finding("token may write contacts", ok=ok)
    assert proven(result, {"at": "2026-11-30", "create": not ok, "update": not ok, "delete": True}) == [result]
    (first, second) = proven(result, {"at": "2026-11-30", "create": True, "update": True, "delete": False})
    assert first is result
    assert (second.ok, second.fatal) == (False, False)
