from dataclasses import replace
from typing import Any

import pytest

from connectors.errors import OutcomeUnknown, ServerTrouble, Unreachable
from connectors.growthhub.custom_field_keys import display_name, squash
from connectors.growthhub.custom_fields import PLACES
from connectors.sandbox.faults import Fault
from tests.connectors.growthhub.world import World

MARKER = "contact.growthgenius_id"
LIST = "GET /locations/ve9EPM428h8vShlRW1KT/customFields"
MAKE = "POST /locations/ve9EPM428h8vShlRW1KT/customFields"


def names(*each: str) -> frozenset[str]:
    return frozenset(each)


def test_every_display_name_leads_to_its_key(world: World) -> None:
    for key in PLACES.values():
        field = world.sandbox.fields[world.sandbox.add_field(display_name(key))]
        assert squash(field.key) == squash(key)


def test_names_are_spelled_as_users_spell_them() -> None:
    assert display_name("contact.linkedin_url") == "LinkedIn URL"
    assert display_name(MARKER) == "GrowthGenius ID"
    assert display_name("contact.job_title") == "Job Title"


def test_missing_places_are_named_and_not_made(world: World) -> None:
    assert world.hub.missing_places(names("title", "city")) == [MARKER, "contact.job_title"]
    assert world.sandbox.fields == {}


def test_a_record_with_a_field_that_the_list_lacks_has_the_list_read_again_once_a_run(world: World) -> None:
    world.sandbox.add_field("Job Title")
    assert world.hub.custom_fields.places.keys() == {"title"}
    marker = world.sandbox.add_field("GrowthGenius ID")
    ann = world.sandbox.add(firstName="Ann", custom={MARKER: "78", "contact.job_title": "CEO"})
    world.calls()
    raw = world.sandbox.person(ann)
    assert world.connect().to_contact(raw, {}).marker == "78"
    assert world.calls() == [LIST]
    assert world.connect().to_contact(raw, {}).marker == "78"
    assert world.calls() == []
    del world.sandbox.fields[marker]  # records may still show values of it
    world.cache.kept.clear()
    hub = world.connect()
    for _ in range(3):
        assert hub.to_contact(raw, {}).fields["title"] == "CEO"
    assert world.calls() == [LIST]


def test_a_list_that_may_not_be_read_is_not_requested_again_for_each_record(world: World) -> None:
    world.sandbox.add_field("GrowthGenius ID")
    raw = world.sandbox.person(world.sandbox.add(firstName="Ann", custom={MARKER: "78"}))
    world.sandbox.quirks.scopes_missing = frozenset({"locations/customFields.readonly"})
    for _ in range(3):
        assert world.hub.to_contact(raw, {}).marker is None
    assert world.calls() == [LIST]


def test_places_are_created_with_the_marker_and_only_once(world: World) -> None:
    assert world.hub.create_places(names("title", "keywords", "city")) == [
        MARKER,
        "contact.job_title",
        "contact.keywords",
    ]
    assert {field.key: field.kind for field in world.sandbox.fields.values()} == {
        MARKER: "TEXT",
        "contact.job_title": "TEXT",
        "contact.keywords": "LARGE_TEXT",
    }
    assert world.calls() == [LIST, MAKE, MAKE, MAKE]
    assert world.hub.create_places(names("title")) == []
    assert world.connect().create_places(names("title")) == []
    assert world.calls() == []


def test_a_field_with_the_key_in_another_spelling_is_taken(world: World) -> None:
    world.sandbox.add_field("Whatever", key="contact.JobTitle")
    assert world.hub.missing_places(names("title")) == [MARKER]


def test_the_exact_key_wins_over_another_spelling(world: World) -> None:
    world.sandbox.add_field("Old", key="contact.jobtitle")
    exact = world.sandbox.add_field("New", key="contact.job_title")
    assert world.hub.custom_fields.places["title"].id == exact


def test_a_renamed_field_stays_the_place_of_its_key(world: World) -> None:
    kept = world.sandbox.add_field("Role", key="contact.job_title")
    world.sandbox.add_field("Job Title", key="contact.other")
    assert world.hub.custom_fields.places["title"].id == kept


def test_a_field_that_takes_no_plain_text_is_no_place(world: World) -> None:
    world.sandbox.add_field("Industry", "CHECKBOX")
    assert world.hub.create_places(names("industry")) == [MARKER, "contact.industry"]
    made = world.hub.custom_fields.places["industry"]
    assert made.key != "contact.industry"


def test_a_field_whose_key_came_out_differently_is_found_again_when_the_cache_is_old(world: World) -> None:
    world.sandbox.add_field("Industry", "CHECKBOX")
    world.hub.create_places(names("industry"))
    world.cache.kept.clear()
    assert world.connect().missing_places(names("industry")) == []


