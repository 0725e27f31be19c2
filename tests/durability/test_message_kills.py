"""P2 and P6 for messages: after a kill right before any durable step, each message exists once, and in order."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.durability import message_steps
from tests.durability.kill_scenarios import KillScenarios, Scenario, kind
from tests.durability.launch import shared_launcher
from tests.durability.message_steps import SCENARIOS, outcome_of
from tests.durability.snapshot import Snapshot


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillScenarios]:
    """Return the scenarios, each run once without a kill."""
    kept = tmp_path_factory.mktemp("kept")
    world = message_steps.create(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh:
        world.write_config()
        recorded = KillScenarios(world, shared_launcher(), {})
        for name, (prepare, command, code) in SCENARIOS.items():
            world.clock.skip(10.0)
            prepare(world)
            world.clock.skip(5.0)
            before = Snapshot.taken(world, kept / name)
            ended = shared_launcher().run_command(world, *command, "--yes")
            assert ended.code == code, ended.err
            recorded.finish(command)
            recorded.by_name[name] = Scenario(command, before, ended.steps, outcome_of(world))
        yield recorded


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_right_before_a_step_leaves_each_message_once(scenarios: KillScenarios, name: str) -> None:
    scenario, broken = scenarios.by_name[name], {}
    for step in scenarios.steps_to_kill(name):
        scenarios.kill(name, step)
        scenarios.finish(scenario.command, skip=0.0 if step % 2 else 2.0)
        found = difference(scenario.outcome, outcome_of(scenarios.world))
        if found:
            broken[step, scenario.steps[step]] = found
    assert broken == {}


def difference(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {part: (mine, other[part]) for part, mine in one.items() if mine != other[part]}


def test_the_scenarios_contain_every_kind_of_step_about_messages(scenarios: KillScenarios) -> None:
    steps = {kind(step).split("?")[0] for scenario in scenarios.by_name.values() for step in scenario.steps}
    wanted = {"POST /integrations/v1/messages", "POST /contacts/ID/notes", "POST /contacts/"}
    assert wanted <= steps
    for method in ("PUT", "DELETE", "GET"):
        assert any(step.startswith(f"{method} /contacts/ID/notes") for step in steps), method
    assert any(step.startswith("GET /conversations/messages/email/") for step in steps)
