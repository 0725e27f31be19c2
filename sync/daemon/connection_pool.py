"""Run the streams of many connections in a fixed number of threads (R51).

Rules kept here:
- runs of one connection never overlap: its streams take turns;
- long runs (first syncs and full comparisons) take a share of the threads at most, so that the short ones go on;
- a run that is due waits for its turn without a thread; those of one kind start in the order in which they became due.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Lock
from typing import Any

from apscheduler.executors.base import BaseExecutor, run_job

Due = tuple[Any, list[datetime]]
"""A job of APScheduler, and the times at which it was due."""


class ConnectionPool(BaseExecutor):  # type: ignore[misc] # APScheduler ships no types
    """The threads of the daemon. `bulk` of them at most do long runs, which `is_bulk` tells by the key of a stream."""

    def __init__(self, threads: int, bulk: int, is_bulk: Callable[[str], bool]) -> None:
        super().__init__()
        self._threads, self._bulk, self._is_bulk = threads, bulk, is_bulk
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="run")
        self._turns = Lock()
        self._due: defaultdict[str, deque[Due]] = defaultdict(deque)
        self._ready: deque[str] = deque()
        self._ready_bulk: deque[str] = deque()
        self._busy: set[str] = set()
        self._running = self._running_bulk = 0
        self._is_closed = False

    def shutdown(self, wait: bool = True) -> None:
        """Start nothing more. Runs under way end by themselves."""
        with self._turns:
            self._is_closed = True
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        connection = job.id.rpartition("/")[0]
        with self._turns:
            if not self._due[connection] and connection not in self._busy:
                self._ready.append(connection)
            self._due[connection].append((job, run_times))
            self._start_ready()

    def _start_ready(self) -> None:
        """Start what may start now. Call it with the lock held."""
        while not self._is_closed and self._running < self._threads:
            if self._ready_bulk and self._running_bulk < self._bulk:
                self._start(self._ready_bulk.popleft(), bulk=True)
            elif self._ready:
                connection = self._ready.popleft()
                bulk = self._is_bulk(self._due[connection][0][0].id)
                if bulk and self._running_bulk >= self._bulk:
                    self._ready_bulk.append(connection)
                else:
                    self._start(connection, bulk=bulk)
            else:
                return

    def _start(self, connection: str, *, bulk: bool) -> None:
        job, run_times = self._due[connection].popleft()
        self._busy.add(connection)
        self._running += 1
        self._running_bulk += bulk
        self._pool.submit(self._work, connection, job, run_times, bulk=bulk)

    def _work(self, connection: str, job: Any, run_times: list[datetime], *, bulk: bool) -> None:
        """Run a job in a thread of the pool, report how it ended, and let the next one begin."""
        try:
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)  # noqa: SLF001 - as its own pools do
        except BaseException as error:  # noqa: BLE001 - the scheduler reports it
            self._run_job_error(job.id, error, error.__traceback__)
        else:
            self._run_job_success(job.id, events)
        finally:
            self._give_back(connection, bulk=bulk)

    def _give_back(self, connection: str, *, bulk: bool) -> None:
        with self._turns:
            self._busy.discard(connection)
            self._running -= 1
            self._running_bulk -= bulk
            if self._due[connection]:
                self._ready.append(connection)
            else:
                del self._due[connection]
            self._start_ready()
