"""Fixed spans of time: no call of our own is over the limit, and a spent day says until when."""

import random
from collections.abc import Callable  # noqa: TC003 (as elsewhere in these tests)
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import AllowanceSpent
from connectors.http.call_log import CallLog
from connectors.http.fixed_spans import FixedSpans
from connectors.http.rate_headers import RateHeaders, RateLimit, SpanUsage
from connectors.http.rate_limiter import CallSlot, MemoryCallLogStore, Pacer
from connectors.sandbox.fixed_rate_limit import FixedRateLimit
from sync.streams.price import price_of_calls
from tests.connectors.clocks import FakeClock
from tests.thorough import THOROUGH

FREE = {60: 50, 3600: 200, 86_400: 600}
LIMIT = RateLimit(50, 60.0, 600, ((3600.0, 200), (86_400.0, 600)))


def spoken(headers: object) -> RateHeaders:
    assert isinstance(headers, dict)
    return RateHeaders(calls=50, interval=60.0, spans=tuple(SpanUsage(*each) for each in headers["spans"]))


class SendingClock(FakeClock):
    """A clock that lets the calls under way arrive before it waits for anything."""

    def __init__(self) -> None:
        super().__init__()
        self.before_waiting: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.before_waiting()
        super().sleep(seconds)


class World:
    """A server with fixed spans, and several processes that share one call log."""

    def __init__(self, limits: dict[int, int], processes: int = 1) -> None:
        self.clock, self.limits = SendingClock(), FixedRateLimit(limits)
        store = MemoryCallLogStore()
        self.store = store
        self.pacers = [Pacer(store, self.clock, LIMIT, "a", rate_headers=spoken) for _ in range(processes)]
        self.served = self.refused = 0

    def call(self, pacer: Pacer, slot: CallSlot, *, answered: bool = True) -> None:
        now = self.clock.now()
        taken = self.limits.take(now)
        self.served, self.refused = self.served + taken, self.refused + (not taken)
        spans = [(float(each), self.limits.limits[each], self.limits.used(each, now)) for each in (3600, 86_400)]
        said: dict[str, object] = {"spans": spans}
        pacer.done(slot, said if answered else None, 200 if answered else None)  # type: ignore[arg-type]


@settings(max_examples=60 if THOROUGH else 5, deadline=None)
@given(seed=st.integers(0, 2**32), processes=st.integers(1, 3))
def test_no_call_of_our_own_is_over_a_fixed_limit_in_a_week(seed: int, processes: int) -> None:
    chance, world = random.Random(seed), World(FREE, processes)  # noqa: S311 (a world to repeat)
    end = world.clock.now() + timedelta(days=7)
    slots: list[tuple[Pacer, CallSlot]] = []

    def send() -> None:
        chance.shuffle(slots)
        while slots:
            world.clock.pass_by(chance.choice([0.01, 0.2, 1.5]))
            world.call(*slots.pop(), answered=chance.random() > 0.1)

    world.clock.before_waiting = send
    while world.clock.now() < end:
        try:
            for pacer in chance.choices(world.pacers, k=chance.randint(1, 8)):
                slots.append((pacer, pacer.take()))  # noqa: PERF401 (those before one that waits are sent meanwhile)
        except AllowanceSpent as spent:
            send()
            until = spent.until or world.clock.now()
            world.clock.pass_by((until - world.clock.now()).total_seconds())
            continue
        send()
        world.clock.pass_by(chance.choice([0.0, 1.0, 300.0]))
    assert world.refused == 0
    assert world.served > 7 * 250


def test_a_spent_hour_is_waited_for_and_a_spent_day_ends_the_run_with_its_renewal() -> None:
    world = World(FREE)
    (pacer,) = world.pacers
    began = world.clock.now()
    for _ in range(600):
        world.call(pacer, pacer.take())
    with pytest.raises(AllowanceSpent) as spent:
        pacer.take()
    assert (world.served, world.refused) == (600, 0)
    assert world.clock.now() - began >= timedelta(hours=2)
    assert spent.value.until is not None
    assert abs(spent.value.until - began - timedelta(days=1)) <= timedelta(seconds=2)
    assert pacer.renewed_at() == spent.value.until


def test_calls_of_another_client_count_as_soon_as_an_answer_shows_them() -> None:
    world = World({60: 50, 3600: 200, 86_400: 600})
    (pacer,) = world.pacers
    world.call(pacer, pacer.take())
    world.limits.limits[60] = 1000
    world.limits.take(world.clock.now(), 190)
    began = world.clock.now()
    for _ in range(12):
        world.call(pacer, pacer.take())
    assert (world.served, world.refused) == (13, 0)
    assert world.clock.now() - began >= timedelta(minutes=59)


@given(st.lists(st.tuples(st.sampled_from([60.0, 3600.0, 86_400.0]), st.integers(1, 9), st.integers(0, 9))))
def test_the_counts_survive_a_restart(usages: list[tuple[float, int, int]]) -> None:
    log = CallLog(at=5.0)
    log.spans.learn([SpanUsage(*each) for each in usages], 5.0)
    again = CallLog.loaded(log.dumped())
    assert again.spans == log.spans


def test_a_clock_that_is_set_back_lengthens_no_wait() -> None:
    log = CallLog(at=1_000_000.0)
    log.spans = FixedSpans({})
    log.spans.learn([SpanUsage(3600.0, 5, 5)], 1_000_000.0)
    log.set_clock(1_000.0)
    assert 3600.0 <= log.wait(1_000.0) <= 3602.0


@pytest.mark.parametrize(
    ("calls", "seconds"), [(1, 1.2), (50, 60.0), (200, 240.0), (201, 3600.0), (600, 7200.0), (601, 86_400.0)]
)
def test_the_price_of_calls_knows_the_waits_for_spent_spans(calls: int, seconds: float) -> None:
    assert price_of_calls(calls, LIMIT).seconds == seconds
