"""`sync run --scheduled`: what a timer starts does as the daemon does, and compares in full where that is due (R24)."""

import json
from contextlib import closing

import pytest

from connectors.sandbox.faults import Fault
from state.file import StateFile
from sync.config.model import load
from sync.engine.due import due_for_reconcile
from tests.end_to_end.world import World


def make_due(world: World) -> None:
    with closing(StateFile.open(world.state_path)) as state, state.atomic() as db:
        db.execute("UPDATE progress SET reconciled_ms = 0")


def test_a_comparison_follows_where_it_is_due_and_nowhere_else(live_world: World) -> None:
    world = live_world
    kept = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    gone = world.gg.add(first_name="Bob", last_name="Example", email="bob@example.com")
    assert len(world.sync("run", "--scheduled", "--json").document["runs"]) == 1
    world.gg.remove(gone)
    assert len(world.sync("run", "--scheduled", "--json").document["runs"]) == 1
    assert world.rows("SELECT * FROM link WHERE gone IS NOT NULL") == []
    make_due(world)
    assert len(world.sync("run", "--scheduled", "--json").document["runs"]) == 2
    assert [row["left_id"] for row in world.rows("SELECT left_id FROM link WHERE gone IS NOT NULL")] == [gone]
    assert len(world.sync("run", "--scheduled", "--json").document["runs"]) == 1
    assert kept in world.links()


def test_how_it_ended_is_in_the_log_which_alone_goes_to_the_journal(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    world.sync("run")
    make_due(world)
    lines = [json.loads(line) for line in world.sync("run", "--scheduled").err.splitlines()]
    ended = [line for line in lines if line["event"] == "run ended"]
    assert [(line["status"], line["whole"], line["stream"]) for line in ended] == [
        ("ok", False, "contacts"), ("ok", True, "contacts")
    ]  # fmt: skip


def test_a_reconcile_by_hand_counts_and_off_is_never(live_world: World) -> None:
    world = live_world
    world.sync("run")
    make_due(world)
    world.sync("reconcile")
    assert len(world.sync("run", "--scheduled", "--json").document["runs"]) == 1
    make_due(world)
    world.options["reconcile"] = '"off"'
    assert len(world.sync("run", "--scheduled", "--json").document["runs"]) == 1


def test_an_account_that_does_not_answer_is_not_requested_everything_besides(live_world: World) -> None:
    world = live_world
    world.sync("run")
    make_due(world)
    world.gh.faults.append(Fault("status", status=401, times=1000))
    ended = world.sync("run", "--scheduled", "--json")
    assert ended.code == 3
    assert len(ended.document["runs"]) == 1


@pytest.mark.parametrize("option", ["--dry-run", "--unguarded", "--since=1d", "--until=1d"])
def test_what_a_timer_does_not_decide_is_refused_beside_it(live_world: World, option: str) -> None:
    assert live_world.sync("run", "--scheduled", option).code == 2


def test_without_a_state_nothing_is_due(world: World) -> None:
    world.write_config()
    config = load(world.config_path)
    assert due_for_reconcile(config, config.connections.values(), world.clock.now()) == ()
    assert not world.state_path.exists()
