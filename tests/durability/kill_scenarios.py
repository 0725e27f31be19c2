"""A world with its chapters, in which one command after the other is broken off, and finished by fresh processes.

By default each is broken off after the first write of each kind and at every twenty-first of the other steps; with
SOAK=1 in the environment at all of them.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.durability.final_state import Told, ending
from tests.durability.launch import Ended, Launcher
from tests.durability.snapshot import Snapshot
from tests.durability.world import BAD_RUN, CHAPTERS, Command, Stage

SOAK = bool(os.environ.get("SOAK"))
EVERY = 21
RUNS = 6

Scene = tuple[Callable[[Stage], None], Command]
"""What happens, and the command that is carried out then."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A command before which the world stood at `before`, the steps it took, and what it came to."""

    command: Command
    before: Snapshot
    steps: tuple[str, ...]
    told: Told


@dataclass(frozen=True, slots=True)
class Theatre:
    """A world, who starts commands in it, and its chapters."""

    world: Stage
    launcher: Launcher
    chapters: dict[str, Chapter]

    @classmethod
    def rehearsed(cls, world: Stage, launcher: Launcher, kept: Path, scenes: Mapping[str, Scene] = CHAPTERS) -> Self:
        """Return the chapters, each carried out once without a break; `kept` is for what they began with."""
        world.write_config()
        made = cls(world, launcher, {})
        for name, (happen, words) in scenes.items():
            world.clock.skip(10.0)
            happen(world)
            command = tuple(world.bad if word == BAD_RUN else word for word in words)
            world.clock.skip(5.0)
            before = Snapshot.taken(world, kept / name)
            ended = launcher.carry_out(world, *command, "--yes")
            assert ended.code == 1, ended.err  # each chapter leaves a conflict or a failure open
            made.finish(command)
            made.chapters[name] = Chapter(command, before, ended.steps, ending(world))
        return made

    def finish(self, command: Command, skip: float = 2.0) -> None:
        """Carry out a command again until it has nothing left to do."""
        for number in range(RUNS):
            ended = self.launcher.carry_out(self.world, *command, "--yes", skip=2.0 if number else skip)
            assert ended.code in (0, 1), ended.err
            if not any(map(is_write, ended.steps)) and not self._has_work():
                return
        raise AssertionError(f"{RUNS} runs later there is still something to write")

    def _has_work(self) -> bool:
        """Say whether the next run will write: whose lost create settles at the end of one is made by the next."""
        due = "SELECT id FROM failure WHERE operation = 'create' AND due_ms <= last_ms AND dismissed IS NULL"
        return bool(self.world.rows("SELECT id FROM intent") or self.world.rows(due))

    def kill(self, name: str, step: int) -> None:
        """Let the chapter begin anew, and kill its command right before a step."""
        chapter = self.chapters[name]
        chapter.before.put_back(self.world)
        ended = self.launcher.carry_out(self.world, *chapter.command, "--yes", kill_at=step)
        assert ended.code == -9, (chapter.steps[step], ended.err)

    def fill_disk(self, name: str, step: int) -> Ended:
        """Let the chapter begin anew, and its command go on with a full disk from a step on."""
        chapter = self.chapters[name]
        chapter.before.put_back(self.world)
        return self.launcher.carry_out(self.world, *chapter.command, "--yes", full_at=step)


def is_write(step: str) -> bool:
    """Say whether a step is a call that changes something."""
    return step.startswith(("PUT", "PATCH", "DELETE")) or (step.startswith("POST") and not step.endswith("/search"))


def kind(step: str) -> str:
    """Return what a step is, whoever it is about."""
    return re.sub(r"/contacts/(?!search)[^/]+", "/contacts/ID", step)


def chosen(steps: Sequence[str], *, soak: bool = SOAK) -> list[int]:
    """Return the numbers of the steps to be killed at: right after the first write of each kind, and some others."""
    first = {kind(step): number + 1 for number, step in reversed(list(enumerate(steps))) if is_write(step)}
    return [number for number in range(len(steps)) if soak or number % EVERY == 0 or number in first.values()]
