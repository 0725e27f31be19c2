"""R20: an answer that never came is "unknown": a create is repeated only after `settle`, and a look-up in vain."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.growthgenius.sandbox.server import Behaviour, GrowthGeniusSandbox
from connectors.growthhub.sandbox.server import Quirks
from connectors.sandbox.base import Fault, Sandbox
from connectors.sandbox.faults import Kind
from connectors.sandbox.server import Call, Outgoing
from connectors.values.text import unaccented
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import START, World

SETTLE = 60.0
DAY = 86_400.0
AFTER: tuple[Kind, ...] = ("reset_after", "drop_after", "html_after", "cut", "status_after")
WHO: tuple[dict[str, Any], ...] = (
    {"email": "ann@example.com"},
    {"mobile_phone": "+1 212 555 0123"},
    {},
)


def creating(account: str, kind: Kind) -> Fault:
    """Return a fault that strikes the first create at an account."""
    return Fault(kind, method="POST", path=r"/contacts/?$", status=502, delay=600.0)


def add(world: World, account: str, who: dict[str, Any]) -> Sandbox:
    """Add a contact on the other side of an account, and return the account's server."""
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gh.allow_duplicates = True
    if account == "gh":
        world.gg.add(first_name="Ann", last_name="Example", title="CEO", **who)
        return world.gh
    named = {"phone" if name == "mobile_phone" else name: value for name, value in who.items()}
    world.gh.add(firstName="Ann", lastName="Example", **named)
    return world.gg


def assert_ann_is_on_both_sides_once(world: World) -> None:
    """She is linked, and there is no other contact."""
    assert Counter(person["first_name"] for person in world.gg.people()) == {"Ann": 1}
    assert Counter(person["firstName"] for person in world.gh.people()) == {"Ann": 1}
    assert len(world.links()) == 1
    assert differences(world) == []


@pytest.mark.parametrize("who", WHO, ids=["an address", "a number", "a name"])
@pytest.mark.parametrize("kind", AFTER)
@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_create_with_a_lost_answer_after_its_effect_is_found_and_linked(
    world: World, account: str, kind: Kind, who: dict[str, Any]
) -> None:
    add(world, account, who).faults.append(creating(account, kind))
    world.run(skip=SETTLE + 2)
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert_ann_is_on_both_sides_once(world)
    with world.calls() as calls:
        assert world.run(skip=SETTLE + 2).exit_code == 0
    assert calls.writes == []


@pytest.mark.parametrize("who", WHO, ids=["an address", "a number", "a name"])
@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_create_that_takes_effect_late_is_waited_for_and_not_repeated(
    world: World, account: str, who: dict[str, Any]
) -> None:
    server = add(world, account, who)
    server.faults.append(creating(account, "late"))
    for skip in (SETTLE + 2, 5.0, 5.0):
        report = world.run(skip=skip)
        assert report.exit_code == 1
        assert report.streams["contacts"].failed == 1
    assert len(world.gg.people()) + len(world.gh.people()) == 1
    (failure,) = world.rows("SELECT * FROM failure")
    assert (failure["account"], failure["operation"]) == (account, "create")

    server.deliver_late()
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert_ann_is_on_both_sides_once(world)


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_create_that_had_no_effect_is_repeated_once_settle_has_passed(world: World, account: str) -> None:
    server = add(world, account, {"email": "ann@example.com"})
    server.faults.append(creating(account, "reset_before"))
    assert world.run(skip=SETTLE + 2).exit_code == 1
    with world.calls() as calls:
        assert world.run(skip=SETTLE / 3).exit_code == 1
    assert calls.writes == []
    assert world.run(skip=SETTLE).exit_code == 0
    assert_ann_is_on_both_sides_once(world)


