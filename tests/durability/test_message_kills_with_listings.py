"""P2 and P6 for messages that are read contact by contact: after a kill right before any step, each is copied once."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.durability.kill_scenarios import KillScenarios, Scenario
from tests.durability.launch import shared_launcher
from tests.durability.listing_world import ListingKillWorld
from tests.durability.snapshot import Snapshot
from tests.durability.world import KillWorld

OPEN = "SELECT who, operation FROM failure ORDER BY 1, 2"


def first_messages(world: ListingKillWorld) -> None:
    """Add contacts with messages, linked and new ones."""
    for number, name in enumerate(("Ann", "Bob")):
        world.gg.add(first_name=name, last_name="Reed", mobile_phone=f"+1212555012{number}")
        world.add_right(f"{name} Reed", f"+1212555012{number}")
    world.add_right("Cai Reed", "+12125550129")
    world.run(skip=5.0, unguarded=True, streams=("contacts",))
    for number in range(3):
        world.clock.skip(2.0)
        world.gh.add_message(world.right("Ann"), f"from Ann {number}")
        world.gh.add_message(world.right("Cai"), f"to Cai {number}", isIncoming="false")


def later_messages(world: ListingKillWorld) -> None:
    """Add messages to one contact whose record does not change, and to one whose record does."""
    world.clock.skip(700.0)
    world.gh.add_message(world.right("Bob"), "from Bob")
    world.gh.edit(world.right("Cai"), customFields={"city": "Oslo"})
    world.gh.add_message(world.right("Cai"), "to Cai again", isIncoming="false")


SCENARIOS = {"first": first_messages, "later": later_messages}


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillScenarios]:
    """Return both scenarios, each run once without a kill."""
    kept = tmp_path_factory.mktemp("kept")
    world = ListingKillWorld.create(tmp_path_factory.mktemp("world"))
    world.gh.behaviour.times = "true"  # `lastActivity` tells who wrote
    world.tables = "[connections.sales.messages]\n"
    with world.gg, world.gh:
        world.write_config()
        recorded = KillScenarios(world, shared_launcher(), {})
        for name, prepare in SCENARIOS.items():
            prepare(world)
            world.clock.skip(5.0)
            before = Snapshot.taken(world, kept / name)
            ended = shared_launcher().run_command(world, "run", "--unguarded", "--yes")
            assert ended.code == 0, ended.err
            recorded.finish(("run", "--unguarded"))
            recorded.by_name[name] = Scenario(("run", "--unguarded"), before, ended.steps, outcome_of(world))
        yield recorded
        assert world.gh.sends == 0


def outcome_of(world: KillWorld) -> dict[str, Any]:
    """Return what two ways to the same end have in common."""
    of = {str(person["id"]): str(person["first_name"]) for person in world.gg.people()}
    return {
        "messages": sorted((of[str(one["contact_id"])], str(one["rendered_copy"])) for one in world.gg.messages()),
        "open": world.rows(OPEN),
        "intents": world.rows("SELECT * FROM intent"),
        "hints": world.rows("SELECT * FROM hint"),
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_right_before_a_step_leaves_each_message_once(scenarios: KillScenarios, name: str) -> None:
    scenario, broken = scenarios.by_name[name], {}
    for step in scenarios.steps_to_kill(name):
        scenarios.kill(name, step)
        scenarios.finish(scenario.command, skip=0.0 if step % 2 else 2.0)
        found = outcome_of(scenarios.world)
        if found != scenario.outcome:
            broken[step, scenario.steps[step]] = found
    assert broken == {}


def test_the_scenarios_copy_messages(scenarios: KillScenarios) -> None:
    texts = {name: [text for _, text in one.outcome["messages"]] for name, one in scenarios.by_name.items()}
    assert len(texts["first"]) == 6
    assert {"from Bob", "to Cai again"} <= set(texts["later"])
