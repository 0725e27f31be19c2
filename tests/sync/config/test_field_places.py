"""A field takes over the place of a standard one only where no address, consent or rule is lost by that (R13, R47)."""

from typing import Any

import pytest

from connectors import registry
from sync.config.field_checks import check_fields
from sync.config.field_places import displaced
from sync.config.fields import FieldOptions

KINDS = {"left": "growthgenius", "right": "growthhub"}


def own(**options: Any) -> dict[str, FieldOptions]:
    return {"own": FieldOptions.model_validate(options)}


def mistakes(fields: dict[str, FieldOptions], kinds: dict[str, str]) -> list[str]:
    return [f"{'.'.join(one.place)}: {one.allowed}" for one in check_fields(fields, "both", kinds, ("fields",))]


def test_a_field_at_a_place_that_it_can_write_takes_it_over() -> None:
    assert displaced(own(left="custom3", right="contact.score"), "both", KINDS) == {"custom3": "own"}
    assert displaced(own(left="seo_description", right="city"), "both", KINDS) == {"city": "own"}
    assert displaced(own(left="custom3", right="city", direction="right_to_left"), "both", KINDS) == {"custom3": "own"}


@pytest.mark.parametrize("kind", registry.kinds())
def test_no_field_ever_takes_over_a_place_of_identity_or_consent(kind: str) -> None:
    system = registry.system(kind)
    for name in {*system.fixed_fields, "email", "do_not_contact"} & system.standard_places.keys():
        place = system.standard_places[name]
        for fields in (own(left=place, right="elsewhere"), {"custom4": own(left=place)["own"]}):
            assert displaced(fields, "both", {"left": kind, "right": "whautomate"}).get(name) is None


@pytest.mark.parametrize("place", ["email", "first_name", "stage", "label_names", "user_id", "lists"])
def test_a_place_that_can_only_be_read_may_be_read_by_a_second_field(place: str) -> None:
    assert mistakes(own(left=place, right="contact.copy"), KINDS) == []


def test_a_second_field_that_would_be_written_to_the_address_is_refused() -> None:
    (line,) = mistakes(own(left="custom3", right="email"), {"left": "growthgenius", "right": "whautomate"})
    assert line == "fields.own.right: another place than that of email, which is written there too"


@pytest.mark.parametrize(
    ("kind", "place", "standard"),
    [
        ("growthhub", "job_title", "title"),
        ("growthhub", "Job Title", "title"),
        ("growthhub", "contact.custom1", "custom1"),
        ("growthhub", "Custom 1", "custom1"),
        ("apollo", "industry", "industry"),
        ("apollo", "Twitter URL", "twitter_url"),
        ("whautomate", "Company", "company"),
    ],
)
def test_a_place_is_the_same_in_every_spelling_that_the_system_knows(kind: str, place: str, standard: str) -> None:
    kinds = {"left": "growthgenius", "right": kind}
    found = own(left="seo_description", right=place)
    assert displaced(found, "both", kinds) == {standard: "own"}
    assert mistakes(found, kinds) == []
    assert len(mistakes({**found, standard: FieldOptions()}, kinds)) == 1


def test_the_place_of_a_standard_field_without_a_property_is_a_custom_field_even_under_the_name_of_a_property() -> None:
    """custom1 at `city` is kept in the custom field contact.city; a field with a type is kept in the property."""
    untyped = {"custom1": FieldOptions.model_validate({"growthhub": "city"})}
    assert displaced(untyped, "both", KINDS) == {}
    assert mistakes({**untyped, "city": FieldOptions()}, KINDS) == []
    typed = {"custom1": FieldOptions.model_validate({"growthhub": "city", "type": "text"})}
    assert displaced(typed, "both", KINDS) == {"city": "custom1"}


def test_two_fields_of_which_one_names_the_custom_field_of_the_other_by_its_key_are_refused() -> None:
    twice = {
        "custom1": FieldOptions.model_validate({"growthhub": "city"}),
        **own(left="seo_description", right="contact.city"),
    }
    assert len(mistakes(twice, KINDS)) == 1


def test_a_property_and_a_custom_field_of_the_same_name_are_two_places() -> None:
    assert displaced(own(left="seo_description", right="City"), "both", KINDS) == {}
