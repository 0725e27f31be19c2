"""The daemon as it runs for a year: a real process, signals, kills, accounts that come and go.

Times are waited for by what happens, within a generous limit; nothing here asserts how long something takes but for
the five seconds in which the daemon ends.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.http.rate_limiter import RateLimit
from connectors.sandbox.base import RateLimit as SandboxLimit
from connectors.sandbox.faults import Fault
from state.file import StateFile
from state.lock import hold_connection
from sync.config.model import load
from sync.operations.status import read_status
from tests.end_to_end.daemons import PATIENCE, Daemon, ServiceManager, started, until
from tests.end_to_end.test_kills import assert_all_are_there_once, fill
from tests.end_to_end.world import World, is_write

WITHIN = 5.0
MARGIN = 3.0
"""Seconds that a busy machine may take to notice that a process has ended."""

LOUD = '[log]\nlevel = "debug"\nformat = "json"\n'


@pytest.fixture
def world(live_world: World) -> World:
    live_world.options["every"] = '"1s"'
    live_world.tables = LOUD
    return live_world


@pytest.fixture
def other(tmp_path: Path, world: World) -> Iterator[World]:
    """A second pair of accounts, as the connection `support` of the first world's config."""
    (tmp_path / "other").mkdir()
    second = World.create(tmp_path / "other", live=True)
    with second.gg, second.gh:
        second.write_config()
        text = (
            second.config_path.read_text().replace("accounts.gg", "accounts.gg2").replace("accounts.gh", "accounts.gh2")
        )
        text = text.replace("connections.sales", "connections.support")
        text = text.replace('left = "gg"', 'left = "gg2"').replace('right = "gh"', 'right = "gh2"\nevery = "1s"')
        world.tables = LOUD + text
        yield second


def add(world: World, number: int) -> None:
    world.gg.add(first_name="Ann", last_name=f"Example {number}", email=f"ann{number}@example.com")


def assert_ends_with_0_in_time(daemon: Daemon, number: int = signal.SIGTERM) -> None:
    began = time.monotonic()
    assert daemon.stop(number) == 0
    assert time.monotonic() - began < WITHIN + MARGIN


def status_of(world: World, name: str = "sales") -> dict[str, object]:
    found = read_status(load(world.config_path))["connections"]
    return next(one for one in found if one["name"] == name)


def test_it_runs_at_once_and_again_and_again_until_it_is_asked_to_end(world: World) -> None:
    add(world, 1)
    with started(world) as daemon:
        daemon.wait_for_runs(1)
        add(world, 2)
        until(lambda: len(world.gh.people()) == 2)
        daemon.wait_for_runs(2)
        until(lambda: status_of(world)["next_run_at"] is not None)
        assert world.sync("daemon", "--healthcheck", skip=0).code == 0
        assert_ends_with_0_in_time(daemon)
    assert daemon.of("daemon ends", signal="SIGTERM")
    assert status_of(world)["next_run_at"] is None
    assert world.sync("daemon", "--healthcheck", skip=0).code == 1
    assert daemon.of("no line of the log") == []


@pytest.mark.parametrize("kind", ["hang", "hang_after"])
def test_a_signal_while_it_writes_ends_it_in_time_and_loses_and_doubles_no_contact(world: World, kind: str) -> None:
    fill(world)
    fault = Fault(
        "hang" if kind == "hang" else "hang_after", method="POST", path="/contacts/$", skip=2, times=1, delay=60.0
    )
    world.gh.faults.append(fault)
    with started(world) as daemon:
        until(lambda: not fault.times)
        assert_ends_with_0_in_time(daemon)
    world.gh.faults.clear()
    world.run()
    assert world.run().exit_code == 0
    assert_all_are_there_once(world)


def test_a_signal_between_two_calls_marks_the_run_as_interrupted(world: World) -> None:
    fill(world)
    world.gg.latency = world.gh.latency = 0.05
    with started(world) as daemon:
        until(lambda: sum(map(is_write, world.gh.calls)) >= 2)
        assert_ends_with_0_in_time(daemon, signal.SIGINT)
    assert [row["status"] for row in world.rows("SELECT status FROM run")] == ["interrupted"]
    world.gg.latency = world.gh.latency = 0.0
    world.run()
    world.run()
    assert_all_are_there_once(world)