def test_a_contact_created_by_a_lost_create_is_found_despite_a_search_index_that_lags(world: World) -> None:
    world.gh.quirks = Quirks(index_lag=30.0)
    add(world, "gh", {}).faults.append(creating("gh", "reset_after"))
    assert world.run(skip=SETTLE + 2).exit_code == 1
    assert world.run(skip=5.0).exit_code == 1
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert_ann_is_on_both_sides_once(world)


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_an_edit_of_a_contact_whose_create_got_lost_is_not_swallowed(world: World, account: str) -> None:
    server = add(world, account, {"email": "ann@example.com"})
    server.faults.append(creating(account, "late"))
    assert world.run(skip=SETTLE + 2).exit_code == 1
    server.deliver_late()
    world.clock.skip(5)
    if account == "gh":
        world.gh.edit(world.gh.people()[0]["id"], companyName="Made there")
        world.gg.edit(str(world.gg.people()[0]["id"]), city="Made here")
    else:
        world.gg.edit(str(world.gg.people()[0]["id"]), company_name="Made there")
        world.gh.edit(world.gh.people()[0]["id"], city="Made here")
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 0
    assert_ann_is_on_both_sides_once(world)
    assert world.gg.people()[0]["company_name"] == world.gh.people()[0]["companyName"] == "Made there"
    assert world.gg.people()[0]["city"] == world.gh.people()[0]["city"] == "Made here"


ASKED_AFTER = Fault("reset_before", method="GET", path="/contacts/[^/]+$", skip=1, times=None)
"""Loses what is asked of one person after the update as well, so that the run cannot see what became of it."""


@pytest.mark.parametrize("kind", ["reset_after", "html_after", "cut", "reset_before", "status"])
def test_an_update_with_a_lost_answer_is_looked_for_and_settled_in_the_same_run(world: World, kind: Kind) -> None:
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    world.run()
    world.gg.edit(ann, company_name="Acme")
    world.gh.faults = [Fault(kind, method="PUT", times=2, status=502)]
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert len(calls.writes) == (3 if kind in {"reset_before", "status"} else 1)
    assert world.at_right(ann)["companyName"] == "Acme"
    assert world.rows("SELECT * FROM intent") == []
    assert differences(world) == []


@pytest.mark.parametrize("kind", ["reset_after", "html_after", "cut"])
def test_an_update_with_a_lost_answer_is_settled_by_the_next_run(world: World, kind: Kind) -> None:
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    world.run()
    world.gg.edit(ann, company_name="Acme")
    world.gh.faults = [Fault(kind, method="PUT", times=None), replace(ASKED_AFTER)]
    assert world.run().exit_code == 3
    world.gh.faults = []
    world.run()
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert world.at_right(ann)["companyName"] == "Acme"
    assert differences(world) == []


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_an_update_with_a_lost_answer_is_settled_days_later_when_nothing_is_known_of_the_account_any_more(
    world: World, account: str
) -> None:
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", user_id=78)
    bob = world.gh.add(firstName="Bob", email="bob@example.com", assignedTo=world.gh.add_user("dev@example.com"))
    world.run()
    world.gg.edit(ann, company_name="Acme")
    world.gh.edit(bob, companyName="Beta")
    server: Sandbox = world.gg if account == "gg" else world.gh
    server.faults = [Fault("status_after", method="PUT|PATCH", times=None), replace(ASKED_AFTER)]
    world.run()
    server.faults = []
    assert len(world.rows("SELECT * FROM intent")) == 1
    assert [world.run(skip=2 * DAY).exit_code for _ in range(2)] == [0, 0]
    assert world.rows("SELECT * FROM intent") == []
    assert differences(world) == []


def test_an_update_that_was_refused_and_executed_all_the_same_is_no_edit_of_a_user(world: World) -> None:
    left = world.gg.add(first_name="Ann", last_name="Case", email="ann@example.com")
    right = world.gh.add(firstName="Ann", lastName="Case", email="ann@example.com")
    world.run()
    world.gh.edit(right, city="Rome")
    world.gg.faults = [Fault("status_after", method="PATCH", status=418, body={"message": "no"})]
    assert world.run(skip=700.0).exit_code == 1
    assert world.gg.people()[0]["city"] == "Rome"
    world.gh.edit(right, city="Oslo")
    world.clock.skip(5.0)
    world.gg.edit(left, title="Chief")
    for _ in range(2):
        world.run(skip=90_000.0)
    assert (world.gg.people()[0]["city"], world.gh.people()[0]["city"]) == ("Oslo", "Oslo")
    assert world.rows("SELECT * FROM intent") == []


