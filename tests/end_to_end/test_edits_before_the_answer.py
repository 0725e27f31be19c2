"""P1: an edit between our write and the reading of what it led to is a user's, not the server's rewriting.

Where the answer to a write does not show what was written, the record is read: it may have been edited by then.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.growthhub.sandbox.server import Quirks
from connectors.sandbox.base import Call
from tests.end_to_end.comparison import differences
from tests.end_to_end.test_races import linked
from tests.end_to_end.world import World

GAP = 4.0
"""Seconds in which a reading is tried again and a user edits: longer than a coarse clock hides."""


def edit_before_reading(world: World, account: str, act: Any) -> list[str]:
    """Let something happen right before a contact is read who was just written at an account."""
    server = world.gg if account == "gg" else world.gh
    seen: list[str] = []

    def strike(call: Call) -> None:
        if "/contacts/" not in call.path or "search" in call.path:
            return
        if call.method == "GET" and seen:
            server.before_answer = None
            world.clock.skip(GAP)
            act()
            world.clock.skip(GAP)
        elif call.method in {"PUT", "PATCH"}:
            seen.append(call.method)

    server.before_answer = strike
    return seen


def silent_put(world: World) -> None:
    """Let answers to a PUT leave out the city, so that what a write led to has to be read."""
    world.gh.quirks = Quirks(put_lacks=frozenset({"city"}))


def test_the_same_field_edited_at_the_right_before_it_is_read_is_synced_back(world: World) -> None:
    silent_put(world)
    left, right = linked(world)
    world.gg.edit(left, company_name="Ours", city="Denver")
    seen = edit_before_reading(world, "gh", lambda: world.gh.edit(right, companyName="Theirs"))
    assert world.run().exit_code == 0
    assert seen == ["PUT"]
    assert world.run().exit_code == 0
    assert world.gg.person(left)["company_name"] == "Theirs"
    assert differences(world) == []


def test_a_field_that_shows_what_it_showed_before_counts_as_refused_and_empties_no_contact(world: World) -> None:
    """Whether a contact emptied it or the server never took it, it can't be known: the value stays where it is."""
    silent_put(world)
    left, right = linked(world)
    world.gg.edit(left, company_name="Ours", city="Denver")
    edit_before_reading(world, "gh", lambda: world.gh.edit(right, city=None))
    world.run()
    assert world.run().exit_code == 0
    assert world.gg.person(left)["city"] == "Denver"
    assert [row["rule"] for row in world.rows("SELECT rule FROM history WHERE field = 'city'")] == ["refused"]


@pytest.mark.parametrize("answers", ["empty", "id", "mini"])
def test_the_same_field_edited_at_the_left_before_it_is_read_is_synced_back(world: World, answers: Any) -> None:
    world.gg.behaviour = replace(Behaviour(), answers=answers)
    left, right = linked(world)
    world.gh.edit(right, companyName="Ours", city="Denver")
    seen = edit_before_reading(world, "gg", lambda: world.gg.edit(left, company_name="Theirs"))
    assert world.run().exit_code == 0
    assert seen == ["PATCH"]
    assert world.run().exit_code == 0
    assert world.gh.person(right)["companyName"] == "Theirs"
    assert differences(world) == []


def test_both_edited_before_it_is_read_is_decided_by_the_later_edit_and_not_mistaken_for_our_own_write(
    world: World,
) -> None:
    silent_put(world)
    left, right = linked(world)
    world.gg.edit(left, company_name="Ours", city="Denver")

    def both() -> None:
        world.gh.edit(right, companyName="Right")
        world.clock.skip(10)
        world.gg.edit(left, company_name="Left")

    edit_before_reading(world, "gh", both)
    world.run()
    assert world.run().exit_code == 0
    assert world.gh.person(right)["companyName"] == world.gg.person(left)["company_name"] == "Left"


def test_a_server_that_rewrites_what_it_is_given_is_still_believed(world: World) -> None:
    silent_put(world)
    left, right = linked(world)
    world.gg.edit(left, label_names=["VIP", "Not Yet"], city="Denver")
    assert world.run().exit_code == 0
    assert set(world.gh.person(right)["tags"]) == {"vip", "not yet"}
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert world.gg.person(left)["label_names"] == ["VIP", "Not Yet"]


def test_a_lost_sub_second_is_no_edit(world: World) -> None:
    world.gg.clock_offset = timedelta(milliseconds=-700)
    world.gg.behaviour = replace(Behaviour(), answers="empty", coarse=True)
    left, right = linked(world)
    world.gh.edit(right, companyName="Ours")
    assert world.run().exit_code == 0
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert world.gg.person(left)["company_name"] == "Ours"


