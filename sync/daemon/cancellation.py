"""Stop a run that works in a thread, and record when it last moved.

A run is interrupted where it waits (for the rate limiter, in a backoff) and between its steps. There its clock and its
progress raise Interrupted, which a signal raises in a one-shot run.
"""

import signal
import threading
from datetime import datetime, timedelta

from connectors.clock import Clock
from sync.errors import Interrupted
from sync.output import event_log


class StopSignal:
    """A request to stop, from any thread or signal to all threads. It cannot be withdrawn."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def is_requested(self) -> bool:
        """Return whether a stop was requested."""
        return self._event.is_set()

    def request(self) -> None:
        """Request a stop, and wake every thread that waits."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the request, at most this long; return whether it was made."""
        # A daily allowance may be renewed later than the longest wait that threading allows.
        return self._event.wait(min(seconds, threading.TIMEOUT_MAX))

    def check(self) -> None:
        """Raise Interrupted when a stop was requested."""
        if self.is_requested:
            raise Interrupted(signal.SIGTERM)


class Activity:
    """When the present run began and when it last moved, or will move after a wait. Both are None without a run.

    The times are aware, in UTC, and follow the monotonic clock, so that setting the machine's clock does not change
    their distances.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start, self._counter = clock.now(), clock.monotonic()
        self.began_at: datetime | None = None
        self.moved_at: datetime | None = None

    def now(self) -> datetime:
        """Return the present time by the monotonic clock."""
        return self._start + timedelta(seconds=self._clock.monotonic() - self._counter)

    def begin(self) -> None:
        """Record that a run begins."""
        self.began_at = self.moved_at = self.now()

    def move(self, wait: float = 0.0) -> None:
        """Record that the run moves, or that it waits for so many seconds on purpose."""
        if self.began_at is not None:
            self.moved_at = self.now() + timedelta(seconds=wait)

    def end(self) -> None:
        """Record that the run has ended."""
        self.began_at = self.moved_at = None


class StoppableClock:
    """A clock that raises Interrupted from `sleep` when a stop is requested. Reading it counts as a move of the run."""

    def __init__(self, clock: Clock, stop: StopSignal, activity: Activity) -> None:
        self._clock = clock
        self._stop = stop
        self._activity = activity

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        self._activity.move()
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds. Raises Interrupted."""
        self._activity.move(seconds)
        if self._stop.wait(seconds):
            self._stop.check()
        self._activity.move()


class WatchedProgress:
    """The progress of the runs of one stream. Each note goes to the log once; each step checks for a stop request."""

    def __init__(self, stop: StopSignal, activity: Activity) -> None:
        self._stop = stop
        self._activity = activity
        self._noted: set[str] = set()

    def begin_step(self, text: str, total: int | None = None) -> None:  # noqa: ARG002 - as below
        """Begin a step. Raises Interrupted."""
        event_log.debug("step", text=text)
        self.advance()

    def advance(self, count: int = 1) -> None:  # noqa: ARG002 - only a terminal shows counts
        """Record that the run moves. Raises Interrupted."""
        self._activity.move()
        self._stop.check()

    def note(self, text: str) -> None:
        """Log a note, unless an earlier run logged it."""
        if text not in self._noted:
            self._noted.add(text)
            event_log.info("note", text=text)
