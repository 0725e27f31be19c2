"""Make several calls at once where answers take so long that one at a time would not use the allowed rate.

Threads only make calls. Decisions and storage stay with the one thread that waits for them. The number of calls under
way follows from the rate and the latency (Little's law), so a fast server gets one call at a time.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from connectors.clock import Clock
from connectors.errors import Broken, ConnectorError

WIDTH = 8
"""The largest number of calls at once to one account, and of steps in one batch."""

UNLIMITED = 10.0
"""The target in calls per second for an account without a limit."""

SMOOTHING = 0.2

Result = TypeVar("Result")


class Dispatcher:
    """Makes the calls of one account. `calls_per_second` returns the allowed rate, None where there is no limit.

    Each call is about one record: a defect at one of them is `Broken`, and the others go on (R42).
    """

    def __init__(self, clock: Clock, calls_per_second: Callable[[], float | None], account: str = "") -> None:
        self._clock = clock
        self._account = account
        self._calls_per_second = calls_per_second
        self._latency = 0.0

    def width(self) -> int:
        """Return how many calls are under way at once, by the latency so far."""
        return width_for(self._calls_per_second() or UNLIMITED, self._latency)

    def gather(self, calls: Sequence[Callable[[], Result]]) -> list[Result | ConnectorError]:
        """Make the calls and return their results or errors, in the same order."""
        width = self.width()
        if width <= 1 or len(calls) <= 1:
            return [self._outcome(call) for call in calls]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(width, len(calls))) as pool:
            return list(pool.map(self._outcome, calls))

    def _outcome(self, call: Callable[[], Result]) -> Result | ConnectorError:
        started = self._clock.monotonic()
        try:
            return call()
        except ConnectorError as error:
            return error
        except (MemoryError, OSError):
            # These are errors of the machine, not of a record.
            raise
        except Exception as error:  # noqa: BLE001 - whoever gathers lists it with its record, and in the log
            said = f"growthsync cannot work with it ({type(error).__name__}: {str(error)[:300]}); please report it"
            return Broken(self._account, said, error)
        finally:
            taken = self._clock.monotonic() - started
            self._latency += SMOOTHING * (min(taken, 1.0) - self._latency)


def width_for(calls_per_second: float, latency: float) -> int:
    """Return how many calls must be under way to keep a rate when each answer takes `latency` seconds."""
    return max(1, min(WIDTH, round(calls_per_second * latency + 0.5)))
