"""The ends of an account's calls, in a form that is quick to write at each call (R5).

Rules kept here:
- an end is rounded up to a step, so that there are few, and none seems earlier than it was;
- ends ascend, so that old ones are at the front;
- the text of each end is cached: a call changes one of them, and the others need not be formatted again.
Times are wall-clock seconds since 1970.
"""

import math
from collections.abc import Mapping
from typing import Final

TICKS: Final = 10_000
"""Ends are whole ten-thousandths of a second, because floats are slow to format."""

Moments = list[tuple[float, int]]
"""Times with the number of calls at each."""


class CallTimes:
    """The number of calls by their end, in TICKS."""

    __slots__ = ("_calls", "_texts")

    def __init__(self, calls: Mapping[int, int] | None = None) -> None:
        self._calls: dict[int, int] = {}
        self._texts: dict[int, str] = {}
        for tick in sorted(calls or {}):
            self._put(tick, (calls or {})[tick])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CallTimes) and self._calls == other._calls

    __hash__ = None  # type: ignore[assignment] # it changes

    def add(self, at: float, step: float) -> None:
        """Add a call that ended at `at`. `step` is in seconds."""
        tick = round(math.ceil(at / step) * step * TICKS)
        is_last = not self._calls or tick >= next(reversed(self._calls))
        self._put(tick, self._calls.get(tick, 0) + 1)
        # Another process wrote a later end first, so sort.
        if not is_last:
            self._keep(sorted(self._calls))

    def tidy(self, first: float, last: float) -> None:
        """Drop what is before the first moment or after the last."""
        lowest, highest = round(first * TICKS), math.ceil(last * TICKS)
        if self._calls and not lowest < next(iter(self._calls)) <= next(reversed(self._calls)) <= highest:
            self._keep([tick for tick in self._calls if lowest < tick <= highest])

    def shift(self, seconds: float) -> None:
        """Move all ends in time."""
        ticks = round(seconds * TICKS)
        self._calls = {tick + ticks: calls for tick, calls in self._calls.items()}
        self._texts = {tick: f"{tick}:{calls}" for tick, calls in self._calls.items()}

    def total(self) -> int:
        """Return the number of calls."""
        return sum(self._calls.values())

    def by(self, moment: float) -> int:
        """Return how many calls had ended by that moment."""
        last, count = moment * TICKS, 0
        for tick, calls in self._calls.items():
            if tick > last:
                break
            count += calls
        return count

    def moments(self, now: float) -> Moments:
        """Return the ends, none later than now."""
        return [(min(now, tick / TICKS), calls) for tick, calls in self._calls.items()]

    def dumped(self) -> str:
        """Return the ends as text of one line."""
        return " ".join(self._texts.values())

    @classmethod
    def loaded(cls, text: str) -> "CallTimes":
        """Read the ends from their text."""
        pairs = (end.split(":") for end in text.split())
        return cls({int(tick): int(calls) for tick, calls in pairs})

    def _put(self, tick: int, calls: int) -> None:
        self._calls[tick] = calls
        self._texts[tick] = f"{tick}:{calls}"

    def _keep(self, ticks: list[int]) -> None:
        self._calls = {tick: self._calls[tick] for tick in ticks}
        self._texts = {tick: self._texts[tick] for tick in ticks}