def test_a_signal_while_it_waits_for_its_pace_ends_it_in_time(world: World) -> None:
    fill(world)
    world.gh.rate = SandboxLimit(4, 600.0)
    with started(world) as daemon:
        until(lambda: len(world.gh.calls) >= 4)
        assert_ends_with_0_in_time(daemon)


def test_a_daemon_killed_again_and_again_loses_no_contact_and_creates_none_twice(world: World) -> None:
    fill(world)
    world.gg.latency = world.gh.latency = 0.01
    for writes in (1, 3, 6, 9):
        done = sum(map(is_write, world.gh.calls))
        with started(world) as daemon:
            until(lambda: sum(map(is_write, world.gh.calls)) >= min(done + writes, 6) or daemon.runs() > 1)  # noqa: B023
            daemon.kill()
    world.gg.latency = world.gh.latency = 0.0
    with started(world) as daemon:
        daemon.wait_for_runs(2)
        assert_ends_with_0_in_time(daemon)
    assert_all_are_there_once(world)


def test_another_config_is_put_in_force_without_a_restart(world: World, other: World) -> None:
    tables, world.tables = world.tables, LOUD
    add(other, 1)
    with started(world) as daemon:
        daemon.wait_for_runs(1)
        world.tables = tables
        world.write_config()
        daemon.reload()
        assert daemon.wait("config read again")["connections"] == ["sales", "support"]
        daemon.wait_for_runs(1, "support")
        until(lambda: len(other.gh.people()) == 1)  # a server's clock shows whole seconds: it may be a later run's
        world.tables = LOUD
        world.write_config()
        daemon.reload()
        daemon.wait("config read again", 2)
        daemon.wait_for_runs(3)
        ended = daemon.runs("support")
        daemon.wait_for_runs(3)
        assert daemon.runs("support") == ended
        assert_ends_with_0_in_time(daemon)


def test_contacts_and_their_messages_are_run_each_by_itself_and_take_turns(world: World) -> None:
    world.tables = LOUD + "[connections.sales.messages]\n"
    add(world, 1)
    (person,) = world.gg.people()
    world.gg.add_message(str(person["id"]), rendered_copy="Hello", at=world.clock.now() - timedelta(minutes=5))
    with started(world) as daemon:
        for stream in ("contacts", "messages"):
            daemon.wait("run ended", 2, stream=stream, status="ok")
        (right,) = world.gh.people()
        until(lambda: len(world.gh.notes(right["id"])) == 1)
        planned = {row["stream"] for row in world.rows("SELECT stream FROM schedule WHERE next_ms IS NOT NULL")}
        assert planned == {"contacts", "messages"}
        assert daemon.of("another run holds the lock") == []
        assert_ends_with_0_in_time(daemon)
    assert [line for line in daemon.of("run ended", whole=True) if line["status"] == "ok"] == []


def test_a_run_that_is_under_way_ends_under_its_config_and_one_under_the_new_one_follows(world: World) -> None:
    world.options["every"] = '"1h"'
    add(world, 1)
    world.gh.faults.append(Fault("hang", method="POST", path="/contacts/search", times=1, delay=2.0))
    with started(world) as daemon:
        until(lambda: not world.gh.faults[0].times)
        world.write_config()
        daemon.reload()
        daemon.wait("config read again")
        daemon.wait_for_runs(2)
        assert_ends_with_0_in_time(daemon)


def test_a_wrong_config_changes_nothing_and_is_reported(world: World) -> None:
    with started(world) as daemon:
        daemon.wait_for_runs(1)
        good = world.config_path.read_text()
        for bad, words in (
            ("left = ", "not valid TOML"),
            (good.replace('every = "1s"', 'every = "soon"'), "connections.sales.every"),
            (good.replace(world.gh.token, "env:NO_SUCH_TOKEN"), "NO_SUCH_TOKEN"),
            (good + '\n[state]\npath = "elsewhere.db"\n', "another state file needs a restart"),
        ):
            refused = len(daemon.of("config refused, the config before stays active"))
            world.config_path.write_text(bad)
            daemon.reload()
            line = daemon.wait("config refused, the config before stays active", refused + 1)
            assert words in line["reason"]
            daemon.wait_for_runs(2)
        world.config_path.write_text(good)
        daemon.reload()
        daemon.wait("config read again")
        assert_ends_with_0_in_time(daemon)


