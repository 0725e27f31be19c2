"""Own fields are reordered, added, removed and renamed in the config: each keeps what was agreed on for it (R18)."""

import pytest

from tests.end_to_end.world import World

ALPHA, BETA, GAMMA = (
    f'[connections.sales.contacts.fields.{name}]\ngrowthgenius = "custom{number}"\ngrowthhub = "contact.{name}"\n'
    for number, name in enumerate(("alpha", "beta", "gamma"), 1)
)


def people_at_rest(world: World, *fields: str, count: int = 3) -> list[str]:
    """Return contacts with a value in all three fields, in sync under these fields of the config."""
    world.tables = "".join(fields)
    for name in ("Alpha", "Beta", "Gamma"):
        world.gh.add_field(name, "TEXT")
    found = [
        world.gg.add(
            email=f"p{each}@example.com", custom1=f"alpha {each}", custom2=f"beta {each}", custom3=f"gamma {each}"
        )
        for each in range(count)
    ]
    world.run()
    quiet(world)
    return found


def quiet(world: World) -> None:
    """A run has nothing to write and nothing to decide."""
    with world.calls() as calls:
        report = world.run()
    assert calls.writes == []
    assert report.exit_code == 0


def test_fields_in_another_order_are_no_change_at_all(world: World) -> None:
    people = people_at_rest(world, ALPHA, BETA, GAMMA)
    with world.calls() as before:
        quiet(world)
    world.tables = GAMMA + ALPHA + BETA
    with world.calls() as after:
        quiet(world)
    assert after.counts == before.counts  # nothing is read in full
    world.gg.edit(people[0], title="CEO")  # its link is stored again
    assert world.run().exit_code == 0
    world.clock.skip(60)
    world.gg.edit(people[0], custom1="new", custom2=None)
    assert world.run().exit_code == 0
    right = world.links()[people[0]]
    assert world.gh.custom(right, "contact.alpha") == "new"
    assert not world.gh.custom(right, "contact.beta")
    assert world.gh.custom(right, "contact.gamma") == "gamma 0"
    world.gg.add(email="new@example.com", custom1="a", custom2="b", custom3="c")
    assert world.run().exit_code == 0
    quiet(world)
    world.tables = ALPHA + BETA + GAMMA
    quiet(world)
    comparison = world.run(dry_run=True, whole=True, compared=True).comparison
    assert comparison is not None
    assert comparison.agree


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((BETA, GAMMA), (ALPHA, BETA, GAMMA)),
        ((ALPHA, BETA, GAMMA), (ALPHA, GAMMA)),
        ((ALPHA, BETA, GAMMA), (GAMMA, BETA.replace("fields.beta", "fields.second"), ALPHA)),
    ],
    ids=["added in front", "removed from the middle", "renamed"],
)
def test_a_field_that_stays_keeps_what_was_agreed_on_when_others_come_and_go(
    world: World, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    people = people_at_rest(world, *before)
    world.clock.skip(60)
    world.gh.edit(world.links()[people[0]], custom={"contact.gamma": "edited"})
    world.gg.edit(people[1], custom3=None)
    world.tables = "".join(after)
    assert world.run().exit_code == 0
    assert world.gg.person(people[0])["custom3"] == "edited"
    assert not world.gh.custom(world.links()[people[1]], "contact.gamma")
    assert world.rows("SELECT * FROM conflict") == []
    quiet(world)
    assert {world.gg.person(one)["custom2"] for one in people} == {"beta 0", "beta 1", "beta 2"}
