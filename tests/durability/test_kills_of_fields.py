"""P6 for special fields: stages as tags, do-not-contact, owners, company look-ups.

A run that is killed right before any step, and finished by new processes, has the outcome of an uninterrupted one. Each
company is charged once, and looked up at most once more after the kill.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.durability.final_state import difference, outcome_of
from tests.durability.kill_scenarios import KillScenarios, kind
from tests.durability.launch import shared_launcher
from tests.durability.world import KillWorld

TABLES = """
[connections.sales.contacts.fields]
stage = { as = "tags", map = { "Replied" = "engaged", "Lost" = "lost", "Do Not Contact" = "blocked" } }
"""


def meetings(world: KillWorld) -> None:
    """Add contacts with stages, owners and companies that were never synced."""
    gg, gh = world.gg, world.gh
    gg.companies.add("acme.example.com", industry="looms", size_range="11-50")
    gg.add(first_name="Ann", email="ann@acme.example.com", stage="Replied", label_names=["VIP"], user_id=78)
    gg.add(first_name="Bea", email="bea@nowhere.example.com", stage="Do Not Contact")
    gg.add(first_name="Cat", email="cat@gmail.com", stage="Unheard of", user_id=99)
    gh.add(firstName="Dan", email="dan@acme.example.com", tags=["stage:lost", "a"], dnd=True)
    gh.add(firstName="Eli", email="eli@beta.example.com", tags=["stage:lost", "stage:engaged"])
    gg.add(first_name="Fay", email="fay@acme.example.com", stage="Replied", city="Rome")
    gh.add(firstName="Fay", email="fay@acme.example.com", tags=["stage:lost"], city="Oslo", country="US")


def edits(world: KillWorld) -> None:
    """Change stages, and block contacts, on either side."""
    gg, gh = world.gg, world.gh
    gg.companies.add("beta.example.com", industry="mills")
    gg.edit(world.left("Ann"), stage="Lost", label_names=["VIP", "met"])
    gh.edit(world.right("Cat"), dnd=True, website="https://beta.example.com")
    gh.edit(world.right("Eli"), tags=["stage:engaged"])
    gg.edit(world.left("Fay"), stage="do not contact")
    gg.add(first_name="Gus", email="gus@gamma.example.com", stage="Lost")


SCENARIOS = {"first": (meetings, ("run",)), "later": (edits, ("run", "--unguarded"))}


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillScenarios]:
    """Return both scenarios, each run once without a kill."""
    world = KillWorld.create(tmp_path_factory.mktemp("world"))
    world.contacts |= {"enrich": "true", "conflicts": '"manual"'}
    world.tables = TABLES
    with world.gg, world.gh:
        yield KillScenarios.record(world, shared_launcher(), tmp_path_factory.mktemp("kept"), SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_killed_right_before_a_step_has_the_outcome_of_one_that_was_not(
    scenarios: KillScenarios, name: str
) -> None:
    scenario, broken = scenarios.by_name[name], {}
    for step in scenarios.steps_to_kill(name):
        scenarios.kill(name, step)
        if step % 4:
            scenarios.finish(scenario.command, skip=0.0)
        scenarios.finish(scenario.command)  # a run sees what another wrote in the same second once that second is over
        found = difference(scenario.outcome, outcome_of(scenarios.world))
        if found:
            broken[step, scenario.steps[step]] = found
        charged = Counter(scenarios.world.gg.companies.charged)
        asked = Counter(call.query.get("domain") for call in scenarios.world.gg.calls if "companies" in call.path)
        assert max(charged.values()) == 1
        assert max(asked.values(), default=0) <= 2, scenario.steps[step]
    assert broken == {}


def test_the_scenarios_contain_every_kind_of_step(scenarios: KillScenarios) -> None:
    kinds = {kind(step).split("?")[0] for scenario in scenarios.by_name.values() for step in scenario.steps}
    wanted = {
        "GET /integrations/v1/companies/find", "commit company", "POST /contacts/ID/tags", "DELETE /contacts/ID/tags",
        "PUT /contacts/ID", "PATCH /integrations/v1/contacts/ID", "POST /contacts/", "POST /integrations/v1/contacts",
    }  # fmt: skip
    assert wanted <= kinds
