"""Kill the command of each scenario at a step, and let new processes finish it.

By default a command is killed after the first write of each kind in all scenarios, and at every 300th of the other
steps; with THOROUGH=1 at all steps.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

from tests.durability.final_state import Outcome, outcome_of
from tests.durability.launch import Ended, Launcher
from tests.durability.snapshot import Snapshot
from tests.durability.world import BAD_RUN, SCENARIOS, Command, KillWorld
from tests.thorough import THOROUGH

EVERY = 300
RUNS = 6

Preparation = tuple[Callable[[Any], None], Command]
"""What users do in the world, and the command that runs then."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command, the world before it, its steps without a kill, and its outcome."""

    command: Command
    before: Snapshot
    steps: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class KillScenarios:
    """A world, the launcher of its commands, and its scenarios by name."""

    world: KillWorld
    launcher: Launcher
    by_name: dict[str, Scenario]

    @classmethod
    def record(
        cls, world: KillWorld, launcher: Launcher, kept: Path, preparations: Mapping[str, Preparation] = SCENARIOS
    ) -> Self:
        """Run each scenario once without a kill, and keep the files from before it in the folder `kept`."""
        world.write_config()
        recorded = cls(world, launcher, {})
        for name, (prepare, words) in preparations.items():
            world.clock.skip(10.0)
            prepare(world)
            command = tuple(world.bad if word == BAD_RUN else word for word in words)
            world.clock.skip(5.0)
            before = Snapshot.taken(world, kept / name)
            ended = launcher.run_command(world, *command, "--yes")
            assert ended.code == 1, ended.err  # each scenario leaves a conflict or a failure open
            recorded.finish(command)
            recorded.by_name[name] = Scenario(command, before, ended.steps, outcome_of(world))
        return recorded

    def finish(self, command: Command, skip: float = 2.0) -> None:
        """Repeat a command until it has nothing left to do."""
        for number in range(RUNS):
            ended = self.launcher.run_command(self.world, *command, "--yes", skip=2.0 if number else skip)
            assert ended.code in (0, 1), ended.err
            if not any(map(is_write, ended.steps)) and not self._has_work():
                return
        raise AssertionError(f"{RUNS} runs later there is still something to write")

    def _has_work(self) -> bool:
        """Return whether the next run will write: it repeats a lost create that became due in the last run."""
        due = "SELECT id FROM failure WHERE operation = 'create' AND due_ms <= last_ms AND dismissed IS NULL"
        return bool(self.world.rows("SELECT id FROM intent") or self.world.rows(due))

    def steps_to_kill(self, name: str, *, thorough: bool = THOROUGH) -> list[int]:
        """Return the numbers of the steps to kill at in a scenario.

        They are right after the first write of each kind that no earlier scenario has, and some others.
        """
        steps = self.by_name[name].steps
        earlier = takewhile(lambda other: other != name, self.by_name)
        known = {kind(step) for other in earlier for step in self.by_name[other].steps}
        first = {kind(step): number + 1 for number, step in reversed(list(enumerate(steps))) if is_write(step)}
        after_a_write = {number for of, number in first.items() if of not in known}
        return [number for number in range(len(steps)) if thorough or number % EVERY == 0 or number in after_a_write]

    def kill(self, name: str, step: int) -> None:
        """Restore the world before a scenario, and kill its command right before a step."""
        scenario = self.by_name[name]
        scenario.before.restore(self.world)
        ended = self.launcher.run_command(self.world, *scenario.command, "--yes", kill_at=step)
        assert ended.code == -9, (scenario.steps[step], ended.err)

    def fill_disk(self, name: str, step: int) -> Ended:
        """Restore the world before a scenario, and run its command with a disk that is full from a step on."""
        scenario = self.by_name[name]
        scenario.before.restore(self.world)
        return self.launcher.run_command(self.world, *scenario.command, "--yes", full_at=step)


def is_write(step: str) -> bool:
    """Return whether a step is a call that changes a record."""
    return step.startswith(("PUT", "PATCH", "DELETE")) or (step.startswith("POST") and not step.endswith("/search"))


def kind(step: str) -> str:
    """Return the kind of a step, without the id of its contact."""
    return re.sub(r"/contacts/(?!search|bulk_|update_)[^/]+", "/contacts/ID", step)
