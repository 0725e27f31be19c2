"""R45: a first run is approved once, and what is shown is what then happens; pauses; the limit of creations."""

import json
from typing import Any

import pytest

from connectors.sandbox.faults import Fault
from sync.daemon.stream import Stream
from sync.rules.schedule import EndedRun
from tests.end_to_end.daemons import stream_of
from tests.end_to_end.world import World

ASK = {"first_run": '"ask"'}


def fill(world: World, count: int, first: int = 0) -> list[str]:
    """Add contacts at the left, and return their ids."""
    return [world.gg.add(first_name="Ann", email=f"person{first + number}@example.com") for number in range(count)]


def tick(stream: Stream, world: World) -> EndedRun:
    """Let some time pass, and give the stream its turn."""
    world.clock.skip(20)
    ended = stream.run()
    stream.conclude(ended)
    return ended


def waiting(world: World) -> Any:
    """Return what `status` says of a run that waits."""
    return world.sync("status", "--json").document["connections"][0].get("waiting")


def test_a_daemon_waits_with_the_first_run_until_a_user_approves_it(world: World) -> None:
    world.options |= ASK
    fill(world, 3)
    stream = stream_of(world)
    with world.calls() as calls:
        ended = tick(stream, world)
    assert (ended.how, calls.writes) == ("waiting", [])
    assert "growthsync approve sales" in ended.reason
    assert waiting(world)["kind"] == "first"
    with world.calls() as calls:  # it waits without a call
        assert tick(stream, world).how == "waiting"
        assert stream.stalled_since() is None
    assert calls.counts == (0, 0)
    approved = world.sync("approve", "sales", "--json")
    assert (approved.code, approved.document["approved"]) == (0, True)
    assert "would be created 3" in approved.err
    assert waiting(world) is None
    assert tick(stream, world).how == "done"
    assert len(world.gh.people()) == 3
    assert world.rows("SELECT * FROM approval") == []
    fill(world, 2, first=3)
    assert tick(stream, world).how == "done"  # only the first run is asked for
    assert len(world.gh.people()) == 5


def test_the_messages_of_a_daemon_come_with_the_first_run_of_the_contacts(world: World) -> None:
    world.options |= ASK
    world.tables = "[connections.sales.messages]\n"
    fill(world, 1)
    with world.calls() as calls:
        assert tick(stream_of(world, name="messages"), world).how == "waiting"
    assert calls.counts == (0, 0)
    stream = stream_of(world)
    assert tick(stream, world).how == "waiting"
    assert world.sync("approve", "sales").code == 0
    assert tick(stream, world).how == "done"
    assert tick(stream_of(world, name="messages"), world).how == "done"


def test_a_plan_that_grew_much_since_it_was_approved_waits_again(world: World) -> None:
    world.options |= ASK
    fill(world, 10)
    stream = stream_of(world)
    tick(stream, world)
    assert world.sync("approve", "sales").code == 0
    fill(world, 21, first=10)
    assert tick(stream, world).how == "waiting"
    assert (world.gh.people(), waiting(world)["kind"]) == ([], "first")
    assert world.sync("approve", "sales").code == 0
    fill(world, 5, first=31)
    assert tick(stream, world).how == "done"
    assert len(world.gh.people()) == 36


def test_without_a_waiting_run_approve_makes_the_plan_first(world: World) -> None:
    world.options |= ASK
    fill(world, 2)
    with world.calls() as calls:
        approved = world.sync("approve", "sales")
    assert (approved.code, calls.writes) == (0, [])
    assert "would be created 2" in approved.err
    assert tick(stream_of(world), world).how == "done"
    again = world.sync("approve", "sales")
    assert (again.code, "no run waits for approval" in again.err) == (2, True)
    assert world.sync("approve", "nosuch").code == 2


def test_a_one_shot_without_a_terminal_counts_as_approved(world: World) -> None:
    world.options |= ASK
    fill(world, 3)
    assert world.sync("run").code == 0
    assert len(world.gh.people()) == 3


def test_first_run_go_needs_no_approval(world: World) -> None:
    fill(world, 2)
    assert tick(stream_of(world), world).how == "done"
    assert len(world.gh.people()) == 2


def test_an_approval_lets_a_run_through_that_the_guard_stopped(world: World) -> None:
    ids = fill(world, 60)
    assert world.run().exit_code == 0
    for each in ids[:40]:
        world.gg.edit(each, company_name="Moved")
    assert world.run().exit_code == 4
    assert waiting(world)["kind"] == "large"
    approved = world.sync("approve", "sales")
    assert approved.code == 0
    assert "would change 40 of 60" in approved.err
    assert world.run().exit_code == 0
    assert sum(person.get("companyName") == "Moved" for person in world.gh.people()) == 40
    for each in ids[:40]:  # the approval was for that run alone
        world.gg.edit(each, company_name="Again")
    assert world.run().exit_code == 4


