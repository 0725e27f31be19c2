"""R20 and P3: what becomes of values when the answer to a create got lost and users went on editing."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.growthhub.sandbox.server import Quirks
from connectors.sandbox.base import Fault, Sandbox
from tests.end_to_end.comparison import differences
from tests.end_to_end.test_lost_answers import DAY, SETTLE, creating
from tests.end_to_end.world import START, World

ANN: dict[str, Any] = {
    "first_name": "Ann",
    "last_name": "Example",
    "email": "ann@example.com",
    "title": "CEO",
    "city": "Oslo",
}
BOB: dict[str, Any] = {
    "firstName": "Bob",
    "lastName": "Example",
    "email": "bob@example.com",
    "companyName": "Acme",
    "city": "Oslo",
}


def lost(world: World, account: str, *, effect: bool, then: float = 5) -> Sandbox:
    """Let the answer to a create at an account get lost, and its effect take place after the run, or never.

    `then` are the seconds that pass after the effect.
    """
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    if account == "gh":
        world.gg.add(**ANN)
    else:
        world.gh.add(**BOB)
    server: Sandbox = world.gh if account == "gh" else world.gg
    server.faults.append(creating(account, "late" if effect else "reset_before"))
    assert world.run(skip=SETTLE + 2).exit_code == 1
    if effect:
        server.deliver_late()
        world.clock.skip(then)
    return server


def edit(world: World, account: str, **fields: Any) -> None:
    """Edit the only contact at an account."""
    if account == "gg":
        world.gg.edit(str(world.gg.people()[0]["id"]), **fields)
    else:
        world.gh.edit(world.gh.people()[0]["id"], **fields)


@pytest.mark.parametrize("account", ["gg", "gh"])
@pytest.mark.parametrize("policy", ["manual", "left", "right"])
def test_edits_of_what_was_sent_are_carried_from_either_side_and_are_no_conflict(
    world: World, account: str, policy: str
) -> None:
    world.contacts["conflicts"] = f'"{policy}"'
    lost(world, account, effect=True)
    edit(world, "gg", city="Rome")
    edit(world, "gh", lastName="Later")
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 0
    (left,), (right,) = world.gg.people(), world.gh.people()
    assert (left["city"], right["city"]) == ("Rome", "Rome")
    assert (left["last_name"], right["lastName"]) == ("Later", "Later")
    assert differences(world) == []
    assert world.rows("SELECT * FROM history WHERE rule = ?", policy) == []


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_an_edit_within_the_second_of_a_lost_create_is_not_taken_for_what_the_server_fills_in(
    world: World, account: str
) -> None:
    lost(world, account, effect=True, then=0.3)
    edit(world, account, state="Utah")
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 0
    assert (world.gg.people()[0]["state"], world.gh.people()[0]["state"]) == ("Utah", "Utah")
    assert differences(world) == []


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_contact_that_is_found_is_linked_counted_and_in_the_history_as_if_the_answer_had_come(
    world: World, account: str
) -> None:
    lost(world, account, effect=True)
    report = world.run(skip=SETTLE + 2)
    created = {name: counts.created for name, counts in report.streams["contacts"].accounts.items()}
    assert created == {"gg": 0, "gh": 0, account: 1}
    assert [(row["account"], row["rule"]) for row in world.rows("SELECT * FROM history")] == [(account, "created")]
    assert world.rows("SELECT * FROM failure") == world.rows("SELECT * FROM intent") == []
    assert world.run(skip=SETTLE + 2).streams["contacts"].accounts[account].created == 0


def with_owners(world: World) -> None:
    """Let both accounts have the same two users; GrowthGenius is written to as the first of them."""
    world.accounts["gg"]["user_ids"] = "[78, 90]"
    world.gg.users["90"] = {"id": 90, "email": "sales@example.com"}
    for address in ("dev@example.com", "sales@example.com"):
        world.gh.add_user(address)


def test_the_owner_that_the_server_gave_to_a_lost_create_is_none_that_a_user_chose(world: World) -> None:
    with_owners(world)
    lost(world, "gg", effect=True)
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 0
    (left,), (right,) = world.gg.people(), world.gh.people()
    assert left["user_id"] == 78
    assert right.get("assignedTo") is None
    assert [(row["account"], row["rule"]) for row in world.rows("SELECT * FROM history")] == [("gg", "created")]


def test_an_owner_that_a_user_chose_after_a_lost_create_is_carried(world: World) -> None:
    with_owners(world)
    lost(world, "gg", effect=True)
    edit(world, "gg", user_id=90, title="Chosen")
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 0
    (right,) = world.gh.people()
    addresses = {user["id"]: user["email"] for user in world.gh.users}
    assert addresses[right["assignedTo"]] == "sales@example.com"
    assert differences(world) == []


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_contact_that_was_created_by_hand_instead_with_other_values_is_met_and_overwrites_nothing(
    world: World, account: str
) -> None:
    world.contacts["conflicts"] = '"manual"'
    lost(world, account, effect=False)
    if account == "gh":
        world.gh.add(
            firstName="Ann", lastName="Example", email="ann@example.com", city="Rome", companyName="Made there"
        )
    else:
        world.gg.add(first_name="Bob", last_name="Example", email="bob@example.com", city="Rome", title="Made there")
    for _ in range(2):
        report = world.run(skip=SETTLE + 2)
        assert report.exit_code == 1
        assert report.streams["contacts"].accounts[account].created == 0
    (conflict,) = world.rows("SELECT * FROM conflict")
    cities = ('"Rome"', '"Oslo"') if account == "gg" else ('"Oslo"', '"Rome"')
    assert (conflict["field"], conflict["left_value"], conflict["right_value"]) == ("city", *cities)
    (left,), (right,) = world.gg.people(), world.gh.people()
    assert (left["city"], right["city"]) == (cities[0].strip('"'), cities[1].strip('"'))
    assert left["company_name"] == right["companyName"] == ("Made there" if account == "gh" else "Acme")
    assert world.rows("SELECT * FROM history WHERE rule = 'created'") == []


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_what_was_typed_into_a_record_that_was_created_by_hand_instead_and_contradicts_nothing_is_carried(
    world: World, account: str
) -> None:
    lost(world, account, effect=False)
    if account == "gh":
        world.gh.add(firstName="Ann", email="ann@example.com", state="Typed", companyName="Made there")
    else:
        world.gg.add(first_name="Bob", email="bob@example.com", state="Typed", title="Made there")
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 0
    (left,), (right,) = world.gg.people(), world.gh.people()
    assert left["state"] == right["state"] == "Typed"
    assert left["company_name"] == right["companyName"] == ("Made there" if account == "gh" else "Acme")
    assert differences(world) == []


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_contact_that_was_created_by_hand_and_edited_is_asked_about_and_overwrites_nothing(
    world: World, account: str
) -> None:
    world.contacts["conflicts"] = '"manual"'
    lost(world, account, effect=False)
    if account == "gh":  # it bears no marker
        world.gh.add(firstName="Ann", lastName="Example", email="ann@example.com")
    else:  # it was there before the create was sent, and no list showed it
        world.gg.add(first_name="Bob", last_name="Example", email="bob@example.com", at=START + timedelta(seconds=50))
    world.clock.skip(5)
    edit(world, account, city="Rome")
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 1
    (conflict,) = world.rows("SELECT * FROM conflict")
    assert conflict["field"] == "city"
    (left,), (right,) = world.gg.people(), world.gh.people()
    assert {left["city"], right["city"]} == {"Oslo", "Rome"}


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_another_contact_without_address_or_number_is_not_mistaken_for_the_contact_to_create(
    world: World, account: str
) -> None:
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gh.allow_duplicates = True
    server: Sandbox = world.gh if account == "gh" else world.gg
    if account == "gh":
        world.gg.add(first_name="Eve", last_name="Example")
    else:
        world.gh.add(firstName="Eve", lastName="Example")
    server.faults.append(creating(account, "reset_before"))
    world.run(skip=SETTLE + 2)
    if account == "gh":
        world.gh.add(firstName="Fay", lastName="Example")
    else:
        world.gg.add(first_name="Fay", last_name="Example")
    for _ in range(2):
        world.run(skip=SETTLE + 2)
    names = {"Eve": 1, "Fay": 1}
    assert Counter(person["first_name"] for person in world.gg.people()) == names
    assert Counter(person["firstName"] for person in world.gh.people()) == names
    assert len(world.links()) == 2
    assert differences(world) == []


@pytest.mark.parametrize("account", ["gg", "gh"])
@pytest.mark.parametrize("who", [{"email": "ann@example.com"}, {}], ids=["an address", "a name"])
def test_a_contact_that_is_found_without_a_value_that_the_server_dropped_is_the_created_contact(
    world: World, account: str, who: dict[str, Any]
) -> None:
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gg.behaviour, world.gh.quirks = (
        Behaviour(ignored=frozenset({"website"})),
        Quirks(drops=frozenset({"website"})),
    )
    server: Sandbox = world.gh if account == "gh" else world.gg
    if account == "gh":
        world.gg.add(first_name="Ann", website="https://example.com", **who)
    else:
        world.gh.add(firstName="Ann", website="https://example.com", **who)
    server.faults.append(creating(account, "late"))
    world.run(skip=SETTLE + 2)
    server.deliver_late()
    report = world.run(skip=SETTLE + 2)
    assert report.streams["contacts"].accounts[account].created == 1
    assert (len(world.gg.people()), len(world.gh.people()), len(world.links())) == (1, 1, 1)


def marker(world: World) -> object:
    """Return which record the only contact at the right claims to be at the left."""
    carried = world.gh.custom(world.gh.people()[0]["id"], "contact.growthgenius_id")
    return carried if carried is None else carried.rpartition(":")[2]  # the account stands before that (R31)


@pytest.mark.parametrize("found", [False, True], ids=["made at once", "found later"])
def test_a_contact_that_has_nothing_but_a_name_is_marked_however_often_that_fails(world: World, found: bool) -> None:
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gh.add(firstName="Eve", lastName="Example")
    unmarked = Fault("status", method="PUT", path="/contacts/", status=500, times=None)
    world.gh.faults = [unmarked]
    if found:
        world.gg.faults = [creating("gg", "late")]
        world.run(skip=SETTLE + 2)
        world.gg.deliver_late()
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 3
        assert (len(world.gg.people()), len(world.links()), len(world.rows("SELECT * FROM intent"))) == (1, 1, 1)
    world.gh.faults = []
    with world.calls() as calls:
        world.run(skip=SETTLE + 2, dry_run=True)
    assert calls.writes == []
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert marker(world) == str(world.gg.people()[0]["id"])
    assert world.rows("SELECT * FROM intent") == []
    world.state_path.unlink()
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert (len(world.gg.people()), len(world.gh.people())) == (1, 1)


def nameless_and_unmarked(world: World) -> None:
    """Put Eve, who has nothing but a name, on both sides, and let her marker fail."""
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gh.add(firstName="Eve", lastName="Example")
    world.gh.faults = [Fault("status", method="PUT", path="/contacts/", status=500, times=None)]
    assert world.run(skip=SETTLE + 2).exit_code == 3
    world.gh.faults = []


def test_a_contact_that_is_found_is_marked_by_the_run_that_finds_it(world: World) -> None:
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gh.add(firstName="Eve", lastName="Example")
    world.gg.faults = [creating("gg", "late")]
    world.run(skip=SETTLE + 2)
    world.gg.deliver_late()
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert marker(world) == str(world.gg.people()[0]["id"])
    assert world.rows("SELECT * FROM intent") == []


def test_a_contact_that_was_deleted_before_it_was_marked_needs_no_marker(world: World) -> None:
    nameless_and_unmarked(world)
    world.gh.remove(world.gh.people()[0]["id"])
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 0
        assert world.rows("SELECT * FROM intent") == []
    assert len(world.gg.people()) == 1


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_lost_create_is_found_though_a_user_removed_address_and_name_at_once(world: World, account: str) -> None:
    lost(world, account, effect=True)
    names = {"gg": ("email", "first_name", "last_name"), "gh": ("email", "firstName", "lastName")}[account]
    edit(world, account, **dict.fromkeys(names, ""))
    for _ in range(2):
        world.run(skip=SETTLE + 2)
    assert (len(world.gg.people()), len(world.gh.people())) == (1, 1)


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_lost_create_is_found_though_a_user_changed_its_address_at_once(world: World, account: str) -> None:
    """The record has the name and the other values that were sent, and was edited since: the edit is carried."""
    lost(world, account, effect=True)
    edit(world, account, email="other@example.com")
    for _ in range(3):
        assert world.run(skip=SETTLE + 2).exit_code in {0, 1}
    assert [one["email"] for one in (*world.gg.people(), *world.gh.people())] == ["other@example.com"] * 2
    assert differences(world) == []
    assert world.rows("SELECT * FROM failure") == []


@pytest.mark.parametrize(
    ("values", "edited"), [({}, False), ({"city": "Oslo", "company_name": "Acme"}, False), ({}, True)]
)
def test_another_contact_of_the_same_name_is_not_taken_for_a_lost_create(
    world: World, values: dict[str, Any], edited: bool
) -> None:
    """Without an edit, or without more than the name, nothing shows that it was ours; an edit leaves a doubt."""
    lost(world, "gg", effect=False)
    other = world.gg.add(first_name="Bob", last_name="Example", email="other@example.com", **values)
    if edited:
        world.clock.skip(2)
        world.gg.edit(other, email="another@example.com")
    for _ in range(3):
        world.run(skip=SETTLE + 2)
    shown = sorted(str(one["email"]) for one in world.gg.people())
    if not edited:
        assert shown == ["bob@example.com", "other@example.com"]
        return
    assert shown == ["another@example.com"]
    (failure,) = (row for row in world.rows("SELECT * FROM failure WHERE operation = 'create'"))
    assert f"gg:{other}" in failure["reason"]
    world.clock.skip(DAY)
    assert world.sync("failures", "retry", "--all").code == 0
    world.run(skip=SETTLE + 2)
    assert sorted(str(one["email"]) for one in world.gg.people()) == ["another@example.com", "bob@example.com"]


def test_of_two_records_that_may_be_the_lost_create_none_is_taken(world: World) -> None:
    lost(world, "gg", effect=True)
    world.gg.add(first_name="Bob", last_name="Example", city="Oslo", company_name="Acme", email="one@example.com")
    world.clock.skip(2)
    for number, one in enumerate(world.gg.people()):
        world.gg.edit(str(one["id"]), email=f"changed{number}@example.com")
    for _ in range(3):
        world.run(skip=SETTLE + 2)
    assert len(world.gg.people()) == 2
    (failure,) = (row for row in world.rows("SELECT * FROM failure WHERE operation = 'create'"))
    assert all(f"gg:{one['id']}" in failure["reason"] for one in world.gg.people())


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_nameless_record_with_other_values_is_not_taken_for_a_lost_create(world: World, account: str) -> None:
    lost(world, account, effect=False)
    if account == "gg":
        world.gg.add(city="Rome", title="CTO")
    else:
        world.gh.add(city="Rome", companyName="Other")
    for _ in range(3):
        world.run(skip=SETTLE + 2)
    assert (len(world.gg.people()), len(world.gh.people())) == (2, 2)
