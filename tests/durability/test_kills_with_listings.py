"""P6 with a system that can only be listed: a run that is killed right before any durable step, and finished by new
processes, has the same outcome.
"""

from collections.abc import Iterator

import pytest

from tests.durability.final_state import difference, outcome_of
from tests.durability.kill_scenarios import KillScenarios, kind
from tests.durability.launch import shared_launcher
from tests.durability.listing_world import SCENARIOS, ListingKillWorld


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillScenarios]:
    """Return all scenarios, each run once without a kill."""
    world = ListingKillWorld.create(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh:
        yield KillScenarios.record(world, shared_launcher(), tmp_path_factory.mktemp("kept"), SCENARIOS)
        assert world.gh.sends == 0


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_right_before_a_step_has_the_outcome_of_one_that_was_not(
    scenarios: KillScenarios, name: str
) -> None:
    scenario, broken = scenarios.by_name[name], {}
    for step in scenarios.steps_to_kill(name):
        scenarios.kill(name, step)
        scenarios.finish(scenario.command, skip=0.0 if step % 2 else 2.0)
        found = difference(scenario.outcome, outcome_of(scenarios.world))
        if found:
            broken[step, scenario.steps[step]] = found
    assert broken == {}


def test_the_scenarios_contain_every_kind_of_step(scenarios: KillScenarios) -> None:
    kinds = {kind(step).split("?")[0] for scenario in scenarios.by_name.values() for step in scenario.steps}
    wanted = {
        "PATCH /integrations/v1/contacts/ID", "POST /integrations/v1/contacts", "DELETE /integrations/v1/contacts/ID",
        "PUT /v1/contacts/ID", "POST /v1/contacts", "DELETE /v1/contacts/ID", "POST /v1/contacts/ID/tags/add",
        "POST /v1/contacts/ID/tags/remove", "commit intent", "commit cursor", "commit conflict",
    }  # fmt: skip
    assert wanted <= kinds
