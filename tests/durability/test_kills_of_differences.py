"""P6 for differences that `newest` settles: our own first write hides when a record was changed before (R40).

People stand on both sides with other values and other dates, and both sides lack something, so that each pair takes a
write to either side. Killed right before any step, and finished by fresh processes, a run leaves the conflicts of one
that was not interrupted, with the same times, and the same winners.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.durability.final_state import Told, difference, ending
from tests.durability.kill_scenarios import Theatre, chosen
from tests.durability.launch import Launcher
from tests.durability.world import Stage

TIMES = "SELECT who, field, left_changed_ms, right_changed_ms FROM conflict ORDER BY who, field"


def meet(world: Stage, first: str, later: float, left: dict[str, Any], right: dict[str, Any]) -> None:
    """Put a person on both sides; the record at the right is so many seconds younger, or older below 0."""
    email = f"{first.lower().replace(' ', '.')}@example.com"
    if later < 0:
        world.gh.add(firstName=first, lastName="Reed", email=email, **right)
        world.clock.skip(-later)
    world.gg.add(first_name=first, last_name="Reed", email=email, **left)
    if later >= 0:
        world.clock.skip(later)
        world.gh.add(firstName=first, lastName="Reed", email=email, **right)
    world.clock.skip(0.5)


def first_meetings(world: Stage) -> None:
    """People whose values differ: the left is younger, the right is, or both are of the same second."""
    for number, later in enumerate((-40.0, 40.0, 0.0)):
        first = ("Lea", "Ron", "Sam")[number]
        left = {"city": "Chicago", "title": "CEO", "industry": "looms"}
        meet(world, first, later, left, {"city": "Austin", "companyName": "Acme", "website": "https://example.com/"})
        meet(world, f"{first} B", later, {"city": "Rome", "state": "LT"}, {"city": "Oslo", "tags": ["a"]})
        meet(world, f"{first} C", later, {"city": "Bern", "title": "CFO"}, {"city": "Kyiv"})


def edits(world: Stage) -> None:
    """The same values changed on both sides after a first sync, and others besides."""
    for number, later in enumerate((-40.0, 40.0, 0.3)):
        first = ("Lea", "Ron", "Sam")[number]
        if later < 0:
            world.gh.edit(world.right(first), city="Salem", companyName="Acme & Sons")
            world.clock.skip(-later)
        world.gg.edit(world.left(first), city="Dover", title="CRO")
        if later >= 0:
            world.clock.skip(later)
            world.gh.edit(world.right(first), city="Salem", companyName="Acme & Sons")
        world.clock.skip(0.5)


CHAPTERS = {"first": (first_meetings, ("run",)), "later": (edits, ("run", "--unguarded"))}


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """Both chapters, each carried out once without a kill."""
    world = Stage.made(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh, Launcher() as launcher:
        yield Theatre.rehearsed(world, launcher, tmp_path_factory.mktemp("kept"), CHAPTERS)


def told(world: Stage) -> Told:
    """Return what a world has come to, with the times of its conflicts."""
    return ending(world) | {"times": world.rows(TIMES)}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_killed_run_leaves_the_conflicts_and_winners_of_one_that_was_not(theatre: Theatre, name: str) -> None:
    chapter, broken = theatre.chapters[name], {}
    chapter.before.put_back(theatre.world)
    theatre.finish(chapter.command)
    whole = told(theatre.world)
    assert len(whole["conflicts"]) == 3  # those of the same second
    for step in chosen(chapter.steps):
        theatre.kill(name, step)
        if step % 2:
            theatre.finish(chapter.command, skip=0.0)
        theatre.finish(chapter.command)  # what was written within `settle` before a run shows to the next one
        found = difference(whole, told(theatre.world))
        if found:
            broken[step, chapter.steps[step]] = found
    assert broken == {}
