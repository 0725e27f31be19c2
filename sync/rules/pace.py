"""How fast a step of a run is, and how long it will take. Pure; spans are seconds."""

from dataclasses import dataclass
from typing import Final

SOONEST: Final = 1.0
"""A pace that was measured for less time says nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Records per second, and seconds until the step is done; each None while it is unknown."""

    per_second: float | None
    seconds_left: float | None


def pace_of(done: int, total: int | None, seconds: float) -> Pace:
    """Return the pace of a step that has done so many records of a total in so many seconds."""
    if seconds < SOONEST or done <= 0:
        return Pace(None, None)
    per_second = done / seconds
    left = None if total is None else round(max(0, total - done) / per_second, 1)
    return Pace(round(per_second, 1), left)
