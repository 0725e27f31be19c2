"""Who wins a conflict: the policies of `[connections.NAME.contacts] conflicts` (R14). Pure.

`newest` knows when a record was changed, not which of its fields: the record that was edited last wins (R40).
"""

from datetime import datetime, timedelta

from sync.rules.mapping import FieldRule
from sync.rules.merge import LEFT, RIGHT, Judge, SideView

UNMEASURABLE = 2.0
"""Seconds: clocks that differ by less count as the same; a measured offset is no more exact than that."""

WHOLE_SECOND_MS = 1000

TOLERANCE = timedelta(seconds=1)
CORRECTED_TOLERANCE = timedelta(seconds=2)


def judge(policy: str, offsets: tuple[float, float]) -> Judge:
    """Return the judge of a policy, which holds for all fields that have none of their own.

    `offsets` are the seconds by which the left and right server are ahead of us.
    """
    tolerance = CORRECTED_TOLERANCE if any(abs(offset) >= UNMEASURABLE for offset in offsets) else TOLERANCE

    def decide(left: SideView, right: SideView, rule: FieldRule) -> str | None:
        chosen = rule.conflicts or policy
        if chosen in (LEFT, RIGHT):
            return chosen
        times = (left.time_of(rule.name), right.time_of(rule.name))
        return None if chosen == "manual" else _newest(*times, tolerance)

    return decide


def correct(moment: datetime | None, offset: float) -> datetime | None:
    """Return a server's time on our clock; offsets too small to measure are none."""
    if moment is None or abs(offset) < UNMEASURABLE:
        return moment
    try:
        return moment - timedelta(seconds=offset)
    except OverflowError:  # at the end of the calendar seconds make no difference
        return moment


def uncorrect(moment: datetime, offset: float) -> datetime:
    """Return a time on our clock as the server tells it: what `correct` has made of it, as it was."""
    return moment if abs(offset) < UNMEASURABLE else moment + timedelta(seconds=offset)


def finer(record_ms: int | None, event_ms: int | None) -> int | None:
    """Return when a record was changed, by its own time and by that of the last event about it (R40).

    A record's time may be cut to whole seconds, and some show none: there the event knows more. An event that comes
    later than that may only have been sent late.
    """
    if record_ms is None or event_ms is None:
        return event_ms if record_ms is None else record_ms
    is_same_change = 0 <= event_ms - record_ms < WHOLE_SECOND_MS
    return event_ms if is_same_change else record_ms


def _newest(left: datetime | None, right: datetime | None, tolerance: timedelta) -> str | None:
    if left is None or right is None or abs(left - right) <= tolerance:
        return None
    return LEFT if left > right else RIGHT