@pytest.mark.parametrize("echo", [True, False])
def test_an_edit_before_tags_are_written_is_synced_back_though_the_tags_move_the_time(world: World, echo: bool) -> None:
    world.gh.quirks = Quirks(put_lacks=frozenset({"city"}), tags_echo=echo)
    left, right = linked(world)
    world.gg.edit(left, company_name="Ours", city="Denver", label_names=["VIP", "New"])

    def strike(call: Call) -> None:
        if call.method == "POST" and call.path.endswith("/tags"):
            world.gh.before_answer = None
            world.clock.skip(GAP)
            world.gh.edit(right, companyName="Theirs")
            world.clock.skip(GAP)

    world.gh.before_answer = strike
    assert world.run().exit_code == 0
    assert world.run().exit_code == 0
    assert world.gg.person(left)["company_name"] == "Theirs"
    assert set(world.gh.person(right)["tags"]) == {"vip", "new"}
    assert differences(world) == []


def test_an_edit_between_the_answer_to_a_write_and_a_reading_of_its_tags_is_synced_back(world: World) -> None:
    world.gh.quirks = Quirks(tags_echo=True)
    left, right = linked(world)
    world.gg.edit(left, company_name="Ours", label_names=["VIP", "New"])

    def strike(call: Call) -> None:
        if call.method == "POST" and call.path.endswith("/tags"):
            world.gh.before_answer = None
            world.clock.skip(0.2)
            world.gh.edit(right, companyName="Theirs")

    world.gh.before_answer = strike
    assert world.run().exit_code == 0
    assert world.run().exit_code == 0
    assert world.gg.person(left)["company_name"] == "Theirs"
    assert differences(world) == []


@pytest.mark.parametrize("coarse", [True, False])
def test_an_edit_within_the_second_of_our_write_is_not_mistaken_for_the_servers_own(world: World, coarse: bool) -> None:
    """If the answer shows no time, only what the record says distinguishes it from the write."""
    world.gg.behaviour = replace(Behaviour(), answers="empty", coarse=coarse)
    left, right = linked(world)
    world.gh.edit(right, companyName="Ours", city="Denver")

    def strike(call: Call) -> None:
        if call.method == "GET" and world.gg.person(left)["company_name"] == "Ours":
            world.gg.before_answer = None
            world.gg.edit(left, company_name="Theirs")

    world.gg.before_answer = strike
    world.run()
    assert world.run().exit_code == 0
    assert world.gh.person(right)["companyName"] == world.gg.person(left)["company_name"] == "Theirs"
    assert differences(world) == []


@pytest.mark.parametrize("answers", ["full", "empty"])
def test_an_edit_between_two_tries_of_a_style_is_not_written_over(world: World, answers: Any) -> None:
    world.contacts["conflicts"] = '"manual"'
    left, right = linked(world)
    world.clock.skip(100_000)  # so that no style is known to work
    world.gg.behaviour = replace(Behaviour(), answers=answers, bodies="flat")
    world.gh.edit(right, companyName="Ours", city="Denver")
    patches: list[Any] = []

    def strike(call: Call) -> None:
        if call.method == "PATCH" and not patches:
            patches.append(call.body)
            world.gg.edit(left, company_name="Theirs")

    world.gg.before_answer = strike
    assert world.run().exit_code == 1
    assert patches == [{"contact": {"company_name": "Ours", "city": "Denver"}}]
    assert world.gg.person(left)["company_name"] == "Theirs"
    assert world.gg.person(left)["city"] == "Denver"
    assert [row["field"] for row in world.rows("SELECT field FROM conflict")] == ["company"]


@pytest.mark.parametrize("coarse", [True, False])
@pytest.mark.parametrize("answers", ["empty", "id", "mini"])
def test_an_edit_within_the_second_of_a_create_is_not_taken_for_what_the_server_fills_in(
    world: World, answers: Any, coarse: bool
) -> None:
    world.gg.behaviour = replace(Behaviour(), answers=answers, coarse=coarse)
    right = world.gh.add(firstName="Ann", email="ann@example.com")

    def strike(call: Call) -> None:
        if call.method == "GET" and world.gg.people():
            world.gg.before_answer = None
            world.clock.skip(0.3)
            world.gg.edit(str(world.gg.people()[0]["id"]), city="Denver")

    world.gg.before_answer = strike
    world.run()
    assert world.run().exit_code == 0
    assert world.gg.before_answer is None
    assert world.gg.people()[0]["city"] == world.gh.person(right).get("city") == "Denver"
    assert differences(world) == []
