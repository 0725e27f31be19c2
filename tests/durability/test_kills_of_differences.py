"""P6 for differences that `newest` settles: our own first write hides when a record changed before (R40).

Both records of each pair have other values and other times, and both lack a value, so each pair needs a write to either
side. A run that is killed right before any step, and finished by new processes, leaves the conflicts of an
uninterrupted one, with the same times, and the same winners.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.durability.final_state import Outcome, difference, outcome_of
from tests.durability.kill_scenarios import KillScenarios
from tests.durability.launch import shared_launcher
from tests.durability.world import KillWorld

TIMES = "SELECT who, field, left_changed_ms, right_changed_ms FROM conflict ORDER BY who, field"


def add_pair(world: KillWorld, first: str, later: float, left: dict[str, Any], right: dict[str, Any]) -> None:
    """Add a contact on both sides; the right record is `later` seconds younger, or older if that is negative."""
    email = f"{first.lower().replace(' ', '.')}@example.com"
    if later < 0:
        world.gh.add(firstName=first, lastName="Reed", email=email, **right)
        world.clock.skip(-later)
    world.gg.add(first_name=first, last_name="Reed", email=email, **left)
    if later >= 0:
        world.clock.skip(later)
        world.gh.add(firstName=first, lastName="Reed", email=email, **right)
    world.clock.skip(0.5)


def first_meetings(world: KillWorld) -> None:
    """Add pairs with different values: the left is younger, the right is, or both changed in the same second."""
    for number, later in enumerate((-40.0, 40.0, 0.0)):
        first = ("Lea", "Ron", "Sam")[number]
        left = {"city": "Chicago", "title": "CEO", "industry": "looms"}
        add_pair(
            world, first, later, left, {"city": "Austin", "companyName": "Acme", "website": "https://example.com/"}
        )
        add_pair(world, f"{first} B", later, {"city": "Rome", "state": "LT"}, {"city": "Oslo", "tags": ["a"]})
        add_pair(world, f"{first} C", later, {"city": "Bern", "title": "CFO"}, {"city": "Kyiv"})


def edits(world: KillWorld) -> None:
    """Change the same values on both sides after a first sync, and some others."""
    for number, later in enumerate((-40.0, 40.0, 0.3)):
        first = ("Lea", "Ron", "Sam")[number]
        if later < 0:
            world.gh.edit(world.right(first), city="Salem", companyName="Acme & Sons")
            world.clock.skip(-later)
        world.gg.edit(world.left(first), city="Dover", title="CRO")
        if later >= 0:
            world.clock.skip(later)
            world.gh.edit(world.right(first), city="Salem", companyName="Acme & Sons")
        world.clock.skip(0.5)


SCENARIOS = {"first": (first_meetings, ("run",)), "later": (edits, ("run", "--unguarded"))}


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillScenarios]:
    """Return both scenarios, each run once without a kill."""
    world = KillWorld.create(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh:
        yield KillScenarios.record(world, shared_launcher(), tmp_path_factory.mktemp("kept"), SCENARIOS)


def outcome_with_times(world: KillWorld) -> Outcome:
    """Return the outcome of a world, with the times of its conflicts."""
    return outcome_of(world) | {"times": world.rows(TIMES)}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_killed_run_leaves_the_conflicts_and_winners_of_one_that_was_not(scenarios: KillScenarios, name: str) -> None:
    scenario, broken = scenarios.by_name[name], {}
    scenario.before.restore(scenarios.world)
    scenarios.finish(scenario.command)
    whole = outcome_with_times(scenarios.world)
    assert len(whole["conflicts"]) == 3  # those of the same second
    for step in scenarios.steps_to_kill(name):
        scenarios.kill(name, step)
        if step % 2:
            scenarios.finish(scenario.command, skip=0.0)
        scenarios.finish(scenario.command)  # what was written within `settle` before a run shows to the next one
        found = difference(whole, outcome_with_times(scenarios.world))
        if found:
            broken[step, scenario.steps[step]] = found
    assert broken == {}
