"""Setting some fields of a contact and leaving all others alone; emptying them; and going round without a change."""

import pytest

from connectors.connector import WriteResult
from connectors.contact import PHONE_SLOTS, SET_FIELDS, Contact, Fields, Value, same
from connectors.errors import RecordEdited, RecordGone
from connectors.records import Raw
from tests.contract.sample_contacts import BRIEF, NAMED, OTHER, SAMPLE
from tests.contract.subject import Place, Subject

MARKER = "4711"
NUMBERS = frozenset({"phone", *PHONE_SLOTS})
"""Numbers change places among each other when one of them is set (R16), so that they are looked at together. So is what
says whether a contact may be contacted."""


def created(place: Place, fields: Fields, marker: str | None = None) -> str:
    place.prepare()
    return place.account.to_contact(place.account.create_contact(place.whole(fields), marker).raw, {}).id


def updated(place: Place, record_id: str, changes: Fields, marker: str | None = None) -> tuple[WriteResult, Contact]:
    """Set fields of a contact as the engine does it; return the answer, and the contact as he is then."""
    current = place.got(record_id)
    memory = place.account.to_contact(current, {}).memory
    began = place.clock.now().replace(microsecond=0)
    answer = place.account.update_contact(current, memory, changes, marker)
    assert began <= answer.served_at <= place.clock.now()
    after = place.got(record_id)
    shown, kept = place.account.to_contact(answer.raw, memory), place.account.to_contact(after, memory)
    assert (shown.id, shown.fields, shown.phones) == (kept.id, kept.fields, kept.phones)
    assert place.account.digest(answer.raw) == place.account.digest(after)
    settled = place.account.values_after_write(answer.raw, memory, changes)
    for name in changes.keys() - answer.refused:
        assert same(name, settled[name], changes[name]), name
    return answer, kept


def others(place: Place, contact: Contact, name: str) -> dict[str, Value]:
    consent = {"do_not_contact", *place.account.consent_fields}
    beside = next((group for group in (NUMBERS, consent) if name in group), {name})
    return {key: value for key, value in contact.fields.items() if key not in beside}


def sides(place: Place, record_id: str) -> list[Raw]:
    """Return a record in each shape that an update may be based on."""
    return [place.got(record_id), place.everything()[record_id]]


def test_each_field_can_be_set_alone(place: Place, subject: Subject) -> None:
    record_id, values = created(place, BRIEF), {**SAMPLE, **subject.sample}
    for name in sorted(place.writable()):
        before = place.person(record_id)
        answer, after = updated(place, record_id, {name: values[name]})
        assert (name, answer.refused) == (name, frozenset())
        assert others(place, after, name) == others(place, before, name), name
        if name in NUMBERS:
            assert (
                {*before.phones, values[name]}
                >= set(after.phones)
                >= {*before.phones, values[name]} - {before.fields[name]}
            )
        else:
            assert same(name, after.fields[name], values[name]), name


def test_each_field_can_be_set_to_something_else_and_back(place: Place, subject: Subject) -> None:
    record_id = created(place, subject.sample)
    whole, digest = place.person(record_id), place.account.digest(place.got(record_id))
    for name in sorted(subject.sample):
        for value in (subject.other[name], subject.sample[name]):
            answer, after = updated(place, record_id, {name: value})
            assert (name, answer.refused) == (name, frozenset())
            assert same(name, after.fields[name], value), name
            assert others(place, after, name) == others(place, whole, name), name
            assert (place.account.digest(answer.raw) == digest) == (value == subject.sample[name]), name


def test_all_fields_can_be_set_at_once(place: Place, subject: Subject) -> None:
    record_id = created(place, BRIEF)
    answer, after = updated(place, record_id, {name: subject.other[name] for name in subject.sample})
    assert answer.refused == frozenset()
    assert all(same(name, after.fields[name], subject.other[name]) for name in subject.sample)


def test_each_field_can_be_emptied_or_is_known_to_be_kept(place: Place, subject: Subject) -> None:
    record_id = created(place, subject.sample)
    for name in sorted(subject.sample):
        before = place.person(record_id)
        answer, after = updated(place, record_id, {name: None})
        is_last = name in subject.one_of and not any(before.fields[each] for each in subject.one_of - {name})
        kept = name in place.account.never_empty or is_last
        assert (name, answer.refused) == (name, frozenset({name}) if kept else frozenset())
        if name in NUMBERS:
            assert kept or before.fields[name] not in after.phones, name
        else:
            assert after.fields[name] == (before.fields[name] if kept else None), name
        assert others(place, after, name) == others(place, before, name), name


def test_all_fields_can_be_emptied_at_once(place: Place, subject: Subject) -> None:
    record_id = created(place, subject.sample)
    answer, after = updated(place, record_id, dict.fromkeys(subject.sample))
    assert answer.refused == (place.account.never_empty & subject.sample.keys()) | subject.one_of
    left = {name for name in subject.sample if after.fields[name] is not None}
    assert left == answer.refused
    assert after.phones == () or "phone" in answer.refused


