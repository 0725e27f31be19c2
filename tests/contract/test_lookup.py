"""Looking for a contact on the server itself: before a create, and after one without an answer."""

from datetime import timedelta

import pytest

from connectors.contact import Fields
from connectors.errors import OutcomeUnknown
from connectors.sandbox.faults import Fault
from tests.contract.operations import WRITING, a_contact
from tests.contract.sample_contacts import BRIEF, NAMED, OTHER
from tests.contract.subject import Place, Subject

MARKER = "4711"
STRANGER: Fields = {"first_name": "No", "last_name": "One", "email": "no.one@example.com", "phone": "+12125550199"}


def found(place: Place, sent: Fields, *, lost: bool = False) -> set[str]:
    since = place.sandbox.server_now() if lost else None
    return {place.account.to_contact(raw, {}).id for raw in place.connect().find_candidates(sent, MARKER, since)}


@pytest.mark.parametrize("sent", [STRANGER, {"email": STRANGER["email"]}, {"phone": STRANGER["phone"]}], ids=len)
@pytest.mark.parametrize("lost", [False, True])
def test_a_stranger_is_not_found(place: Place, sent: Fields, *, lost: bool) -> None:
    place.crowd(5)
    place.add(BRIEF)
    place.settle()
    assert found(place, sent, lost=lost) == set()


@pytest.mark.parametrize("name", ["email", "phone"])
@pytest.mark.parametrize("lost", [False, True])
def test_whoever_was_just_added_with_the_same_identity_is_a_candidate(place: Place, name: str, *, lost: bool) -> None:
    place.crowd(3)
    record_id = place.add(BRIEF)
    place.settle()
    assert record_id in found(place, {**NAMED, name: BRIEF[name]}, lost=lost)


def test_an_address_is_found_in_any_case(place: Place) -> None:
    record_id = place.add({**NAMED, "email": "Grace.Harbour@Example.com"})
    place.settle()
    assert found(place, {"email": "grace.harbour@example.COM"}) == {record_id}


def test_a_candidate_comes_whole_as_a_record_by_id_does(place: Place) -> None:
    raw = a_contact(place)
    place.settle()
    (candidate,) = place.connect().find_candidates(BRIEF, None, None)
    assert place.account.to_contact(candidate, {}).fields == place.account.to_contact(raw, {}).fields
    assert place.account.digest(candidate) == place.account.digest(raw)


def test_a_deleted_contact_is_no_candidate(place: Place) -> None:
    record_id = place.add(BRIEF)
    place.settle()
    assert found(place, BRIEF) == {record_id}
    place.remove(record_id)
    place.settle()
    assert found(place, BRIEF) == found(place, BRIEF, lost=True) == set()


def test_nothing_known_of_a_contact_finds_no_contact_before_a_create(place: Place) -> None:
    place.crowd(3)
    place.settle()
    assert found(place, {"title": "CEO", "email": None, "phone": None}) == set()


@pytest.mark.parametrize("edit", [{"city": "Newtown", "first_name": "Amazing"}, {"email": "new@example.org"}], ids=len)
def test_a_contact_of_a_lost_create_that_a_user_edited_since_is_found(place: Place, edit: Fields) -> None:
    raw = a_contact(place)
    place.account.update_contact(raw, {}, {"city": "Hometown"}, None)
    before, since = set(place.ids()), place.sandbox.server_now()
    place.sandbox.faults.append(Fault("reset_after", method=WRITING))
    sent = {**NAMED, "email": "grace@example.com"}
    with pytest.raises(OutcomeUnknown):
        place.account.create_contact(place.whole(sent), MARKER)
    (made,) = set(place.ids()) - before
    place.settle()
    place.edit(made, edit)
    place.settle()
    assert made in {
        place.account.to_contact(raw, {}).id for raw in place.connect().find_candidates(sent, MARKER, since)
    }


def test_whoever_was_added_since_the_last_run_is_found_in_the_next(place: Place) -> None:
    place.crowd(2)
    place.settle()
    assert list(place.account.find_candidates(BRIEF, None, None)) == []
    record_id = place.add(BRIEF)
    assert record_id in place.everything()
    assert record_id in {
        place.account.to_contact(raw, {}).id for raw in place.account.find_candidates(BRIEF, None, None)
    }


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(hours=-5)], ids=str)
@pytest.mark.parametrize("sent", [BRIEF, NAMED], ids=["brief", "named"])
def test_since_is_the_servers_time_whatever_our_own_clock_says(place: Place, sent: Fields, ahead: timedelta) -> None:
    place.sandbox.clock_offset = ahead
    raw = a_contact(place)
    place.account.update_contact(raw, {}, {"city": "Hometown"}, None)
    place.remove(place.account.to_contact(raw, {}).id)
    before, since = set(place.ids()), place.account.read_record(place.ids()[0]).served_at
    place.sandbox.faults.append(Fault("reset_after", method=WRITING))
    with pytest.raises(OutcomeUnknown):
        place.account.create_contact(place.whole(sent), MARKER)
    place.settle()
    assert set(place.ids()) - before <= {
        place.account.to_contact(raw, {}).id for raw in place.connect().find_candidates(sent, MARKER, since)
    }


def test_a_look_up_writes_nothing(place: Place, subject: Subject) -> None:
    record_id = place.add(BRIEF)
    place.settle()
    account = place.connect()
    before = place.account.digest(place.got(record_id))
    account.find_candidates({name: OTHER[name] for name in subject.sample}, MARKER, None)
    account.find_candidates({name: OTHER[name] for name in subject.sample}, MARKER, place.sandbox.server_now())
    assert (account.call_counts.writes, place.ids()) == (0, [record_id])
    assert place.account.digest(place.got(record_id)) == before
