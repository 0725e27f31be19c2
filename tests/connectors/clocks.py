"""A clock for tests: it stands still until a test moves it."""

import threading
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Wall time and counter move together, by `sleep` and `pass_by` alone."""

    def __init__(self, start: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)) -> None:
        self.start = start
        self.passed = 0.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept += [seconds] if seconds else []  # a sleep of no time is a place to stop at
            self.passed += seconds

    def pass_by(self, seconds: float) -> None:
        with self._lock:
            self.passed += seconds
