"""P2 and P6 for messages: killed right before any durable step, each is there once in the end, and in order."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.durability import message_steps
from tests.durability.kill_scenarios import Chapter as Played
from tests.durability.kill_scenarios import Theatre, chosen, kind
from tests.durability.launch import Launcher
from tests.durability.message_steps import CHAPTERS, ending
from tests.durability.snapshot import Snapshot


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """The chapters, each carried out once without a kill."""
    kept = tmp_path_factory.mktemp("kept")
    world = message_steps.made(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh, Launcher() as launcher:
        world.write_config()
        made = Theatre(world, launcher, {})
        for name, (happen, command, code) in CHAPTERS.items():
            world.clock.skip(10.0)
            happen(world)
            world.clock.skip(5.0)
            before = Snapshot.taken(world, kept / name)
            ended = launcher.carry_out(world, *command, "--yes")
            assert ended.code == code, ended.err
            made.finish(command)
            made.chapters[name] = Played(command, before, ended.steps, ending(world))
        yield made


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_run_killed_right_before_a_step_leaves_each_message_there_once(theatre: Theatre, name: str) -> None:
    chapter, broken = theatre.chapters[name], {}
    for step in chosen(chapter.steps):
        theatre.kill(name, step)
        theatre.finish(chapter.command, skip=0.0 if step % 2 else 2.0)
        found = difference(chapter.told, ending(theatre.world))
        if found:
            broken[step, chapter.steps[step]] = found
    assert broken == {}


def difference(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {part: (mine, other[part]) for part, mine in one.items() if mine != other[part]}


def test_the_chapters_hold_every_kind_of_step_about_messages(theatre: Theatre) -> None:
    steps = {kind(step).split("?")[0] for chapter in theatre.chapters.values() for step in chapter.steps}
    wanted = {"POST /integrations/v1/messages", "POST /contacts/ID/notes", "POST /contacts/"}
    assert wanted <= steps
    for method in ("PUT", "DELETE", "GET"):
        assert any(step.startswith(f"{method} /contacts/ID/notes") for step in steps), method
    assert any(step.startswith("GET /conversations/messages/email/") for step in steps)
