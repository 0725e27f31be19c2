"""R17 and P4: what a server silently does not take is reported once, also where it shows no empty fields."""

from dataclasses import replace

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.growthhub.sandbox.server import Quirks
from tests.end_to_end.world import World


@pytest.mark.parametrize("omits_null", [False, True])
def test_a_field_that_the_left_does_not_take_is_not_sent_again_and_again(world: World, omits_null: bool) -> None:
    world.options["lookback"] = '"10m"'
    world.gg.behaviour = replace(Behaviour(), omits_null=omits_null, ignored=frozenset({"city"}))
    right = world.gh.add(lastName="Example", email="ann@example.com")
    assert world.run().exit_code == 0
    world.gh.edit(right, city="Rome", companyName="Acme")
    assert world.run().exit_code == 0
    for _ in range(3):
        world.gh.edit(right, tags=["met"])  # so that the person is worked on
        with world.calls() as calls:
            assert world.run(skip=60).exit_code == 0
        assert not any("city" in (call.body or {}).get("contact", {}) for call in calls.to("PATCH"))
    assert world.gh.person(right)["city"] == "Rome"
    assert [row["rule"] for row in world.rows("SELECT rule FROM history WHERE field = 'city'")] == ["refused"]

    world.gh.edit(right, city="Bern")
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert [call.body["contact"]["city"] for call in calls.to("PATCH")] == ["Bern"]
    assert world.gh.person(right)["city"] == "Bern"


@pytest.mark.parametrize("side", ["left", "right"])
def test_what_a_user_types_where_a_value_was_not_taken_is_a_conflict_with_it(world: World, side: str) -> None:
    world.contacts["conflicts"] = '"manual"'
    if side == "left":
        world.gg.behaviour = replace(Behaviour(), ignored=frozenset({"city"}))
    else:
        world.gh.quirks = Quirks(drops=frozenset({"city"}))
    left = world.gg.add(last_name="Example", email="ann@example.com")
    assert world.run().exit_code == 0
    right = world.links()[left]

    def value(of: str) -> object:
        return world.gg.person(left)["city"] if of == "left" else world.gh.person(right).get("city")

    def edit(of: str, city: str) -> None:
        if of == "left":
            world.gg.edit(left, city=city)
        else:
            world.gh.edit(right, city=city)

    other = "right" if side == "left" else "left"
    edit(other, "Rome")
    assert world.run().exit_code == 0
    assert value(side) is None
    edit(side, "Bern")
    for _ in range(2):
        assert world.run().exit_code == 1
    (conflict,) = world.rows("SELECT * FROM conflict")
    assert (conflict[f"{other}_value"], conflict[f"{side}_value"]) == ('"Rome"', '"Bern"')
    assert (value(other), value(side)) == ("Rome", "Bern")
    edit(other, "Bern")
    assert world.run().exit_code == 0
    edit(side, "Oslo")
    assert world.run().exit_code == 0
    assert value(other) == "Oslo"
