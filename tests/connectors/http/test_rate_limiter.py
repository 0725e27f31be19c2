import heapq
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from connectors.errors import AllowanceSpent
from connectors.http.call_log import CallLog, busiest, slot_in
from connectors.http.call_times import CallTimes
from connectors.http.rate_headers import RateHeaders
from connectors.http.rate_limiter import CallSlot, MemoryCallLogStore, Pacer, RateLimit
from tests.connectors.clocks import FakeClock

HUB = RateLimit(100, 10.0)


class CountingStore(MemoryCallLogStore):
    """Counts what it is asked to write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def revise(self, account: str, change: Callable[[str], str]) -> None:
        self.writes += 1
        super().revise(account, change)


def calls_today(pacer: Pacer) -> int:
    """Return how many calls the log of an account has counted this UTC day."""
    pacer.close()
    log = CallLog.loaded(pacer._store.peek(pacer._account))
    log.count(pacer._now(), 0)
    return log.today


class Server:
    """A rate limit from outside: remembers when it counted each call, and says 429 over the limit."""

    def __init__(self, limit: RateLimit, *, fixed: bool = False) -> None:
        self.limit = limit
        self.fixed = fixed
        self.counted: list[float] = []
        self.refused: list[float] = []
        self.strangers: list[float] = []

    def arrive(self, at: float) -> tuple[int, dict[str, str]]:
        while self.strangers and self.strangers[0] <= at:
            stranger = self.strangers.pop(0)
            if self.used(stranger) < self.limit.calls:
                insort(self.counted, stranger)
        within = self.used(at) < self.limit.calls
        if within:
            insort(self.counted, at)
        else:
            self.refused.append(at)
        return (200 if within else 429), self.headers(at)

    def used(self, at: float) -> int:
        start = at // self.limit.interval * self.limit.interval if self.fixed else at - self.limit.interval
        first = sum(each < start for each in self.counted) if self.fixed else bisect_right(self.counted, start)
        return len(self.counted) - first

    def headers(self, at: float) -> dict[str, str]:
        return {
            "X-RateLimit-Max": str(self.limit.calls),
            "X-RateLimit-Remaining": str(max(0, self.limit.calls - self.used(at))),
            "X-RateLimit-Interval-Milliseconds": str(round(self.limit.interval * 1000)),
        }


def pacer(clock: FakeClock, limit: RateLimit | None = HUB, store: MemoryCallLogStore | None = None) -> Pacer:
    return Pacer(store or MemoryCallLogStore(), clock, limit, "hub")


def call(limiter: Pacer, clock: FakeClock, server: Server, *, there: float = 0.0, back: float = 0.0) -> int:
    slot = limiter.take()
    clock.pass_by(there)
    status, headers = server.arrive(clock.passed)
    clock.pass_by(back)
    limiter.done(slot, headers, status)
    if status == 429:
        limiter.hold(server.limit.interval)
    return status


def test_ten_windows_take_hardly_longer_than_the_allowance_asks_for() -> None:
    clock, server = FakeClock(), Server(HUB)
    limiter = pacer(clock)
    for _ in range(1000):
        call(limiter, clock, server)
    assert not server.refused
    assert 90.0 <= clock.passed <= 90.0 * 1.03


@settings(max_examples=60, deadline=None)
@given(
    limit=st.sampled_from([RateLimit(2, 1.0), RateLimit(7, 0.5), RateLimit(20, 2.0)]),
    trips=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=40, max_size=80),
    fixed=st.booleans(),
    start=st.floats(0, 10),
)
def test_one_thread_never_meets_a_429_whatever_the_latency(
    limit: RateLimit, trips: list[tuple[float, float]], start: float, *, fixed: bool
) -> None:
    clock, server = FakeClock(), Server(limit, fixed=fixed)
    clock.pass_by(start)
    limiter = pacer(clock, limit)
    for there, back in trips:
        assert call(limiter, clock, server, there=there * 0.2, back=back * 0.2) == 200


class Race:
    """Several callers, each like a process of its own; their calls overlap, and the clock follows the events."""

    def __init__(
        self, pacers: list[Pacer], clock: FakeClock, server: Server, trips: Iterable[tuple[float, float]]
    ) -> None:
        self.clock = clock
        self.server = server
        self.trips = iter(trips)
        self.order = 0
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        for limiter in pacers:
            self.after(0.0, partial(self.start, limiter))
        while self.events:
            at, _, event = heapq.heappop(self.events)
            clock.passed = max(clock.passed, at)
            event()

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.events, (self.clock.passed + seconds, self.order, event))

    def start(self, limiter: Pacer) -> None:
        key, wait, _ = limiter._reserve()
        if key is None:
            self.after(wait, partial(self.start, limiter))
        elif trip := next(self.trips, None):
            self.after(trip[0], partial(self.arrive, limiter, CallSlot(key), trip[1]))

    def arrive(self, limiter: Pacer, slot: CallSlot, back: float) -> None:
        self.after(back, partial(self.come_back, limiter, slot, *self.server.arrive(self.clock.passed)))

    def come_back(self, limiter: Pacer, slot: CallSlot, status: int, headers: dict[str, str]) -> None:
        limiter.done(slot, headers, status)
        self.start(limiter)


@settings(max_examples=60, deadline=None)
@given(
    limit=st.sampled_from([RateLimit(2, 1.0), RateLimit(7, 0.5), RateLimit(20, 2.0)]),
    callers=st.integers(2, 6),
    trips=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=40, max_size=80),
    fixed=st.booleans(),
)
def test_callers_that_share_a_store_never_meet_a_429(
    limit: RateLimit, callers: int, trips: list[tuple[float, float]], *, fixed: bool
) -> None:
    clock, server, store = FakeClock(), Server(limit, fixed=fixed), MemoryCallLogStore()
    Race([pacer(clock, limit, store) for _ in range(callers)], clock, server, trips)
    assert len(server.counted) == len(trips)
    assert not server.refused


def test_several_callers_keep_nearly_the_whole_allowance_busy() -> None:
    clock, server, store = FakeClock(), Server(HUB), MemoryCallLogStore()
    Race([pacer(clock, HUB, store) for _ in range(4)], clock, server, [(0.05, 0.05)] * 1000)
    assert not server.refused
    assert server.counted[-1] <= 92.5 * 1.03


def test_a_limit_that_the_server_names_is_believed() -> None:
    clock, server = FakeClock(), Server(RateLimit(10, 1.0))
    limiter = pacer(clock, HUB)
    for _ in range(100):
        call(limiter, clock, server)
    assert not server.refused
    assert 9.0 <= clock.passed <= 9.3
    server.limit = RateLimit(40, 1.0)
    began = clock.passed
    for _ in range(400):
        call(limiter, clock, server)
    assert clock.passed - began <= 11.0


def test_an_account_without_a_limit_learns_one_from_the_first_answer() -> None:
    clock, server = FakeClock(), Server(RateLimit(3, 1.0))
    limiter = pacer(clock, None)
    for _ in range(30):
        call(limiter, clock, server)
    assert len(server.refused) <= 1
    assert clock.passed >= 8.9


def test_a_limit_of_the_users_own_outlasts_what_the_server_allows() -> None:
    clock, server = FakeClock(), Server(HUB)
    limiter = Pacer(MemoryCallLogStore(), clock, None, "hub", ceiling=RateLimit(2, 1.0))
    for _ in range(21):
        call(limiter, clock, server)
    assert 10.0 <= clock.passed <= 10.3


@pytest.mark.parametrize("burst", [1, 10, 50])
@pytest.mark.parametrize("latency", [0.0, 0.1])
def test_another_client_that_takes_half_costs_at_most_two_429s(burst: int, latency: float) -> None:
    clock, server = FakeClock(), Server(HUB)
    limiter = pacer(clock)
    server.strangers = [25.0 + 10.0 * burst / 50 * number for number in range(1000 // burst) for _ in range(burst)]
    for _ in range(800):
        call(limiter, clock, server, there=latency / 2, back=latency / 2)
    assert len(server.refused) <= 2
    assert clock.passed <= 160.0  # 550 calls at 50 in 10 s take 135 s after the first 25


def test_when_the_other_client_stops_the_whole_allowance_is_used_again() -> None:
    clock, server = FakeClock(), Server(HUB)
    limiter = pacer(clock)
    server.counted += [0.0] * 60
    for _ in range(200):
        call(limiter, clock, server)
    clock.pass_by(40.0)
    began = clock.passed
    for _ in range(1000):
        call(limiter, clock, server)
    assert not server.refused
    assert clock.passed - began <= 93.0


def test_answers_that_come_late_are_not_mistaken_for_another_client() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    server = Server(HUB)
    Race([pacer(clock, HUB, store) for _ in range(6)], clock, server, [(0.4, 0.01), (0.01, 0.4)] * 300)
    assert not CallLog.loaded(store.peek("hub")).foreign


def test_what_a_dead_process_left_under_way_blocks_no_process_for_long() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    two = RateLimit(2, 1.0)
    for _ in range(2):
        pacer(clock, two, store).take()
    pacer(clock, two, store).take()
    assert clock.passed <= 16.1


def test_a_clock_that_was_set_back_stops_no_call() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    two = RateLimit(2, 1.0)
    server = Server(two)
    limiter = pacer(clock, two, store)
    for _ in range(2):
        call(limiter, clock, server)
    clock.start -= timedelta(days=2)
    limiter.take()
    assert clock.passed <= 1.1


@pytest.mark.parametrize("back", [timedelta(hours=3), timedelta(days=400)], ids=str)
def test_a_hold_keeps_its_length_when_the_clock_is_set_back(back: timedelta) -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    pacer(clock, HUB, store).hold(30.0)
    clock.start -= back
    pacer(clock, HUB, store).take()
    assert clock.passed == pytest.approx(30.0)


def test_a_clock_that_is_set_back_again_and_again_delays_no_call_for_longer_than_the_interval() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    two = RateLimit(2, 1.0)
    for _ in range(10):
        limiter = pacer(clock, two, store)
        call(limiter, clock, Server(two))
        limiter.close()
        clock.start -= timedelta(hours=5)
    assert clock.passed <= 20.0


def test_the_renewal_of_a_spent_allowance_moves_with_a_clock_that_is_set_back() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    limiter = pacer(clock, HUB, store)
    headers = {"X-RateLimit-Limit-Daily": "200000", "X-RateLimit-Daily-Remaining": "0"}
    limiter.done(limiter.take(), CaseInsensitiveDict(headers), 200)
    limiter.close()
    renewed = limiter.renewed_at()
    clock.start -= timedelta(hours=9)
    assert renewed is not None
    assert pacer(clock, HUB, store).renewed_at() == renewed - timedelta(hours=9)


def test_a_hold_is_kept_by_every_process_of_the_account() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    one, other = pacer(clock, None, store), pacer(clock, None, store)
    one.hold(30.0)
    other.take()
    assert clock.passed == pytest.approx(30.0)


def test_a_hold_of_one_account_holds_no_other() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    pacer(clock, None, store).hold(30.0)
    Pacer(store, clock, None, "genius").take()
    assert clock.passed == 0.0


def test_a_spent_day_is_known_before_the_next_call_until_it_is_renewed() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    headers = {
        "X-RateLimit-Limit-Daily": "200000",
        "X-RateLimit-Daily-Remaining": "0",
        "x-ratelimit-daily-reset": "9000",
    }
    limiter = pacer(clock, HUB, store)
    limiter.done(limiter.take(), CaseInsensitiveDict(headers), 200)
    with pytest.raises(AllowanceSpent, match="2026-03-04 05:06:16 UTC") as spent:
        pacer(clock, HUB, store).take() if calls_today(limiter) else None
    assert spent.value.until == datetime(2026, 3, 4, 5, 6, 16, tzinfo=UTC)
    clock.pass_by(9.1)
    assert limiter.take().key is not None


def test_the_last_calls_of_a_day_are_shared_out_before_they_are_made() -> None:
    clock = FakeClock()
    limiter = pacer(clock)
    headers = CaseInsensitiveDict({"X-RateLimit-Daily-Remaining": "2", "X-RateLimit-Daily-Reset": "5000"})
    limiter.done(limiter.take(), headers, 200)
    limiter.take()
    limiter.take()
    with pytest.raises(AllowanceSpent):
        limiter.take()


def test_an_account_without_a_limit_writes_next_to_nothing() -> None:
    clock, store = FakeClock(), CountingStore()
    limiter = pacer(clock, None, store)
    for _ in range(2000):
        limiter.done(limiter.take(), {"Date": "x"}, 200)
    assert store.writes <= 4
    assert calls_today(limiter) == 2000


def test_an_account_with_a_limit_writes_once_per_call() -> None:
    clock, store = FakeClock(), CountingStore()
    limiter, server = pacer(clock, HUB, store), Server(HUB)
    for _ in range(90):
        call(limiter, clock, server)
    assert store.writes == 90


def test_calls_of_all_processes_are_counted_and_begin_again_at_midnight() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    for limit in (HUB, None):
        limiter = pacer(clock, limit, store)
        limiter.done(limiter.take(), {}, 200)
        limiter.close()
    assert calls_today(pacer(clock, HUB, store)) == 2
    clock.pass_by(86400.0)
    assert calls_today(pacer(clock, HUB, store)) == 0


def test_threads_share_one_pacer() -> None:
    clock = FakeClock()
    limiter, server = pacer(clock), Server(HUB)

    def work() -> None:
        for _ in range(20):
            slot = limiter.take()
            limiter.done(slot, None, None)
            server.counted.append(clock.passed)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.counted) == 80
    assert calls_today(limiter) == 80


def test_a_book_survives_being_written_down() -> None:
    log = CallLog()
    log.limit = HUB
    log.begin(1000.0)
    log.foreign.append((999.0, 3))
    assert CallLog.loaded(log.dumped()) == log
    assert CallLog.loaded("") == CallLog()


def test_the_book_of_a_busy_account_stays_small() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    limiter, server = pacer(clock, HUB, store), Server(HUB)
    for _ in range(1000):
        call(limiter, clock, server)
    assert len(store.peek("hub")) < 4000


def test_the_book_of_an_account_with_a_huge_limit_stays_small() -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    huge = RateLimit(1_000_000, 10.0)
    limiter, server = pacer(clock, huge, store), Server(huge)
    for _ in range(3000):
        call(limiter, clock, server, back=0.001)
    assert clock.passed < 3.1
    assert len(store.peek("hub")) < 4000


@given(st.lists(st.integers(0, 100), max_size=30).map(sorted), st.integers(1, 20))
def test_the_busiest_interval_is_found(moments: list[int], interval: int) -> None:
    assert busiest([(float(each), 1) for each in moments], interval) == max(
        (sum(first <= each < first + interval for each in moments) for first in moments), default=0
    )


def test_a_slot_is_free_when_there_are_fewer_calls_than_allowed() -> None:
    assert slot_in([(1.0, 1)], 2, RateLimit(2, 1.0), 1.5) == 0.0
    assert slot_in([(1.0, 1), (1.2, 1)], 2, RateLimit(2, 1.0), 1.5) == pytest.approx(0.505)


@pytest.mark.parametrize(("text", "interval"), [("10000", 10.0), ("", None), ("-5", None), ("10s", None)])
def test_the_interval_is_read_from_the_headers(text: str, interval: float | None) -> None:
    assert RateHeaders.of({"X-RateLimit-Interval-Milliseconds": text}).interval == interval


def test_a_book_of_the_first_schema_is_read_as_it_was_meant() -> None:
    written = (
        '{"under_way":[[25,100.5]],"ended":[[1000000,1005000],[2,1]],"foreign":[[101.0,3]],"limit":[100,10.0,null],'
        '"hold":0.0,"daily":null,"next_key":28,"day":20517,"today":7}'
    )
    log = CallLog.loaded(written)
    assert log.ended == CallTimes({1_000_000: 2, 1_005_000: 1})
    assert (log.under_way, log.foreign, log.today) == ({25: 100.5}, [(101.0, 3)], 7)
    assert CallLog.loaded(log.dumped()) == log


NONSENSE = (
    {"X-RateLimit-Interval-Milliseconds": "1000000000000"},
    {"X-RateLimit-Interval-Milliseconds": "0"},
    {"X-RateLimit-Interval-Milliseconds": "-10000"},
    {"X-RateLimit-Interval-Milliseconds": "NaN"},
    {"X-RateLimit-Interval-Milliseconds": "9" * 5000},
    {"X-RateLimit-Max": "0"},
    {"X-RateLimit-Max": "-1"},
    {"X-RateLimit-Max": "Infinity"},
    {"X-RateLimit-Max": "1000000000000000", "X-RateLimit-Remaining": "0"},
    {"X-RateLimit-Remaining": "-5"},
    {"X-RateLimit-Daily-Reset": "1000000000000000", "X-RateLimit-Daily-Remaining": "5"},
    {"X-RateLimit-Daily-Reset": "-1", "X-RateLimit-Daily-Remaining": "-1"},
    {"X-RateLimit-Daily-Reset": "NaN", "X-RateLimit-Daily-Remaining": "NaN", "X-RateLimit-Limit-Daily": "0"},
)


@pytest.mark.parametrize("headers", NONSENSE, ids=str)
@pytest.mark.parametrize("documented", [RateLimit(100, 10.0), None])
def test_rate_headers_that_are_insane_put_no_account_out_of_order(
    headers: dict[str, str], documented: RateLimit | None
) -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    for _ in range(3):  # each a process of its own
        pacer = Pacer(store, clock, documented, "hub")
        for _ in range(50):
            pacer.done(pacer.take(), headers, 200)
        assert pacer.renewed_at() is None
        pacer.close()
    assert clock.passed <= 30.0


STORED = (
    '{"under_way":[],"foreign":[],"limit":[1,1e9,null],"hold":0,"daily":null,"next_key":9,"day":0,"today":0}',
    '{"under_way":[],"foreign":[[0,1e15]],"limit":[0,0,null],"hold":1e15,"daily":null,"next_key":9,"day":0,"today":0}',
    '{"under_way":[],"foreign":[],"limit":[-1,NaN,null],"hold":NaN,"daily":[5,0,NaN],"next_key":9,"day":0,"today":0}',
    '{"under_way":[],"foreign":[],"limit":null,"hold":Infinity,"daily":[5,0,1e15],"next_key":9,"day":0,"today":0}',
    '{"under_way":[],"foreign":[],"limit":null,"hold":0,"daily":[5,0,1e12],"next_key":9,"day":0,"today":0}',
)


@pytest.mark.parametrize("stored", STORED)
def test_what_an_old_release_believed_is_read_safely(stored: str) -> None:
    clock, store = FakeClock(), MemoryCallLogStore()
    recent = round(clock.now().timestamp() * 10_000)
    store.revise("hub", lambda _: f"{recent}:1\n{stored}")
    pacer = Pacer(store, clock, RateLimit(100, 10.0), "hub")
    assert pacer.renewed_at() is None
    for _ in range(50):
        pacer.done(pacer.take(), {}, 200)
    assert clock.passed <= 10.1
    assert calls_today(pacer) == 50


def test_a_long_interval_is_tried_again_after_the_documented_one() -> None:
    clock = FakeClock()
    pacer = Pacer(MemoryCallLogStore(), clock, RateLimit(100, 10.0), "hub")
    hour = {"X-RateLimit-Max": "1", "X-RateLimit-Interval-Milliseconds": "3000000", "X-RateLimit-Remaining": "0"}
    pacer.done(pacer.take(), hour, 200)
    pacer.done(pacer.take(), {"X-RateLimit-Max": "100", "X-RateLimit-Interval-Milliseconds": "10000"}, 200)
    assert clock.passed == pytest.approx(10.0, abs=0.2)


@pytest.mark.parametrize("documented", [RateLimit(100, 10.0), None])
def test_a_wait_of_more_than_a_minute_is_said_once_with_its_end_and_its_reason(documented: RateLimit | None) -> None:
    clock = FakeClock()
    said: list[str] = []
    pacer = Pacer(MemoryCallLogStore(), clock, documented, "hub", note=said.append)
    pacer.hold(59.0)
    pacer.take()
    assert said == []
    pacer.hold(3 * 3600.0)
    pacer.take()
    (text,) = said
    assert text == "hub: no call before 2026-03-04 08:07:06 UTC, because the server asked to wait"
    assert clock.passed == pytest.approx(3 * 3600.0 + 59.0, abs=2.0)
