"""P6, a full disk: at any step the run names the full disk, and the next run with space has the same outcome."""

import pytest

from tests.durability.final_state import difference, outcome_of
from tests.durability.kill_scenarios import KillScenarios
from tests.durability.world import SCENARIOS
from tests.thorough import THOROUGH


@pytest.mark.parametrize("name", SCENARIOS if THOROUGH else ("first", "undo"))
def test_a_run_with_a_full_disk_from_a_step_on_reports_it_and_is_finished_with_space(
    scenarios: KillScenarios, name: str
) -> None:
    scenario, broken = scenarios.by_name[name], {}
    codes: set[int] = set()
    for step in scenarios.steps_to_kill(name):
        ended = scenarios.fill_disk(name, step)
        codes.add(ended.code)
        is_reported = ended.code != 3 or (
            str(scenarios.world.state_path) in ended.err and "free some space" in ended.err
        )
        scenarios.finish(scenario.command, skip=0.0 if step % 2 else 2.0)
        found = difference(scenario.outcome, outcome_of(scenarios.world))
        if found or not is_reported:
            broken[step, scenario.steps[step]] = (ended.code, ended.err, found)
    assert broken == {}
    assert 3 in codes
    assert codes <= {3, 1}  # 1: nothing was left to be written
