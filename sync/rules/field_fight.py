"""Notice a field that goes back and forth between both sides, by its history (P5). Pure.

Two automations that correct each other, or a server that rewrites what it is given, make a sync write for ever. Such a
field shows changes of alternating origin within a short time. People move a field forward: its values do not return.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SPAN_MS: Final = 86_400_000
"""Only changes of the last day count, in milliseconds."""
RETURNING: Final = 6
"""So many changes of alternating origin are a fight if at most half of their values are different ones."""
MOVING: Final = 16
"""So many changes of alternating origin are a fight, whatever their values."""
LOOKED_AT: Final = MOVING


@dataclass(frozen=True, slots=True)
class WrittenChange:
    """A value that a run wrote: where, as JSON, and when, in milliseconds."""

    account: str
    value: str | None
    at_ms: int


def is_fight(changes: Sequence[WrittenChange], now_ms: int) -> bool:
    """Say whether the last changes of a field, the latest first, are a fight."""
    alternating: list[WrittenChange] = []
    for change in changes:
        if change.at_ms <= now_ms - SPAN_MS or (alternating and alternating[-1].account == change.account):
            break
        alternating.append(change)
    if len(alternating) >= MOVING:
        return True
    last = alternating[:RETURNING]
    return len(last) == RETURNING and 2 * len({change.value for change in last}) <= RETURNING
