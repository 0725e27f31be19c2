"""P6, power loss: the last writes to the log are gone, and the next run continues from the rest."""

from pathlib import Path

import pytest

from tests.durability.final_state import Outcome, difference, outcome_of
from tests.durability.kill_scenarios import KillScenarios
from tests.durability.snapshot import state_files
from tests.thorough import THOROUGH

FRAME = 24 + 8192
"""Bytes of a frame in the -wal file: its head and a page."""

TEARS = {"half of the last frame": FRAME // 2, "the last frame": FRAME}


@pytest.mark.parametrize("tear", TEARS)
@pytest.mark.parametrize("name", ["later", "deletions", "undo"] if THOROUGH else ["later", "undo"])
def test_a_log_that_was_cut_off_after_a_kill_leads_to_the_same_outcome(
    scenarios: KillScenarios, name: str, tear: str
) -> None:
    scenario, broken = scenarios.by_name[name], {}
    writes = [number for number, step in enumerate(scenario.steps) if step.startswith("commit")]
    for step in writes if THOROUGH else writes[len(tear) % 12 :: 12]:
        scenarios.kill(name, step)
        if not cut_off(scenarios.world.folder, TEARS[tear]):
            continue
        scenarios.finish(scenario.command)
        found = difference(without_history(scenario.outcome), without_history(outcome_of(scenarios.world)))
        if found:
            broken[step, scenario.steps[step]] = found
    assert broken == {}


def cut_off(folder: Path, count: int) -> bool:
    """Cut bytes off the log, as a power loss does; the shared memory beside it is gone too."""
    log = folder / "sync.db-wal"
    if not log.exists() or log.stat().st_size <= count:
        return False
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - count)
    for file_of_memory in (each for each in state_files(folder) if each.name.endswith("-shm")):
        file_of_memory.unlink()
    return True


def without_history(outcome: Outcome) -> Outcome:
    """Leave out the history: a commit that was cut off takes its lines along."""
    return {part: rows for part, rows in outcome.items() if part != "history"}
