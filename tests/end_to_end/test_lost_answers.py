"""R20: an answer that never came is "unknown": a create is repeated only after `settle`, and a look-up in vain."""

from collections import Counter
from typing import Any

import pytest

from connectors.faults import Kind
from connectors.growthgenius.sandbox import Behaviour
from connectors.growthhub.sandbox import Quirks
from connectors.sandbox import Fault, Sandbox
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World

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
    """Add somebody on the other side of an account, and return the account's server."""
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gh.allow_duplicates = True
    if account == "gh":
        world.gg.add(first_name="Ann", last_name="Example", title="CEO", **who)
        return world.gh
    named = {"phone" if name == "mobile_phone" else name: value for name, value in who.items()}
    world.gh.add(firstName="Ann", lastName="Example", **named)
    return world.gg


def assert_ann_is_on_both_sides_once(world: World) -> None:
    """She is linked, and nobody else is there."""
    assert Counter(person["first_name"] for person in world.gg.people()) == {"Ann": 1}
    assert Counter(person["firstName"] for person in world.gh.people()) == {"Ann": 1}
    assert len(world.links()) == 1
    assert differences(world) == []


@pytest.mark.parametrize("who", WHO, ids=["an address", "a number", "a name"])
@pytest.mark.parametrize("kind", AFTER)
@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_create_whose_answer_got_lost_after_its_effect_is_found_and_linked(
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


def test_somebody_made_by_a_lost_create_is_found_behind_a_search_index_that_lags(world: World) -> None:
    world.gh.quirks = Quirks(index_lag=30.0)
    add(world, "gh", {}).faults.append(creating("gh", "reset_after"))
    assert world.run(skip=SETTLE + 2).exit_code == 1
    assert world.run(skip=5.0).exit_code == 1
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert_ann_is_on_both_sides_once(world)


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_an_edit_of_somebody_whose_create_got_lost_is_not_swallowed(world: World, account: str) -> None:
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


@pytest.mark.parametrize("kind", ["reset_after", "html_after", "cut"])
def test_an_update_whose_answer_got_lost_is_settled_by_the_next_run(world: World, kind: Kind) -> None:
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    world.run()
    world.gg.edit(ann, company_name="Acme")
    world.gh.faults = [Fault(kind, method="PUT", times=None)]
    assert world.run().exit_code == 3
    world.gh.faults = []
    world.run()
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert world.at_right(ann)["companyName"] == "Acme"
    assert differences(world) == []


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_an_update_whose_answer_got_lost_is_settled_days_later_when_nothing_is_known_of_the_account_any_more(
    world: World, account: str
) -> None:
    ann = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", user_id=78)
    bob = world.gh.add(firstName="Bob", email="bob@example.com", assignedTo=world.gh.add_user("dev@example.com"))
    world.run()
    world.gg.edit(ann, company_name="Acme")
    world.gh.edit(bob, companyName="Beta")
    server: Sandbox = world.gg if account == "gg" else world.gh
    server.faults = [Fault("status_after", method="PUT|PATCH", times=None)]
    world.run()
    server.faults = []
    assert len(world.rows("SELECT * FROM intent")) == 1
    assert [world.run(skip=2 * DAY).exit_code for _ in range(2)] == [0, 0]
    assert world.rows("SELECT * FROM intent") == []
    assert differences(world) == []


def test_a_person_whose_values_did_not_arrive_is_filled_later_and_empties_nobody(world: World) -> None:
    world.gg.behaviour = Behaviour(bodies="flat")
    ann = world.gh.add(firstName="Ann", email="ann@example.com", companyName="Acme")
    world.gg.faults = [Fault("status", method="PATCH", status=500, times=None)]
    world.run()
    world.gg.faults = []
    for _ in range(3):
        world.run()
    assert world.gh.person(ann)["companyName"] == "Acme"
    assert [(person["email"], person["company_name"]) for person in world.gg.people()] == [("ann@example.com", "Acme")]
