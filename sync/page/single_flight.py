"""One computation for all who ask at the same time, so that many callers cost no more than a few.

Rules kept here:
- a result is given only to those who asked before its computation began: it is never older than the question;
- whoever is given a result is given an error alike.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Computes by `compute`, once at a time. Calls may come from several threads."""

    def __init__(self, compute: Callable[[], T]) -> None:
        self._compute = compute
        self._turn = Lock()
        self._begun = 0
        self._result: tuple[T | None, Exception | None] = (None, None)

    def value(self) -> T:
        """Return a result of a computation that begins after this call, and raise what it raises."""
        arrived = self._begun
        with self._turn:
            if self._begun == arrived:
                self._begun += 1
                self._result = self._computed()
            value, error = self._result
        if error is not None:
            raise error
        return value  # type: ignore[return-value] # it is None only where there is an error, or where T is None

    def _computed(self) -> tuple[T | None, Exception | None]:
        try:
            return self._compute(), None
        except Exception as error:  # noqa: BLE001 - it is raised for each who asked
            return None, error
