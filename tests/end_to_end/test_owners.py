"""Owners: users are matched by e-mail, one without a partner is left alone and named, several users read as one."""

from typing import Any

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from sync.output.progress import SilentProgress
from tests.end_to_end.world import World

USERS: list[dict[str, Any]] = [
    {"id": 78, "email": "Ann@Example.com"},
    {"id": 81, "email": "bob@example.com"},
    {"id": 90, "email": "cy@example.com"},
]


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notes that runs report."""
    result: list[str] = []
    monkeypatch.setattr(SilentProgress, "note", lambda _self, text: result.append(text))
    return result


def staffed(world: World, *, users: str = "user_ids = [78, 81, 90]", at_right: tuple[str, ...] = ()) -> dict[str, str]:
    """Let both sides have users; return the ids at the right by address."""
    world.gg.users = {str(user["id"]): user for user in USERS}
    key, _, value = users.partition(" = ")
    world.accounts["gg"] = {key: value}
    return {address: world.gh.add_user(address) for address in at_right}


def settle(world: World, code: int = 0) -> None:
    world.run()
    world.run()
    with world.calls() as calls:
        assert world.run().exit_code == code
    assert calls.writes == []


def test_an_owner_is_the_user_with_the_same_address_whatever_its_case(world: World) -> None:
    ids = staffed(world, at_right=("ann@example.com", "BOB@example.com"))
    left = world.gg.add(first_name="Ada", email="ada@example.com", user_id=78)
    right = world.gh.add(firstName="Bo", email="bo@example.com", assignedTo=ids["BOB@example.com"])
    settle(world)
    assert world.at_right(left)["assignedTo"] == ids["ann@example.com"]
    assert world.at_left(right)["user_id"] == 81
    world.gg.edit(left, user_id=81)
    world.gh.edit(right, assignedTo=ids["ann@example.com"])
    settle(world)
    assert world.at_right(left)["assignedTo"] == ids["BOB@example.com"]
    assert world.at_left(right)["user_id"] == 78


def test_an_owner_without_a_partner_is_left_alone_counted_and_named_once(world: World, notes: list[str]) -> None:
    staffed(world, at_right=("ann@example.com",))
    for number in range(3):
        world.gg.add(email=f"p{number}@example.com", user_id=90)
    mine = world.gg.add(email="mine@example.com", user_id=78)
    report = world.run()
    assert (report.exit_code, report.streams["contacts"].unmapped) == (0, 3)
    assert [note for note in notes if "owners" in note] == [
        'gg: owners that are no users of gh, left alone: "cy@example.com" (3)'
    ]
    settle(world)
    owners = [person.get("assignedTo") for person in world.gh.people()]
    assert sorted(owner is not None for owner in owners) == [False, False, False, True]
    assert world.at_right(mine)["assignedTo"]
    assert world.rows("SELECT 1 FROM history WHERE rule = 'refused'") == []


def test_an_owner_that_the_own_side_does_not_show_is_left_alone_and_named_by_id(world: World, notes: list[str]) -> None:
    staffed(world, users="user_id = 78", at_right=("ann@example.com",))
    left = world.gg.add(email="ada@example.com", user_id=4711)
    report = world.run()
    assert report.streams["contacts"].unmapped == 1
    assert 'gg: owners that are no users that gg shows, left alone: "4711" (1)' in notes
    settle(world)
    assert "assignedTo" not in world.at_right(left)
    assert world.gg.person(left)["user_id"] == 4711


def test_an_owner_is_synced_once_there_is_a_partner_and_a_reconcile_looks_again(world: World) -> None:
    staffed(world, at_right=("ann@example.com",))
    left = world.gg.add(email="ada@example.com", user_id=90)
    settle(world)
    there = world.gh.add_user("cy@example.com")
    world.clock.skip(90_000)  # users are asked for once a day
    world.run(whole=True)
    assert world.at_right(left)["assignedTo"] == there
    settle(world)


def test_an_owner_that_is_set_where_the_other_has_no_partner_is_synced_back(world: World) -> None:
    ids = staffed(world, at_right=("ann@example.com",))
    left = world.gg.add(email="ada@example.com", user_id=90)
    settle(world)
    world.clock.skip(90_000)
    world.gh.edit(world.links()[left], assignedTo=ids["ann@example.com"])
    settle(world)
    assert world.gg.person(left)["user_id"] == 78


def test_a_user_that_left_is_given_no_contact(world: World) -> None:
    staffed(world, at_right=("ann@example.com",))
    world.gh.add_user("cy@example.com", deleted=True)
    left = world.gg.add(email="ada@example.com", user_id=90)
    settle(world)
    assert "assignedTo" not in world.at_right(left)


def test_a_contact_that_several_users_see_is_one_contact(world: World) -> None:
    staffed(world)
    for number in range(5):
        world.gg.add(email=f"p{number}@example.com", user_id=78)
    report = world.run()
    assert (report.streams["contacts"].accounts["gg"].read, len(world.gh.people())) == (5, 5)
    settle(world)


def test_contacts_of_several_users_are_united_and_each_is_written_as_a_user_that_sees_it(world: World) -> None:
    staffed(world)
    world.gg.behaviour = Behaviour(user_filters=True)
    world.contacts["deletes"] = '"propagate"'
    people = [world.gg.add(email=f"p{user['id']}@example.com", user_id=user["id"]) for user in USERS]
    settle(world)
    assert world.links().keys() == set(people)
    for left, right in world.links().items():
        world.gh.edit(right, city=f"City {left}")
    with world.calls() as calls:
        world.run()
    assert {(call.path.rpartition("/")[2], call.query["user_id"]) for call in calls.to("PATCH")} == {
        (left, str(user["id"])) for left, user in zip(people, USERS, strict=True)
    }
    settle(world)
    world.gh.remove(world.links()[people[2]])
    world.run(whole=True, unguarded=True)
    assert {str(person["id"]) for person in world.gg.people()} == set(people[:2])


def test_check_names_users_that_have_no_partner_at_the_other_side(live_world: World) -> None:
    staffed(live_world, at_right=("ann@example.com", "dora@example.com"))
    found = {
        account["account"]: {finding["what"]: finding["problem"] for finding in account["findings"]}
        for account in live_world.sync("check", "--json").document["accounts"]
    }
    assert found["gg"]["users are users of gh too, by e-mail, for the field owner"] == (
        "not there: bob@example.com, cy@example.com"
    )
    assert found["gh"]["users are users of gg too, by e-mail, for the field owner"] == "not there: dora@example.com"
    assert live_world.sync("check").code == 0


def test_check_names_only_those_whose_contacts_would_be_synced_with_an_owner(live_world: World) -> None:
    staffed(live_world, at_right=("dora@example.com",))
    live_world.tables = '[connections.sales.contacts.fields]\nowner = { direction = "left_to_right" }\n'
    accounts = live_world.sync("check", "--json").document["accounts"]
    result = {account["account"] for account in accounts for each in account["findings"] if "by e-mail" in each["what"]}
    assert result == {"gg"}
