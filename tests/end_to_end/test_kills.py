"""P6: kill -9 at any point of a write; the next run goes on as if nothing had happened, and no contact is there
twice.
"""

import signal
import time
from collections import Counter

import pytest

from connectors.sandbox.base import Fault, Sandbox
from connectors.sandbox.faults import Kind
from tests.end_to_end.comparison import differences
from tests.end_to_end.forked_command import ForkedCommand
from tests.end_to_end.world import World, is_write
from tests.thorough import THOROUGH

PATIENCE = 30.0


def kill_after(process: ForkedCommand, sandbox: Sandbox, writes: int) -> None:
    """Kill a process when its server has been asked for so many writes; a process that makes fewer ends by itself."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and sum(map(is_write, sandbox.calls)) < writes:
        assert time.monotonic() < deadline, "the process neither writes nor ends"
        time.sleep(0.002)
    process.kill()
    process.communicate()


def fill(world: World) -> None:
    """Add contacts on both sides: with an address, with a number alone, and with nothing but a name."""
    world.gh.allow_duplicates = True
    for number in range(4):
        world.gg.add(first_name="Ann", last_name=f"Left {number}", email=f"ann{number}@example.com", title="CEO")
        world.gh.add(firstName="Bob", lastName=f"Right {number}", email=f"bob{number}@example.com", tags=["lead"])
    world.gg.add(first_name="Cai", last_name="Left", mobile_phone="+1 212 555 0123")
    world.gh.add(firstName="Dan", lastName="Right", phone="+12125550124")
    world.gg.add(first_name="Eve", last_name="Left")
    world.gh.add(firstName="Fay", lastName="Right")


def assert_all_are_there_once(world: World) -> None:
    """Every contact is on both sides, once, and alike."""
    left = Counter((person["first_name"], person["last_name"]) for person in world.gg.people())
    right = Counter((person["firstName"], person["lastName"]) for person in world.gh.people())
    assert left == right
    assert set(left.values()) == {1}
    assert len(left) == len(world.links()) == 12
    assert world.rows("SELECT * FROM intent") == []
    assert differences(world) == []


@pytest.mark.parametrize("kind", ["hang", "hang_after"], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize(
    ("account", "path", "skip"), [("gh", "/contacts/$", 0), ("gh", "/contacts/$", 3), ("gg", "/contacts$", 1)]
)
def test_a_run_killed_during_a_create_leaves_every_contact_once(
    live_world: World, kind: Kind, account: str, path: str, skip: int
) -> None:
    world = live_world
    fill(world)
    sandbox: Sandbox = world.gh if account == "gh" else world.gg
    fault = Fault(kind, method="POST", path=path, skip=skip, times=1, delay=60.0)
    sandbox.faults.append(fault)
    with world.start("run") as process:
        deadline = time.monotonic() + PATIENCE
        while fault.times:
            assert process.poll() is None, "the run was over before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    sandbox.faults.clear()
    assert len(world.rows("SELECT * FROM intent")) >= 1

    world.run()
    assert world.run().exit_code == 0
    assert_all_are_there_once(world)


def test_runs_killed_again_and_again_lose_no_contact_and_create_none_twice(live_world: World) -> None:
    world = live_world
    fill(world)
    world.gg.latency = world.gh.latency = 0.01
    for number in range(8 if THOROUGH else 4):
        sandbox: Sandbox = world.gh if number % 2 else world.gg
        done = sum(map(is_write, sandbox.calls))
        with world.start("run") as process:
            kill_after(process, sandbox, done + 1 + number // 2)
    world.gg.latency = world.gh.latency = 0.0
    world.run()
    assert world.run().exit_code == 0
    assert_all_are_there_once(world)


def test_a_run_killed_during_updates_is_carried_on_by_the_next(live_world: World) -> None:
    world = live_world
    fill(world)
    assert world.run().exit_code == 0
    for person in world.gg.people():
        world.gg.edit(str(person["id"]), company_name="Acme", label_names=["VIP"])
    world.gh.faults.append(Fault("hang_after", method="PUT", skip=4, times=1, delay=60.0))
    done = sum(map(is_write, world.gh.calls))
    with world.start("run", "--unguarded") as process:
        kill_after(process, world.gh, done + 9)
    world.gh.faults.clear()
    world.run(unguarded=True)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert {person["companyName"] for person in world.gh.people()} == {"Acme"}
    assert_all_are_there_once(world)
