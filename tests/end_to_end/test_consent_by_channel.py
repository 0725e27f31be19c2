"""A contact that blocked e-mail at GrowthHub is not written to from GrowthGenius, and no run takes any of it back."""

from typing import Any

import pytest

from connectors.sandbox.base import Fault
from tests.end_to_end.test_consent import STAGE, at_rest, dnd, linked
from tests.end_to_end.world import World

ALL = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")


def blocked(status: str, *channels: str) -> dict[str, Any]:
    return {each: {"status": status if each in channels else "inactive", "message": "", "code": ""} for each in ALL}


def stage(world: World, left: str) -> Any:
    return world.gg.person(left).get("stage")


def channels(text: str) -> str:
    return f"[connections.sales.contacts.fields]\ndo_not_contact = {{ {text} }}\n"


@pytest.mark.parametrize("status", ["active", "permanent"])
def test_an_unsubscribe_or_a_bounce_becomes_do_not_contact(world: World, status: str) -> None:
    left, right = linked(world)
    world.gh.edit(right, dndSettings=blocked(status, "Email"))
    world.run()
    assert stage(world, left) == STAGE
    assert at_rest(world)
    shown = world.gh.person(right)
    assert (dnd(world, right), shown["dndSettings"]) == (False, blocked(status, "Email"))


def test_stop_by_text_message_leaves_e_mail_alone_unless_the_config_says_otherwise(world: World) -> None:
    left, right = linked(world)
    world.gh.edit(right, dndSettings=blocked("permanent", "SMS"))
    assert at_rest(world)
    assert stage(world, left) == "Replied"
    world.tables = channels('channels = ["Email", "SMS"]')
    assert world.run().exit_code == 0
    assert stage(world, left) == STAGE
    assert at_rest(world)


def test_all_channels_blocked_one_by_one_are_do_not_contact_whatever_counts(world: World) -> None:
    world.tables = channels("channels = []")
    left, right = linked(world)
    world.gh.edit(right, dndSettings=blocked("active", "Email"))
    assert at_rest(world)
    assert stage(world, left) == "Replied"
    world.gh.edit(right, dndSettings=blocked("active", *ALL))
    assert at_rest(world)
    assert (stage(world, left), dnd(world, right)) == (STAGE, False)


def test_a_channel_that_is_opened_again_frees_the_contact_at_growthhub_alone(world: World) -> None:
    left, right = linked(world)
    world.gh.edit(right, dndSettings=blocked("active", "Email"))
    assert at_rest(world)
    world.gh.edit(right, dndSettings=blocked("inactive"))
    assert at_rest(world)
    assert stage(world, left) == STAGE


@pytest.mark.parametrize("loosen", [False, True])
def test_no_run_opens_a_channel_that_a_user_blocked(world: World, *, loosen: bool) -> None:
    world.tables = channels(f"loosen = {str(loosen).lower()}")
    left, right = linked(world)
    world.gh.edit(right, dnd=True, dndSettings=blocked("permanent", "Email"))
    assert at_rest(world)
    world.gg.edit(left, stage="Interested")
    with world.calls() as calls:
        assert at_rest(world)
    assert not [call for call in calls.to("PUT") if {"dnd", "dndSettings"} & set(call.body)]
    assert (dnd(world, right), world.gh.person(right)["dndSettings"]) == (True, blocked("permanent", "Email"))


def test_only_dnd_is_written_over_a_blocked_channel_of_another_kind(world: World) -> None:
    left, right = linked(world)
    world.gh.edit(right, dndSettings=blocked("permanent", "SMS"))
    assert at_rest(world)
    world.gg.edit(left, stage=STAGE)
    with world.calls() as calls:
        assert at_rest(world)
    sent = [call.body.keys() - {"customFields"} for call in calls.to("PUT")]
    assert [keys for keys in sent if keys] == [{"dnd"}]
    assert world.gh.person(right)["dndSettings"] == blocked("permanent", "SMS")


@pytest.mark.parametrize("policy", ["newest", "left", "right", "manual"])
def test_a_contact_that_meets_with_a_blocked_address_may_not_be_contacted(world: World, policy: str) -> None:
    world.contacts["conflicts"] = f'"{policy}"'
    left = world.gg.add(email="ada@example.com", stage="Interested")
    world.gh.add(email="ada@example.com", dndSettings=blocked("permanent", "Email"))
    for _ in range(3):
        world.run(unguarded=True)
    assert stage(world, left) == STAGE


def test_a_contact_that_is_created_at_growthgenius_with_a_blocked_address_may_not_be_contacted_there(
    world: World,
) -> None:
    right = world.gh.add(firstName="Bo", email="bo@example.com", dndSettings=blocked("active", "Email"))
    assert at_rest(world)
    assert world.at_left(right)["stage"] == STAGE


@pytest.mark.parametrize("kind", ["unsubscribed", "bounced"])
@pytest.mark.parametrize("loosen", [False, True])
def test_an_address_that_a_create_turns_out_to_have_lost_is_reported_to_its_source(
    world: World, kind: str, *, loosen: bool
) -> None:
    world.tables = channels(f"loosen = {str(loosen).lower()}")
    setattr(world.gh, kind, {"ada@example.com"})
    left = world.gg.add(first_name="Ada", stage="Interested", email="ada@example.com")
    other = world.gg.add(first_name="Bo", stage="Interested", email="bo@example.com")
    assert world.run().exit_code == 0
    assert (stage(world, left), stage(world, other)) == (STAGE, "Interested")
    assert at_rest(world)
    world.gh.edit(world.links()[left], firstName="Adele")
    assert at_rest(world)
    assert (stage(world, left), world.gg.person(left)["first_name"]) == (STAGE, "Adele")


def test_a_create_with_a_lost_answer_is_reported_too_where_the_record_shows_it(world: World) -> None:
    left = world.gg.add(first_name="Ada", stage="Interested", email="ada@example.com")
    add = world.gh._add

    def knowing(properties: Any, custom: Any) -> str:
        return add({**properties, "dndSettings": blocked("permanent", "Email")}, custom)

    vars(world.gh)["_add"] = knowing
    world.gh.faults.append(Fault("reset_after", method="POST", path="/contacts/", times=1))
    world.run()
    assert at_rest(world)
    assert stage(world, left) == STAGE
    assert len(world.gh.people()) == 1


def test_a_contact_that_blocked_e_mail_before_channels_counted_is_found_after_the_upgrade(world: World) -> None:
    world.tables = channels("channels = []")
    left, right = linked(world)
    world.gh.edit(right, dndSettings=blocked("active", "Email"))
    assert at_rest(world)
    assert stage(world, left) == "Replied"
    world.tables = ""
    world.run()
    assert stage(world, left) == STAGE
