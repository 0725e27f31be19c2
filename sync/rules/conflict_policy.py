"""Choose who wins a conflict, by the policy in `[connections.NAME.contacts] conflicts` (R14). Pure.

`newest` knows when a record changed, not which field: the record that was edited last wins (R40).
"""

from datetime import datetime, timedelta

from sync.rules.mapping import FieldRule
from sync.rules.merge import WinnerChooser
from sync.rules.merge_result import LEFT, RIGHT, SideView

UNMEASURABLE = 2.0
"""Seconds. Clocks that differ by less count as equal: a measured offset is no more exact than that."""

WHOLE_SECOND_MS = 1000

TOLERANCE = timedelta(seconds=1)
CORRECTED_TOLERANCE = timedelta(seconds=2)


def winner_by_policy(policy: str, offsets: tuple[float, float]) -> WinnerChooser:
    """Return the function that applies a policy. Fields with a policy of their own use that.

    `offsets` are the seconds by which the left and the right server are ahead of our clock.
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
    """Convert a server's time to our clock. Offsets too small to measure are ignored."""
    if moment is None or abs(offset) < UNMEASURABLE:
        return moment
    try:
        return moment - timedelta(seconds=offset)
    except OverflowError:
        # At the end of the calendar seconds make no difference.
        return moment


def uncorrect(moment: datetime, offset: float) -> datetime:
    """Convert a time on our clock back to the server's clock: the inverse of `correct`."""
    return moment if abs(offset) < UNMEASURABLE else moment + timedelta(seconds=offset)


def finer(record_ms: int | None, event_ms: int | None) -> int | None:
    """Return when a record changed, from its own time and that of its last event, in milliseconds (R40).

    Some systems cut the record's time to whole seconds or show none: then the event is more exact. An event with a much
    later time than the record may only have been sent late, so the record's time is used.
    """
    if record_ms is None or event_ms is None:
        return event_ms if record_ms is None else record_ms
    is_same_change = 0 <= event_ms - record_ms < WHOLE_SECOND_MS
    return event_ms if is_same_change else record_ms


def _newest(left: datetime | None, right: datetime | None, tolerance: timedelta) -> str | None:
    if left is None or right is None or abs(left - right) <= tolerance:
        return None
    return LEFT if left > right else RIGHT
