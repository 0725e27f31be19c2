"""P2 and P6 with many contacts in one call: a run that is killed right before any step, and finished by new processes,
has the outcome of one that was not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.durability.apollo_world import SCENARIOS, ApolloKillWorld, ApolloSnapshot, Outcome
from tests.durability.kill_scenarios import is_write, kind
from tests.durability.launch import Launcher, shared_launcher
from tests.thorough import THOROUGH

EVERY = 240
RUNS = 6
CHANGES = frozenset({
    "POST /api/v1/contacts/bulk_create", "POST /api/v1/contacts/bulk_update", "POST /api/v1/contacts/update_stages",
    "POST /api/v1/labels/add_entity_ids_to_label_names", "PATCH /api/v1/contacts/ID", "POST /api/v1/fields",
})  # fmt: skip
"""Every kind of change that a run makes at Apollo."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A command, the world before it, its steps without a kill, and its outcome."""

    command: tuple[str, ...]
    before: ApolloSnapshot
    steps: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Stage:
    """The world, the launcher of its commands, and what was recorded of each scenario."""

    world: ApolloKillWorld
    launcher: Launcher
    by_name: dict[str, Recorded]

    def record(self, kept: Path) -> None:
        """Run each scenario once without a kill."""
        for name, (prepare, command) in SCENARIOS.items():
            self.world.clock.skip(60.0)
            prepare(self.world)
            self.world.clock.skip(5.0)
            before = ApolloSnapshot.taken(self.world, kept / name)
            ended = self.launcher.run_command(self.world, *command, "--yes")
            assert ended.code in (0, 1), ended.err
            self.finish(command)
            self.by_name[name] = Recorded(command, before, ended.steps, self.world.outcome())

    def finish(self, command: tuple[str, ...], skip: float = 2.0) -> None:
        """Repeat a command until it has nothing left to do."""
        for _ in range(RUNS):
            ended = self.launcher.run_command(self.world, *command, "--yes", skip=skip)
            assert ended.code in (0, 1), ended.err
            due = "SELECT id FROM failure WHERE operation = 'create' AND due_ms <= last_ms AND dismissed IS NULL"
            waiting = [*self.world.rows("SELECT id FROM intent"), *self.world.rows(due)]
            if not waiting and not any(map(is_write, ended.steps)):
                return
            skip = 120.0
        raise AssertionError(f"{RUNS} runs later there is still something to write: {ended.err}")

    def steps_to_kill(self, name: str) -> list[int]:
        """Return the steps right before and after each write of a kind, and some others; with THOROUGH=1 all."""
        steps = self.by_name[name].steps
        known: set[str] = set()
        chosen = set()
        for number, step in enumerate(steps):
            if is_write(step) and kind(step) not in known:
                known.add(kind(step))
                chosen |= {number, number + 1}
        return [number for number in range(len(steps)) if THOROUGH or number % EVERY == 0 or number in chosen]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    world = ApolloKillWorld.create(tmp_path_factory.mktemp("world"))
    with world.ap, world.gh:
        world.write_config()
        recorded = Stage(world, shared_launcher(), {})
        recorded.record(tmp_path_factory.mktemp("kept"))
        yield recorded


def test_the_scenarios_make_every_kind_of_change_at_apollo(stage: Stage) -> None:
    made = {kind(step) for recorded in stage.by_name.values() for step in recorded.steps if is_write(step)}
    assert made >= CHANGES


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_right_before_a_step_has_the_outcome_of_one_that_was_not(stage: Stage, name: str) -> None:
    scenario, broken = stage.by_name[name], {}
    for step in stage.steps_to_kill(name):
        scenario.before.restore(stage.world)
        ended = stage.launcher.run_command(stage.world, *scenario.command, "--yes", kill_at=step)
        assert ended.code == -9, (scenario.steps[step], ended.err)
        if step % 2:
            stage.finish(scenario.command, skip=0.0)
        stage.finish(scenario.command)  # what was written within `settle` before a run shows to the next one
        found = _difference(scenario.outcome, stage.world.outcome())
        if found:
            broken[step, scenario.steps[step]] = found
    assert broken == {}


def _difference(one: Outcome, other: Outcome) -> dict[str, tuple[list[str], list[str]]]:
    pairs = {}
    for part, mine in one.items():
        theirs = other[part]
        pairs[part] = ([each for each in mine if each not in theirs], [each for each in theirs if each not in mine])
    return {part: pair for part, pair in pairs.items() if any(pair) or len(one[part]) != len(other[part])}
