import string
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contact import FIELDS, PHONE_SLOTS, Contact, Fields, same
from connectors.growthhub.encode import encode
from connectors.growthhub.mapping import Mapper, outline
from connectors.growthhub.places import CUSTOM as PLACES
from connectors.growthhub.places import CustomField
from connectors.growthhub.sandbox.records import by_id, search_row
from connectors.growthhub.source_places import MARKER
from connectors.growthhub.wire_record import NATIVE, digest
from connectors.growthhub.write_effect import as_record, tag_changes

USERS = {"u1": "rep@example.com"}
IDS = {address: user_id for user_id, address in USERS.items()}


class Users:
    def __init__(self, users: Mapping[str, str] = USERS) -> None:
        self.users = users

    def is_readable(self) -> bool:
        return bool(self.users)

    def email_of(self, user_id: str) -> str | None:
        return self.users.get(user_id)


def places(**kinds: str) -> dict[str, CustomField]:
    return {name: CustomField(f"id-{name}", key, name, kinds.get(name, "TEXT")) for name, key in PLACES.items()}


def mapper(users: Mapping[str, str] = USERS, kinds: Mapping[str, str] | None = None) -> Mapper:
    return Mapper("US", places(**(kinds or {})), frozenset({*NATIVE, *PLACES}), Users(users))


def mapped(raw: Mapping[str, Any], memory: Mapping[str, Any] | None = None, **kinds: str) -> Contact:
    return mapper(kinds=kinds).contact({"id": "1", **raw}, memory or {})


def custom(**values: Any) -> list[dict[str, Any]]:
    return [{"id": f"id-{name}", "value": value} for name, value in values.items()]


def record(**properties: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "locationId": "l",
        "tags": [],
        "customFields": {},
        "dateAdded": 0,
        "dateUpdated": 1,
        **properties,
    }


# reading


def test_a_record_without_anything_is_empty_and_not_unknown() -> None:
    contact = mapped({})
    assert set(contact.fields) == set(FIELDS)
    assert set(contact.fields.values()) == {None}
    assert (contact.marker, contact.phones, contact.unmapped, contact.memory) == (None, (), {}, {})


def test_a_whole_record_by_id_is_mapped() -> None:
    contact = mapped(
        {
            "firstName": " Ann ",
            "lastName": "Lee",
            "email": "Ann@Example.com",
            "phone": "+12125550123",
            "companyName": "Example Ltd",
            "website": "https://www.tesla.com",
            "address1": "3535 1st St N",
            "city": "Dolomite",
            "state": "AL",
            "country": "US",
            "postalCode": "35061",
            "tags": ["warm", "vip"],
            "assignedTo": "u1",
            "dateAdded": "2021-07-02T05:18:26.704Z",
            "dateUpdated": "2021-07-03T05:18:26.704Z",
            "customFields": custom(title="CTO", **{MARKER: "4711"}, linkedin_url="linkedin.com/in/ann"),
        }
    )
    shown = {name: value for name, value in contact.fields.items() if value is not None}
    assert shown == {
        "first_name": "Ann",
        "last_name": "Lee",
        "email": "Ann@example.com",
        "phone": "+12125550123",
        "company": "Example Ltd",
        "website": "https://www.tesla.com",
        "address": "3535 1st St N",
        "city": "Dolomite",
        "state": "AL",
        "country": "US",
        "postal_code": "35061",
        "tags": ("vip", "warm"),
        "owner": "rep@example.com",
        "title": "CTO",
        "linkedin_url": "https://www.linkedin.com/in/ann",
    }
    assert contact.marker == "4711"
    assert contact.created_at
    assert contact.updated_at
    assert contact.created_at.isoformat() == "2021-07-02T05:18:26.704000+00:00"
    assert contact.updated_at.isoformat() == "2021-07-03T05:18:26.704000+00:00"


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_null_and_empty_text_are_empty(empty: str | None) -> None:
    fields = mapped({"firstName": empty, "city": empty, "customFields": custom(title=empty)}).fields
    assert (fields["first_name"], fields["city"], fields["title"]) == (None, None, None)


