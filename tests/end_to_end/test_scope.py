"""Contacts that leave the scope are parked, and come back with what changed meanwhile (R49)."""

from random import Random
from typing import Any

import pytest

from tests.end_to_end.comparison import differences
from tests.end_to_end.message_world import Office
from tests.end_to_end.world import World

BINDING = '{ left = { bind = true, all = [ { field = "tags", has = "sync" } ] } }'


def parked(world: World) -> int:
    (connection,) = world.sync("status", "--json").document["connections"]
    return int(connection["parked"])


def ann_in(world: World, **fields: Any) -> str:
    """Return the left id of Ann, who is linked and in scope."""
    world.contacts["only"] = BINDING
    ann = world.gg.add(first_name="Ann", email="ann@example.com", label_names=["sync"], **fields)
    assert world.run().exit_code == 0
    return ann


def test_conditions_decide_who_is_created(world: World) -> None:
    world.contacts["only"] = (
        '{ left = { all = [ { field = "country", in = ["US", "CA"] }, { any = [ { field = "title", matches = "^head" },'
        ' { field = "stage", not = "Bad Data" } ] }, { field = "created", after = "2020-01-01" } ] } }'
    )
    world.gg.add(first_name="Ann", email="ann@example.com", country="USA", stage="Cold")
    world.gg.add(first_name="Bob", email="bob@example.com", country="Germany", stage="Cold")
    world.gg.add(first_name="Cid", email="cid@example.com", country="Canada", stage="Bad Data", title="Head of IT")
    world.gg.add(first_name="Dee", email="dee@example.com", country="Canada", stage="Bad Data", title="CEO")
    report = world.run()
    assert sorted(person["email"] for person in world.gh.people()) == ["ann@example.com", "cid@example.com"]
    assert report.streams["contacts"].left_out == 2


def test_without_bind_a_linked_contact_stays_linked(world: World) -> None:
    ann = ann_in(world)
    world.contacts["only"] = BINDING.replace("bind = true, ", "")
    world.gg.edit(ann, label_names=[], city="Oslo")
    world.run()
    assert world.at_right(ann)["city"] == "Oslo"
    assert parked(world) == 0


def test_nothing_of_a_parked_contact_is_carried_in_either_direction(world: World) -> None:
    ann = ann_in(world)
    before = dict(world.at_right(ann))
    world.gg.edit(ann, label_names=[], city="Oslo")
    assert world.run().exit_code == 0
    assert dict(world.at_right(ann)) == before
    assert parked(world) == 1
    world.gh.edit(str(before["id"]), phone="+12125550123")
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    verified = world.sync("verify", "--json")
    assert (verified.code, verified.document["connections"][0]["parked"]) == (0, 1)
    (person,) = world.sync("explain", "ann@example.com", "--json").document["people"]
    assert [one["account"] for one in person["parked"]] == ["gg"]
    assert "it left the scope of gg" in world.sync("explain", "ann@example.com").out


def test_a_contact_comes_back_with_what_changed_meanwhile_on_both_sides(world: World) -> None:
    world.contacts["conflicts"] = '"manual"'
    ann = ann_in(world, city="Rome", title="CEO")
    world.gg.edit(ann, label_names=[], city="Oslo", title="CFO")
    world.run()
    world.gh.edit(str(world.at_right(ann)["id"]), companyName="Acme", city="Bern")
    world.run()
    world.gg.edit(ann, label_names=["sync"])
    report = world.run()
    assert report.streams["contacts"].conflicts == 1
    assert (world.gg.person(ann)["company_name"], world.gg.person(ann)["city"]) == ("Acme", "Oslo")
    assert world.at_right(ann)["city"] == "Bern"
    assert [value for value in world.at_right(ann).values() if value == "CFO"] or world.gh.custom(
        str(world.at_right(ann)["id"]), "contact.job_title"
    ) == "CFO"
    assert parked(world) == 0


def test_a_contact_that_shows_exactly_what_was_agreed_is_noticed_when_it_is_back(world: World) -> None:
    ann = ann_in(world)
    world.gg.edit(ann, label_names=[])
    world.run()
    world.gh.edit(str(world.at_right(ann)["id"]), city="Bern")
    world.run()
    world.gg.edit(ann, label_names=["sync"])
    world.run()
    assert world.gg.person(ann)["city"] == "Bern"
    assert differences(world) == []


def test_removing_bind_brings_every_parked_contact_back(world: World) -> None:
    ann = ann_in(world)
    world.gg.edit(ann, label_names=[], city="Oslo")
    world.run()
    world.gh.edit(str(world.at_right(ann)["id"]), phone="+12125550123")
    world.run()
    world.contacts.pop("only")
    world.run()
    assert (world.at_right(ann)["city"], world.gg.person(ann)["mobile_phone"]) == ("Oslo", "+12125550123")
    assert parked(world) == 0


def test_adding_bind_parks_who_is_out_of_scope_already(world: World) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    world.run()
    world.contacts["only"] = BINDING
    world.gg.edit(ann, city="Oslo")
    world.run()
    assert "city" not in world.at_right(ann)
    assert parked(world) == 1


