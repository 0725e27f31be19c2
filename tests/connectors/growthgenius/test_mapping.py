"""From the wire to contacts and back, by the documented samples and by rule."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import FIELDS, PHONE_SLOTS
from connectors.growthgenius import mapping
from connectors.growthgenius.mapping import label_shape, wire_value
from connectors.growthgenius.places import PLACES
from connectors.growthgenius.sandbox.server import FIELDS as WIRE_FIELDS
from connectors.values.text import UNKNOWN, Reading, Unmapped

TONY: dict[str, Any] = {
    "annual_revenue": "$1-$10 million",
    "city": "San Francisco",
    "company_name": "Apple Inc.",
    "corporate_phone": "777-889-3825",
    "country": "USA",
    "created_at": "2021-01-19T17:06:25.730-05:00",
    "custom1": None,
    "email": "sjobs@apple.com",
    "email_confidence": 100,
    "email_status": "valid",
    "employee_count": "11-50",
    "facebook_url": "facebook.com/tony",
    "first_name": "Tony",
    "first_phone": "778-889-3825",
    "full_name": "Steve Jobs",
    "home_phone": "778-889-3825",
    "id": 1102755,
    "label_names": None,
    "last_name": "Barkley",
    "linkedin_url": "linkedin.com/in/tony-barkley-92824584",
    "lists": None,
    "mobile_phone": "NaN",
    "name": "Tony Barkley",
    "other_phone": "778-889-3825",
    "stage": "Replied",
    "state": "Bay Of Plenty",
    "status": "Ongoing",
    "technologies": "",
    "title": "Relationship Associate",
    "twitter_url": "twitter.com/tony",
    "updated_at": "2021-01-19T17:07:20.529-05:00",
    "user_id": 1,
    "website": "anz.com",
    "work_phone": "778-889-3825",
}
"""The documented create sample, without the fields that have no canonical name."""


def owner(user_id: Any) -> Reading:
    return {None: None, 1: "dev@growthgenius.com"}.get(user_id, Unmapped(str(user_id)))


READER = mapping.ContactReader("US", owner)


def test_the_documented_sample_is_read_field_by_field() -> None:
    person = READER.contact(TONY, {})
    assert person.id == "1102755"
    assert person.created_at == datetime(2021, 1, 19, 22, 6, 25, 730_000, tzinfo=UTC)
    assert person.updated_at == datetime(2021, 1, 19, 22, 7, 20, 529_000, tzinfo=UTC)
    assert person.phones == ("+17788893825", "+17778893825")
    assert person.unmapped == {}
    assert dict(person.fields) == {
        "first_name": "Tony", "last_name": "Barkley", "email": "sjobs@apple.com", "phone": "+17788893825",
        "first_phone": None, "work_phone": "+17788893825", "corporate_phone": "+17778893825",
        "home_phone": "+17788893825", "other_phone": "+17788893825", "company": "Apple Inc.",
        "title": "Relationship Associate", "website": "https://anz.com",
        "linkedin_url": "https://www.linkedin.com/in/tony-barkley-92824584", "twitter_url": "https://twitter.com/tony",
        "facebook_url": "https://www.facebook.com/tony", "city": "San Francisco", "state": "Bay Of Plenty",
        "country": "US", "employee_count": "11-50", "annual_revenue": "$1-$10 million", "technologies": None,
        "tags": None, "lists": None, "stage": "Replied", "status": "Ongoing", "owner": "dev@growthgenius.com",
        "email_status": "valid", "email_confidence": "100", "custom1": None, "do_not_contact": None,
    }  # fmt: skip


def test_every_canonical_field_with_a_place_has_a_documented_key() -> None:
    places = {PLACES[name] for name in mapping.CARRIED - {"phone", "do_not_contact"}}
    assert {*places, *mapping.CONSENT_IN} <= set(WIRE_FIELDS)
    assert set(FIELDS) - mapping.CARRIED == {"address", "postal_code"}


def test_absent_is_unknown_and_null_or_blank_is_empty_and_dirt_is_unknown() -> None:
    fields = READER.contact({"id": 1, "title": None, "city": "", "state": "NaN"}, {}).fields
    assert dict(fields) == {"title": None, "city": None}


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ({"first_name": None, "last_name": "", "full_name": "Grace Brewster Hopper"}, ("Grace", "Brewster Hopper")),
        ({"full_name": None, "name": "Tony Barkley"}, ("Tony", "Barkley")),
        ({"first_name": None, "last_name": None, "name": "Madonna"}, ("Madonna", None)),
        ({"first_name": "Tony", "last_name": None, "full_name": "Steve Jobs"}, ("Tony", None)),
        ({"first_name": None, "last_name": None, "full_name": None}, (None, None)),
    ],
)
def test_full_names_count_only_where_both_names_are_missing(raw: dict[str, Any], names: tuple[str, str]) -> None:
    fields = READER.contact({"id": 1, **raw}, {}).fields
    assert (fields["first_name"], fields["last_name"]) == names


@pytest.mark.parametrize(
    ("field", "key", "raw"),
    [
        ("country", "country", "Atlantis"),
        ("email", "email", "not an address"),
        ("website", "website", "mailto:someone@example.com"),
        ("owner", "user_id", 999),
        ("mobile_phone", "mobile_phone", "ask reception"),
    ],
)
def test_what_means_nothing_elsewhere_is_unmapped_and_unknown(field: str, key: str, raw: Any) -> None:
    person = READER.contact({"id": 1, key: raw}, {})
    assert field not in person.fields
    assert person.unmapped == {field: str(raw)}


@pytest.mark.parametrize(
    "raw", ["hot, Lead", ["hot", "Lead"], [{"name": "Lead"}, {"name": "hot"}], [{"id": 1, "name": "hot"}, "Lead"]]
)
def test_labels_are_read_in_any_shape(raw: Any) -> None:
    assert READER.contact({"id": 1, "label_names": raw, "lists": raw}, {}).fields["tags"] == ("hot", "Lead")


@pytest.mark.parametrize(
    ("seen", "written"),
    [
        (None, ["hot", "Lead"]),
        ("cold", "hot, Lead"),
        (["cold"], ["hot", "Lead"]),
        ([{"name": "cold"}], [{"name": "hot"}, {"name": "Lead"}]),
    ],
)
def test_labels_are_written_in_the_shape_last_seen(seen: Any, written: Any) -> None:
    assert wire_value("tags", ("hot", "Lead"), {}, label_shape(seen)) == written


def test_countries_are_written_by_name() -> None:
    assert wire_value("country", "NZ", {}, None) == "New Zealand"
    assert wire_value("country", None, {}, None) is None


def test_settling_asks_for_no_users_unless_the_owner_was_written() -> None:
    def no_owner(_: Any) -> Reading:
        raise AssertionError("users were asked for")

    reader = mapping.ContactReader("US", no_owner)
    assert reader.settled(TONY, {}, {"title": "CEO"}) == {"title": "Relationship Associate"}


def test_settled_shows_the_slot_written_and_not_the_number_that_moved_up() -> None:
    before = {"id": 1, **dict.fromkeys(PHONE_SLOTS), "mobile_phone": "212-555-0123", "work_phone": "212-555-0124"}
    memory = READER.contact(before, {}).memory
    after = {**before, "mobile_phone": None}
    assert READER.settled(after, memory, {"phone": None}) == {"phone": None}
    assert READER.contact(after, memory).fields["phone"] == "+12125550124"
    assert READER.settled(before, memory, {"phone": None}) == {"phone": "+12125550123"}


@pytest.mark.parametrize(
    ("raw", "consent"),
    [
        ({"stage": "Do Not Contact", "status": None}, {"do_not_contact": "true"}),
        ({"stage": "Replied", "status": " DO NOT\tcontact "}, {"do_not_contact": "true"}),
        ({"stage": "do not contact"}, {"do_not_contact": "true"}),  # the other may be unknown: one forbids
        ({"stage": "Replied", "status": "Ongoing"}, {"do_not_contact": None}),
        ({"stage": None, "status": ""}, {"do_not_contact": None}),
        ({"stage": "Replied"}, {}),  # the status may forbid, no contact knows
        ({"stage": "NaN", "status": None}, {}),
        ({}, {}),
    ],
)
def test_a_stage_or_a_status_means_do_not_contact(raw: dict[str, Any], consent: dict[str, Any]) -> None:
    fields = READER.contact({"id": 1, **raw}, {}).fields
    assert {name: value for name, value in fields.items() if name == "do_not_contact"} == consent


@pytest.mark.parametrize(
    ("before", "body", "value", "written"),
    [
        ({"stage": "Replied"}, {}, "true", {"stage": "Do Not Contact"}),
        ({"stage": "Replied"}, {"stage": "Lost"}, "true", {"stage": "Do Not Contact"}),
        ({"stage": "do not contact"}, {}, "true", {}),
        ({"stage": "Replied", "status": "Do Not Contact"}, {"stage": "Lost"}, "true", {}),
        ({"stage": "Replied", "status": "Do Not Contact"}, {"status": "Lost"}, "true", {"stage": "Do Not Contact"}),
        ({"stage": "Do Not Contact"}, {}, None, {"stage": None}),
        ({"stage": "Do Not Contact", "status": "do not contact"}, {}, None, {"stage": None, "status": None}),
        ({"stage": "Do Not Contact"}, {"stage": "Lost"}, None, {}),
        ({"stage": "Replied"}, {"stage": "Do Not Contact"}, None, {}),
        ({"stage": "Replied"}, {}, None, {}),
    ],
)
def test_a_stage_is_written_for_do_not_contact_and_only_where_nothing_says_it_yet(
    before: dict[str, Any], body: dict[str, Any], value: str | None, written: dict[str, Any]
) -> None:
    assert mapping.consent_body(before, body, value) == written


TEXTS = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["NaN", "USA", "x.com/a", "a@example.com", "212-555-0123"])
)
RECORDS = st.dictionaries(st.sampled_from([key for key in WIRE_FIELDS if key not in ("id", "user_id")]), TEXTS)


@given(RECORDS)
def test_writing_what_was_read_and_reading_it_again_changes_nothing(raw: dict[str, Any]) -> None:
    person = READER.contact({"id": 1, **raw}, {})
    written = {
        PLACES[name]: wire_value(name, value, raw, label_shape(raw.get("label_names")))
        for name, value in person.fields.items()
        if name not in ("phone", *PHONE_SLOTS, "owner", "do_not_contact")
    }
    again = READER.contact({"id": 1, **raw, **written}, person.memory)
    assert again.fields == person.fields


@given(RECORDS)
def test_fields_hold_text_sets_or_nothing(raw: dict[str, Any]) -> None:
    for value in READER.contact({"id": 1, **raw}, {}).fields.values():
        assert value is None or (isinstance(value, str | tuple) and len(value) > 0)
        assert value is not UNKNOWN  # type: ignore[comparison-overlap]


def test_every_address_and_number_of_a_field_is_known_for_pairing() -> None:
    raw = {"id": 1, "email": "Ann <ann@example.com>; ames@example.org", "work_phone": "212-555-0123 / 212-555-0124"}
    person = READER.contact(raw, {})
    assert (person.fields["email"], person.emails) == ("ann@example.com", ("ann@example.com", "ames@example.org"))
    assert person.phones == ("+12125550123", "+12125550124")


def test_a_name_that_is_none_is_empty_whatever_the_other_one_is() -> None:
    person = READER.contact({"id": 1, "first_name": "(No Name)", "last_name": "NaN"}, {})
    assert person.fields["first_name"] is None
    assert "last_name" not in person.fields


def test_labels_and_addresses_that_stay_keep_their_spelling() -> None:
    before = {"label_names": ["hot  lead", "Zoe\u0308"], "email": "ann@example.com, ames@example.org"}
    assert wire_value("tags", ("hot lead", "new"), before, "list") == ["hot  lead", "new"]
    assert wire_value("email", "new@example.com", before, None) == "new@example.com, ames@example.org"


def test_an_outline_identifies_a_record_and_asks_for_no_users() -> None:
    """What is wrong with the rest of the record, or with the list of users, does not matter."""

    def no_users(_: object) -> Reading:
        raise AssertionError

    raw = {**TONY, "user_id": 78, "updated_at": "0001-01-01T00:00:00Z", "custom1": {"a": [None]}}
    shown, whole = mapping.ContactReader("US", no_users).outline(raw), READER.contact(TONY, {})
    assert (shown.id, shown.emails, shown.phones, shown.created_at) == (
        whole.id,
        whole.emails,
        whole.phones,
        whole.created_at,
    )
    assert all(shown.fields[name] == whole.fields[name] for name in ("first_name", "last_name", "email"))


@pytest.mark.parametrize("value", [{}, [[]], {"a": "x"}, True, "\ufffd", "\x00", "x" * 70_000])
@pytest.mark.parametrize("key", ["email", *PHONE_SLOTS])
def test_it_is_said_which_key_of_a_contact_no_one_can_read(key: str, value: Any) -> None:
    reader = mapping.ContactReader("US", lambda _: UNKNOWN)
    assert reader.contact({**TONY, key: value}, {}).illegible == (key,)
    assert reader.contact({**TONY, key: None}, {}).illegible == ()