def test_dirt_is_unknown() -> None:
    contact = mapped({"firstName": "NaN", "city": "None"})
    assert {"first_name", "city"}.isdisjoint(contact.fields)
    assert contact.unmapped == {}


def test_a_row_with_only_the_lower_case_twin_of_a_name_leaves_it_unknown() -> None:
    contact = mapped({"firstNameLowerCase": "ann", "lastName": None, "lastNameLowerCase": "lee"})
    assert "first_name" not in contact.fields
    assert contact.fields["last_name"] is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"dnd": True}, "true"),
        ({"dnd": True, "dndSettings": {"Email": {"status": "inactive"}}}, "true"),  # as it was recorded
        ({"dnd": False, "dndSettings": {"Email": {"status": "active"}}}, "true"),
        ({"dnd": None}, None),
        ({}, None),
    ],
)
def test_dnd_or_a_blocked_channel_means_do_not_contact(raw: dict[str, Any], value: str | None) -> None:
    contact = mapped(raw)
    assert (contact.fields["do_not_contact"], contact.unmapped) == (value, {})


def test_do_not_contact_is_sent_as_dnd() -> None:
    assert encode({"do_not_contact": "true"}, {}, IDS.get, creating=True).body() == {"dnd": True}
    assert encode({"do_not_contact": None}, {}, IDS.get, creating=True).body() == {}
    assert encode({"do_not_contact": None}, {}, IDS.get, creating=False).body() == {"dnd": False}


@pytest.mark.parametrize(
    ("raw", "name", "text"),
    [
        ({"phone": "12"}, "phone", "12"),
        ({"country": "Atlantis"}, "country", "Atlantis"),
        ({"email": "nonsense"}, "email", "nonsense"),
        ({"website": "see below"}, "website", "see below"),
        ({"assignedTo": "u9"}, "owner", "u9"),
        ({"customFields": custom(work_phone="ask")}, "work_phone", "ask"),
    ],
)
def test_what_means_nothing_elsewhere_is_unmapped_with_its_text(raw: Any, name: str, text: str) -> None:
    contact = mapped(raw)
    assert contact.unmapped == {name: text}
    assert name not in contact.fields


def test_an_owner_is_unknown_where_users_cannot_be_read() -> None:
    contact = mapper(users={}).contact({"id": "1", "assignedTo": "u1"}, {})
    assert "owner" not in contact.fields
    assert contact.unmapped == {}


def test_numbers_without_a_country_code_are_read_in_the_contacts_country_first() -> None:
    london = custom(mobile_phone="020 7946 0123")
    assert mapped({"country": "GB", "customFields": london}).fields["mobile_phone"] == "+442079460123"
    boston = custom(mobile_phone="(617) 555-0123")
    assert mapped({"customFields": boston}).fields["mobile_phone"] == "+16175550123"


def test_editing_the_country_changes_no_number() -> None:
    london = {"country": "GB", "customFields": custom(mobile_phone="020 7946 0123")}
    memory = mapped(london).memory
    moved = mapped({**london, "country": "US"}, memory)
    assert moved.fields["mobile_phone"] == "+442079460123"
    assert moved.memory == memory


def test_a_number_with_its_country_code_leaves_nothing_to_remember() -> None:
    assert mapped({"phone": "+442079460123"}).memory == {}


def test_all_numbers_are_there_for_pairing() -> None:
    contact = mapped(
        {
            "phone": "+12125550123",
            "customFields": custom(work_phone="+12125550124", home_phone="+12125550123"),
            "additionalPhones": [{"phone": "+12125550125"}, {"phone": "junk"}],
        }
    )
    assert contact.phones == ("+12125550123", "+12125550124", "+12125550125")


@pytest.mark.parametrize(
    ("kind", "shown", "text"),
    [
        ("NUMERICAL", 1500, "1500"),
        ("NUMERICAL", 2.5, "2.5"),
        ("NUMERICAL", 0, "0"),
        ("MONETORY", 1000.0, "1000"),
        ("CHECKBOX", ["a", "b"], "a, b"),
        ("MULTIPLE_OPTIONS", [], None),
        ("SINGLE_OPTIONS", "hot", "hot"),
        ("DATE", "2026-01-02", "2026-01-02"),
    ],
)
def test_typed_fields_are_read_as_plain_text(kind: str, shown: Any, text: str | None) -> None:
    assert mapped({"customFields": custom(custom1=shown)}, custom1=kind).fields["custom1"] == text


