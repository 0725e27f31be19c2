"""R28, the lock and signals: what is remembered belongs to these accounts, and to one run at a time."""

import signal
import time
from typing import Literal

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from tests.end_to_end.comparison import differences
from tests.end_to_end.forked_command import ForkedCommand
from tests.end_to_end.population import Population
from tests.end_to_end.world import World, is_write


def wait_for_writes(world: World, process: ForkedCommand, count: int) -> None:
    """Wait until GrowthHub was asked for so many writes."""
    deadline = time.monotonic() + 30
    while sum(map(is_write, world.gh.calls)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("duplicates", [False, True])
def test_with_the_state_lost_two_synced_sides_stay_as_they_are(world: World, duplicates: bool) -> None:
    world.gh.allow_duplicates = duplicates
    world.gh.add_user("dev@example.com")
    world.gg.add(first_name="Eve", last_name="Left")
    world.gh.add(firstName="Fay", lastName="Right")
    world.gg.add(first_name="Cai", last_name="Left", mobile_phone="+1 212 555 0123")
    people = Population(world, 5)
    people.add(30)
    for _ in range(3):
        world.run()
    before = len(world.gg.people()), len(world.gh.people())
    for path in world.folder.glob("sync.db*"):
        path.unlink()
    report = world.run()
    assert report.errors == []
    assert (len(world.gg.people()), len(world.gh.people())) == before
    created = [counts.created for counts in report.streams["contacts"].accounts.values()]
    assert created == [0, 0]
    world.run()
    assert (len(world.gg.people()), len(world.gh.people())) == before


@pytest.mark.parametrize("change", ["location", "user", "connector"])
@pytest.mark.parametrize("command", [("run",), ("plan",), ("check",)])
def test_other_accounts_under_the_same_names_are_refused_without_a_call(
    world: World, change: str, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    from sync.cli import main

    world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    if change == "location":
        world.accounts["gh"] = {"location_id": '"another"'}
    elif change == "user":
        world.accounts["gg"] = {"user_id": "79"}
    else:
        world.options |= {"left": '"gh"', "right": '"gg"'}
    world.write_config()
    with world.calls() as calls:
        code = main([*command, "--config", str(world.config_path)])
    said = capsys.readouterr().err
    if (change, command) == ("connector", ("check",)):
        return  # the same accounts, in another connection, which is none of its business
    assert code == 2
    assert calls.counts == (0, 0)
    assert "sync.db" in said or "state" in said
    assert len(said.strip().splitlines()) == 1


def test_a_second_run_at_the_same_time_ends_with_75_and_calls_nothing(live_world: World) -> None:
    world = live_world
    for number in range(12):
        world.gg.add(first_name="Ann", last_name=str(number), email=f"person{number}@example.com")
    world.gh.latency = 0.3
    with world.start("run") as first:
        wait_for_writes(world, first, 1)
        with world.calls() as calls:
            second = world.sync("run", "--json", skip=0.0)
        assert second.code == 75
        assert second.document["runs"] == []
        assert str(first.pid) in second.document["error"]
        assert world.sync("status", "--json", skip=0.0).code == 0
        assert calls.to("GET", "/contacts") == []
        world.gh.latency = 0.0
        first.communicate()
        assert first.returncode == 0
    assert len(world.gh.people()) == 12


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_interrupted_says_so_and_the_next_one_completes(
    live_world: World, number: signal.Signals, code: int
) -> None:
    world = live_world
    world.gh.allow_duplicates = True
    for each in range(14):
        world.gg.add(first_name="Ann", last_name=str(each), email=f"person{each}@example.com")
    world.gh.latency = 0.05
    with world.start("run", "--json") as process:
        wait_for_writes(world, process, 5)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in err
    assert '"runs": []' in out
    world.gh.latency = 0.0
    world.run()
    assert world.run().exit_code == 0
    assert len(world.gh.people()) == len(world.links()) == 14
    assert world.rows("SELECT * FROM intent") == []


def test_a_dead_holders_lock_stops_no_run(live_world: World) -> None:
    world = live_world
    world.gg.add(first_name="Ann", email="ann@example.com")
    world.gh.latency = 0.2
    with world.start("run") as process:
        wait_for_writes(world, process, 1)
        process.kill()
    world.gh.latency = 0.0
    assert world.sync("run").code in (0, 1)
    assert world.run().exit_code == 0
    assert len(world.gh.people()) == 1


@pytest.mark.parametrize("ids", ["int", "uuid", "hex"])
def test_ids_of_any_kind_are_followed(world: World, ids: Literal["int", "uuid", "hex"]) -> None:
    world.gg.behaviour = Behaviour(ids=ids)
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    world.gh.add(firstName="Bob", email="bob@example.com")
    assert world.run().exit_code == 0
    world.gg.edit(ann, title="CTO")
    for _ in range(2):
        assert world.run().exit_code == 0
    assert len(world.links()) == 2
    assert differences(world) == []