@pytest.mark.parametrize(("limit", "new", "code"), [("5", 5, 0), ("5", 6, 4), ("0.5", 21, 0), ("0.5", 31, 4)])
def test_max_created_stops_a_later_run_that_creates_more(world: World, limit: str, new: int, code: int) -> None:
    world.contacts["max_created"] = limit
    fill(world, 60)  # a first run is approved as a whole
    assert world.run().exit_code == 0
    fill(world, new, first=60)
    with world.calls() as calls:
        report = world.run()
    assert report.exit_code == code
    assert len(world.gh.people()) == (60 + new if code == 0 else 60)
    if code:
        assert calls.writes == []
        assert f"create {new} people" in report.guarded
        assert f"max_created = {limit}" in report.guarded
        assert world.run(unguarded=True).exit_code == 0
        assert len(world.gh.people()) == 60 + new


def test_the_plan_that_is_shown_equals_what_the_run_does(world: World) -> None:
    world.options |= ASK
    world.contacts |= {"conflicts": '"left"', "create_tags": '["via-growthsync"]'}
    world.tables = "[connections.sales.contacts.fields]\ntitle = { conflicts = 'manual' }\n"
    fill(world, 7)
    for number in range(4):  # on both sides, with other values
        world.gg.add(first_name="Bob", company_name="Left Inc", title="CTO", email=f"both{number}@example.com")
        world.gh.add(firstName="Bob", companyName="Right Inc", email=f"both{number}@example.com")
    for number in range(3):
        world.gh.add(firstName="Cy", email=f"right{number}@example.com")
    world.gg.add(first_name="Nobody", email="")  # nothing to pair it by: it is created all the same
    stream = stream_of(world)
    tick(stream, world)
    shown = world.sync("approve", "sales", "--yes")
    assert shown.code == 0
    (stored,) = world.rows("SELECT plan FROM approval")
    plan = json.loads(stored["plan"])
    report = world.run()
    for account, counts in report.streams["contacts"].accounts.items():
        assert {word: plan["streams"]["contacts"][account][word] for word in ("created", "updated", "deleted")} == {
            "created": counts.created, "updated": counts.updated, "deleted": counts.deleted,
        }  # fmt: skip
    contacts = report.streams["contacts"]
    assert (plan["conflicts"], plan["failures"]) == (contacts.conflicts, contacts.failed)
    assert (plan["unmapped"], sum(plan["left_out"].values())) == (contacts.unmapped, contacts.left_out)
    overwritten = world.rows("SELECT count(*) AS count FROM history WHERE rule = 'left'")[0]["count"]
    assert sum(plan["overwritten"].values()) == overwritten
    assert plan["merged"] == 4
    made = {account: keys for account, keys in report.fields_created.items() if keys}
    assert plan["fields_created"] == made
    for account, calls in report.requests.items():  # the plan has read settings of the account that keep for a day
        assert 0 <= plan["cost"][account]["calls"] - calls.reads - calls.writes <= 4


def test_a_paused_connection_runs_only_where_a_user_names_it(world: World) -> None:
    fill(world, 1)
    paused = world.sync("pause", "sales", "--json")
    assert (paused.code, paused.document["paused"]) == (0, True)
    stream = stream_of(world)
    with world.calls() as calls:
        assert tick(stream, world).how == "waiting"
        skipped = world.sync("run")
        assert (skipped.code, "sync resume sales" in skipped.err) == (0, True)
        assert world.sync("run", "--scheduled").code == 0
    assert calls.counts == (0, 0)
    status = world.sync("status", "--json").document["connections"][0]
    assert world.sync("run", "--json").document == {"runs": []}
    assert status["paused"]["since"]
    assert world.sync("run", "--connection", "sales").code == 0
    assert len(world.gh.people()) == 1
    assert world.sync("resume", "sales").code == 0
    fill(world, 1, first=1)
    assert tick(stream, world).how == "done"
    assert len(world.gh.people()) == 2
    assert world.sync("pause", "nosuch").code == 2


def test_an_erased_contact_is_in_no_plan_that_waits(world: World) -> None:
    world.options |= ASK
    fill(world, 3)
    stream = stream_of(world)
    tick(stream, world)
    assert "person1@example.com" in world.rows("SELECT plan FROM approval")[0]["plan"]
    assert world.sync("forget", "person1@example.com").code == 0
    (stored,) = world.rows("SELECT plan FROM approval")
    assert "person1@example.com" not in stored["plan"]
    assert "person2@example.com" in stored["plan"]


def test_a_first_run_that_was_called_and_failed_approves_nothing_that_the_guard_stops_later(world: World) -> None:
    world.options |= ASK
    world.contacts |= {"max_changed": "0", "conflicts": '"left"'}
    fill(world, 2)
    world.gh.faults.append(Fault("status", "POST", "/contacts/$", status=401, times=None))
    assert world.run().exit_code == 3
    world.gh.faults.clear()
    world.gg.add(first_name="Bob", company_name="Left", email="bob@example.com")
    world.gh.add(firstName="Bob", companyName="Right", email="bob@example.com")
    with world.calls() as calls:
        assert world.run().exit_code == 4
    assert calls.writes == []
    assert world.sync("approve", "sales").code == 0
    assert world.run().exit_code == 0
