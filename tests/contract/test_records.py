"""What a record means: the canonical shape, what is remembered of it, and the digest."""

import json
from datetime import UTC

import pytest

from connectors.contact import FIELDS, SET_FIELDS, Contact
from connectors.errors import CallRefused, RecordGone, RecordRefused
from connectors.records import Raw
from tests.contract.sample_contacts import BRIEF, NAMED, OTHER
from tests.contract.subject import Place, Subject


def shapes(place: Place, record_id: str) -> dict[str, Raw]:
    """Return one record as a window shows it and as it is shown by id."""
    return {"listed": place.everything()[record_id], "got": place.got(record_id)}


def content(contact: Contact) -> dict[str, object]:
    return {**contact.fields, "marker": contact.marker, "phones": contact.phones, "unmapped": dict(contact.unmapped)}


def test_the_sets_of_fields_agree_with_each_other(place: Place) -> None:
    account = place.account
    assert account.fields <= account.mappable_fields <= set(FIELDS)
    assert account.read_only <= account.mappable_fields
    assert account.never_empty <= account.mappable_fields - account.read_only


def test_the_identity_is_json_and_takes_no_call(place: Place) -> None:
    identity = place.connect().identity()
    assert identity
    assert json.loads(json.dumps(identity)) == identity == place.connect().identity()
    assert place.sandbox.calls == []


def test_another_account_has_another_identity(place: Place) -> None:
    assert place.connect(elsewhere=True).identity() != place.account.identity()


def test_a_record_is_got_by_its_id_with_the_servers_time(place: Place) -> None:
    record_id = place.add(BRIEF)
    page = place.account.read_record(record_id)
    assert [place.account.to_contact(raw, {}).id for raw in page.records] == [record_id]
    assert page.served_at == place.clock.now()


@pytest.mark.parametrize("stranger", ["7", "nobody"])
def test_whoever_never_was_is_gone_or_refused(place: Place, subject: Subject, stranger: str) -> None:
    with pytest.raises(RecordGone if subject.unknown_is_gone else RecordRefused):
        place.account.read_record(stranger)


@pytest.mark.parametrize("hidden", ["a/b?c=d#e%20", "../users", "..", "a%2Fb"])
def test_an_id_that_hides_another_path_is_never_requested(place: Place, hidden: str) -> None:
    place.got(place.add(BRIEF))
    calls = len(place.sandbox.calls)
    with pytest.raises(CallRefused, match="not among what this connector may ask"):
        place.account.read_record(hidden)
    assert len(place.sandbox.calls) == calls


def test_whoever_was_removed_is_gone_and_shows_in_no_window(place: Place) -> None:
    record_id = place.add(BRIEF)
    assert place.got(record_id)
    place.remove(record_id)
    with pytest.raises(RecordGone):
        place.account.read_record(record_id)
    assert record_id not in place.everything()


@pytest.mark.parametrize("fields", [BRIEF, NAMED, {"first_name": "Solo"}, {"email": "solo@example.com"}])
def test_every_mapped_value_is_a_text_a_tuple_or_empty_under_a_canonical_name(
    place: Place, fields: dict[str, str]
) -> None:
    raw = place.got(place.add(fields))
    contact = place.account.to_contact(raw, {})
    assert contact.fields.keys() <= place.account.mappable_fields
    for name, value in contact.fields.items():
        kind = tuple if name in SET_FIELDS else str
        assert value is None or (isinstance(value, kind) and value), name
    shown = {name: value for name, value in contact.fields.items() if name in fields}
    assert shown == {name: value for name, value in fields.items() if name in place.account.mappable_fields}
    for moment in (contact.created_at, contact.updated_at):
        assert moment == place.clock.now()
        assert moment.tzinfo is UTC


def test_a_record_means_the_same_in_a_window_and_by_id(place: Place) -> None:
    record_id = place.add(BRIEF)
    listed, got = (place.account.to_contact(raw, {}) for raw in shapes(place, record_id).values())
    assert content(listed) == content(got)
    assert (listed.id, listed.created_at, listed.updated_at) == (got.id, got.created_at, got.updated_at)


def test_what_is_remembered_is_json_and_changes_no_meaning(place: Place) -> None:
    raw = place.got(place.add(BRIEF))
    contact = place.account.to_contact(raw, {})
    memory = json.loads(json.dumps(contact.memory))
    assert memory == contact.memory
    again = place.account.to_contact(raw, memory)
    assert content(again) == content(contact)
    assert again.memory == contact.memory


def test_a_digest_has_16_bytes_and_is_the_same_in_a_window_and_by_id(place: Place) -> None:
    record_id = place.add(BRIEF)
    listed, got = (place.account.digest(raw) for raw in shapes(place, record_id).values())
    assert len(got) == 16
    assert listed == got == place.connect().digest(place.got(record_id))


def test_a_digest_does_not_see_that_a_contact_was_saved_without_a_change(place: Place) -> None:
    record_id = place.add(BRIEF)
    before = shapes(place, record_id)
    place.edit(record_id, {})
    after = shapes(place, record_id)
    assert (
        place.account.to_contact(before["got"], {}).updated_at != place.account.to_contact(after["got"], {}).updated_at
    )
    assert {place.account.digest(raw) for raw in (*before.values(), *after.values())} == {
        place.account.digest(before["got"])
    }


def test_a_digest_sees_every_edit_and_that_it_was_taken_back(place: Place) -> None:
    record_id = place.add(BRIEF)
    before = place.account.digest(place.got(record_id))
    for name, value in BRIEF.items():
        place.edit(record_id, {name: OTHER[name]})
        assert place.account.digest(place.got(record_id)) != before, name
        place.edit(record_id, {name: value})
        assert place.account.digest(place.got(record_id)) == before, name