def test_the_config_names_a_place_of_any_type(world: World) -> None:
    score = world.sandbox.add_field("Lead Score", "NUMERICAL")
    hub = world.connect(places={"custom1": "contact.lead_score"})
    assert hub.missing_places(names("custom1")) == [MARKER]
    answer = hub.create_contact({"first_name": "Ann", "custom1": "1,500"}, None)
    assert world.bodies()[-1]["customFields"] == [{"id": score, "field_value": 1500}]
    assert hub.to_contact(answer.raw, {}).fields["custom1"] == "1500"
    assert answer.refused == frozenset()


def test_a_configured_place_that_is_missing_is_created_under_its_key(world: World) -> None:
    hub = world.connect(places={"custom1": "lead_score"})
    assert hub.create_places(names("custom1")) == [MARKER, "contact.lead_score"]
    assert world.sandbox.field("contact.lead_score")


@pytest.mark.parametrize(
    "shown",
    [
        {"id": "x", "fieldKey": "contact.job_title", "name": "Job Title", "dataType": 10**40},
        {"id": "x", "fieldKey": {}, "name": [None], "dataType": "TEXT"},
        {"id": "x", "fieldKey": "contact.other", "name": "Other", "dataType": "TEXT"},
        {"id": "x", "fieldKey": "contact.job_title", "name": "Job Title", "dataType": "DATE"},
        {"id": None},
    ],
)
def test_an_answer_that_shows_another_field_than_was_created_makes_no_second_one(
    world: World, shown: dict[str, Any]
) -> None:
    world.sandbox.faults = [Fault("status_after", "POST", "customFields$", status=201, body={"customField": shown})]
    assert world.hub.custom_fields.make(names("title")) == ["contact.job_title"]
    assert [field.name for field in world.sandbox.fields.values()] == ["Job Title"]


def test_a_field_that_was_created_twice_leaves_the_place_where_its_key_is(world: World) -> None:
    """A server that says 429 and made it all the same is asked again, and makes one with another key."""
    busy = Fault("status_after", "POST", "customFields$", status=429, headers={"Retry-After": "0"}, body={})
    world.sandbox.faults = [busy]
    assert world.hub.custom_fields.make(names("title")) == ["contact.job_title"]
    assert [field.key for field in world.sandbox.fields.values()] == ["contact.job_title", "contact.job_title_1"]
    place = world.hub.custom_fields.places["title"]
    assert place.key == "contact.job_title"
    world.cache.kept.clear()
    assert world.connect().custom_fields.places["title"] == place


def test_a_field_that_lost_its_key_is_no_field_that_is_missing(world: World) -> None:
    field_id = world.sandbox.add_field("Job Title")
    field = world.sandbox.fields[field_id]
    world.sandbox.fields[field_id] = replace(field, name="Position")  # renamed: the key stays
    fields = world.hub.custom_fields
    assert fields.places["title"].id == field_id

    def without_keys(body: Any) -> Any:
        return {"customFields": [{**each, "fieldKey": None} for each in body["customFields"]]}

    world.change_answers(LIST.removeprefix("GET "), without_keys)
    fields.forget()
    with pytest.raises(ServerTrouble, match="without its key"):
        fields.make(names("title"))
    assert len(world.sandbox.fields) == 1


@pytest.mark.parametrize("row", [None, 7, {"id": "x", "fieldKey": "\x00"}, {"id": "x", "fieldKey": "x" * 70_000}])
def test_a_list_of_fields_with_a_row_that_makes_no_sense_proves_nothing(world: World, row: Any) -> None:
    world.sandbox.add_field("Job Title")
    world.change_answers(LIST.removeprefix("GET "), lambda body: {"customFields": [row for _ in body["customFields"]]})
    with pytest.raises(ServerTrouble, match=r"custom fields|no field"):
        world.hub.custom_fields.make(names("title"))
    assert len(world.sandbox.fields) == 1


@pytest.mark.parametrize("row", [{"id": "x", "name": {}}, {"id": [], "name": "a"}, {"id": "x", "dataType": 7}])
def test_a_list_with_a_field_that_cannot_be_read_makes_no_second_field(world: World, row: dict[str, Any]) -> None:
    world.sandbox.add_field("Job Title")
    odd = Fault("status", "GET", "customFields$", status=200, body={"customFields": [row]})
    world.sandbox.faults = [odd]
    with pytest.raises(ServerTrouble, match="custom fields"):
        world.hub.custom_fields.make(names("title"))
    assert world.hub.custom_fields.make(names("title")) == []
    assert len(world.sandbox.fields) == 1


def test_a_lost_answer_makes_no_second_field(world: World) -> None:
    world.sandbox.faults.append(Fault("reset_after", method="POST", path="customFields"))
    assert world.hub.create_places(names()) == [MARKER]
    assert len(world.sandbox.fields) == 1
    assert world.calls() == [LIST, MAKE, LIST]


def test_a_field_that_was_lost_before_it_was_created_is_created(world: World) -> None:
    world.sandbox.faults.append(Fault("reset_before", method="POST", path="customFields"))
    assert world.hub.create_places(names()) == [MARKER]
    assert len(world.sandbox.fields) == 1


