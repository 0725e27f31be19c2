"""P6: killed right before any durable step, and finished by fresh processes, a run ends as an uninterrupted one.

Every run is a process of its own on a real state file and is ended by SIGKILL.
"""

import pytest

from tests.durability.final_state import difference, ending
from tests.durability.kill_scenarios import Theatre, chosen, kind
from tests.durability.world import CHAPTERS


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
