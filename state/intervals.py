"""Sets of half-open intervals `[start, end)` of whole milliseconds, as sorted tuples of pairs. Pure.

A cursor is such a set of what has been read. Touching and overlapping intervals are merged (R2).
"""

from collections.abc import Iterable

Interval = tuple[int, int]
IntervalSet = tuple[Interval, ...]


def union(*groups: Iterable[Interval]) -> IntervalSet:
    """Return the smallest set that holds every instant of the groups; empty intervals are left out."""
    merged: list[Interval] = []
    for start, end in sorted(interval for group in groups for interval in group if interval[0] < interval[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def gaps(covered: IntervalSet, whole: Interval) -> IntervalSet:
    """Return the parts of `whole` that `covered` does not hold, in order."""
    open_parts: list[Interval] = []
    position, end = whole
    for covered_start, covered_end in covered:
        if position < covered_start and position < end:
            open_parts.append((position, min(covered_start, end)))
        position = max(position, covered_end)
    if position < end:
        open_parts.append((position, end))
    return tuple(open_parts)


def reach(covered: IntervalSet, origin: int) -> int | None:
    """Return the end of the interval that holds `origin`, None when there is none."""
    return next((end for start, end in covered if start <= origin < end), None)
