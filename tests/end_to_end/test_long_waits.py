"""A wait that a server asks for is said with its end and its reason, in the log and by `status`, and can be ended."""

import json
import signal

import pytest

from connectors.sandbox.base import Fault
from tests.end_to_end.world import World


@pytest.mark.parametrize("latency", [0.0, 0.3])
def test_a_run_that_has_to_wait_for_hours_says_so_and_ends_at_ctrl_c(live_world: World, latency: float) -> None:
    world = live_world
    world.gh.allow_duplicates = True
    for each in range(30):
        world.gg.add(first_name="Ann", last_name=str(each), email=f"person{each}@example.com")
    slow_down = Fault(
        "status", "POST", "^/contacts/$", skip=20, times=None, status=429, headers={"Retry-After": "7200"}
    )
    world.gh.faults = [slow_down]
    world.gh.latency = latency  # several calls at once, each of them in a thread
    with world.start("run") as process:
        said = ""
        while "no call before" not in said:
            said += process.stderr.readline() if process.stderr else ""
            assert process.poll() is None
        assert "because the server asked to wait" in said
        (wait,) = json.loads(world.sync("status", "--json", skip=0.0).out)["waits"]
        assert wait["account"] == "gh"
        assert "no call before" in world.sync("status", skip=0.0).out
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 130


def test_headers_that_are_insane_leave_every_command_usable(world: World) -> None:
    insane = {
        "X-RateLimit-Daily-Reset": "1000000000000000", "X-RateLimit-Daily-Remaining": "0",
        "X-RateLimit-Interval-Milliseconds": "1000000000000", "X-RateLimit-Max": "0", "X-RateLimit-Limit-Daily": "9",
    }  # fmt: skip
    world.gg.add(first_name="Ann", email="ann@example.com")
    world.gh.faults = [Fault("status", path="/contacts", status=500, headers=insane)]
    first = world.run()
    assert first.exit_code in (0, 3)
    world.gh.faults = []
    assert world.sync("status", "--json").code == 0
    assert world.run(skip=3700).exit_code == 0
    assert len(world.gh.people()) == 1