def test_a_field_that_is_no_text_at_all_is_unknown() -> None:
    files: dict[str, Any] = {"uuid": {"meta": {}}}
    assert "custom1" not in mapped({"customFields": custom(custom1=files)}).fields


def test_custom_fields_without_a_canonical_name_are_passed_over() -> None:
    assert mapped({"customFields": [{"id": "other", "value": "x"}, "junk"]}).unmapped == {}


# both shapes

TEXTS = st.one_of(st.none(), st.text(alphabet=string.ascii_letters + " é", max_size=8))
RECORDS = st.fixed_dictionaries(
    dict.fromkeys(("firstName", "lastName", "companyName", "address1", "city", "state", "postalCode"), TEXTS)
    | {
        "email": st.sampled_from([None, "ann@example.com", "nonsense"]),
        "phone": st.sampled_from([None, "+12125550123"]),
        "country": st.sampled_from([None, "US", "GB"]),
        "assignedTo": st.sampled_from([None, "u1", "u9"]),
        "dnd": st.booleans(),
        "tags": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
        "customFields": st.dictionaries(
            st.sampled_from(["id-title", "id-custom1", "other"]), st.sampled_from(["x", "y", 5])
        ),
        "additionalPhones": st.sampled_from([[], [{"phone": "+12125550199"}]]),
    }
)


@given(RECORDS)
def test_both_shapes_of_a_record_are_the_same_contact(properties: dict[str, Any]) -> None:
    kept = record(**properties)
    row, single = search_row(kept, [1, "1"]), by_id(kept)
    assert mapper().contact(row, {}) == mapper().contact(single, {})
    assert digest(row) == digest(single)


@given(RECORDS, RECORDS)
def test_a_digest_differs_where_the_mapping_differs(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = search_row(record(**one), [1, "1"]), search_row(record(**other), [2, "1"])
    if mapper().contact(first, {}) != mapper().contact(second, {}):
        assert digest(first) != digest(second)


def test_a_digest_passes_over_times_positions_twins_and_attribution() -> None:
    plain = search_row(record(firstName="Ann", tags=["a", "b"]), [1, "1"])
    touched = {
        **plain,
        "dateUpdated": "2030-01-01T00:00:00.000Z",
        "searchAfter": [9, "1"],
        "firstNameLowerCase": "ANN",
        "attributionSource": {"url": "x"},
        "tags": ["B", "a"],
    }
    assert digest(plain) == digest(touched)
    assert len(digest(plain)) == 16
    assert digest(plain) != digest({**plain, "dnd": True})


# writing

LINES = st.text(alphabet=string.ascii_letters + string.digits + " ,.'-é", min_size=1, max_size=12).filter(
    lambda line: line == " ".join(line.split()) and line not in {"NaN", "nan", "null", "None"}
)
LABELS = st.lists(LINES, min_size=1, max_size=4, unique_by=str.casefold).map(
    lambda names: tuple(sorted(names, key=str.casefold))
)
NUMBERS = st.sampled_from(["+12125550123", "+442079460123", "+18832327657"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(FIELDS, LINES),
    # "Ames, Ana" in one field is read as two names (tests/connectors/values/test_person_name.py).
    **dict.fromkeys(("first_name", "last_name"), LINES.filter(lambda line: "," not in line)),
    **dict.fromkeys(("phone", *PHONE_SLOTS), NUMBERS),
    "email": st.sampled_from(["ann@example.com", "Bo.Li@example.org"]),
    "website": st.sampled_from(["https://example.com", "https://example.org/a?b=c"]),
    "linkedin_url": st.sampled_from(["https://www.linkedin.com/in/ann"]),
    "twitter_url": st.sampled_from(["https://twitter.com/ann", "https://x.com/ann"]),
    "facebook_url": st.sampled_from(["https://www.facebook.com/ann"]),
    "country": st.sampled_from(["US", "GB", "DE"]),
    "owner": st.just("rep@example.com"),
    "tags": LABELS,
    "lists": LABELS,
    "do_not_contact": st.just("true"),
}
CHANGES = st.fixed_dictionaries({}, optional=VALUES)


@settings(max_examples=50)
@given(CHANGES)
def test_what_is_sent_and_taken_is_read_back_as_it_was(changes: Fields) -> None:
    sending = encode(changes, places(), IDS.get, creating=True)
    assert sending.refused == frozenset()
    shown = mapper().contact({"id": "1", **as_record(sending)}, {})
    assert all(same(name, shown.fields[name], value) for name, value in changes.items())
    again = encode({name: shown.fields[name] for name in changes}, places(), IDS.get, creating=True)
    assert mapper().contact({"id": "1", **as_record(again)}, {}) == shown


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("NUMERICAL", "1500", 1500),
        ("NUMERICAL", "2.5", 2.5),
        ("MONETORY", "1,234,567.50", 1234567.5),
        ("NUMERICAL", "-3", -3),
        ("CHECKBOX", "a, b", ["a", "b"]),
        ("MULTIPLE_OPTIONS", ("a", "b"), ["a", "b"]),
        ("CHECKBOX", None, []),
        ("NUMERICAL", None, ""),
        ("TEXT", None, ""),
        ("TEXT", "1500", "1500"),
    ],
)
def test_a_typed_field_gets_the_json_type_of_its_kind(kind: str, value: Any, sent: Any) -> None:
    sending = encode({"custom1": value}, places(custom1=kind), IDS.get, creating=False)
    assert sending.custom == {"id-custom1": sent}


