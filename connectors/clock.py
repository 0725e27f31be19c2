"""Time, passed in: whatever waits or asks for the time takes a Clock, so that tests need not wait."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time, a monotonic counter, and sleep."""

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long."""


class SystemClock:
    """The machine's own clock. A process that is asked to end wakes its threads from every sleep."""

    _ended = threading.Event()

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long. Raises KeyboardInterrupt in a process that is asked to end."""
        if self._ended.wait(min(max(0.0, seconds), threading.TIMEOUT_MAX)):
            raise KeyboardInterrupt

    @classmethod
    def end_sleeps(cls) -> None:
        """Wake every thread that sleeps, and let none sleep again."""
        cls._ended.set()

    @classmethod
    def allow_sleeps(cls) -> None:
        """Let threads sleep again: a test calls commands one after the other in one process."""
        cls._ended.clear()
