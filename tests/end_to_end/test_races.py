"""R19 and R21: an edit made while another is being carried is neither overwritten nor swallowed by a shadow."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.sandbox.base import Call, SandboxResponse
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World


def linked(world: World) -> tuple[str, str]:
    """Add a contact on both sides, in sync, and return her ids."""
    left = world.gg.add(
        first_name="Ann", last_name="Example", email="ann@example.com", title="CEO", label_names=["VIP"]
    )
    assert world.run().exit_code == 0
    return left, world.links()[left]


def once(world: World, account: str, method: str, act: Callable[[], None]) -> None:
    """Let something happen just before the next call of a method to one contact at an account is carried out."""
    server = world.gg if account == "gg" else world.gh

    def strike(call: Call) -> None:
        if call.method == method and "/contacts/" in call.path and "search" not in call.path:
            server.before_answer = None
            world.clock.skip(3)
            act()

    server.before_answer = strike


@pytest.mark.parametrize("moment", ["GET", "PUT"])
def test_an_edit_of_another_field_at_the_target_meanwhile_is_synced_back(world: World, moment: str) -> None:
    left, right = linked(world)
    world.gg.edit(left, title="CTO", label_names=["VIP", "New"])
    once(world, "gh", moment, lambda: world.gh.edit(right, companyName="Acme", tags=["vip", "hot"]))
    assert world.run().exit_code == 0
    assert world.gh.person(right)["companyName"] == "Acme"
    assert set(world.gh.person(right)["tags"]) == {"vip", "new", "hot"}

    assert world.run().exit_code == 0
    assert world.gg.person(left)["company_name"] == "Acme"
    assert {label.casefold() for label in world.gg.person(left)["label_names"]} == {"vip", "new", "hot"}
    assert world.gg.person(left)["title"] == "CTO"
    assert differences(world) == []


@pytest.mark.parametrize("moment", ["GET", "PATCH"])
def test_an_edit_of_another_field_at_the_left_meanwhile_is_synced_back(world: World, moment: str) -> None:
    left, right = linked(world)
    world.gh.edit(right, companyName="Acme")
    once(world, "gg", moment, lambda: world.gg.edit(left, title="CTO", label_names=["VIP", "New"]))
    assert world.run().exit_code == 0
    assert world.run().exit_code == 0
    assert world.gg.person(left)["company_name"] == "Acme"
    assert world.gh.custom(right, "contact.job_title") == "CTO"
    assert set(world.gh.person(right)["tags"]) == {"vip", "new"}
    assert differences(world) == []


def test_a_later_edit_of_the_same_field_at_the_target_wins_over_the_one_that_is_being_carried(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="Older")
    once(world, "gh", "GET", lambda: world.gh.edit(right, companyName="Newer"))
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.to("PUT") == []
    assert world.gh.person(right)["companyName"] == "Newer"
    assert world.run().exit_code == 0
    assert world.gg.person(left)["company_name"] == "Newer"
    assert differences(world) == []


@pytest.mark.parametrize("moment", ["GET", "PUT"])
def test_an_edit_at_the_source_meanwhile_is_carried_by_the_next_run(world: World, moment: str) -> None:
    left, right = linked(world)
    world.gg.edit(left, company_name="First")
    once(world, "gh", moment, lambda: world.gg.edit(left, company_name="Second", title="CTO"))
    assert world.run().exit_code == 0
    assert world.run().exit_code == 0
    assert world.gh.person(right)["companyName"] == "Second"
    assert world.gh.custom(right, "contact.job_title") == "CTO"
    assert world.gg.person(left)["company_name"] == "Second"
    assert differences(world) == []


def test_an_edit_of_a_contact_at_the_moment_of_its_creation_is_not_swallowed(world: World) -> None:
    world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    made: list[str] = []

    def strike(call: Call) -> None:
        people = world.gh.people()
        if people and not made:
            made.append(people[0]["id"])
            world.clock.skip(3)
            world.gh.edit(made[0], companyName="Acme")

    world.gh.before_answer = strike
    world.gg.add(first_name="Bob", last_name="Example", email="bob@example.com")
    assert world.run().exit_code == 0
    assert world.run().exit_code == 0
    assert world.at_left(made[0])["company_name"] == "Acme"
    assert differences(world) == []


@pytest.mark.parametrize("answers", ["full", "mini", "empty", "id"])
def test_an_edit_before_the_new_record_is_read_back_is_not_swallowed(
    world: World, answers: Literal["full", "mini", "empty", "id"]
) -> None:
    world.gg.behaviour = Behaviour(answers=answers)
    bob = world.gh.add(firstName="Bob", lastName="Example", email="bob@example.com", city="Oslo")

    def strike(call: Call) -> None:
        if world.gg.people() and call.method == "GET":
            edit()

    def edit() -> None:
        world.gg.before_answer = None
        world.clock.skip(3)
        world.gg.edit(str(world.gg.people()[0]["id"]), company_name="Acme", last_name="Later", city=None)

    world.gg.before_answer = strike
    world.run()
    if world.gg.before_answer is not None:
        edit()
    for _ in range(2):
        assert world.run().exit_code == 0
    right = world.gh.person(bob)
    assert (right["companyName"], right["lastName"]) == ("Acme", "Later")
    assert differences(world) == []


def test_an_edit_behind_the_horizon_waits_and_is_not_lost(world: World) -> None:
    left, right = linked(world)
    world.options["settle"] = '"60s"'
    world.gg.edit(left, company_name="Acme")
    with world.calls() as calls:
        assert world.run(skip=5).exit_code == 0
    assert calls.writes == []
    assert world.run(skip=60).exit_code == 0
    assert world.gh.person(right)["companyName"] == "Acme"


def test_a_contact_edited_all_the_time_is_carried_when_that_ends(world: World) -> None:
    left, right = linked(world)
    world.options["settle"] = '"30s"'
    for number in range(5):
        world.gg.edit(left, company_name=f"Company {number}")
        world.run(skip=10)
    assert world.run(skip=40).exit_code == 0
    assert world.gh.person(right)["companyName"] == "Company 4"


@pytest.mark.parametrize("whole", [False, True])
def test_a_contact_that_was_created_again_meets_the_one_that_turns_out_deleted_while_the_run_plans(
    world: World, whole: bool
) -> None:
    world.gg.behaviour = Behaviour(omits_null=True)  # so that nothing is agreed on that is empty
    right = world.gh.add(firstName="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    (old,) = world.links()
    world.gg.remove(old)
    new = world.gg.add(first_name="Ann", email="ann@example.com", city="Oslo")
    world.gh.edit(right, dnd=True)  # which shows, and does not travel
    for _ in range(2):
        assert world.run(whole=whole).exit_code == 0
    assert world.links() == {new: right}
    assert world.gh.person(right)["city"] == "Oslo"


def test_a_list_from_before_our_own_tags_is_not_mistaken_for_their_removal(world: World) -> None:
    left, right = linked(world)
    world.clock.skip(60)
    world.gg.edit(left, label_names=["VIP", "Lead"])
    world.gh.quirks.index_lag = 300
    assert world.run().exit_code == 0
    world.gg.edit(left, label_names=["VIP", "Lead", "New"])
    assert world.run(whole=True).exit_code == 0
    world.gh.quirks.index_lag = 0
    assert world.run(skip=400).exit_code == 0
    assert set(world.gg.person(left)["label_names"]) == {"VIP", "Lead", "New"}
    assert set(world.gh.person(right)["tags"]) == {"vip", "lead", "new"}


NO = {"statusCode": 400, "message": "Bad Request"}
NAMED = {"statusCode": 422, "message": ["city must be a place"]}
DOUBLE = {
    "statusCode": 400,
    "message": "This location does not allow duplicated contacts.",
    "meta": {"contactId": "somebodyElse", "matchingField": "phone"},
}


def refused_once(world: World, body: dict[str, Any], act: Callable[[], None]) -> None:
    """Let the right refuse one PUT, and something happen right after that."""
    handle = world.gh.handle

    def refuse(call: Call) -> SandboxResponse:
        if call.method != "PUT":
            return handle(call)
        world.gh.handle = handle  # type: ignore[method-assign]  # it refuses once
        world.clock.skip(3)
        act()
        return SandboxResponse(int(body["statusCode"]), body)

    world.gh.handle = refuse  # type: ignore[method-assign]  # one answer of a server


@pytest.mark.parametrize("body", [NO, NAMED, DOUBLE], ids=["unnamed", "named", "double"])
def test_an_edit_before_a_refused_update_is_repeated_without_what_is_refused_is_not_written_over(
    world: World, body: dict[str, Any]
) -> None:
    """R19: what is left of a refused write is not sent again over what a user typed since the record was read."""
    left, right = linked(world)
    world.gg.edit(left, company_name="Older", city="Rome", mobile_phone="+12125550177")
    refused_once(world, body, lambda: world.gh.edit(right, companyName="Newer"))
    world.run()
    assert world.gh.person(right)["companyName"] == "Newer"
    second = world.run()
    assert (world.gh.person(right)["companyName"], world.gh.person(right)["city"]) == ("Newer", "Rome")
    if (
        body is NO
    ):  # a half was written before the edit was seen: its time is that of our own write, so a person decides
        assert [each["field"] for each in world.rows("SELECT field FROM conflict")] == ["company"]
    else:
        assert second.exit_code == 0
        assert world.gg.person(left)["company_name"] == "Newer"
        assert differences(world) == []
