import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from connectors.clock import SystemClock
from connectors.errors import ConnectorError
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer, RateLimit
from sync.daemon.cancellation import Activity, StoppableClock, StopSignal, WatchedProgress
from sync.errors import Interrupted
from tests.end_to_end.world import START, Timeline

PATIENCE = 30.0


def clock_of(stop: StopSignal, activity: Activity | None = None) -> StoppableClock:
    return StoppableClock(SystemClock(), stop, activity or Activity(SystemClock()))


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Start some work, and keep what it raises."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is what the test looks at
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, raised


def test_a_stop_request_ends_a_sleep() -> None:
    stop = StopSignal()
    thread, raised = in_thread(lambda: clock_of(stop).sleep(3600.0))
    stop.request()
    thread.join(PATIENCE)
    assert [type(error) for error in raised] == [Interrupted]


def test_a_stop_request_ends_a_wait_for_the_rate_limiter() -> None:
    stop = StopSignal()
    pacer = Pacer(MemoryCallLogStore(), clock_of(stop), RateLimit(1, 3600.0), "gh")
    pacer.done(pacer.take(), {}, 200)
    thread, raised = in_thread(pacer.take)
    stop.request()
    thread.join(PATIENCE)
    assert [type(error) for error in raised] == [Interrupted]


def test_no_call_begins_after_a_stop_request_even_without_a_rate_limit() -> None:
    stop = StopSignal()
    pacer = Pacer(MemoryCallLogStore(), clock_of(stop), None, "gg")
    pacer.take()
    stop.request()
    with pytest.raises(Interrupted):
        pacer.take()


def test_an_interruption_is_no_error_of_an_account() -> None:
    stop = StopSignal()
    stop.request()
    with pytest.raises(Interrupted) as caught:
        stop.check()
    assert not isinstance(caught.value, ConnectorError | Exception)


def test_a_short_sleep_is_a_sleep() -> None:
    began = time.monotonic()
    clock_of(StopSignal()).sleep(0.05)
    assert time.monotonic() - began >= 0.05


def test_each_step_checks_for_a_stop_request() -> None:
    stop = StopSignal()
    watched = WatchedProgress(stop, Activity(SystemClock()))
    watched.begin_step("reading gg")
    watched.advance(200)
    stop.request()
    with pytest.raises(Interrupted):
        watched.begin_step("writing")
    with pytest.raises(Interrupted):
        watched.advance()
    watched.note("what was done is reported all the same")


def test_a_run_moves_with_its_steps_and_calls_and_will_move_after_a_wait() -> None:
    clock, stop = Timeline(), StopSignal()
    activity = Activity(clock)
    waiting = StoppableClock(clock, stop, activity)
    waiting.monotonic()
    assert activity.moved_at is None
    activity.begin()
    clock.skip(10)
    assert activity.moved_at == START
    waiting.monotonic()
    assert activity.moved_at == START + timedelta(seconds=10)
    clock.skip(10)
    WatchedProgress(stop, activity).advance()
    assert activity.moved_at == START + timedelta(seconds=20)
    thread, _ = in_thread(lambda: waiting.sleep(7200.0))
    deadline = time.monotonic() + PATIENCE
    while activity.moved_at != START + timedelta(seconds=7220):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    stop.request()
    thread.join(PATIENCE)
    activity.end()
    assert (activity.began_at, activity.moved_at) == (None, None)
