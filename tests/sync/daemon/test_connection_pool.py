"""R51: threads depend on the pool, not on the connections; long runs have a share of them."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from sync.daemon.connection_pool import ConnectionPool

PATIENCE = 30.0
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Pool:
    """A pool with jobs that end when a test says so."""

    def __init__(self, threads: int, bulk: int, is_bulk: Callable[[str], bool] = lambda _key: False) -> None:
        self.changed = threading.Condition()
        self.running: list[str] = []
        self.ended: list[str] = []
        self.most = 0
        self.allowed: set[str] = set()
        self.pool = ConnectionPool(threads, bulk, is_bulk)
        self.scheduler = BackgroundScheduler(timezone=UTC)
        self.scheduler.add_executor(self.pool, "pool")
        self.scheduler.start(paused=True)

    def submit(self, key: str) -> None:
        """Let a stream become due."""
        job: Any = self.scheduler.add_job(self._run, args=[key], id=key, executor="pool", misfire_grace_time=None)
        self.pool.submit_job(job, [NOW])

    def let_end(self, *keys: str) -> None:
        """Let runs end, now or when they come."""
        with self.changed:
            self.allowed.update(keys)
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE), (self.running, self.ended)

    def _run(self, key: str) -> None:
        with self.changed:
            self.running.append(key)
            self.most = max(self.most, len(self.running))
            self.changed.notify_all()
            self.changed.wait_for(lambda: key in self.allowed, PATIENCE)
            self.running.remove(key)
            self.ended.append(key)
            self.changed.notify_all()


@pytest.fixture
def made() -> Iterator[Callable[..., Pool]]:
    """Return what makes a pool; each is shut down after the test."""
    pools: list[Pool] = []

    def make(*arguments: Any) -> Pool:
        pools.append(Pool(*arguments))
        return pools[-1]

    yield make
    for one in pools:
        one.let_end(*one.running)
        if one.scheduler.running:
            one.scheduler.shutdown(wait=True)


def test_a_thousand_connections_run_in_four_threads_and_each_has_its_turn(made: Callable[..., Pool]) -> None:
    pool = made(4, 2)
    keys = [f"c{number}/contacts" for number in range(1000)]
    pool.let_end(*keys)
    for key in keys:
        pool.submit(key)
    pool.wait_for(lambda: len(pool.ended) == len(keys))
    assert pool.most <= 4
    assert sorted(pool.ended) == sorted(keys)
    assert sum(one.name.startswith("run") for one in threading.enumerate()) <= 4


def test_the_streams_of_one_connection_take_turns(made: Callable[..., Pool]) -> None:
    pool = made(4, 2)
    for key in ("a/contacts", "a/messages", "b/contacts"):
        pool.submit(key)
    pool.wait_for(lambda: set(pool.running) == {"a/contacts", "b/contacts"})
    pool.let_end("b/contacts")
    pool.wait_for(lambda: pool.ended == ["b/contacts"])
    assert pool.running == ["a/contacts"]
    pool.let_end("a/contacts", "a/messages")
    pool.wait_for(lambda: pool.ended == ["b/contacts", "a/contacts", "a/messages"])


def test_long_runs_leave_threads_for_short_ones(made: Callable[..., Pool]) -> None:
    pool = made(3, 2, lambda key: key.startswith("long"))
    for number in range(5):
        pool.submit(f"long{number}/contacts")
    pool.wait_for(lambda: len(pool.running) == 2)
    pool.let_end(*(f"short{number}/contacts" for number in range(9)))
    for number in range(9):
        pool.submit(f"short{number}/contacts")
    pool.wait_for(lambda: len(pool.ended) == 9)
    assert sorted(pool.running) == ["long0/contacts", "long1/contacts"]
    pool.let_end(*(f"long{number}/contacts" for number in range(5)))
    pool.wait_for(lambda: len(pool.ended) == 14)


def test_nothing_starts_after_the_shutdown(made: Callable[..., Pool]) -> None:
    pool = made(2, 1)
    for key in ("a/contacts", "b/contacts", "c/contacts"):
        pool.submit(key)
    pool.wait_for(lambda: len(pool.running) == 2)
    pool.scheduler.shutdown(wait=False)
    pool.let_end("a/contacts", "b/contacts", "c/contacts")
    pool.wait_for(lambda: len(pool.ended) == 2)
    assert sorted(pool.ended) == ["a/contacts", "b/contacts"]


def test_a_run_that_breaks_gives_its_thread_back(made: Callable[..., Pool]) -> None:
    pool = made(2, 1)

    def break_off(_key: str) -> None:
        raise RuntimeError

    job: Any = pool.scheduler.add_job(break_off, args=["x"], id="x/contacts", executor="pool", misfire_grace_time=None)
    pool.pool.submit_job(job, [NOW])
    pool.let_end("y/contacts", "z/contacts")
    for key in ("y/contacts", "z/contacts"):
        pool.submit(key)
    pool.wait_for(lambda: len(pool.ended) == 2)