def test_an_account_that_is_down_backs_off_by_itself_while_the_others_go_on(world: World, other: World) -> None:
    add(world, 1)
    other.gh.go_down()
    with started(world) as daemon:
        add(other, 1)
        line = daemon.wait("the next run is delayed", connection="support")
        assert "refused" in line["reason"]
        daemon.wait_for_runs(3)
        until(lambda: "refused" in str(status_of(world, "support").get("delayed")))
        assert status_of(world, "support")["next_run_at"] is not None
        assert "delayed" not in status_of(world)
        other.gh.start()
        daemon.wait_for_runs(1, "support")
        until(lambda: "delayed" not in status_of(world, "support"))
        until(lambda: len(other.gh.people()) == 1)  # a server's clock shows whole seconds: it may be a later run's
        assert_ends_with_0_in_time(daemon)


def test_a_spent_allowance_is_waited_for_and_the_daemon_goes_on_by_itself(world: World) -> None:
    world.gh.rate = RateLimit(100, 10.0, 3)
    for number in range(5):
        add(world, number)
    with started(world) as daemon:
        line = daemon.wait("the next run is delayed", connection="sales")
        midnight = world.clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        assert abs(datetime.fromisoformat(line["next_run_at"]) - midnight) < timedelta(minutes=1)
        until(lambda: "allowance" in str(status_of(world).get("delayed")))
        assert world.sync("daemon", "--healthcheck", skip=0).code == 0
        assert_ends_with_0_in_time(daemon)


def test_runs_by_hand_and_the_daemon_keep_out_of_each_others_way(world: World) -> None:
    with started(world) as daemon:
        daemon.wait_for_runs(1)
        with closing(StateFile.open(world.state_path)) as state, hold_connection(state, "sales", 0):
            daemon.wait("another run holds the lock", 3)
        daemon.wait_for_runs(1)
        result = [line["level"] for line in daemon.of("another run holds the lock")]
        assert result[0] == "info"
        assert set(result[1:]) == {"debug"}
        assert_ends_with_0_in_time(daemon)


def test_there_is_one_daemon_per_state_file(world: World) -> None:
    with started(world) as daemon:
        daemon.wait_for_runs(1)
        second = world.sync("daemon", skip=0)
        assert second.code == 75
        assert f"kill {daemon.process.pid}" in second.err
        daemon.wait_for_runs(1)
        assert_ends_with_0_in_time(daemon)


def test_both_sides_are_compared_in_full_on_a_span_that_outlives_restarts(world: World) -> None:
    world.options["reconcile"] = '"1h"'
    add(world, 1)
    with started(world) as daemon:
        daemon.wait_for_runs(2)
        assert daemon.of("run ended", whole=True) == []
        daemon.kill()
    with closing(StateFile.open(world.state_path)) as state, state.atomic() as db:
        db.execute("UPDATE progress SET reconciled_ms = reconciled_ms - 3600000")
    for comparisons in (1, 0):
        with started(world) as daemon:
            daemon.wait_for_runs(3)
            assert len(daemon.of("run ended", whole=True)) == comparisons
            assert_ends_with_0_in_time(daemon)


def test_a_config_that_is_wrong_from_the_start_ends_it_with_2(world: World) -> None:
    world.accounts["gh"]["token"] = '"env:NO_SUCH_TOKEN"'
    ended = world.sync("daemon")
    assert ended.code == 2
    assert "NO_SUCH_TOKEN" in ended.err
    assert world.gh.calls == []


def test_systemd_hears_that_it_is_ready_well_and_about_to_end(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = ServiceManager(tmp_path)
    world.environment["NOTIFY_SOCKET"] = str(manager.path)
    with closing(manager), started(world) as daemon:
        assert "STATUS=1 stream, next run" in manager.hears("READY=1")
        daemon.wait_for_runs(1)
        daemon.reload()
        manager.hears("RELOADING=1")
        manager.hears("READY=1")
        manager.hears("WATCHDOG=1")
        daemon.process.send_signal(signal.SIGTERM)
        manager.hears("STOPPING=1")
        assert daemon.process.wait(PATIENCE) == 0
