"""P6, power loss: what was written last to the log is gone, and the next run goes on from what is left."""

from pathlib import Path

import pytest

from tests.durability.final_state import Told, difference, ending
from tests.durability.kill_scenarios import SOAK, Theatre
from tests.durability.snapshot import state_files

FRAME = 24 + 8192
"""Bytes of a frame in the -wal file: its head and a page."""

TEARS = {"half of the last frame": FRAME // 2, "the last frame": FRAME}


@pytest.mark.parametrize("tear", TEARS)
@pytest.mark.parametrize("name", ["later", "deletions", "undo"] if SOAK else ["later", "undo"])
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
