"""Notice that the machine's clock was set: schedules are in wall time, waits are not (R43).

A machine that slept looks like one whose clock was set forward.
"""

from datetime import timedelta
from typing import Final

from connectors.clock import Clock

SLACK: Final = timedelta(seconds=5)
"""A clock that is adjusted little by little moves less than this between two looks."""


class ClockStep:
    """Compares the wall clock with the monotonic one, from look to look."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._measured()

    def since_last_look(self) -> timedelta:
        """Return by how much the clock was set since the last look, zero where it was not; negative is back."""
        offset = self._measured()
        step, self._offset = timedelta(seconds=offset - self._offset), offset
        return step if abs(step) > SLACK else timedelta(0)

    def _measured(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()
