"""R41: a value without a place at the other side is owed: counted, named, and carried once there is a place."""

import json
import sqlite3
from contextlib import closing
from typing import Any

from connectors.growthhub.sandbox.answers import refusal
from connectors.sandbox.base import Call, SandboxResponse
from tests.end_to_end.world import World

MAKING = "locations/customFields.write"
READING = "locations/customFields.readonly"
PEOPLE = 30


def without(world: World, *scopes: str) -> None:
    """Take scopes from the token of GrowthHub; without any, it has all."""
    world.gh.quirks.scopes_missing = frozenset(scopes)


def add_people(world: World, count: int = PEOPLE) -> list[str]:
    """Add contacts that have a job title."""
    return [
        world.gg.add(first_name=f"Ann{n}", last_name="Ames", email=f"ann{n}@example.com", title=f"Chief {n}")
        for n in range(count)
    ]


def titles(world: World) -> set[Any]:
    """Return the job titles at GrowthHub."""
    field = world.gh.field("contact.job_title")
    values = [each.get("customFields") or [] for each in world.gh.people()]
    return {value["value"] for each in values for value in each if field and value["id"] == field.id}


def test_values_without_a_place_are_counted_one_by_one_and_carried_once_there_is_one(world: World) -> None:
    people = add_people(world)
    without(world, MAKING)
    report = world.run()
    assert (report.exit_code, report.streams["contacts"].unmapped) == (0, PEOPLE)
    assert report.to_json()["owed"] == {"gh": {"title": PEOPLE}}
    assert len(world.links()) == PEOPLE

    with world.calls() as calls:
        report = world.run()
    assert (report.exit_code, report.to_json()["owed"]) == (0, {"gh": {"title": PEOPLE}})
    assert calls.writes == [f"POST /locations/{world.gh.location_id}/customFields"]  # one try, and no more
    assert len(calls.gh) <= 4

    without(world)
    report = world.run()
    assert (report.exit_code, report.guarded) == (0, "")
    assert report.streams["contacts"].accounts["gh"].updated == PEOPLE
    assert report.fields_created == {"gh": ["contact.growthgenius_id", "contact.job_title"]}
    assert titles(world) == {f"Chief {n}" for n in range(PEOPLE)}
    assert "owed" not in report.to_json()
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert world.gg.person(people[0])["title"] == "Chief 0"


def test_a_field_that_is_created_by_hand_is_used_by_the_next_run_and_foreseen_by_the_plan(world: World) -> None:
    add_people(world, 3)
    without(world, MAKING)
    world.run()
    world.gh.add_field("Job Title")
    planned = world.run(dry_run=True)
    assert planned.streams["contacts"].accounts["gh"].updated == 3
    assert titles(world) == set()
    assert world.run().streams["contacts"].accounts["gh"].updated == 3
    assert titles(world) == {"Chief 0", "Chief 1", "Chief 2"}


def test_what_a_create_writes_into_a_place_that_it_needed_is_agreed_on_and_owed_to_none(world: World) -> None:
    world.gg.add(first_name="Bob", last_name="Ames", email="bob@example.com")
    assert world.run().exit_code == 0
    add_people(world, 2)
    assert world.run().fields_created == {"gh": ["contact.job_title"]}
    assert world.rows("SELECT * FROM owed") == []
    shown = [json.loads(row["right_shadow"]) for row in world.rows("SELECT * FROM link")]
    assert sum("Chief 0" in shadow for shadow in shown) == 1
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []


def test_an_edit_of_the_left_while_its_value_is_owed_is_what_arrives(world: World) -> None:
    people = add_people(world, 2)
    without(world, MAKING)
    world.run()
    world.gg.edit(people[0], title="Captain")
    world.gg.edit(people[1], title=None)
    report = world.run()
    assert report.to_json()["owed"] == {"gh": {"title": 1}}
    without(world)
    world.run()
    assert titles(world) == {"Captain"}
    assert [world.gg.person(one)["title"] for one in people] == ["Captain", None]


def test_pairs_that_meet_without_a_place_owe_as_well(world: World) -> None:
    people = add_people(world, 2)
    there = [world.gh.add(firstName=f"Ann{n}", lastName="Ames", email=f"ann{n}@example.com") for n in range(2)]
    without(world, MAKING)
    report = world.run()
    assert report.to_json()["owed"] == {"gh": {"title": 2}}
    assert world.links() == dict(zip(people, there, strict=True))
    without(world)
    assert world.run().exit_code == 0
    assert titles(world) == {"Chief 0", "Chief 1"}


