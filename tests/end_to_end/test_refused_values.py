"""R42: a server that refuses one value gets everything else; the value is listed with its reason, and tried again."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from connectors.errors import ConnectorError
from connectors.growthhub.sandbox.answers import refusal
from connectors.sandbox.base import Call, Sandbox, SandboxResponse
from connectors.sandbox.faults import Fault
from tests.end_to_end.world import World

Complains = Callable[[str], SandboxResponse]


def refusing(sandbox: Sandbox, value: str, says: SandboxResponse) -> Callable[[], None]:
    """Have a server refuse every write that holds a value; return what ends that."""
    allowed = sandbox.handle

    def handle(call: Call) -> SandboxResponse:
        writes = call.method in ("POST", "PUT", "PATCH") and "search" not in call.path
        return says if writes and value in str(call.body) else allowed(call)

    sandbox.handle = handle  # type: ignore[method-assign]

    def allow() -> None:
        sandbox.handle = allowed  # type: ignore[method-assign]

    return allow


def failures(world: World) -> list[dict[str, Any]]:
    return world.rows("SELECT operation, reason, blockers, record_id FROM failure WHERE dismissed IS NULL ORDER BY id")


PERSON: dict[str, Any] = {
    "first_name": "Ann", "last_name": "Ames", "email": "ann@example.com", "mobile_phone": "+12025550123",
    "city": "Rome", "state": "Lazio", "title": "Chief", "industry": "Bells", "website": "https://ames.example.com",
    "company_name": "Ames",
}  # fmt: skip

SAID = [
    ("city", "Rome", refusal(422, ["city must be one of the cities"])),
    ("city", "Rome", refusal(400, "Something is wrong with this contact")),
    ("title", "Chief", refusal(400, "Invalid value for custom field Job Title")),
    ("title", "Chief", refusal(400, "Bad Request")),
    ("phone", "+12025550123", refusal(422, ["phone must be a valid phone number"])),
    ("phone", "+12025550123", refusal(400, "Invalid number")),
    ("email", "ann@example.com", refusal(422, ["email must be an email"])),
]


@pytest.mark.parametrize(("field", "value", "says"), SAID)
def test_a_new_contact_is_created_without_the_value_that_growthhub_refuses(
    world: World, field: str, value: str, says: SandboxResponse
) -> None:
    left = world.gg.add(**PERSON)
    allow = refusing(world.gh, value, says)
    with world.calls() as calls:
        report = world.run()
    assert report.exit_code == 1
    (person,) = world.gh.people()
    kept = {"firstName": "Ann", "city": "Rome", "state": "Lazio", "email": "ann@example.com", "phone": "+12025550123"}
    kept.pop(field, None)
    assert {name: person.get(name) for name in kept} == kept
    assert person.get(field) is None
    assert len(calls.gh) <= 40
    (failure,) = failures(world)
    assert (failure["operation"], failure["record_id"]) == ("value", left)
    assert f'gh refuses {field} "{value}"' in failure["reason"]
    assert says.body["message"][0] in failure["reason"] or says.body["message"] in failure["reason"]

    assert world.run().exit_code == 1  # it stays listed
    assert len(failures(world)) == 1
    allow()
    world.clock.skip(90_000)
    assert world.run().exit_code == 0
    assert failures(world) == []
    shown = world.gh.custom(person["id"], "contact.job_title") if field == "title" else world.at_right(left)[field]
    assert shown == value
    assert len(world.gh.people()) == 1


@pytest.mark.parametrize(("field", "value", "says"), SAID)
def test_an_update_goes_without_the_value_that_growthhub_refuses(
    world: World, field: str, value: str, says: SandboxResponse
) -> None:
    left = world.gg.add(first_name="Ann", last_name="Old", email="old@example.com")
    world.run()
    allow = refusing(world.gh, value, says)
    world.gg.edit(left, **PERSON)
    report = world.run()
    assert report.exit_code == 1
    person = world.at_right(left)
    assert (person["lastName"], person["state"], person["website"]) == ("Ames", "Lazio", "https://ames.example.com")
    assert person["email"] == ("old@example.com" if field == "email" else "ann@example.com")
    (failure,) = failures(world)
    assert f'gh refuses {field} "{value}"' in failure["reason"]
    assert world.gg.person(left)[{"phone": "mobile_phone"}.get(field, field)] == value  # nothing goes back
    allow()
    world.clock.skip(90_000)
    assert world.run().exit_code == 0
    assert failures(world) == []


@pytest.mark.parametrize("status", [400, 422])
def test_growthgenius_gets_the_rest_as_well_at_a_create_and_at_an_update(world: World, status: int) -> None:
    refused = SandboxResponse(status, {"error": "stage is not one of the stages"})
    right = world.gh.add(
        firstName="Ann", email="ann@example.com", city="Rome", state="Lazio", companyName="Ames", country="IT"
    )
    known = world.gh.add(firstName="Bo", email="bo@example.com")
    world.run(until=None)
    world.gh.edit(known, city="Rome", state="Lazio")
    world.gh.add(firstName="Cy", email="cy@example.com", city="Rome", state="Lazio")
    allow = refusing(world.gg, "Rome", refused)
    assert world.run().exit_code == 1
    assert {person["first_name"]: person.get("state") for person in world.gg.people()} == {
        "Ann": "Lazio",
        "Bo": "Lazio",
        "Cy": "Lazio",
    }
    assert len(failures(world)) == 2
    assert all('gg refuses city "Rome"' in one["reason"] for one in failures(world))
    allow()
    world.clock.skip(90_000)
    assert world.run().exit_code == 0
    assert {person["city"] for person in world.gg.people()} == {"Rome"}
    assert right in {row["right_id"] for row in world.rows("SELECT right_id FROM link")}


def test_an_address_that_another_contact_has_is_listed_with_that_contact_and_the_rest_is_synced(world: World) -> None:
    world.contacts["create"] = '"right"'
    left = world.gg.add(first_name="Ann", email="ann@example.com", city="Oslo")
    world.run()
    other = world.gh.add(firstName="Else", email="taken@example.com")
    world.run()
    world.gg.edit(left, email="taken@example.com", city="Rome")
    report = world.run()
    person = world.at_right(left)
    assert report.exit_code == 1
    assert (person["city"], person["email"]) == ("Rome", "ann@example.com")
    listed = [one for one in failures(world) if one["record_id"] == left]
    assert 'gh refuses email "taken@example.com"' in listed[0]["reason"]
    assert f"gh:{other} has it" in listed[0]["reason"]
    world.gh.remove(other)
    world.clock.skip(90_000)
    world.run()
    assert world.at_right(left)["email"] == "taken@example.com"


def test_a_new_contact_whose_address_a_linked_contact_has_is_created_without_it(world: World) -> None:
    left = world.gg.add(first_name="Ann", email="ann@example.com")
    world.run()
    right = world.links()[left]
    world.gh.merge(right, world.gh.add(firstName="Bo", email="bo@example.com"))  # right has both addresses now
    new = world.gg.add(first_name="Bo", last_name="Bell", email="bo@example.com", city="Rome")
    world.run()
    assert len(world.gh.people()) in {1, 2}
    if len(world.gh.people()) == 2:
        assert world.at_right(new)["city"] == "Rome"
    assert any("gh" in one["reason"] for one in failures(world))


def test_a_server_that_takes_nothing_is_not_called_forever(world: World) -> None:
    for number in range(12):
        world.gg.add(**{**PERSON, "email": f"a{number}@example.com", "mobile_phone": None})
    refusing(world.gh, "Ames", refusal(400, "The location is suspended"))
    with world.calls() as calls:
        assert world.run().exit_code == 1
    assert world.gh.people() == [] or all(not person.get("companyName") for person in world.gh.people())
    assert len(calls.gh) < 400


@pytest.mark.parametrize("status", [401, 503])
def test_an_error_after_a_new_contact_was_created_is_no_refusal_and_the_rest_follows(world: World, status: int) -> None:
    left = world.gg.add(first_name="Ann", last_name="Ames", email="ann@example.com", city="Rome", state="Lazio")
    allow = refusing(world.gh, "Rome", refusal(400, "Bad Request"))
    fault = Fault("status", method="PUT", path="/contacts/", times=None, status=status, body={"message": "no"})
    world.gh.faults.append(fault)
    with suppress(ConnectorError):
        assert world.run().exit_code == 3
    (person,) = world.gh.people()
    assert world.links()[left] == person["id"]
    assert [failure for failure in failures(world) if "refuses" in failure["reason"]] == []
    fault.times = 0
    allow()
    world.clock.skip(3600)
    assert world.run().exit_code == 0
    (person,) = world.gh.people()
    assert (person["city"], person["state"]) == ("Rome", "Lazio")
    assert world.gg.person(left)["city"] == "Rome"


def test_a_contact_that_growthgenius_made_although_it_refused_is_not_created_twice(world: World) -> None:
    world.gh.add(firstName="Ann", lastName="Ames", email="ann@example.com", city="Rome", state="Lazio")
    body = {"error": "stage is not one of the stages"}
    world.gg.faults.append(Fault("status_after", method="POST", path="/contacts", times=1, status=422, body=body))
    world.run()
    assert len(world.gg.people()) == 1
    world.clock.skip(3600)
    world.run()
    world.clock.skip(3600)
    assert world.run().exit_code == 0
    (person,) = world.gg.people()
    assert (person["city"], person["state"]) == ("Rome", "Lazio")


GOES_ALONG = [
    ("owner", refusal(400, "Bad Request")),
    ("owner", refusal(400, ["assignedTo must be a user of this location"])),
    ("owner", refusal(422, "The user is not allowed here")),
    ("lists", refusal(400, "Bad Request")),
    ("lists", refusal(400, "Invalid value for custom field Lists")),
    ("lists", refusal(422, "Something is wrong with this contact")),
]


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize(("field", "says"), GOES_ALONG)
def test_a_refused_owner_or_list_leaves_the_rest_of_the_contact(
    world: World, field: str, says: SandboxResponse, is_new: bool
) -> None:
    world.gg.users = {"78": {"id": 78, "email": "rep@example.com"}}
    rep = world.gh.add_user("rep@example.com")
    shown: dict[str, Any] = {**PERSON, "user_id": 78, "lists": ["Spring fair"], "label_names": ["VIP"]}
    if is_new:
        left = world.gg.add(**shown)
    else:
        left = world.gg.add(first_name="Ann", email="old@example.com", user_id=None)
        world.run()
    allow = refusing(world.gh, rep if field == "owner" else "Spring fair", says)
    if not is_new:
        world.gg.edit(left, **shown)
    assert world.run().exit_code == 1
    (person,) = world.gh.people()
    assert (person["firstName"], person["city"], person["email"], person["phone"], person["tags"]) == (
        "Ann", "Rome", "ann@example.com", "+12025550123", ["vip"]
    )  # fmt: skip
    assert world.gh.custom(person["id"], "contact.job_title") == "Chief"
    assert person.get("assignedTo") == (None if field == "owner" else rep)
    (failure,) = failures(world)
    assert (failure["operation"], failure["record_id"]) == ("value", left)
    assert f"gh refuses {field}" in failure["reason"]
    allow()
    world.clock.skip(90_000)
    assert world.run().exit_code == 0
    assert failures(world) == []
    (person,) = world.gh.people()
    assert person["assignedTo"] == rep
    assert world.gh.custom(person["id"], "contact.lists") == "Spring fair"


@pytest.mark.parametrize("names", [("stage", "dnd", "city"), ("city", "dnd", "stage"), ("phones", "city")])
def test_fields_with_one_key_at_growthgenius_are_both_written_beside_a_refused_value(
    world: World, names: tuple[str, ...]
) -> None:
    """`stage` and "do not contact" share a key, as `phone` and its slot do: our own first half is no user's edit."""
    world.gg.add(first_name="Ann", email="ann@example.com", stage="Cold", mobile_phone="+12025550123", state="Lazio")
    world.run()
    (right,) = world.gh.people()
    stage = next(one.id for one in world.gh.fields.values() if one.name.casefold().endswith("stage"))
    changed: dict[str, Any] = {
        "stage": {"customFields": [*right.get("customFields", []), {"id": stage, "value": "Warm"}]},
        "dnd": {"dnd": True},
        "city": {"city": "Rome"},
        "phones": {"phone": "+12025550199"},
    }
    world.gh.edit(right["id"], **{key: value for name in names for key, value in changed[name].items()})
    allow = refusing(world.gg, "Rome", refusal(422, ["city must be one of the cities"]))
    for _ in range(3):
        assert world.run().exit_code == 1
    (left,) = world.gg.people()
    assert not left.get("city")
    assert ["city must be one of the cities" in one["reason"] for one in failures(world)] == [True]
    if "dnd" in names:
        assert left["stage"] == "Do Not Contact"
    else:
        assert left["mobile_phone"] == "+12025550199"
    allow()
    world.clock.skip(90_000)
    assert world.run().exit_code == 0
    assert world.gg.people()[0]["city"] == "Rome"
    assert world.run().exit_code == 0
