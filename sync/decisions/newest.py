"""Who wins a conflict: the policies of `[connections.NAME.contacts] conflicts` (R14). Pure."""

from datetime import datetime, timedelta

from sync.decisions.merging import LEFT, RIGHT, Judge, View

UNMEASURABLE = 2.0
"""Seconds: clocks that differ by less count as the same; a measured offset is no more exact than that."""

TOLERANCE = timedelta(seconds=1)
CORRECTED_TOLERANCE = timedelta(seconds=2)


def judge(policy: str, offsets: tuple[float, float]) -> Judge:
    """Return the judge of a policy. `offsets` are the seconds by which the left and right server are ahead of us."""
    if policy in (LEFT, RIGHT):
        return lambda _left, _right: policy
    if policy == "manual":
        return lambda _left, _right: None
    tolerance = CORRECTED_TOLERANCE if any(abs(offset) >= UNMEASURABLE for offset in offsets) else TOLERANCE
    return lambda left, right: _newest(left, right, tolerance)


def correct(moment: datetime | None, offset: float) -> datetime | None:
    """Return a server's time on our clock; offsets too small to measure are none."""
    if moment is None or abs(offset) < UNMEASURABLE:
        return moment
    try:
        return moment - timedelta(seconds=offset)
    except OverflowError:  # at the end of the calendar seconds make no difference
        return moment


def _newest(left: View, right: View, tolerance: timedelta) -> str | None:
    if left.changed_at is None or right.changed_at is None:
        return None
    if abs(left.changed_at - right.changed_at) <= tolerance:
        return None
    return LEFT if left.changed_at > right.changed_at else RIGHT
