"""How a run in a thread is stopped, and how it is seen to move.

A run is interrupted where it waits (for its pace, in a back-off) and between its steps: the Interrupted that a signal
raises in a one-shot run is raised there by its clock and by its progress, and means the same.
"""

import signal
import threading
from datetime import datetime, timedelta

from connectors.clock import Clock
from sync.errors import Interrupted
from sync.output import event_log


class StopSignal:
    """A wish to end, from any thread or signal to all. Once it is there it stays."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def is_asked(self) -> bool:
        """Say whether somebody has asked."""
        return self._event.is_set()

    def ask(self) -> None:
        """Ask, and wake up everybody who waits."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the wish, but no longer; say whether it is there."""
        return self._event.wait(min(seconds, threading.TIMEOUT_MAX))

    def check(self) -> None:
        """Raise Interrupted when somebody has asked."""
        if self.is_asked:
            raise Interrupted(signal.SIGTERM)


class Activity:
    """Since when a run is under way, and when it last moved, or will go on moving after a wait; None for none.

    Its times go on steadily from the first one, whatever the machine's clock is set to meanwhile.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start, self._counter = clock.now(), clock.monotonic()
        self.began_at: datetime | None = None
        self.moved_at: datetime | None = None

    def now(self) -> datetime:
        """Return the time that the activity goes by."""
        return self._start + timedelta(seconds=self._clock.monotonic() - self._counter)

    def begin(self) -> None:
        """A run begins."""
        self.began_at = self.moved_at = self.now()

    def move(self, wait: float = 0.0) -> None:
        """It moves, or waits for so many seconds, as it should."""
        if self.began_at is not None:
            self.moved_at = self.now() + timedelta(seconds=wait)

    def end(self) -> None:
        """It has ended."""
        self.began_at = self.moved_at = None


class StoppableClock:
    """A clock whose sleeps end with Interrupted when somebody asks to stop. A run that looks at it moves."""

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
        """Do nothing for so long. Raises Interrupted."""
        self._activity.move(seconds)
        if self._stop.wait(seconds):
            self._stop.check()
        self._activity.move()


class WatchedProgress:
    """The progress of the runs of one stream: their notes go to the log, each once; a step is a place to stop."""

    def __init__(self, stop: StopSignal, activity: Activity) -> None:
        self._stop = stop
        self._activity = activity
        self._told: set[str] = set()

    def stage(self, text: str, total: int | None = None) -> None:  # noqa: ARG002 - as below
        """Begin a step. Raises Interrupted."""
        event_log.debug("step", text=text)
        self.advance()

    def advance(self, count: int = 1) -> None:  # noqa: ARG002 - how much there is to do matters to people who watch
        """Go on. Raises Interrupted."""
        self._activity.move()
        self._stop.check()

    def note(self, text: str) -> None:
        """Tell one thing, but not with every run."""
        if text not in self._told:
            self._told.add(text)
            event_log.info("note", text=text)
