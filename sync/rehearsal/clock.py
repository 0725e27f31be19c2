"""The clock of a rehearsal: that of the machine, moved ahead between runs, so that no change has to settle."""

from datetime import datetime, timedelta

from connectors.clock import Clock


class RehearsalClock:
    """A clock that is ahead of another one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta(0)

    def move_ahead(self, span: timedelta) -> None:
        """Let a span of time pass at once."""
        self._ahead += span

    def now(self) -> datetime:
        """Return the time of the rehearsal, aware, in UTC."""
        return self._clock.now() + self._ahead

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        return self._clock.monotonic() + self._ahead.total_seconds()

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long."""
        self._clock.sleep(seconds)
