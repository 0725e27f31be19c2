"""What the daemon does next after a run of a stream has ended. Pure: times come in, times go out.

Rules kept here:
- a run that came to its end, or was stopped by the guard, is followed by the next one of the schedule;
- an account that is down is tried again soon, then ever less often, and at least every hour;
- a daily allowance that ran out is waited for, however long;
- a lock that somebody else holds is tried at the next time of the schedule, and said once;
- `reconcile` has a span of its own, counted from when the last one ended. One that fails holds up no ordinary run;
- a stream stands still when no run of it has come to its end for three intervals. A run that is still moving is none
  that stands still; one that does not move, though it waits for nobody, hangs.
Spans are seconds; `chance` is random in [0, 1) and lengthens a wait by at most a tenth.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

FIRST: Final = 60.0
"""Seconds until an account that is down is tried again, where the interval is no shorter."""
LONGEST: Final = 3600.0
WIDEST: Final = 16
"""At most so many intervals lie between two tries."""
JITTER: Final = 0.1
PATIENCE: Final = 3
"""A stream that makes no progress for so many intervals stands still."""
HANGING: Final = timedelta(minutes=15)
"""A run that neither moves nor waits for so long hangs: the longest call that is put up with takes a few minutes."""
SOONEST: Final = timedelta(seconds=1)
SOON: Final = timedelta(seconds=3)
"""A stream for which hints wait is run after so long at the latest."""
HEARD: Final = timedelta(hours=24)
"""Webhooks are heard while the last one is no older: few accounts stand still for so long."""
_DOUBLINGS: Final = 30

Ending = Literal["done", "guarded", "failed", "locked"]


@dataclass(frozen=True, slots=True)
class EndedRun:
    """How a run ended, and when. `renewed_at` is when an allowance that ran out is renewed."""

    how: Ending
    at: datetime
    reason: str = ""
    renewed_at: datetime | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """How a stream stands: failed runs in a row, why the next one is delayed, and whether a held lock was told of.

    `missed` counts failed `reconcile`s in a row, the last of which ended at `missed_at`.
    """

    failures: int = 0
    delayed: str = ""
    locked: bool = False
    missed: int = 0
    missed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NextRun:
    """When the stream is run again, None for "as the schedule says"; `told` that there is something new to tell."""

    at: datetime | None
    standing: StreamStatus
    told: bool = True


def after(standing: StreamStatus, ended: EndedRun, interval: float, chance: float) -> NextRun:
    """Return what follows from the end of a run of a stream that is run every `interval` seconds."""
    if ended.how == "locked":
        return NextRun(None, replace(standing, locked=True), told=not standing.locked)
    standing = replace(_reconciled(standing, ended), locked=False)
    if ended.how != "failed":
        return NextRun(None, replace(standing, failures=0, delayed=""))
    if ended.renewed_at is not None and ended.renewed_at > ended.at:
        wait = timedelta(seconds=chance * JITTER * min(interval, FIRST))
        return NextRun(ended.renewed_at + wait, replace(standing, failures=0, delayed=ended.reason))
    failures = standing.failures + 1
    at = ended.at + timedelta(seconds=backoff(failures, interval, chance))
    return NextRun(
        at, replace(standing, failures=failures, delayed=ended.reason), told=ended.reason != standing.delayed
    )


def backoff(failures: int, interval: float, chance: float) -> float:
    """Return seconds to wait after so many failed runs in a row."""
    wait = min(FIRST, interval) * 2.0 ** min(failures - 1, _DOUBLINGS)
    return min(wait, LONGEST, WIDEST * interval) * (1.0 + JITTER * chance)


def reconcile_at(reconciled_at: datetime | None, span: timedelta | None, standing: StreamStatus) -> datetime | None:
    """Return when both sides are to be compared in full, None for never; `reconciled_at` is when they last were."""
    if span is None or reconciled_at is None:
        return None
    if standing.missed_at is None:
        return reconciled_at + span
    postponed = timedelta(seconds=LONGEST * 2.0 ** min(standing.missed - 1, _DOUBLINGS))
    return max(reconciled_at + span, standing.missed_at + min(postponed, span))


def gathering(settle: timedelta) -> timedelta:
    """Return how long hints gather before a stream looks at them: one edit makes several events, and several are one.

    Where the APIs show a change at once, they need not gather for long.
    """
    return min(max(settle, SOONEST), SOON)


def next_run(planned: datetime | None, soon: datetime, slower: datetime, *, look: bool) -> datetime | None:
    """Return when a stream is run next, which is planned for then: soon where hints wait, else not before `slower`.

    What is planned for sooner than soon was woken meanwhile.
    """
    if look:
        return soon
    return planned if planned is None or planned <= soon else max(planned, slower)


def pace_while_hearing(heard_at: datetime | None, now: datetime, every: timedelta | None) -> timedelta:
    """Return how far apart two polls are while webhooks are heard; nothing where that makes no difference."""
    heard = heard_at is not None and now - heard_at < HEARD
    return every if heard and every is not None else timedelta(0)


def stands_still(now: datetime, due: datetime, *, moving: bool) -> bool:
    """Say whether a stream stands still: `due` is when it should have come to its end at the latest."""
    return now >= due and not moving


def hangs(now: datetime, moved_at: datetime | None, patience: timedelta) -> bool:
    """Say whether a run hangs that last moved, or will go on moving, at `moved_at`; None where none is under way."""
    return moved_at is not None and now - moved_at >= max(patience, HANGING)


def _reconciled(standing: StreamStatus, ended: EndedRun) -> StreamStatus:
    if not ended.whole:
        return standing
    if ended.how == "failed":
        return replace(standing, missed=standing.missed + 1, missed_at=ended.at)
    return replace(standing, missed=0, missed_at=None)
