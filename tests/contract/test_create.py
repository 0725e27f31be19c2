"""Creating contacts: all that the account takes, next to nothing, and who is refused."""

import pytest

from connectors.contact import PHONE_SLOTS, SET_FIELDS, Fields
from connectors.errors import DuplicateRefused
from tests.contract.sample_contacts import BRIEF, NAMED, SAMPLE
from tests.contract.subject import Place, Subject

MARKER = "4711"


def test_the_sample_has_a_value_for_every_field_that_the_account_takes(place: Place, subject: Subject) -> None:
    missing = place.account.mappable_fields - place.account.read_only - subject.sample.keys()
    assert missing - set(PHONE_SLOTS) <= ({"do_not_contact"} if place.account.consent_fields else set())
    assert len(missing & set(PHONE_SLOTS)) <= 1, "which `phone` stands in for"
    assert subject.sample.keys() <= place.account.mappable_fields - place.account.read_only


def test_everything_that_can_be_taken_arrives(place: Place, subject: Subject) -> None:
    place.prepare()
    before = set(place.ids())
    answer = place.account.create_contact(place.whole(subject.sample), None)
    assert answer.served_at == place.clock.now()
    (record_id,) = set(place.ids()) - before
    listed = place.everything()[record_id]
    answered, kept = place.account.to_contact(answer.raw, {}), place.person(record_id)
    assert answer.refused == frozenset()
    assert answered.id == record_id
    for contact in (answered, kept, place.account.to_contact(listed, {})):
        shown = {name: contact.fields.get(name) for name in subject.sample}
        assert shown == subject.sample
        assert contact.unmapped == {}
    digests = {place.account.digest(raw) for raw in (answer.raw, listed, place.got(record_id))}
    assert len(digests) == 1
    assert place.account.values_after_write(answer.raw, {}, subject.sample) == subject.sample


@pytest.mark.parametrize(
    "fields", [BRIEF, NAMED, {"first_name": "Solo"}, {"email": "solo@example.com"}, {"phone": "+12125550140"}], ids=len
)
def test_little_is_enough(place: Place, subject: Subject, fields: Fields) -> None:
    place.prepare()
    answer = place.account.create_contact(place.whole(fields), None)
    assert answer.refused == frozenset()
    person = place.person(place.account.to_contact(answer.raw, {}).id)
    assert {name: person.fields[name] for name in fields} == fields
    strangers = {name for name, value in person.fields.items() if value is not None} - fields.keys() - {"owner"}
    guessed = subject.fills | place.account.filled_in(fields).keys() | place.whole(fields).keys()
    assert strangers <= guessed, "a server may fill in what it guesses (R11, R35), and make the writer the owner"


def test_empty_values_are_left_out(place: Place, subject: Subject) -> None:
    place.prepare()
    empty: Fields = {name: None for name in subject.sample if name not in NAMED}
    answer = place.account.create_contact(place.whole({**empty, **NAMED}), None)
    assert answer.refused == frozenset()
    assert place.person(place.account.to_contact(answer.raw, {}).id).fields["last_name"] == NAMED["last_name"]


def test_a_value_without_a_place_is_named_and_holds_up_nothing_else(place: Place) -> None:
    place.prepare()
    homeless = SAMPLE.keys() - place.writable()
    answer = place.account.create_contact(place.whole({**BRIEF, **{name: SAMPLE[name] for name in homeless}}), None)
    assert answer.refused == homeless
    person = place.person(place.account.to_contact(answer.raw, {}).id)
    assert {name: person.fields[name] for name in BRIEF} == BRIEF
    assert {name: person.fields.get(name) for name in homeless} == dict.fromkeys(homeless)


def test_the_marker_is_written_where_there_is_a_place_for_it(place: Place) -> None:
    place.prepare()
    answer = place.account.create_contact(place.whole(BRIEF), MARKER)
    expected = MARKER if place.account.has_markers else None
    assert place.account.to_contact(answer.raw, {}).marker == expected
    record_id = place.account.to_contact(answer.raw, {}).id
    assert place.person(record_id).marker == expected
    assert place.account.to_contact(place.everything()[record_id], {}).marker == expected


def test_every_contact_created_is_in_the_next_window(place: Place) -> None:
    place.prepare()
    made = {
        place.account.to_contact(place.account.create_contact(place.whole(each), None).raw, {}).id
        for each in (BRIEF, NAMED, {"city": "Rome"})
    }
    assert made <= set(place.everything())


def test_texts_of_any_messages_arrive_as_they_are(place: Place) -> None:
    place.prepare()
    fields = {
        "first_name": "Zoë 王 \U0001f98a",
        "last_name": "O'Brien-\u05d0\u05d1 <b>&amp;",
        "company": 'Ex"ample\\ Ltd, Inc.',
    }
    answer = place.account.create_contact(place.whole(fields), None)
    person = place.person(place.account.to_contact(answer.raw, {}).id)
    assert {name: person.fields[name] for name in fields} == fields


def test_sets_arrive_as_sets(place: Place, subject: Subject) -> None:
    place.prepare()
    fields: Fields = dict.fromkeys(SET_FIELDS & subject.sample.keys(), ("alpha", "beta gamma", "delta"))
    answer = place.account.create_contact(place.whole({**BRIEF, **fields}), None)
    person = place.person(place.account.to_contact(answer.raw, {}).id)
    assert {name: set(person.fields[name] or ()) for name in fields} == {
        name: set(fields[name] or ()) for name in fields
    }


@pytest.mark.parametrize("field", ["email", "phone"])
def test_a_second_contact_is_refused_with_the_id_of_the_first_or_made(
    place: Place, subject: Subject, field: str
) -> None:
    place.prepare()
    first = place.add(BRIEF)
    count = len(place.ids())
    second = {**NAMED, field: BRIEF[field]}
    if field not in subject.unique:
        answer = place.account.create_contact(place.whole(second), None)
        assert place.account.to_contact(answer.raw, {}).id != first
        assert len(place.ids()) == count + 1
        return
    with pytest.raises(DuplicateRefused) as refused:
        place.account.create_contact(place.whole(second), None)
    assert (refused.value.other_id, refused.value.field) == (first, field)
    assert len(place.ids()) == count


@pytest.mark.parametrize("field", ["email", "phone"])
def test_an_update_to_another_contacts_identity_is_refused_and_changes_nothing_or_is_taken(
    place: Place, subject: Subject, field: str
) -> None:
    place.prepare()
    first, second = place.add(BRIEF), place.add(NAMED)
    before = place.account.digest(place.got(second))
    if field not in subject.unique:
        place.account.update_contact(place.got(second), {}, {field: BRIEF[field]}, None)
        assert place.person(second).fields[field] == BRIEF[field]
        return
    with pytest.raises(DuplicateRefused) as refused:
        place.account.update_contact(place.got(second), {}, {field: BRIEF[field]}, None)
    assert refused.value.other_id == first
    assert place.account.digest(place.got(second)) == before


def test_the_same_values_again_for_another_contact_are_two_contacts(place: Place) -> None:
    place.prepare()
    one = place.account.create_contact(place.whole(NAMED), None)
    other = place.account.create_contact(place.whole(NAMED), None)
    assert place.account.to_contact(one.raw, {}).id != place.account.to_contact(other.raw, {}).id
