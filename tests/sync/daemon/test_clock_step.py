"""A clock that is set moves the plan of the daemon along; a run in it goes by the time that really passes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.config.model import load
from sync.daemon.cancellation import Activity, StopSignal
from sync.daemon.clock_step import ClockStep
from sync.daemon.daemon import Daemon
from sync.rules.schedule import HANGING, is_hanging
from tests.connectors.clocks import FakeClock
from tests.end_to_end.world import World

BACK = timedelta(hours=-3)


@pytest.mark.parametrize("step", [BACK, -BACK, timedelta(days=-400)], ids=str)
def test_a_clock_step_is_detected_once(step: timedelta) -> None:
    clock = FakeClock()
    steps = ClockStep(clock)
    clock.pass_by(10.0)
    assert steps.since_last_measurement() == timedelta(0)
    clock.start += step
    assert steps.since_last_measurement() == step
    assert steps.since_last_measurement() == timedelta(0)


def test_a_gradual_adjustment_is_no_clock_step() -> None:
    clock = FakeClock()
    steps = ClockStep(clock)
    for _ in range(100):
        clock.start += timedelta(seconds=0.5)
        assert steps.since_last_measurement() == timedelta(0)


@pytest.mark.parametrize("step", [BACK, -BACK], ids=str)
def test_setting_the_clock_makes_no_run_hang_or_move(step: timedelta) -> None:
    clock = FakeClock()
    activity = Activity(clock)
    activity.begin()
    clock.start += step
    assert not is_hanging(activity.now(), activity.moved_at, HANGING)
    clock.pass_by(HANGING.total_seconds() + 1)
    assert is_hanging(activity.now(), activity.moved_at, HANGING)


@pytest.mark.parametrize(
    ("schedule", "latest"),
    [({"every": '"5m"'}, timedelta(minutes=6)), ({"cron": '"*/5 * * * *"'}, timedelta(minutes=6))],
)
def test_a_clock_that_is_set_back_delays_no_run_for_longer_than_its_interval(
    tmp_path: Path, schedule: dict[str, str], latest: timedelta
) -> None:
    clock = FakeClock(datetime.now(UTC))
    world = World.create(tmp_path)
    world.options |= schedule
    with world.gg, world.gh:
        world.write_config()
        daemon = Daemon(load(world.config_path), StopSignal(), clock)
        daemon.start(paused=True)
        daemon.tick("sales/contacts")
        clock.start += BACK
        daemon.watch()
        planned = daemon.next_run_at()
        daemon.end(0.0)
    assert planned is not None
    assert planned - clock.now() <= latest
