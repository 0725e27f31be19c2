"""R17 and P4: what a server silently does not take is reported once, also where it shows no empty fields."""

from dataclasses import replace

import pytest

from connectors.growthgenius.sandbox import Behaviour
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
