"""One stream of the daemon, run by hand under a clock that stands still, against the sandboxes."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.http.rate_limiter import RateLimit
from connectors.sandbox.faults import Fault
from state.file import StateFile
from state.lock import hold_connection
from sync.config.model import load
from sync.daemon.cancellation import StopSignal
from sync.daemon.stream import Stream
from sync.errors import Interrupted
from sync.rules.schedule import HANGING, EndedRun
from tests.end_to_end.daemons import Passing, stream_of
from tests.end_to_end.world import World
from tests.sync.notifications.commands import heard, program


@dataclass
class Daemon:
    """A world, and its one stream as the daemon would have it."""

    world: World
    stop: StopSignal
    stream: Stream

    def run(self, skip: float = 2.0) -> EndedRun:
        """Let time pass, run the stream and take in how it ended."""
        self.world.clock.skip(skip)
        ended = self.stream.run()
        self.stream.conclude(ended)
        return ended


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    world = World.create(tmp_path)
    with world.gg, world.gh:
        yield made(world)


def made(world: World) -> Daemon:
    world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    world.tables = f'[notify]\ncommand = "{program(world.folder)}"\n'
    stop = Passing(world.clock)
    return Daemon(world, stop, stream_of(world, stop))


def down(world: World, times: int = 1000) -> Fault:
    fault = Fault("status", status=503, times=times)
    world.gh.faults.append(fault)
    return fault


def test_a_run_that_comes_to_its_end_is_done(daemon: Daemon) -> None:
    assert daemon.run().how == "done"
    assert len(daemon.world.gh.people()) == 1
    assert not daemon.stream.standing.delayed


def test_an_account_that_is_down_is_a_reason_and_a_later_success_clears_it(daemon: Daemon) -> None:
    fault = down(daemon.world)
    ended = daemon.run()
    assert (ended.how, daemon.stream.standing.failures) == ("failed", 1)
    assert "503" in daemon.stream.standing.delayed
    daemon.world.gh.faults.remove(fault)
    assert daemon.run().how == "done"
    assert daemon.stream.standing.delayed == ""


def test_a_spent_allowance_says_when_it_is_renewed_and_the_run_after_that_goes_on(daemon: Daemon) -> None:
    world = daemon.world
    world.gh.rate = RateLimit(100, 10.0, 3)
    for number in range(9):
        world.gg.add(first_name="Bo", last_name=f"Example {number}", email=f"bo{number}@example.com")
    ended = daemon.run()
    assert ended.how == "failed"
    assert ended.renewed_at is not None
    midnight = world.clock.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    assert abs(ended.renewed_at - midnight) < timedelta(seconds=5)
    following = daemon.stream.conclude(ended)
    assert following.at is not None
    world.gh.rate = RateLimit(100, 10.0, 200)
    assert daemon.run(skip=(following.at - world.clock.now()).total_seconds()).how == "done"
    assert len(world.gh.people()) == 10


def test_a_held_lock_is_no_failure(daemon: Daemon) -> None:
    with closing(StateFile.open(daemon.world.state_path)) as state, hold_connection(state, "sales", 0):
        ended = daemon.run()
    assert ended.how == "locked"
    assert "kill" in ended.reason
    assert daemon.stream.standing.failures == 0
    assert daemon.run().how == "done"


def test_what_cannot_be_run_at_all_is_a_failure_and_not_the_end_of_the_daemon(daemon: Daemon) -> None:
    assert daemon.run().how == "done"
    daemon.world.config_path.write_text(
        daemon.world.config_path.read_text().replace(daemon.world.gh.location_id, "another-location")
    )
    daemon.stream.config = load(daemon.world.config_path)
    ended = daemon.run()
    assert ended.how == "failed"
    assert "was written for growthhub" in ended.reason


def test_a_bug_is_a_failure_that_names_only_its_place(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("ann@example.com")

    monkeypatch.setattr("sync.daemon.stream.run_connections", fail)
    ended = daemon.run()
    assert ended.how == "failed"
    assert "unexpected KeyError at test_stream.py:" in ended.reason
    assert "ann@" not in ended.reason


def test_a_stop_request_interrupts_the_run(daemon: Daemon) -> None:
    daemon.stop.request()
    with pytest.raises(Interrupted):
        daemon.run()
    assert daemon.stream.activity.began_at is None
    assert daemon.world.gh.people() == []


def test_a_reconcile_is_due_a_span_after_the_last_one_of_any_process(daemon: Daemon) -> None:
    world = daemon.world
    assert [daemon.run().whole for _ in range(2)] == [False, False]
    assert daemon.run(skip=7 * 86400).whole
    assert not daemon.run().whole
    world.run(skip=7 * 86400, whole=True)
    assert not daemon.run().whole
    again = stream_of(world)
    assert not again.run().whole
    world.clock.skip(7 * 86400)
    assert again.run().whole


def test_a_state_without_a_reconcile_is_reconciled_at_once(daemon: Daemon) -> None:
    daemon.world.run()
    daemon.world.run()
    with closing(StateFile.open(daemon.world.state_path)) as state, state.atomic() as db:
        db.execute("UPDATE progress SET reconciled_ms = 0")
    assert daemon.run().whole


def test_a_failed_reconcile_is_followed_by_ordinary_runs(daemon: Daemon) -> None:
    daemon.run()
    fault = down(daemon.world)
    assert daemon.run(skip=7 * 86400).whole
    daemon.world.gh.faults.remove(fault)
    ended = daemon.run(skip=60)
    assert (ended.how, ended.whole) == ("done", False)
    assert daemon.run(skip=3600).whole


def test_a_stream_stalls_after_three_intervals_without_a_successful_run(daemon: Daemon) -> None:
    daemon.run()
    ended_at = daemon.world.clock.now()
    down(daemon.world)
    daemon.run(skip=600)
    assert daemon.stream.stalled_since() is None
    daemon.run(skip=600)
    since = daemon.stream.stalled_since()
    assert since is not None
    assert abs(since - ended_at) < timedelta(seconds=5)


def test_a_manual_run_counts_as_progress(daemon: Daemon) -> None:
    daemon.run()
    daemon.world.run(skip=3600)
    assert daemon.stream.stalled_since() is None


def test_a_new_daemon_has_three_intervals_to_make_progress(daemon: Daemon) -> None:
    daemon.world.run()
    daemon.world.clock.skip(86400)
    daemon.stream.started_at = daemon.world.clock.now()
    assert daemon.stream.stalled_since() is None
    daemon.world.clock.skip(900)
    assert daemon.stream.stalled_since() is not None


def test_a_long_run_that_moves_neither_stalls_nor_hangs(daemon: Daemon) -> None:
    daemon.stream.activity.begin()
    for _ in range(10):
        daemon.world.clock.skip(600)
        daemon.stream.activity.move()
        assert daemon.stream.stalled_since() is None
        assert not daemon.stream.hangs()
    daemon.world.clock.skip(HANGING.total_seconds())
    assert daemon.stream.hangs()
    assert daemon.stream.stalled_since() is not None


def test_the_results_of_a_run_are_notified(daemon: Daemon) -> None:
    fault = down(daemon.world)
    for _ in range(3):
        daemon.run()
    daemon.world.gh.faults.remove(fault)
    daemon.run()
    assert [(one["event"], one["over"]) for one in heard(daemon.world.folder)] == [("failed", False), ("failed", True)]
