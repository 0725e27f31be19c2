"""P6, a full disk: wherever it strikes, the run says what is full, and the next one with space ends as without that."""

import pytest

from tests.durability.final_state import difference, ending
from tests.durability.kill_scenarios import SOAK, Theatre, chosen
from tests.durability.world import CHAPTERS


@pytest.mark.parametrize("name", CHAPTERS if SOAK else ("first", "undo"))
def test_a_run_whose_disk_is_full_from_a_step_on_says_so_and_is_finished_with_space(
    theatre: Theatre, name: str
) -> None:
    chapter, broken = theatre.chapters[name], {}
    codes: set[int] = set()
    for step in chosen(chapter.steps):
        ended = theatre.fill_disk(name, step)
        codes.add(ended.code)
        told = ended.code != 3 or (str(theatre.world.state_path) in ended.err and "free some space" in ended.err)
        theatre.finish(chapter.command, skip=0.0 if step % 2 else 2.0)
        found = difference(chapter.told, ending(theatre.world))
        if found or not told:
            broken[step, chapter.steps[step]] = (ended.code, ended.err, found)
    assert broken == {}
    assert 3 in codes
    assert codes <= {3, 1}  # 1: nothing was left to be written
