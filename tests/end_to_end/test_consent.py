"""Whoever may not be contacted on one side may not be on the other, and no run takes that back (P5)."""

from typing import Any

import pytest

from tests.end_to_end.world import World

STAGE = "Do Not Contact"
ADA: dict[str, Any] = {"email": "ada@example.com"}


def linked(world: World, stage: str | None = "Replied") -> tuple[str, str]:
    """Return the ids of a contact that is on both sides and has come to rest."""
    left = world.gg.add(first_name="Ada", stage=stage, **ADA)
    assert world.run().exit_code == 0
    assert world.run().exit_code == 0
    return left, world.links()[left]


def at_rest(world: World) -> bool:
    """Return whether the third run writes nothing."""
    world.run()
    world.run()
    with world.calls() as calls:
        report = world.run()
    return (report.exit_code, calls.writes) == (0, [])


def dnd(world: World, right: str) -> bool:
    return bool(world.gh.person(right).get("dnd"))


def rules_of(world: World, field: str) -> list[tuple[Any, ...]]:
    return [
        (row["account"], row["old"], row["new"], row["rule"])
        for row in world.rows("SELECT account, old, new, rule FROM history WHERE field = ? ORDER BY id", field)
    ]


def test_a_stage_becomes_do_not_disturb_and_is_synced_as_a_stage_too(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, stage="do not contact")
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert [call.body["dnd"] for call in calls.to("PUT")] == [True]
    assert dnd(world, right)
    assert world.gh.custom(right, "contact.stage") == "do not contact"
    assert at_rest(world)
    assert rules_of(world, "do_not_contact") == [("gh", "null", '"true"', "carried")]


def test_do_not_disturb_becomes_a_stage_and_the_old_one_is_in_the_history(world: World) -> None:
    left, right = linked(world)
    world.gh.edit(right, dnd=True)
    world.run()
    assert world.gg.person(left)["stage"] == STAGE
    assert at_rest(world)
    assert world.gh.custom(right, "contact.stage") == STAGE
    assert rules_of(world, "stage")[-1] == ("gh", '"Replied"', f'"{STAGE}"', "carried")
    assert rules_of(world, "do_not_contact") == [("gg", "null", '"true"', "carried")]


@pytest.mark.parametrize("side", ["left", "right"])
def test_what_a_user_takes_back_stays_set_on_the_other_side(world: World, side: str) -> None:
    left, right = linked(world, STAGE)
    assert dnd(world, right)
    if side == "left":
        world.gg.edit(left, stage="Interested")
    else:
        world.gh.edit(right, dnd=False)
    assert at_rest(world)
    assert dnd(world, right) == (side == "left")
    assert (world.gg.person(left)["stage"] == STAGE) == (side == "right")


def test_what_a_user_takes_back_is_synced_where_the_config_lets_it(world: World) -> None:
    world.tables = "[connections.sales.contacts.fields]\ndo_not_contact = { loosen = true }\n"
    left, right = linked(world, STAGE)
    world.gg.edit(left, stage="Interested")
    assert at_rest(world)
    assert not dnd(world, right)
    world.gg.edit(left, stage=STAGE)
    assert at_rest(world)
    world.gh.edit(right, dnd=False)
    assert at_rest(world)
    assert (world.gg.person(left)["stage"], world.gh.custom(right, "contact.stage")) == (None, None)


def test_a_stage_from_the_other_side_does_not_take_the_place_of_do_not_contact(world: World) -> None:
    left, right = linked(world, STAGE)
    world.gh.edit(right, custom={"contact.stage": "Lost"})
    report = world.run()
    assert (report.exit_code, report.streams["contacts"].unmapped) == (0, 1)
    assert at_rest(world)
    assert (world.gg.person(left)["stage"], dnd(world, right)) == (STAGE, True)
    assert rules_of(world, "stage")[-1] == ("gg", f'"{STAGE}"', '"Lost"', "refused")


@pytest.mark.parametrize("policy", ["newest", "left", "right", "manual"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_two_contacts_that_meet_are_both_left_alone_when_one_of_them_is(world: World, policy: str, side: str) -> None:
    world.contacts["conflicts"] = f'"{policy}"'
    world.gh.add_field("Stage")
    left = world.gg.add(stage=STAGE if side == "left" else "Replied", **ADA)
    world.clock.skip(5)
    right = world.gh.add(dnd=side == "right", custom={"contact.stage": "Lost"}, **ADA)
    for _ in range(3):
        world.run(unguarded=True)
    assert dnd(world, right)
    assert world.gg.person(left)["stage"] == STAGE
    with world.calls() as calls:
        world.run()
    assert calls.writes == []


def test_a_contact_created_on_the_other_side_may_not_be_contacted_there_either(world: World) -> None:
    world.gh.add_field("Stage")
    left = world.gg.add(first_name="Ada", status="DO NOT CONTACT", **ADA)
    right = world.gh.add(firstName="Bo", dnd=True, custom={"contact.stage": "Lost"}, email="bo@example.com")
    world.run()
    assert world.at_right(left)["dnd"] is True
    made = {other: mine for mine, other in world.links().items()}[right]
    assert world.gg.person(made)["stage"] == STAGE
    assert at_rest(world)
    assert world.gh.custom(right, "contact.stage") == STAGE
    assert rules_of(world, "stage")[-1] == ("gh", '"Lost"', f'"{STAGE}"', "do_not_contact")


def test_a_contact_created_with_a_stage_that_says_so_may_not_be_contacted_where_the_contact_came_from(
    world: World,
) -> None:
    world.gh.add_field("Stage")
    right = world.gh.add(firstName="Bo", custom={"contact.stage": STAGE}, email="bo@example.com")
    assert at_rest(world)
    assert dnd(world, right)


def test_an_edit_behind_the_horizon_is_not_undone_by_a_stage_that_is_on_its_way(world: World) -> None:
    left, right = linked(world)
    world.gh.edit(right, custom={"contact.stage": "Lost"})
    called = iter([True])

    def meanwhile(call: Any) -> None:
        if call.method == "GET" and call.path.endswith(f"/contacts/{left}") and next(called, False):
            world.gg.edit(left, stage=STAGE)

    world.gg.before_answer = meanwhile
    world.run()
    assert at_rest(world)
    assert (world.gg.person(left)["stage"], dnd(world, right)) == (STAGE, True)
