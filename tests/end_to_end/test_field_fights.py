"""A field that two automations change back and forth is frozen and listed; nothing else of the contact stops (P5)."""

from collections.abc import Callable

from tests.end_to_end.world import World


def fight(world: World, rounds: int, between: Callable[[], None] = lambda: None) -> tuple[str, str]:
    """Let an automation at each side put its own company back after each run; return both ids."""
    left = world.gg.add(first_name="Ann", email="ann@example.com", company_name="Acme Inc")
    assert world.run().exit_code == 0
    right = world.links()[left]
    for _ in range(rounds):
        for side in ("right", "left"):
            if side == "right" and world.gh.person(right)["companyName"] != "ACME":
                world.gh.edit(right, companyName="ACME")
            if side == "left" and world.gg.person(left)["company_name"] != "Acme Inc":
                world.gg.edit(left, company_name="Acme Inc")
            between()
            world.run(skip=300)
    return left, right


def test_a_fight_is_frozen_and_listed_and_the_rest_of_the_contact_goes_on(world: World) -> None:
    left, right = fight(world, 8)
    status = world.sync("status", "--json").document["connections"][0]
    assert (status["conflicts"], status["fights"]) == (1, 1)
    (conflict,) = world.sync("conflicts", "list", "--json").document["conflicts"]
    assert conflict["field"] == "company"
    assert "back and forth" in conflict["reason"]
    assert "frozen" in world.sync("status").out
    assert "back and forth" in world.sync("conflicts", "show", str(conflict["id"])).out
    world.gg.edit(left, title="CTO", company_name="Acme Inc.")
    with world.calls() as calls:
        assert world.run(skip=300).exit_code == 1
    assert len(calls.to("PUT")) == 1  # the title alone
    assert world.gh.person(right)["companyName"] == "ACME"


def test_a_settled_fight_is_written_and_may_begin_again(world: World) -> None:
    _, right = fight(world, 6)
    (conflict,) = world.sync("conflicts", "list", "--json").document["conflicts"]
    assert world.sync("conflicts", "resolve", str(conflict["id"]), "--left").code == 0
    assert world.run(skip=300).exit_code == 0
    assert world.gh.person(right)["companyName"] == "Acme Inc"
    world.gh.edit(right, companyName="Other")
    assert world.run(skip=300).exit_code == 0
    assert world.gg.people()[0]["company_name"] == "Other"


def test_after_a_day_the_next_edit_ends_a_fight(world: World) -> None:
    left, right = fight(world, 6)
    world.clock.skip(90_000)
    world.gg.edit(left, company_name="New")
    world.gh.edit(right, companyName="New")
    assert world.run().exit_code == 0
    assert world.sync("conflicts", "list", "--json").document["conflicts"] == []


def test_what_forbids_contact_is_never_frozen(world: World) -> None:
    world.tables = '[connections.sales.contacts.fields]\nstage = { as = "tags" }\n'
    left = world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    right = world.links()[left]
    for number in range(8):
        world.gh.edit(right, dnd=number % 2 == 0)
        world.run(skip=300)
    world.gh.edit(right, dnd=True)
    world.run(skip=300)
    assert "not contact" in str(world.gg.person(left)).lower()
