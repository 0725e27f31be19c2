"""A condition on a field that the rows of a list do not show is decided by the record itself, once (R29, R49)."""

from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.base import Call
from tests.end_to_end.apollo_world import ApolloWorld
from tests.end_to_end.changed_answers import rewrite
from tests.end_to_end.world import World

GENDER = """
[connections.sales.contacts.fields.sex]
growthhub = "gender"
growthgenius = "custom3"
direction = "right_to_left"
"""
WOMEN = '{ right = { all = [ { field = "sex", in = "female" } ] } }'
OFFICE = """
[connections.sales.contacts.fields.office]
growthgenius = "company_city"
growthhub = "contact.office"
"""
OSLO = '{ left = { all = [ { field = "office", in = "Oslo" } ] } }'


def bound(only: str) -> str:
    return only.replace("all = ", "bind = true, all = ")


def hide(call: Call, body: Any) -> Any:
    """Answer as a GrowthGenius with lists that leave a key out."""
    rows = body.get("contacts") if call.method == "GET" and isinstance(body, dict) else None
    if not isinstance(rows, list):
        return body
    return {**body, "contacts": [{key: row[key] for key in row if key != "company_city"} for row in rows]}


def reads_by_id(world: World, **options: Any) -> int:
    """Run, and return how many contacts were read by id."""
    with world.calls() as calls:
        assert world.run(**options).exit_code == 0
    return sum("/contacts/" in call.path and not call.path.endswith("/search") for call in calls.to("GET"))


@pytest.fixture
def women(world: World) -> World:
    """Give a world with three contacts at GrowthHub, of which one may travel; rows do not show which."""
    world.tables, world.contacts = GENDER, {"only": WOMEN}
    world.gh.add(firstName="Ann", email="ann@example.com", gender="female")
    world.gh.add(firstName="Bob", email="bob@example.com", gender="male")
    world.gh.add(firstName="Cat", email="cat@example.com")
    return world


def names(world: World) -> list[str]:
    return sorted(person["first_name"] for person in world.gg.people())


def test_a_contact_travels_by_a_field_that_only_its_record_shows(women: World) -> None:
    report = women.run()
    assert names(women) == ["Ann"]
    assert report.streams["contacts"].left_out == 2
    (ann,) = women.gg.people()
    assert ann["custom3"] == "female"


def test_a_record_is_read_by_id_once_for_what_its_row_shows(women: World) -> None:
    assert reads_by_id(women) >= 3
    assert reads_by_id(women) == 0
    assert reads_by_id(women, whole=True) == 0
    bob = next(str(one["id"]) for one in women.gh.people() if one["firstName"] == "Bob")
    women.gh.edit(bob, city="Rome")
    assert reads_by_id(women) == 1
    assert reads_by_id(women) == 0


def test_another_condition_is_asked_anew(women: World) -> None:
    women.run()
    women.contacts["only"] = WOMEN.replace("in", "not")
    women.run(whole=True)
    assert names(women) == ["Ann", "Bob", "Cat"]


def test_a_contact_travels_once_a_field_that_no_row_shows_allows_it(women: World) -> None:
    women.run()
    bob = next(str(one["id"]) for one in women.gh.people() if one["firstName"] == "Bob")
    women.gh.edit(bob, gender="female")
    women.run()
    assert names(women) == ["Ann", "Bob"]


def test_nobody_is_parked_for_a_value_that_a_row_does_not_show(women: World) -> None:
    women.contacts["only"] = bound(WOMEN)
    women.run()
    ann = next(str(one["id"]) for one in women.gh.people() if one["firstName"] == "Ann")
    women.gh.edit(ann, city="Rome")
    women.run()
    assert (women.rows("SELECT * FROM parked"), women.at_left(ann)["city"]) == ([], "Rome")
    assert reads_by_id(women) == 0


def test_a_contact_is_parked_and_comes_back_by_a_field_that_no_row_shows(women: World) -> None:
    women.contacts["only"] = bound(WOMEN)
    women.run()
    ann = next(str(one["id"]) for one in women.gh.people() if one["firstName"] == "Ann")
    women.gh.edit(ann, gender="male", city="Rome")
    women.run()
    assert (women.rows("SELECT side FROM parked"), women.at_left(ann)["city"]) == ([{"side": "right"}], None)
    assert reads_by_id(women, whole=True) == 0
    women.gh.edit(ann, gender="female")
    women.run()
    assert (women.rows("SELECT side FROM parked"), women.at_left(ann)["city"]) == ([], "Rome")


def test_a_value_that_no_row_shows_follows_each_edit(women: World) -> None:
    women.contacts = {}
    women.run()
    ann = next(str(one["id"]) for one in women.gh.people() if one["firstName"] == "Ann")
    women.gh.edit(ann, gender="other")
    women.run()
    assert women.at_left(ann)["custom3"] == "other"
    women.gh.edit(ann, gender=None)
    women.run()
    assert women.at_left(ann)["custom3"] is None
    assert reads_by_id(women) == 0


@pytest.mark.parametrize("only", [OSLO, bound(OSLO)])
def test_a_growthgenius_with_lists_that_leave_a_key_out_is_asked_for_the_record(world: World, only: str) -> None:
    rewrite(world.gg, hide)
    world.tables, world.contacts = OFFICE, {"only": only}
    ann = world.gg.add(first_name="Ann", email="ann@example.com", company_city="Oslo")
    world.gg.add(first_name="Bob", email="bob@example.com", company_city="Rome")
    assert reads_by_id(world) >= 2
    assert [person["firstName"] for person in world.gh.people()] == ["Ann"]
    assert reads_by_id(world) == 0
    assert reads_by_id(world, whole=True) == 0
    world.gg.edit(ann, title="CEO")
    world.run()
    assert world.rows("SELECT * FROM parked") == []
    assert world.gh.custom(str(world.at_right(ann)["id"]), "contact.job_title") == "CEO"


def test_a_contact_with_a_record_that_does_not_show_it_either_is_left_out_with_the_reason(world: World) -> None:
    world.gg.behaviour.omits_null = True
    world.tables, world.contacts = OFFICE, {"only": OSLO}
    world.gg.add(first_name="Ann", email="ann@example.com")
    report = world.run()
    assert (report.streams["contacts"].left_out, len(world.gh.people())) == (1, 0)
    assert reads_by_id(world, whole=True) == 0


def test_an_apollo_with_rows_without_places_is_asked_for_the_record(tmp_path: Path) -> None:
    def without_places(call: Call, body: Any) -> Any:
        if not call.path.endswith("/contacts/search") or "contacts" not in body:
            return body
        rows = [{key: row[key] for key in row if key not in {"city", "state", "country"}} for row in body["contacts"]]
        return {**body, "contacts": rows}

    apollo = ApolloWorld.create(tmp_path)
    rewrite(apollo.ap, without_places)
    apollo.contacts["only"] = '{ left = { all = [ { field = "country", in = "CA" } ] } }'
    with apollo.ap, apollo.gh:
        apollo.ap.add({"first_name": "Ann", "email": "ann1@example.com", "present_raw_address": "Toronto, Canada"})
        apollo.ap.add({"first_name": "Bob", "email": "bob2@example.com", "present_raw_address": "Rome, Italy"})
        apollo.run()
        assert [person["firstName"] for person in apollo.gh.people()] == ["Ann"]
        reads = [call.path for call in apollo.ap.calls if call.method == "GET" and "/contacts/" in call.path]
        apollo.run()
        assert reads == [call.path for call in apollo.ap.calls if call.method == "GET" and "/contacts/" in call.path]