def test_a_value_that_changed_while_the_fields_could_not_be_read_is_carried_afterwards(world: World) -> None:
    people = add_people(world, 2)
    world.run()
    without(world, READING, MAKING)
    world.clock.skip(90_000)  # a day, after which the list of fields is asked for again
    world.gg.edit(people[0], title="Captain")
    report = world.run()
    assert (report.exit_code, report.to_json()["owed"]) == (0, {"gh": {"title": 1}})
    assert titles(world) == {"Chief 0", "Chief 1"}
    without(world)
    assert world.run().exit_code == 0
    assert titles(world) == {"Captain", "Chief 1"}
    assert [world.gg.person(one)["title"] for one in people] == ["Captain", "Chief 1"]


def test_a_creation_of_a_field_that_is_refused_holds_its_own_values_only(world: World) -> None:
    world.gg.add(first_name="Ann", email="ann@example.com", title="Chief", industry="Bells")
    allowed = world.gh.handle

    def refuse(call: Call) -> SandboxResponse:
        if call.method == "POST" and call.path.endswith("/customFields") and call.body["name"] == "Industry":
            return refusal(400, "You have reached the limit of custom fields")
        return allowed(call)

    world.gh.handle = refuse  # type: ignore[method-assign]
    report = world.run()
    assert (report.exit_code, report.streams["contacts"].unmapped) == (0, 1)
    assert report.to_json()["owed"] == {"gh": {"industry": 1}}
    assert titles(world) == {"Chief"}
    world.gh.handle = allowed  # type: ignore[method-assign]
    assert world.run().exit_code == 0
    assert [each["value"] for each in world.gh.people()[0]["customFields"]].count("Bells") == 1


def test_plan_and_verify_and_explain_and_check_name_what_is_owed(live_world: World) -> None:
    world = live_world
    add_people(world, 3)
    without(world, MAKING)
    ran = world.sync("run")
    assert "title (3)" in ran.out
    for command in ("plan", "verify", "check"):
        said = world.sync(command)
        assert said.code == 0
        assert "title (3)" in said.out, command
    assert MAKING in world.sync("check").out
    verified = world.sync("verify", "--json").document["connections"][0]
    assert (verified["agree"], verified["owed"]) == (True, {"gh": {"title": 3}})
    result = world.sync("explain", "ann1@example.com")
    assert 'title "Chief 1"' in result.out
    (person,) = world.sync("explain", "ann1@example.com", "--json").document["people"]
    assert person["owed"] == [{"account": "gh", "field": "title", "value": "Chief 1"}]
    assert "title" not in person["agreed"]


def test_a_field_that_was_deleted_empties_no_contact_and_is_filled_again_when_it_is_created_again(world: World) -> None:
    people = add_people(world, 3)
    world.run()
    world.gh.remove_field("contact.job_title")
    world.clock.skip(90_000)
    assert world.run(whole=True).exit_code == 0
    assert [world.gg.person(one)["title"] for one in people] == ["Chief 0", "Chief 1", "Chief 2"]
    world.gg.edit(people[0], title="Captain")
    assert world.run(whole=True).exit_code == 0
    assert titles(world) == {"Captain", "Chief 1", "Chief 2"}
    assert world.run(whole=True).exit_code == 0
    assert [world.gg.person(one)["title"] for one in people] == ["Captain", "Chief 1", "Chief 2"]


def test_what_an_earlier_version_took_for_agreed_to_be_empty_is_owed(world: World) -> None:
    add_people(world, 2)
    without(world, MAKING)
    world.run()
    with closing(sqlite3.connect(world.state_path)) as db, db:
        names = json.loads(db.execute("SELECT fields FROM mapping").fetchone()[0])
        for number, shadow in db.execute("SELECT id, right_shadow FROM link").fetchall():
            values = json.loads(shadow)
            values[names.index("title")] = ""
            db.execute("UPDATE link SET right_shadow = ? WHERE id = ?", (json.dumps(values), number))
        db.execute("DELETE FROM owed")
        db.execute("UPDATE connection SET owed_known = 0")
    without(world)
    report = world.run()
    assert (report.exit_code, titles(world)) == (0, {"Chief 0", "Chief 1"})
    assert world.rows("SELECT owed_known FROM connection") == [{"owed_known": 1}]