def test_a_field_whose_making_gets_lost_twice_is_an_unknown_outcome(world: World) -> None:
    world.sandbox.faults.append(Fault("reset_before", method="POST", path="customFields", times=2))
    with pytest.raises((OutcomeUnknown, Unreachable)):
        world.hub.create_places(names())


def test_without_the_scope_to_make_them_fields_leave_and_nothing_breaks(world: World) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"locations/customFields.write"})
    assert "title" in world.hub.fields
    assert world.hub.create_places(names("title", "city")) == []
    assert "title" not in world.hub.fields
    assert "industry" in world.hub.fields
    assert world.hub.missing_places(names("title")) == []
    later = world.connect()
    assert "title" not in later.fields
    assert "title" not in later.to_contact({"id": "1"}, {}).fields


def test_a_refusal_to_make_a_field_is_no_crash(world: World) -> None:
    world.sandbox.faults.append(Fault("status", method="POST", path="customFields", status=400))
    assert world.hub.create_places(names()) == []


def test_where_custom_fields_cannot_be_read_only_native_fields_are_left(world: World) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"locations/customFields.readonly"})
    contact = world.hub.to_contact({"id": "1", "firstName": "Ann", "customFields": [{"id": "x", "value": "y"}]}, {})
    assert contact.fields["first_name"] == "Ann"
    assert "title" not in contact.fields
    assert world.hub.missing_places(names("title")) == []
    assert "title" not in world.hub.fields
    assert "title" not in world.connect().fields


def test_the_list_is_read_once_for_all_runs_of_a_day(world: World) -> None:
    for _ in range(2):
        hub = world.connect()
        hub.to_contact({"id": "1"}, {})
        hub.to_contact({"id": "2"}, {})
    assert world.calls() == [LIST]


# owners


def test_owners_are_users_by_address(world: World) -> None:
    rep = world.sandbox.add_user("Rep@example.com")
    record_id = world.sandbox.add(firstName="Ann", assignedTo=rep)
    assert world.hub.to_contact(world.hub.read_record(record_id).records[0], {}).fields["owner"] == "rep@example.com"
    answer = world.hub.create_contact({"first_name": "Bob", "owner": "rep@example.com"}, None)
    assert answer.raw["assignedTo"] == rep


def test_users_are_not_requested_where_no_owner_matters(world: World) -> None:
    record_id = world.sandbox.add(firstName="Ann")
    world.hub.to_contact(world.hub.read_record(record_id).records[0], {})
    assert not any("/users" in call for call in world.calls())


def test_users_are_requested_once_a_day_page_by_page(world: World) -> None:
    reps = [world.sandbox.add_user(f"rep{number}@example.com") for number in range(150)]
    for _ in range(2):
        hub = world.connect()
        assert hub.to_contact({"id": "1", "assignedTo": reps[-1]}, {}).fields["owner"] == "rep149@example.com"
    assert world.calls().count("GET /users/search") == 2


def test_users_are_not_read_forever_from_a_server_that_does_not_skip(world: World) -> None:
    users = [{"id": f"u{number}", "email": f"rep{number}@example.com"} for number in range(100)]
    world.change_answers("/users/search", lambda _: {"users": users, "count": 100})
    assert world.hub.to_contact({"id": "1", "assignedTo": "u7"}, {}).fields["owner"] == "rep7@example.com"
    assert world.calls().count("GET /users/search") == 2


@pytest.mark.parametrize("missing", ["users.readonly", "none at all"])
def test_a_directory_that_shows_no_contact_says_nothing_about_owners(world: World, missing: str) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({missing})
    contact = world.hub.to_contact({"id": "1", "assignedTo": "u1"}, {})
    assert "owner" not in contact.fields
    assert contact.unmapped == {}
    assert world.hub.create_contact({"first_name": "Ann", "owner": "rep@example.com"}, None).refused == {"owner"}
    assert "owner" not in world.hub.fields
    assert "owner" not in world.connect().fields


def test_a_stranger_is_unmapped_and_refused(world: World) -> None:
    world.sandbox.add_user("rep@example.com")
    assert world.hub.to_contact({"id": "1", "assignedTo": "u1"}, {}).unmapped == {"owner": "u1"}
    assert world.hub.create_contact({"first_name": "Ann", "owner": "x@example.com"}, None).refused == {"owner"}


def test_of_two_users_with_one_address_the_one_that_is_there_is_assigned(world: World) -> None:
    gone = world.sandbox.add_user("rep@example.com", deleted=True)
    here = world.sandbox.add_user("rep@example.com")
    assert world.hub.create_contact({"first_name": "Ann", "owner": "rep@example.com"}, None).raw["assignedTo"] == here
    assert world.hub.to_contact({"id": "1", "assignedTo": gone}, {}).fields["owner"] == "rep@example.com"


def test_a_location_that_may_not_be_read_leaves_the_deprecated_list(world: World) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"locations.readonly"})
    world.change_answers("/users/", lambda _: {"users": [{"id": "u1", "email": "rep@example.com"}]})
    assert world.hub.to_contact({"id": "1", "assignedTo": "u1"}, {}).fields["owner"] == "rep@example.com"