@pytest.mark.parametrize("value", ["51-200", "about 5", "1.234,56", "1,23", "\u0661"])
def test_a_text_that_is_no_number_is_refused_by_a_field_of_numbers(value: str) -> None:
    sending = encode({"custom1": value}, places(custom1="NUMERICAL"), IDS.get, creating=False)
    assert sending.refused == {"custom1"}
    assert not sending


def test_an_owner_that_is_no_user_is_refused() -> None:
    sending = encode({"owner": "stranger@example.com", "city": "Oslo"}, {}, IDS.get, creating=False)
    assert sending.refused == {"owner"}
    assert sending.body() == {"city": "Oslo"}


def test_an_owner_is_sent_as_an_id_and_emptied_with_null() -> None:
    assert encode({"owner": "rep@example.com"}, {}, IDS.get, creating=False).body() == {"assignedTo": "u1"}
    assert encode({"owner": None}, {}, IDS.get, creating=False).body() == {"assignedTo": None}


def test_a_field_without_a_place_is_refused() -> None:
    assert encode({"title": "CTO"}, {}, IDS.get, creating=False).refused == {"title"}


def test_tags_are_never_part_of_an_update() -> None:
    assert not encode({"tags": ("a",)}, {}, IDS.get, creating=False)


@given(LABELS, st.one_of(st.none(), LABELS))
def test_tag_calls_lead_from_the_tags_there_to_the_tags_wanted(
    had: tuple[str, ...], wanted: tuple[str, ...] | None
) -> None:
    added, gone = tag_changes(had, wanted)
    left = [tag for tag in had if tag not in gone] + added
    assert same("tags", tuple(left) or None, wanted)
    assert tag_changes(tuple(left), wanted) == ([], [])


def test_the_marker_is_no_canonical_field() -> None:
    assert MARKER not in FIELDS
    assert set(PLACES) - {MARKER} <= set(FIELDS)


# what people type


def test_every_address_and_number_of_a_record_is_known_for_pairing() -> None:
    person = mapped({
        "email": "Ann <ann@example.com>, a@example.org", "phone": "+12125550123",
        "additionalEmails": [{"email": "ames@example.org"}, "ann@example.com", None, {"other": 1}],
        "additionalPhones": [{"phone": "+54 9 11 5555-0123"}, "0000000000", None],
    })  # fmt: skip
    assert person.fields["email"] == "ann@example.com"
    assert set(person.emails) == {"ann@example.com", "a@example.org", "ames@example.org"}
    assert person.phones == ("+12125550123", "+5491155550123")


