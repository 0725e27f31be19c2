"""P3: what changed on both sides is a conflict; the rule decides it, or a user, and both values are kept."""

import json

import pytest

from tests.end_to_end import mirror
from tests.end_to_end.comparison import differences
from tests.end_to_end.world import World


def disputed(world: World, apart: float) -> tuple[str, str]:
    """Let both sides change the company of a contact in sync, the right one `apart` seconds after the left one."""
    left = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", company_name="Old")
    assert world.run().exit_code == 0
    right = world.links()[left]
    world.clock.skip(30)
    world.gg.edit(left, company_name="Left", city="Berlin")
    world.clock.skip(apart)
    world.gh.edit(right, companyName="Right", tags=["hot"])
    return left, right


def companies(world: World) -> tuple[str, str]:
    """Return the company that each side shows."""
    return world.gg.people()[0]["company_name"], world.gh.people()[0]["companyName"]


@pytest.mark.parametrize(("apart", "winner"), [(5.0, "Right"), (-5.0, "Left")])
def test_the_newest_edit_wins_and_the_other_value_is_in_the_history(world: World, apart: float, winner: str) -> None:
    if apart < 0:
        left, _ = disputed(world, 0.0)
        world.clock.skip(5.0)
        world.gg.edit(left, company_name="Left")
    else:
        disputed(world, apart)
    assert world.run().exit_code == 0
    assert companies(world) == (winner, winner)
    (row,) = world.rows("SELECT * FROM history WHERE rule = 'newest'")
    assert {json.loads(row["old"]), json.loads(row["new"])} == {"Left", "Right"}
    assert json.loads(row["new"]) == winner


@pytest.mark.parametrize("policy", ["left", "right"])
def test_a_side_that_always_wins_does(world: World, policy: str) -> None:
    world.contacts["conflicts"] = f'"{policy}"'
    disputed(world, 5.0 if policy == "left" else 0.0)
    assert world.run().exit_code == 0
    assert companies(world) == (policy.title(), policy.title())


@pytest.mark.parametrize(("policy", "apart"), [("newest", 0.5), ("manual", 60.0)])
def test_a_conflict_for_a_user_is_listed_holds_nothing_else_up_and_is_not_written(
    world: World, policy: str, apart: float
) -> None:
    world.contacts["conflicts"] = f'"{policy}"'
    left, right = disputed(world, apart)
    report = world.run()
    assert (report.exit_code, report.streams["contacts"].conflicts) == (1, 1)
    assert companies(world) == ("Left", "Right")
    assert world.gh.person(right)["city"] == "Berlin"
    assert world.gg.person(left)["label_names"] == ["hot"]

    with world.calls() as calls:
        assert world.run().exit_code == 1
    assert calls.writes == []
    if policy == "manual":  # by the times of its records `newest` can tell then
        world.gg.edit(left, title="CTO")
        assert world.run().exit_code == 1
        assert world.gh.custom(right, "contact.job_title") == "CTO"
        assert companies(world) == ("Left", "Right")


@pytest.mark.parametrize(
    ("choice", "company"), [(("--left",), "Left"), (("--right",), "Right"), (("--value", "Both"), "Both")]
)
def test_what_a_user_decides_is_carried_by_the_next_run(
    live_world: World, choice: tuple[str, ...], company: str
) -> None:
    world = live_world
    world.contacts["conflicts"] = '"manual"'
    disputed(world, 5.0)
    assert world.run().exit_code == 1
    (conflict,) = world.sync("conflicts", "list", "--json").document["conflicts"]
    assert (conflict["field"], conflict["who"]) == ("company", "ann@example.com")
    assert (conflict["left"]["value"], conflict["right"]["value"]) == ("Left", "Right")
    assert world.sync("conflicts", "resolve", str(conflict["id"]), *choice).code == 0
    assert companies(world) == ("Left", "Right")

    assert world.run().exit_code == 0
    assert companies(world) == (company, company)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert world.rows("SELECT * FROM conflict") == []


def test_a_field_with_a_policy_of_its_own_goes_by_that(world: World) -> None:
    world.tables = """
[connections.sales.contacts.fields]
company = { conflicts = "manual" }
city = { conflicts = "left" }
title = { conflicts = "newest" }
"""
    world.contacts["conflicts"] = '"right"'
    left = world.gg.add(first_name="Ann", email="ann@example.com", company_name="Old", city="Old", state="Old")
    assert world.run().exit_code == 0
    world.gg.edit(left, company_name="Left", city="Left", state="Left", title="Left")
    world.clock.skip(30)
    right = world.links()[left]
    world.gh.edit(right, companyName="Right", city="Right", state="Right", custom={"contact.job_title": "Right"})
    assert world.run().exit_code == 1
    person, other = world.gg.person(left), world.gh.person(right)
    assert [(person[mine], other[theirs]) for mine, theirs in (("company_name", "companyName"), ("city", "city"))] == [
        ("Left", "Right"), ("Left", "Left"),
    ]  # fmt: skip
    assert (person["state"], other["state"], person["title"]) == ("Right", "Right", "Right")
    assert [row["field"] for row in world.rows("SELECT field FROM conflict")] == ["company"]
    rules = {row["field"]: row["rule"] for row in world.rows("SELECT field, rule FROM history WHERE field <> '*'")}
    assert rules == {"city": "left", "state": "right", "title": "newest"}


def test_a_later_edit_lets_the_rule_decide_an_open_conflict(world: World) -> None:
    left, _ = disputed(world, 0.5)
    assert world.run().exit_code == 1
    world.clock.skip(10)
    world.gg.edit(left, company_name="Later")
    assert world.run().exit_code == 0
    assert companies(world) == ("Later", "Later")
    assert differences(world) == []


def test_a_conflict_closes_when_both_sides_come_to_show_the_same(world: World) -> None:
    world.contacts["conflicts"] = '"manual"'
    _, right = disputed(world, 5.0)
    assert world.run().exit_code == 1
    world.gh.edit(right, companyName="Left")
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert companies(world) == ("Left", "Left")


def test_contacts_that_meet_first_are_filled_from_each_other_and_their_differences_are_conflicts(world: World) -> None:
    world.contacts["conflicts"] = '"manual"'
    world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", company_name="Left", city="Berlin")
    world.gh.add(firstName="Ann", lastName="Example", email="ANN@example.com", companyName="Right", tags=["hot"])
    assert world.run().exit_code == 1
    assert companies(world) == ("Left", "Right")
    assert world.gh.people()[0]["city"] == "Berlin"
    assert world.gg.people()[0]["label_names"] == ["hot"]
    assert len(world.gg.people()) == len(world.gh.people()) == 1


def test_all_conflicts_are_settled_by_one_command_that_the_timeline_remembers(world: World) -> None:
    world.contacts["conflicts"] = '"manual"'
    disputed(world, 60.0)
    assert world.sync("run").code == 1
    settled = world.sync("conflicts", "resolve", "--all", "--newest")
    assert settled.out.splitlines() == [
        "1 conflict settled for the right side", "the next run writes what was settled: sync run"
    ]  # fmt: skip
    assert world.sync("run").code == 0
    assert companies(world) == ("Right", "Right")
    for fields, is_shown in (([], True), (["company"], True), (["city"], False)):
        timeline = world.sync("explain", "ann@example.com", *fields).out
        assert (f'conflict settled: "company: {mirror.side("right")}, by ' in timeline) == is_shown, timeline