def test_each_side_has_a_scope_of_its_own_and_both_have_to_hold(world: World) -> None:
    both = '{ field = "tags", has = "sync" }'
    world.contacts["only"] = (
        f"{{ left = {{ bind = true, all = [{both}] }}, right = {{ bind = true, all = [{both}] }} }}"
    )
    ann = world.gg.add(first_name="Ann", email="ann@example.com", label_names=["sync"])
    world.run()
    right = str(world.at_right(ann)["id"])
    world.gh.edit(right, tags=[])
    world.run()
    world.gg.edit(ann, label_names=["sync", "vip"], city="Oslo")
    world.run()
    assert (world.at_right(ann).get("city"), parked(world)) == (None, 1)
    world.gh.edit(right, tags=["sync"])
    world.run()
    assert (world.at_right(ann)["city"], parked(world)) == ("Oslo", 0)


def test_a_parked_contact_is_not_deleted_with_its_counterpart_and_comes_back_to_that(world: World) -> None:
    world.contacts["deletes"] = '"propagate"'
    ann = ann_in(world)
    right = str(world.at_right(ann)["id"])
    world.gg.edit(ann, label_names=[])
    world.run()
    world.gh.remove(right)
    world.run(whole=True)
    assert [str(person["id"]) for person in world.gg.people()] == [ann]
    world.gg.edit(ann, label_names=["sync"])
    world.run(whole=True)
    world.run(whole=True)
    assert world.gg.people() == [] or world.rows("SELECT * FROM conflict WHERE field = '*'")


def test_two_contacts_out_of_scope_are_not_paired_and_no_second_one_is_created(world: World) -> None:
    world.contacts["only"] = BINDING
    ann = world.gg.add(first_name="Ann", email="ann@example.com", city="Rome")
    world.gh.add(firstName="Ann", email="ann@example.com")
    report = world.run()
    assert report.streams["contacts"].left_out == 2
    assert (len(world.gg.people()), len(world.gh.people())) == (1, 1)
    world.gg.edit(ann, label_names=["sync"])
    world.run()
    assert world.at_right(ann)["city"] == "Rome"


def test_a_run_that_ends_before_its_writes_loses_nothing_of_a_contact_that_is_back(world: World) -> None:
    ann = ann_in(world)
    right = str(world.at_right(ann)["id"])
    world.gg.edit(ann, label_names=[])
    world.run()
    world.gh.edit(right, city="Bern")
    world.run()
    world.gg.edit(ann, label_names=["sync"], title="CFO")
    world.contacts["max_changed"] = "0"
    for number in range(25):
        world.gg.add(first_name="P", email=f"p{number}@example.com", label_names=["sync"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.engine.contact_stream.execute.write", _fail)
        with pytest.raises(RuntimeError):
            world.run(unguarded=True)
    world.contacts.pop("max_changed")
    world.run()
    assert world.gg.person(ann)["city"] == "Bern"
    assert world.gh.custom(right, "contact.job_title") == "CFO"


def _fail(*_: object) -> None:
    raise RuntimeError("killed")


def test_messages_of_a_parked_contact_wait_and_follow(office: Office) -> None:
    world = office.world
    ann = ann_in(world)
    world.gg.edit(ann, label_names=[])
    world.run()
    world.gg.add_message(ann, rendered_copy="Hello", message_type="email")
    world.run()
    assert world.gh.notes(str(world.at_right(ann)["id"])) == []
    world.gg.edit(ann, label_names=["sync"])
    world.run()
    assert len(world.gh.notes(str(world.at_right(ann)["id"]))) == 1


def edit(name: str, value: str) -> dict[str, Any]:
    return {name: value}


LEFT_FIELDS, RIGHT_FIELDS = ("title", "industry"), ("city", "website")


@pytest.mark.parametrize("seed", range(4))
def test_whatever_users_do_around_the_scope_every_last_edit_arrives(world: World, seed: int) -> None:
    """Users of each side edit fields of their own, contacts leave the scope and come back, runs come in between."""
    chance, expected = Random(seed), dict[tuple[str, str], str]()  # noqa: S311 - a world to repeat, no secret
    world.contacts["only"] = BINDING
    people = [world.gg.add(first_name=f"P{n}", email=f"p{n}@example.com", label_names=["sync"]) for n in range(4)]
    world.run()
    rights = {person: str(world.at_right(person)["id"]) for person in people}
    for step in range(40):
        person, value = chance.choice(people), f"https://v{step}.example.com"
        match chance.choice(("tag", "left", "right", "run")):
            case "tag":
                world.gg.edit(person, label_names=chance.choice(([], ["sync"])))
            case "left":
                name = chance.choice(LEFT_FIELDS)
                world.gg.edit(person, **edit(name, value))
                expected[person, name] = value
            case "right":
                name = chance.choice(RIGHT_FIELDS)
                world.gh.edit(rights[person], **edit(name, value))
                expected[person, name] = value
            case _:
                world.run(unguarded=True)
    for person in people:
        world.gg.edit(person, label_names=["sync"])
    world.run(unguarded=True)
    world.run(unguarded=True)
    assert {key: world.gg.person(key[0])[key[1]] for key in expected} == expected
    assert differences(world) == []
    assert parked(world) == 0
    with world.calls() as calls:
        world.run()
    assert calls.writes == []