def test_an_additional_address_changes_the_digest_and_none_leaves_it_as_it_was() -> None:
    assert digest(record()) == digest(record(additionalEmails=[]))
    assert digest(record()) != digest(record(additionalEmails=["ames@example.org"]))


def test_a_name_that_is_none_is_empty_whatever_the_other_one_is() -> None:
    long = "x" * 70_000
    person = mapped({"firstName": "(No Name)", "lastName": long, "assignedTo": long})
    assert person.fields["first_name"] is None
    assert "last_name" not in person.fields
    assert {name: len(raw) < 200 for name, raw in person.unmapped.items()} == {"last_name": True, "owner": True}


def test_a_number_that_a_version_before_remembered_otherwise_is_read_as_today() -> None:
    person = mapped({"phone": "1 55 5555 0123"}, {"e164": {"1 55 5555 0123": "+5215555550123"}})
    assert person.fields["phone"] == "+525555550123"


@pytest.mark.parametrize("value", [{}, [], [[]], {"a": "x"}])
@pytest.mark.parametrize("key", ["email", "phone", "firstName", "lastName"])
def test_an_object_in_the_place_of_a_text_is_unknown_and_not_empty(key: str, value: Any) -> None:
    """An address that is taken for empty would let its contact be created a second time at the other side."""
    name = {wire: name for name, wire in NATIVE.items()}[key]
    assert name not in mapper().contact({"id": "a", key: value}, {}).fields


@pytest.mark.parametrize("value", [{}, {"a": "x"}])
@pytest.mark.parametrize("name", sorted(NATIVE))
def test_an_object_in_any_place_is_unknown_and_not_empty(name: str, value: Any) -> None:
    assert name not in mapped({NATIVE[name]: value}).fields
    assert mapped({NATIVE[name]: None}).fields[name] is None


@pytest.mark.parametrize("value", [{}, "x", 1, True])
def test_tags_that_are_no_list_are_unknown(value: Any) -> None:
    assert "tags" not in mapped({"tags": value}).fields


@pytest.mark.parametrize(
    "shown",
    [{}, "x", 1, [None], ["x"], [[]], [{}], [{"id": 0, "value": "Boss"}], [{"id": "id-title", "value": {}}]],
    ids=repr,
)
def test_a_custom_field_that_no_one_can_read_is_unknown_and_not_emptied(shown: Any) -> None:
    """An emptied value would empty it at the other side."""
    assert "title" not in mapped({"customFields": shown}).fields


@pytest.mark.parametrize("shown", [None, "", [], custom(company="Acme"), [{"id": "id-title", "value": None}]])
def test_a_custom_field_that_is_not_shown_is_empty(shown: Any) -> None:
    assert mapped({"customFields": shown}).fields["title"] is None


def test_a_list_of_lists_is_no_text() -> None:
    assert "title" not in mapped({"customFields": custom(title=[[]])}).fields
    assert mapped({"customFields": custom(title=["a", 1])}).fields["title"] == "a, 1"


@pytest.mark.parametrize("value", [{}, {"a": "x"}, [[]], True, "\ufffd", "\x00"])
@pytest.mark.parametrize("key", ["email", "phone", "additionalEmails", "additionalPhones"])
def test_it_is_said_which_key_of_a_contact_no_one_can_read(key: str, value: Any) -> None:
    assert mapped({key: value}).illegible == (key,)
    assert mapped({key: None}).illegible == ()


def test_an_outline_identifies_a_record_without_custom_fields_and_users() -> None:
    raw = {
        "id": "a", "email": "Ana@example.com", "firstName": "Ana", "lastName": "Ames", "phone": "+12125550123",
        "assignedTo": "u", "customFields": [None], "dateUpdated": -1, "additionalEmails": ["ana@example.org"],
    }  # fmt: skip
    shown = outline(raw, "US")
    assert shown.fields == {
        "email": "Ana@example.com", "first_name": "Ana", "last_name": "Ames", "phone": "+12125550123",
    }  # fmt: skip
    assert (shown.id, shown.phones) == ("a", ("+12125550123",))
    assert shown.emails == ("Ana@example.com", "ana@example.org")
