"""A disk that fills up while a run observes or writes: it says so, and the next one loses and doubles no contact."""

import sqlite3
from typing import Any

import pytest

from state.errors import StateUnwritable
from state.file import StateFile
from state.staging import Staging
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World
from tests.thorough import THOROUGH

COUNT = 60
STATE_PAGES = (0, 1, 2, 4, 6) if THOROUGH else (0, 2, 6)
STAGE_PAGES = (0, 1, 4, 12) if THOROUGH else (0, 4)


def people(world: World) -> None:
    for number in range(COUNT):
        address = f"ann{number}@example.com"
        world.gg.add(first_name="Ann", last_name=f"Number {number}", email=address, keywords="crm " * 50)


def limit_state(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Let the state file grow by no more than so many pages after it is opened."""
    opening = StateFile.open.__func__  # type: ignore[attr-defined]

    def opened(cls: type[StateFile], path: Any) -> StateFile:
        state: StateFile = opening(cls, path)
        present = state.db.execute("PRAGMA page_count").fetchone()[0]
        state.db.execute(f"PRAGMA max_page_count = {present + pages}")
        return state

    monkeypatch.setattr(StateFile, "open", classmethod(opened))


def limit_stage(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Let the stage have no more than so many pages beyond its tables."""
    make = Staging.__init__

    def made(stage: Staging, state: StateFile) -> None:
        make(stage, state)
        present = state.db.execute("PRAGMA stage.page_count").fetchone()[0]
        state.db.execute(f"PRAGMA stage.max_page_count = {present + pages}")

    monkeypatch.setattr(Staging, "__init__", made)


@pytest.mark.parametrize(
    ("limit", "pages"),
    [*((limit_state, pages) for pages in STATE_PAGES), *((limit_stage, pages) for pages in STAGE_PAGES)],
)
def test_a_run_that_ran_out_of_space_is_carried_on_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: Any, pages: int
) -> None:
    people(world)
    with monkeypatch.context() as full:
        limit(full, pages)
        with pytest.raises(StateUnwritable, match="database or disk is full") as result:
            world.run()
    assert str(world.state_path) in str(result.value)
    assert isinstance(result.value.__cause__, sqlite3.OperationalError)
    for _ in range(2):
        assert world.run().exit_code == 0
    assert len(world.gg.people()) == len(world.gh.people()) == len(world.links()) == COUNT
    assert world.rows("SELECT * FROM intent") == []
    assert differences(world) == []


def test_what_cannot_be_printed_is_reported_by_the_exit_code(world: World) -> None:
    people(world)
    world.write_config()
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        process = world.start("run", "--json", skip=2.0, stdout=full)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "the output cannot be written" in said
    assert len(world.links()) == COUNT
