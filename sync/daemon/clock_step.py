"""Detect that the machine's clock was set: schedules are in wall time, waits are not (R43).

A machine that slept looks like a machine with a clock that was set forward.
"""

from datetime import timedelta
from typing import Final

from connectors.clock import Clock

SLACK: Final = timedelta(seconds=5)
"""A clock that is adjusted gradually moves less than this between two measurements."""


class ClockStep:
    """Compare the wall clock with the monotonic clock, from one measurement to the next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._measured()

    def since_last_measurement(self) -> timedelta:
        """Return by how much the clock was set since the last measurement; negative is back, zero is not at all."""
        offset = self._measured()
        step, self._offset = timedelta(seconds=offset - self._offset), offset
        return step if abs(step) > SLACK else timedelta(0)

    def _measured(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()