def test_a_contact_known_by_name_alone_is_not_doubled_at_a_server_that_drops_accents(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    decent = world.gg.respond

    def respond(call: Call) -> Outgoing:
        return decent(replace(call, body=json.loads(unaccented(json.dumps(call.body, ensure_ascii=False)))))

    world.gg.respond = respond  # type: ignore[method-assign] # the server asks the instance
    world.gg.faults = [creating("gg", "status_after")]
    with world.gg, world.gh:
        world.gh.add(firstName="Zoë", lastName="Núñez")
        world.run(skip=SETTLE + 2)
        assert world.run(skip=SETTLE + 2).exit_code == 0
        assert [person["first_name"] for person in world.gg.people()] == ["Zoe"]
        assert len(world.links()) == len(world.gh.people()) == 1


def test_a_wrong_value_before_a_lost_update_does_not_make_it_look_as_if_it_had_arrived(tmp_path: Path) -> None:
    """The answer right before the write shows another name; the write is lost. A later edit of the city must win."""
    world = World.create(tmp_path)
    decent, wrong = world.gg.respond, [b'"last_name":"Ease"']

    def respond(call: Call) -> Outgoing:
        outgoing = decent(call)
        if call.method == "GET" and re.search(r"/contacts/\d+$", call.path) and wrong:
            return replace(outgoing, data=outgoing.data.replace(b'"last_name":"Case"', wrong.pop()))
        return outgoing

    world.gg.respond = respond  # type: ignore[method-assign] # the server asks the instance
    world.gg.faults = [Fault("reset_before", method="PATCH")]
    with world.gg, world.gh:
        world.clock.skip(600.0)
        left = world.gg.add(first_name="Ann", last_name="Case", email="ann@example.com", at=START)
        right = world.gh.add(firstName="Ann", lastName="Case", email="ann@example.com", city="Rome")
        world.run(skip=700.0)
        assert wrong == []
        assert world.gg.people()[0]["city"] == "Rome"
        world.gh.edit(right, city="Oslo")
        world.gg.edit(left, title="Chief")
        for _ in range(3):
            world.run(skip=700.0)
        assert (world.gg.people()[0]["city"], world.gh.people()[0]["city"]) == ("Oslo", "Oslo")


def test_a_contact_without_its_values_is_filled_later_and_empties_no_contact(world: World) -> None:
    world.gg.behaviour = Behaviour(bodies="flat")
    ann = world.gh.add(firstName="Ann", email="ann@example.com", companyName="Acme")
    world.gg.faults = [Fault("status", method="PATCH", status=500, times=None)]
    world.run()
    world.gg.faults = []
    for _ in range(3):
        world.run()
    assert world.gh.person(ann)["companyName"] == "Acme"
    assert [(person["email"], person["company_name"]) for person in world.gg.people()] == [("ann@example.com", "Acme")]


BLIND = Behaviour(bodies="flat", answers="empty")
"""A server that says yes to what it does not understand, and shows nothing of what it made of it."""


@pytest.mark.parametrize("who", [{"email": "ann@example.com"}, {}], ids=["an address", "a name"])
def test_a_contact_that_was_created_by_a_server_that_shows_no_contact_is_created_again_only_on_a_users_request(
    world: World, who: dict[str, Any]
) -> None:
    add(world, "gg", who)
    world.gg.behaviour = BLIND
    for hours in (0, 0, 30, 30):
        world.run(skip=SETTLE + 2 + hours * 3600)
        assert len(world.gg.people()) == 1
    (failure,) = world.sync("failures", "list", "--json").document["failures"]
    assert "accepted the create, and does not show the contact" in failure["reason"]
    world.gg.behaviour = Behaviour()
    assert world.sync("failures", "retry", str(failure["id"])).code == 0
    world.run(skip=SETTLE + 2)
    assert [person["first_name"] for person in world.gg.people()] == [None, "Ann"]
    assert world.sync("failures", "list", "--json").document["failures"] == []
    assert world.rows("SELECT * FROM intent") == []


def test_a_dismissed_failure_of_a_contact_that_is_not_shown_stays_dismissed(world: World) -> None:
    add(world, "gg", {"email": "ann@example.com"})
    world.gg.behaviour = BLIND
    for _ in range(2):
        world.run(skip=SETTLE + 2)
    assert world.sync("failures", "dismiss", "1", "--why", "she is there, under another name").code == 0
    for _ in range(2):
        assert world.run(skip=30 * 3600).streams["contacts"].failed == 0
    assert len(world.gg.people()) == 1


def test_a_contact_that_was_created_and_shows_later_is_linked_then(world: World) -> None:
    world.contacts = {"create": '"left"'}
    add(world, "gg", {"email": "ann@example.com"})
    world.gg.behaviour = BLIND
    for _ in range(2):
        world.run(skip=SETTLE + 2)
    world.gg.behaviour = Behaviour()
    (ann,) = world.gg.people()
    world.gg.edit(str(ann["id"]), email="ann@example.com", first_name="Ann", last_name="Example")
    for _ in range(2):
        world.run(skip=30 * 3600)
    assert_ann_is_on_both_sides_once(world)


class Shouting(GrowthGeniusSandbox):
    """A GrowthGenius that keeps companies in capital letters."""

    def accepted(self, noun: str, given: dict[str, Any]) -> dict[str, Any]:
        kept = super().accepted(noun, given)
        return {key: value.upper() if key == "company_name" and value else value for key, value in kept.items()}


def test_a_contact_without_a_name_is_recognised_by_what_a_server_rewrote_and_a_user_edited(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    world.gg = Shouting(now=world.clock.now)
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    with world.gg, world.gh:
        for number in range(2):
            site = f"https://{number}.example.com"
            world.gh.add(companyName="Acme", city="Oslo", state="Viken", website=site)
        world.gg.faults = [Fault("html_after", method="POST", path=r"/contacts$", times=2)]
        world.gg.faults += [
            Fault("html", method="GET", path=r"/contacts$", skip=1, times=None)
        ]  # no contact is found yet
        world.run(skip=SETTLE + 2)
        world.gg.faults = []
        assert len(world.gg.people()) == 2
        world.gg.edit(str(world.gg.people()[0]["id"]), city="Bergen")
        for _ in range(3):
            world.run(skip=SETTLE + 2)
        assert len(world.gg.people()) == len(world.gh.people()) == len(world.links()) == 2
        sites = {str(person["website"]): person["city"] for person in world.gg.people()}
        assert {world.at_left(str(each["id"]))["website"] for each in world.gh.people()} == set(sites)
        assert {str(each["website"]): each["city"] for each in world.gh.people()} == sites


def test_an_address_created_by_hand_with_other_values_and_edited_since_meets_as_for_the_first_time(
    world: World,
) -> None:
    """Simulation, seed 738360240: the record that a late create had made was deleted, and created again by hand."""
    world.contacts = {"conflicts": '"left"'}
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    ann = world.gh.add(firstName="Ann", lastName="Example", email="ann@example.com", companyName="Acme")
    world.gg.faults = [Fault("reset_before", method="POST", path=r"/contacts$", times=None)]
    world.run(skip=SETTLE + 2)
    world.gg.faults = []
    by_hand = world.gg.add(first_name="Anne", last_name="Sample", email="ann@example.com")
    world.clock.skip(30.0)
    world.gg.edit(by_hand, city="Oslo")
    for _ in range(2):
        assert world.run(skip=SETTLE + 2).exit_code == 0
    assert world.links() == {by_hand: ann}
    overwritten = world.rows("SELECT field, old, new, rule FROM history WHERE rule = 'left' ORDER BY field")
    assert [(row["field"], row["old"], row["new"]) for row in overwritten] == [
        ("first_name", '"Ann"', '"Anne"'), ("last_name", '"Example"', '"Sample"'),
    ]  # fmt: skip
    assert world.rows("SELECT * FROM history WHERE rule = 'created'") == []
    assert differences(world) == []
