"""Deleting: whoever is to be gone is gone, once, and no other."""

import pytest

from connectors.errors import RecordGone
from connectors.sandbox.faults import Fault, Kind
from tests.contract.operations import a_contact, naming
from tests.contract.sample_contacts import BRIEF, NAMED
from tests.contract.subject import Place


def test_a_deleted_contact_is_gone_and_no_other(place: Place) -> None:
    record_id, other = place.add(BRIEF), place.add(NAMED)
    raw = place.got(other)
    place.account.delete_contact(record_id)
    assert place.ids() == [other]
    assert place.account.digest(place.got(other)) == place.account.digest(raw)
    with pytest.raises(RecordGone):
        place.account.read_record(record_id)
    assert set(place.everything()) == {other}


def test_a_deleted_contact_already_is_deleted(place: Place) -> None:
    record_id, other = place.add(BRIEF), place.add(NAMED)
    place.account.delete_contact(record_id)
    place.account.delete_contact(record_id)
    place.remove(other)
    place.account.delete_contact(other)
    place.account.delete_contact("nobody")
    assert place.ids() == []


def test_a_delete_is_one_writing_call(typical: Place) -> None:
    raw = a_contact(typical)
    calls, writes = len(typical.sandbox.calls), typical.account.call_counts.writes
    typical.account.delete_contact(typical.account.to_contact(raw, {}).id)
    assert len(typical.sandbox.calls) - calls == typical.account.call_counts.writes - writes == 1


def test_a_delete_whose_answer_fails_once_takes_effect(typical: Place) -> None:
    kinds: tuple[Kind, ...] = ("reset_before", "reset_after", "html", "html_after", "cut", "status", "status_after")
    for kind in kinds:
        with naming(typical, kind):
            record_id = typical.add(BRIEF)
            typical.sandbox.faults.append(Fault(kind, status=503))
            typical.connect().delete_contact(record_id)
            assert record_id not in typical.ids()


def test_the_identity_of_a_deleted_contact_is_free_again(place: Place) -> None:
    raw = a_contact(place)
    place.account.delete_contact(place.account.to_contact(raw, {}).id)
    place.settle()
    answer = place.account.create_contact(BRIEF, None)
    assert place.account.to_contact(answer.raw, {}).id in place.ids()
