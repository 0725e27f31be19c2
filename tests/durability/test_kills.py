"""P6: killed right before any durable step, and finished by fresh processes, a run ends as an uninterrupted one.

Every run is a process of its own on a real state file and is ended by SIGKILL. By default it is ended
after the first write of each kind and at every sixth of the other steps; with SOAK=1 in the environment, all of them.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.durability.ending import Told, difference, ending
from tests.durability.launch import Launcher
from tests.durability.snapshot import Snapshot, state_files
from tests.durability.stage import BAD_RUN, CHAPTERS, Command, Stage

SOAK = bool(os.environ.get("SOAK"))
EVERY = 6
RUNS = 6
FRAME = 24 + 8192
"""Bytes of a frame in the -wal file: its head and a page."""


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

    def finish(self, command: Command, skip: float = 2.0) -> None:
        """Carry out a command again until it has nothing left to do."""
        for number in range(RUNS):
            ended = self.launcher.carry_out(self.world, *command, "--yes", skip=2.0 if number else skip)
            assert ended.code in (0, 1), ended.err
            if not any(map(is_write, ended.steps)) and not self.world.rows("SELECT * FROM intent"):
                return
        raise AssertionError(f"{RUNS} runs later there is still something to write")

    def kill(self, name: str, step: int) -> None:
        """Let the chapter begin anew, and kill its command right before a step."""
        chapter = self.chapters[name]
        chapter.before.put_back(self.world)
        ended = self.launcher.carry_out(self.world, *chapter.command, "--yes", kill_at=step)
        assert ended.code == -9, (chapter.steps[step], ended.err)


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


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """The chapters, each carried out once without a kill."""
    kept = tmp_path_factory.mktemp("kept")
    world = Stage.made(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh, Launcher() as launcher:
        world.write_config()
        made = Theatre(world, launcher, {})
        for name, (happen, words) in CHAPTERS.items():
            world.clock.skip(10.0)
            happen(world)
            command = tuple(world.bad if word == BAD_RUN else word for word in words)
            world.clock.skip(5.0)
            before = Snapshot.taken(world, kept / name)
            ended = launcher.carry_out(world, *command, "--yes")
            assert ended.code == 1, ended.err  # each chapter leaves a conflict or a failure open
            made.finish(command)
            made.chapters[name] = Chapter(command, before, ended.steps, ending(world))
        yield made


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_run_killed_right_before_a_step_ends_as_one_that_was_not(theatre: Theatre, name: str) -> None:
    chapter, broken = theatre.chapters[name], {}
    for step in chosen(chapter.steps):
        theatre.kill(name, step)
        theatre.finish(chapter.command, skip=0.0 if step % 2 else 2.0)
        found = difference(chapter.told, ending(theatre.world))
        if found:
            broken[step, chapter.steps[step]] = found
    assert broken == {}


def test_the_chapters_hold_every_kind_of_step(theatre: Theatre) -> None:
    kinds = {kind(step).split("?")[0] for chapter in theatre.chapters.values() for step in chapter.steps}
    wanted = {
        "PATCH /integrations/v1/contacts/ID", "POST /integrations/v1/contacts", "DELETE /integrations/v1/contacts/ID",
        "PUT /contacts/ID", "POST /contacts/", "DELETE /contacts/ID", "POST /contacts/ID/tags",
        "DELETE /contacts/ID/tags", "commit intent", "commit cursor", "commit conflict", "set user_version",
        "commit intent held",
    }  # fmt: skip
    assert wanted <= kinds
    assert any(step.startswith("POST") and step.endswith("/customFields") for step in kinds)


TEARS = {"half of the last frame": FRAME // 2, "the last frame": FRAME}


@pytest.mark.parametrize("tear", TEARS)
@pytest.mark.parametrize("name", ["later", "deletions", "undo"])
def test_a_log_that_was_cut_off_after_a_kill_leads_to_the_same_end(theatre: Theatre, name: str, tear: str) -> None:
    chapter, broken = theatre.chapters[name], {}
    writes = [number for number, step in enumerate(chapter.steps) if step.startswith("commit")]
    for step in writes if SOAK else writes[len(tear) % 5 :: 5]:
        theatre.kill(name, step)
        if not cut_off(theatre.world.folder, TEARS[tear]):
            continue
        theatre.finish(chapter.command)
        found = difference(without_history(chapter.told), without_history(ending(theatre.world)))
        if found:
            broken[step, chapter.steps[step]] = found
    assert broken == {}


def cut_off(folder: Path, count: int) -> bool:
    """Cut so many bytes off the log, as a power loss does; the shared memory beside it is gone then too."""
    log = folder / "sync.db-wal"
    if not log.exists() or log.stat().st_size <= count:
        return False
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - count)
    for file_of_memory in (each for each in state_files(folder) if each.name.endswith("-shm")):
        file_of_memory.unlink()
    return True


def without_history(told: Told) -> Told:
    """Leave out what a commit that was torn off took with it: what was overwritten, and whose tags were spelled how."""
    return {part: rows for part, rows in told.items() if part != "history"}
