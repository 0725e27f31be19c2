"""Deleting: whoever is to be gone is gone, once, and no other."""

import pytest

from connectors import registry
from connectors.errors import RecordGone, RecordRefused
from connectors.sandbox.faults import Fault, Kind
from tests.contract.operations import a_contact, naming
from tests.contract.sample_contacts import BRIEF, NAMED
from tests.contract.subject import Place


def test_a_deleted_contact_is_gone_and_no_other(deleting: Place) -> None:
    record_id, other = deleting.add(BRIEF), deleting.add(NAMED)
    raw = deleting.got(other)
    deleting.account.delete_contact(record_id)
    assert deleting.ids() == [other]
    assert deleting.account.digest(deleting.got(other)) == deleting.account.digest(raw)
    with pytest.raises(RecordGone):
        deleting.account.read_record(record_id)
    assert set(deleting.everything()) == {other}


def test_a_deleted_contact_already_is_deleted(deleting: Place) -> None:
    record_id, other = deleting.add(BRIEF), deleting.add(NAMED)
    deleting.account.delete_contact(record_id)
    deleting.account.delete_contact(record_id)
    deleting.remove(other)
    deleting.account.delete_contact(other)
    deleting.account.delete_contact("nobody")
    assert deleting.ids() == []


def test_a_delete_is_one_writing_call(deleting: Place) -> None:
    raw = a_contact(deleting)
    calls, writes = len(deleting.sandbox.calls), deleting.account.call_counts.writes
    deleting.account.delete_contact(deleting.account.to_contact(raw, {}).id)
    assert len(deleting.sandbox.calls) - calls == deleting.account.call_counts.writes - writes == 1


def test_a_delete_whose_answer_fails_once_takes_effect(deleting: Place) -> None:
    kinds: tuple[Kind, ...] = ("reset_before", "reset_after", "html", "html_after", "cut", "status", "status_after")
    for kind in kinds:
        with naming(deleting, kind):
            record_id = deleting.add(BRIEF)
            deleting.sandbox.faults.append(Fault(kind, status=503))
            deleting.connect().delete_contact(record_id)
            assert record_id not in deleting.ids()


def test_the_identity_of_a_deleted_contact_is_free_again(deleting: Place) -> None:
    raw = a_contact(deleting)
    deleting.account.delete_contact(deleting.account.to_contact(raw, {}).id)
    deleting.settle()
    answer = deleting.account.create_contact(deleting.whole(BRIEF), None)
    assert deleting.account.to_contact(answer.raw, {}).id in deleting.ids()


def test_a_system_that_deletes_nothing_says_so_without_a_call(keeping: Place) -> None:
    record_id = keeping.add(BRIEF)
    calls = len(keeping.sandbox.calls)
    assert keeping.account.can_delete is registry.system(keeping.account.system).capabilities.deletes is False
    with pytest.raises(RecordRefused, match="deletes no contacts"):
        keeping.account.delete_contact(record_id)
    assert (keeping.ids(), len(keeping.sandbox.calls)) == ([record_id], calls)
