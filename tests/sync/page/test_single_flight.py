"""One computation for all who ask at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Semaphore

import pytest

from sync.page.single_flight import SingleFlight


class Work:
    """Something that takes as long as it is made to, and counts how often it is done."""

    def __init__(self) -> None:
        self.times = 0
        self.begun = Semaphore(0)
        self.may_end = Event()
        self.fails = False

    def do(self) -> int:
        self.times += 1
        now = self.times
        self.begun.release()
        assert self.may_end.wait(10)
        if self.fails:
            raise ValueError(now)
        return now


class Turn:
    """A lock that notes who asks for it."""

    def __init__(self) -> None:
        self.asked = Semaphore(0)
        self.lock = Lock()

    def __enter__(self) -> None:
        self.asked.release()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_all_callers_during_a_computation_share_the_next_result() -> None:
    work = Work()
    flight = SingleFlight(work.do)
    flight._turn = turn = Turn()  # type: ignore[assignment] # all that is asked of a lock
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(flight.value)
        assert work.begun.acquire(timeout=10)
        others = [pool.submit(flight.value) for _ in range(15)]
        for _ in range(16):
            assert turn.asked.acquire(timeout=10)
        work.may_end.set()
        assert first.result(10) == 1
        assert {other.result(10) for other in others} == {2}  # nothing that is older than the question


def test_a_later_caller_gets_a_newer_result_and_errors_are_shared() -> None:
    work = Work()
    work.may_end.set()
    flight = SingleFlight(work.do)
    assert [flight.value(), flight.value()] == [1, 2]
    work.fails = True
    with pytest.raises(ValueError, match="3"):
        flight.value()
    work.fails = False
    assert flight.value() == 4