def test_what_is_empty_stays_empty(place: Place, subject: Subject) -> None:
    record_id = created(place, NAMED)
    before = place.person(record_id)
    empty = {name: None for name in subject.sample if before.fields.get(name) is None}
    _, after = updated(place, record_id, empty)
    assert after.fields == before.fields


@pytest.mark.parametrize(
    "wanted", [("a",), ("a", "b", "c"), ("c", "d"), ("B", "a"), None, ("a", "b", "new one")], ids=str
)
def test_sets_become_what_they_shall_be(place: Place, subject: Subject, wanted: Value) -> None:
    names = SET_FIELDS & subject.sample.keys()
    record_id = created(place, {**BRIEF, **dict.fromkeys(names, ("a", "b"))})
    answer, after = updated(place, record_id, dict.fromkeys(names, wanted))
    assert answer.refused == frozenset()
    assert all(same(name, after.fields[name], wanted) for name in names)


def test_tags_and_a_text_go_together(place: Place) -> None:
    record_id = created(place, BRIEF)
    answer, after = updated(place, record_id, {"tags": ("hot",), "city": "Rome"})
    assert answer.refused == frozenset()
    assert (after.fields["tags"], after.fields["city"]) == (("hot",), "Rome")


def test_the_marker_can_be_set_with_a_change_or_alone(place: Place) -> None:
    if not place.account.has_markers:
        record_id = created(place, BRIEF)
        assert updated(place, record_id, {"city": "Rome"}, MARKER)[1].marker is None
        return
    for changes in ({}, {"city": "Rome"}):
        record_id = created(place, {**NAMED, "city": "Oslo"})
        _, after = updated(place, record_id, changes, MARKER)
        assert after.marker == MARKER
        _, later = updated(place, record_id, {"city": "Bonn"}, MARKER)
        assert (later.marker, later.fields["city"]) == (MARKER, "Bonn")


def test_a_field_that_is_only_shown_is_named_as_refused_and_stays(place: Place) -> None:
    record_id = created(place, BRIEF)
    before = place.person(record_id)
    untakeable = SAMPLE.keys() - place.writable()
    answer, after = updated(place, record_id, {"city": "Rome", **{name: SAMPLE[name] for name in untakeable}})
    assert answer.refused == untakeable
    assert after.fields == {**before.fields, "city": "Rome"}


def test_a_deleted_contact_cannot_be_changed(place: Place) -> None:
    record_id = created(place, BRIEF)
    raw = place.got(record_id)
    place.remove(record_id)
    changes: tuple[Fields, ...] = (
        {"city": "Rome"},
        {"tags": ("hot",)},
        {"email": None},
        {"city": "Rome", "tags": None},
    )
    for each in changes:
        with pytest.raises(RecordGone):
            place.account.update_contact(raw, {}, each, None)
    assert record_id not in place.ids()


def test_an_update_may_be_based_on_either_shape_of_a_record(place: Place, subject: Subject) -> None:
    record_id = created(place, subject.sample)
    for number in range(2):
        raw = sides(place, record_id)[number]
        answer = place.account.update_contact(raw, {}, {"city": f"Town {number}", "tags": ("vip", "warm")}, None)
        assert place.account.to_contact(answer.raw, {}).fields == place.person(record_id).fields
        assert place.account.digest(answer.raw) == place.account.digest(place.got(record_id))
        expected = {**subject.sample, "city": f"Town {number}", "tags": ("vip", "warm")}
        assert {name: place.person(record_id).fields[name] for name in expected} == expected


def test_an_edit_since_the_reading_is_overwritten_only_in_the_fields_that_are_sent(place: Place) -> None:
    record_id = created(place, BRIEF)
    raw = place.got(record_id)
    place.edit(record_id, {"last_name": "Stone"})
    if place.account.lists_only:
        with pytest.raises(RecordEdited):
            place.account.update_contact(raw, {}, {"city": "Rome"}, None)
        raw = place.got(record_id)
    place.account.update_contact(raw, {}, {"city": "Rome"}, None)
    person = place.person(record_id)
    assert (person.fields["last_name"], person.fields["city"]) == ("Stone", "Rome")


@pytest.mark.parametrize("fields", [SAMPLE, OTHER, BRIEF, NAMED], ids=["sample", "other", "brief", "named"])
def test_to_write_what_is_shown_changes_nothing(place: Place, subject: Subject, fields: Fields) -> None:
    taken = {name: value for name, value in fields.items() if name in subject.sample}
    record_id = created(place, taken)
    before = place.got(record_id)
    contact = place.account.to_contact(before, {})
    shown = {name: value for name, value in contact.fields.items() if name in place.writable()}
    answer = place.account.update_contact(before, contact.memory, shown, None)
    assert answer.refused <= place.account.never_empty
    after = place.account.to_contact(answer.raw, contact.memory)
    assert (after.fields, after.phones, after.memory) == (contact.fields, contact.phones, contact.memory)
    assert place.account.digest(answer.raw) == place.account.digest(before)
