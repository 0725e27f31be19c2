"""P6: a run that is killed right before any durable step, and finished by new processes, has the same outcome.

Every run is a separate process on a real state file, and SIGKILL ends it.
"""

import pytest

from tests.durability.final_state import difference, outcome_of
from tests.durability.kill_scenarios import KillScenarios, kind
from tests.durability.world import SCENARIOS


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
        "PUT /contacts/ID", "POST /contacts/", "DELETE /contacts/ID", "POST /contacts/ID/tags",
        "DELETE /contacts/ID/tags", "commit intent", "commit cursor", "commit conflict", "set user_version",
        "commit intent held",
    }  # fmt: skip
    assert wanted <= kinds
    assert any(step.startswith("POST") and step.endswith("/customFields") for step in kinds)
