"""Share one computation among all simultaneous callers, so that many callers cost no more than a few.

Rules kept here:
- a result goes only to callers that asked before its computation began, so it is never older than the request;
- an error goes to all these callers as well.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Run `compute`, one call at a time. Calls may come from several threads."""

    def __init__(self, compute: Callable[[], T]) -> None:
        self._compute = compute
        self._turn = Lock()
        self._begun = 0
        self._result: tuple[T | None, Exception | None] = (None, None)

    def value(self) -> T:
        """Return the result of a computation that begins after this call, or raise its error."""
        arrived = self._begun
        with self._turn:
            # A computation that began before this call may have read an older state, so its result is not used.
            if self._begun == arrived:
                self._begun += 1
                self._result = self._computed()
            value, error = self._result
        if error is not None:
            raise error
        return value  # type: ignore[return-value] # None only with an error, or where T allows it

    def _computed(self) -> tuple[T | None, Exception | None]:
        try:
            return self._compute(), None
        except Exception as error:  # noqa: BLE001 - it is raised for each caller
            return None, error
