"""A Whautomate contact in canonical words: numbers, stages, what is left out, and the digest."""

from random import Random
from typing import Any

import pytest

from connectors.fields import MappedField, moved_fields
from connectors.whautomate.mapping import ContactMapping
from tests.connectors.whautomate.account import SOURCES

MAPPING = ContactMapping("loc1", "US", sources=SOURCES)
RAW: dict[str, Any] = {
    "id": "c1",
    "name": "Ada Byron",
    "phoneNumber": "+12125550123",
    "channel": "Whatsapp",
    "location": {"id": "loc1", "title": "Main"},
    "stage": "Lead",
    "notes": "",
    "customFields": {"email": "ada@example.com", "city": "Oslo", "custom1": 7},
    "tags": ["vip", "cold"],
    "createdAt": "2026-01-02T03:04:05.000Z",
    "updatedAt": "2026-02-02T03:04:05.000Z",
}


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        ("+12125550123", "+12125550123"),
        ("12125550123", "+12125550123"),
        ("6598765432", "+6598765432"),
        ("+65 9876 5432", "+6598765432"),
        ("(212) 555-0123", "+12125550123"),
    ],
)
def test_a_number_is_read_with_and_without_its_plus(shown: str, number: str) -> None:
    assert MAPPING.contact({**RAW, "phoneNumber": shown}).fields["phone"] == number


@pytest.mark.parametrize("number", ["", None, "   "])
def test_a_contact_without_a_number_is_left_out_and_says_why(number: str | None) -> None:
    contact = MAPPING.contact({**RAW, "phoneNumber": number, "customFields": {"growthhub_id": "x"}})
    assert (contact.left_out, contact.marker) == ("no phone number", None)


def test_a_contact_of_another_location_is_left_out() -> None:
    assert MAPPING.contact({**RAW, "location": {"id": "loc2"}}).left_out == "of location loc2"
    assert MAPPING.contact({key: value for key, value in RAW.items() if key != "location"}).left_out == ""


def test_a_contact_of_another_channel_shows_its_source_id_where_that_is_asked_for() -> None:
    mapping = ContactMapping("loc1", "US", sources=SOURCES, other_channels=True)
    custom = {"growthhub_id": SOURCES.written("h1")}
    contact = mapping.contact({**RAW, "phoneNumber": None, "customFields": custom})
    assert (contact.left_out, contact.marker, contact.is_marker_bare) == ("no phone number", "h1", False)


def test_a_source_id_of_another_account_means_nothing() -> None:
    custom = {"growthhub_id": "growthhub:0123456789:h1"}
    assert MAPPING.contact({**RAW, "customFields": custom}).marker is None


def test_everything_else_stands_in_custom_fields_under_names_that_can_be_chosen() -> None:
    mapping = ContactMapping("loc1", "US", moved_fields({"city": "Wohnort"}))
    contact = mapping.contact({**RAW, "customFields": {"wohnort": "Rom"}})
    assert (contact.fields["city"], contact.fields["email"]) == ("Rom", None)
    assert MAPPING.contact(RAW).fields["custom1"] == "7"


def test_a_field_of_the_user_stands_at_its_place_by_its_type() -> None:
    fields = {
        "renewal": MappedField("renewal", "Renewal", "date"),
        "remarks": MappedField("remarks", "notes", "text"),
        "added": MappedField("added", "createdAt", "datetime"),
    }
    mapping = ContactMapping("loc1", "US", fields)
    contact = mapping.contact({**RAW, "notes": "called", "customFields": {"Renewal": "2026-05-04"}})
    assert contact.fields["renewal"] == "2026-05-04"
    assert contact.fields["remarks"] == "called"
    assert mapping.wire({"renewal": "2027-01-01", "remarks": None}) == ({"notes": ""}, {"Renewal": "2027-01-01"})
    assert [mapping.is_writable(name) for name in fields] == [True, True, False]


def test_a_digest_sees_no_order_no_times_and_no_keys_that_are_not_read() -> None:
    digest, chance = MAPPING.digest(RAW), Random(1)  # noqa: S311 - an order for tests, no secret
    for _ in range(50):
        keys = list(RAW)
        chance.shuffle(keys)
        custom = list(RAW["customFields"].items())
        chance.shuffle(custom)
        other = {key: RAW[key] for key in keys} | {"customFields": dict(custom), "tags": ["cold", "VIP"]}
        other |= {"updatedAt": "2026-09-09T00:00:00Z", "lastActivity": chance.random(), "unread": 3}
        assert MAPPING.digest(other) == digest
    assert MAPPING.digest({**RAW, "phoneNumber": "12125550123"}) == digest
    assert MAPPING.digest({**RAW, "customFields": {**RAW["customFields"], "custom1": "7", "empty": ""}}) == digest


@pytest.mark.parametrize(
    "edit",
    [
        {"name": "Ada King"},
        {"phoneNumber": "+12125550124"},
        {"stage": "Customer"},
        {"notes": "called"},
        {"tags": ["vip"]},
        {"customFields": {**RAW["customFields"], "other": "x"}},
        {"location": {"id": "loc2"}},
    ],
)
def test_a_digest_sees_every_edit(edit: dict[str, Any]) -> None:
    assert MAPPING.digest({**RAW, **edit}) != MAPPING.digest(RAW)


@pytest.mark.parametrize("shown", ["x", 1, [None], ["x"], [{}], "[1]", True])
def test_custom_fields_that_no_one_can_read_are_unknown_and_not_emptied(shown: Any) -> None:
    person = MAPPING.contact({**RAW, "customFields": shown})
    assert not {"email", "city", "custom1", "first_phone"} & person.fields.keys()
    assert (person.fields["phone"], person.illegible) == ("+12125550123", ("customFields",))


@pytest.mark.parametrize("shown", [None, "", {}, [], "{}"])
def test_custom_fields_that_are_not_shown_are_empty(shown: Any) -> None:
    person = MAPPING.contact({**RAW, "customFields": shown})
    assert (person.fields["email"], person.illegible) == (None, ())


@pytest.mark.parametrize("value", [{}, [[]], True, "\ufffd", "\x00"])
def test_it_is_said_which_key_of_a_contact_no_one_can_read(value: Any) -> None:
    assert MAPPING.contact({**RAW, "phoneNumber": value}).illegible == ("phoneNumber",)
    assert MAPPING.contact({**RAW, "customFields": {"email": value}}).illegible == ("email",)
