"""R1, R2, R7 and R18: what is covered, what is read again, and what a window of its own hides from no contact."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.sandbox.base import Call
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import START, World

DAY = timedelta(days=1)


def add(world: World, name: str, at: datetime, **fields: Any) -> str:
    """Add a contact at the left at a time in the past."""
    return world.gg.add(at=at, first_name=name, email=f"{name.lower()}@example.com", **fields)


def names(world: World) -> set[str]:
    """Return who is at the right."""
    return {person["firstName"] for person in world.gh.people()}


def covered_to(world: World) -> dict[str, str | None]:
    """Return what `status` says is covered."""
    from sync.config.model import load
    from sync.operations.status import read_status

    found: dict[str, str | None] = read_status(load(world.config_path))["connections"][0]["streams"]["contacts"][
        "covered_to"
    ]
    return found


def test_a_window_carries_what_changed_within_it_and_hides_no_gap(world: World) -> None:
    for name, days in (("Ann", 30), ("Bob", 20), ("Cai", 10), ("Dan", 1)):
        add(world, name, START - days * DAY)
    assert world.run(since=START - 25 * DAY, until=START - 5 * DAY).exit_code == 0
    assert names(world) == {"Bob", "Cai"}
    assert covered_to(world) == {"gg": None, "gh": None}

    assert world.run(since=START - 2 * DAY).exit_code == 0
    assert names(world) == {"Bob", "Cai", "Dan"}
    assert covered_to(world) == {"gg": None, "gh": None}

    assert world.run().exit_code == 0
    assert names(world) == {"Ann", "Bob", "Cai", "Dan"}
    assert None not in covered_to(world).values()
    assert len(world.gg.people()) == 4


def test_the_ends_of_a_window_are_half_open_to_the_millisecond(world: World) -> None:
    first, last = START - 2 * DAY, START - DAY
    one = timedelta(milliseconds=1)
    for name, moment in (("Before", first - one), ("First", first), ("Last", last - one), ("After", last)):
        add(world, name, moment)
    report = world.run(since=first, until=last)
    assert report.exit_code == 0
    assert names(world) == {"First", "Last"}
    window = report.streams["contacts"].windows["gg"]
    assert window is not None
    assert (window.start, window.end) == (first, last)


def test_the_first_run_of_all_with_a_window_doubles_no_contact_that_changed_before_it(world: World) -> None:
    old = START - 100 * DAY
    world.gh.add(firstName="Ann", email="ann@example.com", dateAdded=old, dateUpdated=old)
    add(world, "Ann", START - DAY, company_name="Acme")
    world.gh.add(firstName="Bob", email="bob@example.com", dateAdded=START - DAY, dateUpdated=START - DAY)
    add(world, "Bob", old)
    assert world.run(since=START - 2 * DAY).exit_code == 0
    assert len(world.gg.people()) == len(world.gh.people()) == len(world.links()) == 2
    assert world.gh.people()[0]["companyName"] == "Acme"


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_the_first_run_of_all_doubles_no_contact_that_changed_behind_the_horizon(world: World, account: str) -> None:
    world.options["settle"] = '"60s"'
    world.gh.allow_duplicates = True
    old = START - DAY
    if account == "gh":
        add(world, "Ann", old)
        world.clock.skip(100)
        world.gh.add(firstName="Ann", email="ann@example.com")
    else:
        world.gh.add(firstName="Ann", email="ann@example.com", dateAdded=old, dateUpdated=old)
        world.clock.skip(100)
        world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run(skip=5, since=old - DAY, until=old + DAY / 2).exit_code == 0
    assert world.run(skip=5).exit_code == 0
    assert world.run(skip=100).exit_code == 0
    assert len(world.gg.people()) == len(world.gh.people()) == 1


def test_lookback_reads_again_what_came_to_light_late(world: World) -> None:
    world.options["lookback"] = '"10m"'
    add(world, "Ann", START - DAY)
    assert world.run(skip=60).exit_code == 0
    add(world, "Bob", world.clock.now() - timedelta(minutes=5))
    assert world.run().exit_code == 0
    assert names(world) == {"Ann", "Bob"}


def test_a_new_field_in_the_config_is_read_in_full_and_meets_first(world: World) -> None:
    world.contacts["fields"] = '{ title = { direction = "left_to_right" } }'
    world.gh.add_field("Lead Score")
    ann = add(world, "Ann", START - DAY, custom1="gold", title="CEO", company_name="Acme")
    bob = world.gh.add(firstName="Bob", email="bob@example.com", custom={"contact.lead_score": "9"})
    assert world.run().exit_code == 0
    assert world.at_left(bob)["custom1"] is None

    world.contacts["fields"] = '{ custom1 = { growthhub = "contact.lead_score" } }'
    for _ in range(2):
        assert world.run(unguarded=True).exit_code == 0
    assert world.gh.custom(world.links()[ann], "contact.lead_score") == "gold"
    assert world.at_left(bob)["custom1"] == "9"
    assert len(world.gg.people()) == len(world.gh.people()) == 2
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert (calls.writes, calls.counts) == ([], (1, 1))


@pytest.mark.parametrize("offset", [timedelta(minutes=7), timedelta(minutes=-7), timedelta(seconds=3)])
@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_server_with_a_wrong_clock_loses_nothing_and_newest_is_still_newest(
    world: World, account: str, offset: timedelta
) -> None:
    (world.gg if account == "gg" else world.gh).clock_offset = offset
    left = world.gg.add(first_name="Ann", email="ann@example.com", company_name="Old")
    right = world.gh.add(firstName="Bob", email="bob@example.com", companyName="Old")
    assert world.run().exit_code == 0
    world.clock.skip(30)
    world.gg.edit(left, company_name="First")
    world.gh.edit(right, companyName="First")
    world.clock.skip(10)
    world.gh.edit(world.links()[left], companyName="Second")
    world.gg.edit(str(world.at_left(right)["id"]), company_name="Second")
    for _ in range(2):
        assert world.run().exit_code == 0
    assert {person["company_name"] for person in world.gg.people()} == {"Second"}
    assert {person["companyName"] for person in world.gh.people()} == {"Second"}
    assert differences(world) == []


@pytest.mark.parametrize("order", ["updated", "updated_desc", "id"])
def test_contacts_edited_while_their_window_is_paged_are_all_carried(world: World, order: Any) -> None:
    world.gg.behaviour = Behaviour(page_size=10, order=order)
    for number in range(45):
        add(world, f"Person{number}", START - DAY + timedelta(minutes=number))
    ids = [str(person["id"]) for person in world.gg.people()]
    strikes = iter(range(40))

    def edit(call: Call) -> None:
        number = next(strikes, None) if call.method == "GET" and call.path.endswith("/contacts") else None
        if number is not None and number % 2:
            world.clock.skip(1)
            world.gg.edit(ids[(number * 7) % len(ids)], company_name=f"Company {number}")

    world.gg.before_answer = edit
    assert world.run().exit_code == 0
    world.gg.before_answer = None
    for _ in range(2):
        assert world.run().exit_code == 0
    assert names(world) == {f"Person{number}" for number in range(45)}
    assert len(world.gh.people()) == 45
    assert differences(world) == []


def test_a_growthhub_window_of_several_pages_is_carried_under_edits(world: World) -> None:
    for number in range(510):
        moment = START - DAY + timedelta(seconds=number)
        world.gh.add(firstName="Ann", email=f"person{number}@example.com", dateAdded=moment, dateUpdated=moment)
    ids = [person["id"] for person in world.gh.people()]
    strikes = iter(range(3))

    def edit(call: Call) -> None:
        number = next(strikes, None) if call.path.endswith("/search") else None
        if number:
            world.clock.skip(1)
            world.gh.edit(ids[10 * number], companyName=f"Company {number}")

    world.gh.before_answer = edit
    for _ in range(3):
        assert world.run().exit_code == 0
    assert len(world.gg.people()) == len(world.links()) == 510
    assert differences(world) == []
