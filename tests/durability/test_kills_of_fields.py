"""P6 for what is particular about single fields: stages as tags, do-not-contact, owners, companies that are looked up.

Killed right before any step, and finished by fresh processes, a run ends as an uninterrupted one. No company is charged
for more than once, and none is asked for more than once beyond the kill.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.durability.final_state import difference, ending
from tests.durability.kill_scenarios import Theatre, chosen, kind
from tests.durability.launch import Launcher
from tests.durability.world import Stage

TABLES = """
[connections.sales.contacts.fields]
stage = { as = "tags", map = { "Replied" = "engaged", "Lost" = "lost", "Do Not Contact" = "blocked" } }
"""


def meetings(world: Stage) -> None:
    """People with stages, owners and companies who have never been synced."""
    gg, gh = world.gg, world.gh
    gg.companies.add("acme.example.com", industry="looms", size_range="11-50")
    gg.add(first_name="Ann", email="ann@acme.example.com", stage="Replied", label_names=["VIP"], user_id=78)
    gg.add(first_name="Bea", email="bea@nowhere.example.com", stage="Do Not Contact")
    gg.add(first_name="Cat", email="cat@gmail.com", stage="Unheard of", user_id=99)
    gh.add(firstName="Dan", email="dan@acme.example.com", tags=["stage:lost", "a"], dnd=True)
    gh.add(firstName="Eli", email="eli@beta.example.com", tags=["stage:lost", "stage:engaged"])
    gg.add(first_name="Fay", email="fay@acme.example.com", stage="Replied", city="Rome")
    gh.add(firstName="Fay", email="fay@acme.example.com", tags=["stage:lost"], city="Oslo", country="US")


def edits(world: Stage) -> None:
    """Stages changed and people whom nobody may contact any more, on either side."""
    gg, gh = world.gg, world.gh
    gg.companies.add("beta.example.com", industry="mills")
    gg.edit(world.left("Ann"), stage="Lost", label_names=["VIP", "met"])
    gh.edit(world.right("Cat"), dnd=True, website="https://beta.example.com")
    gh.edit(world.right("Eli"), tags=["stage:engaged"])
    gg.edit(world.left("Fay"), stage="do not contact")
    gg.add(first_name="Gus", email="gus@gamma.example.com", stage="Lost")


CHAPTERS = {"first": (meetings, ("run",)), "later": (edits, ("run", "--unguarded"))}


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """Both chapters, each carried out once without a kill."""
    world = Stage.made(tmp_path_factory.mktemp("world"))
    world.contacts |= {"enrich": "true", "conflicts": '"manual"'}
    world.tables = TABLES
    with world.gg, world.gh, Launcher() as launcher:
        yield Theatre.rehearsed(world, launcher, tmp_path_factory.mktemp("kept"), CHAPTERS)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_run_killed_right_before_a_step_ends_as_one_that_was_not(theatre: Theatre, name: str) -> None:
    chapter, broken = theatre.chapters[name], {}
    for step in chosen(chapter.steps):
        theatre.kill(name, step)
        if step % 4:
            theatre.finish(chapter.command, skip=0.0)
        theatre.finish(chapter.command)  # a run sees what another wrote in the same second once that second is over
        found = difference(chapter.told, ending(theatre.world))
        if found:
            broken[step, chapter.steps[step]] = found
        charged = Counter(theatre.world.gg.companies.charged)
        asked = Counter(call.query.get("domain") for call in theatre.world.gg.calls if "companies" in call.path)
        assert max(charged.values()) == 1
        assert max(asked.values(), default=0) <= 2, chapter.steps[step]
    assert broken == {}


def test_the_chapters_hold_every_kind_of_step(theatre: Theatre) -> None:
    kinds = {kind(step).split("?")[0] for chapter in theatre.chapters.values() for step in chapter.steps}
    wanted = {
        "GET /integrations/v1/companies/find", "commit company", "POST /contacts/ID/tags", "DELETE /contacts/ID/tags",
        "PUT /contacts/ID", "PATCH /integrations/v1/contacts/ID", "POST /contacts/", "POST /integrations/v1/contacts",
    }  # fmt: skip
    assert wanted <= kinds
