"""Decide what the daemon does after a run of a stream ended. Pure: times come in, times go out.

Rules kept here:
- a run that finished, or that the guard stopped, is followed by the next one of the schedule;
- an account that is down is tried again soon, then less and less often, but at least every hour;
- a daily allowance that ran out is waited for, however long;
- a stream that waits for the user looks for the answer every few seconds, and makes no call for that;
- a lock that another process holds is tried at the next time of the schedule, and reported once;
- `reconcile` has an interval of its own, counted from its last end. A failed one delays no ordinary run;
- a stream is stalled when none of its runs finished for three intervals and no run is moving. A run hangs when it
  neither moves nor waits.
Intervals are seconds. `chance` is random in [0, 1) and lengthens a wait by at most a tenth.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

FIRST: Final = 60.0
"""Seconds until the first retry of an account that is down, unless the interval is shorter."""
LONGEST: Final = 3600.0
"""Seconds between two retries at most."""
WIDEST: Final = 16
"""Intervals between two retries at most."""
JITTER: Final = 0.1
PATIENCE: Final = 3
"""Intervals without a finished run after which a stream is stalled."""
HANGING: Final = timedelta(minutes=15)
"""A run that neither moves nor waits for this long hangs. The longest call that is allowed takes a few minutes."""
SOONEST: Final = timedelta(seconds=1)
SOON: Final = timedelta(seconds=3)
"""A stream with waiting hints is run after this time at the latest."""
LISTS: Final = 4
"""Lists of everything take one part in so many of an allowance at most."""
HEARD: Final = timedelta(hours=24)
"""Webhooks count as working while the last one is no older: few accounts see no change for so long."""
_DOUBLINGS: Final = 30

LOOK: Final = 15.0
"""Seconds between two looks whether the user has approved a first run, or resumed a connection."""

Ending = Literal["done", "guarded", "failed", "locked", "waiting"]


@dataclass(frozen=True, slots=True)
class EndedRun:
    """How a run ended, and when.

    `renewed_at` is when an exhausted allowance is renewed. `whole` marks a `reconcile`. `rest` is how long no list may
    be read again, and `lists` says whether systems that can only list were to be listed (R32).
    """

    how: Ending
    at: datetime
    reason: str = ""
    renewed_at: datetime | None = None
    whole: bool = False
    rest: timedelta = timedelta(0)
    lists: bool = True


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """The status of a stream: failed runs in a row, the reason of a delay, and whether a held lock was reported.

    `missed` counts failed `reconcile` runs in a row. The last of them ended at `missed_at`.
    """

    failures: int = 0
    delayed: str = ""
    locked: bool = False
    missed: int = 0
    missed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NextRun:
    """When the stream is run again, None for the next time of the schedule.

    `is_news` says whether there is news to report.
    """

    at: datetime | None
    standing: StreamStatus
    is_news: bool = True


def after(standing: StreamStatus, ended: EndedRun, interval: float, chance: float) -> NextRun:
    """Return what follows from the end of a run of a stream that is run every `interval` seconds."""
    if ended.how == "locked":
        return NextRun(None, replace(standing, locked=True), is_news=not standing.locked)
    standing = replace(_reconciled(standing, ended), locked=False)
    if ended.how == "waiting":
        at = max(ended.at + timedelta(seconds=min(interval, LOOK)), ended.at + ended.rest)
        return NextRun(at, replace(standing, failures=0, delayed=""), is_news=False)
    if ended.how != "failed":
        return NextRun(None, replace(standing, failures=0, delayed=""))
    if ended.renewed_at is not None and ended.renewed_at > ended.at:
        wait = timedelta(seconds=chance * JITTER * min(interval, FIRST))
        return NextRun(ended.renewed_at + wait, replace(standing, failures=0, delayed=ended.reason))
    failures = standing.failures + 1
    at = ended.at + timedelta(seconds=backoff(failures, interval, chance))
    return NextRun(
        at, replace(standing, failures=failures, delayed=ended.reason), is_news=ended.reason != standing.delayed
    )


def backoff(failures: int, interval: float, chance: float) -> float:
    """Return the seconds to wait after so many failed runs in a row."""
    wait = min(FIRST, interval) * 2.0 ** min(failures - 1, _DOUBLINGS)
    return min(wait, LONGEST, WIDEST * interval) * (1.0 + JITTER * chance)


def reconcile_at(reconciled_at: datetime | None, span: timedelta | None, standing: StreamStatus) -> datetime | None:
    """Return when to compare both sides in full, None for never. `reconciled_at` is when that was last done."""
    if span is None or reconciled_at is None:
        return None
    if standing.missed_at is None:
        return reconciled_at + span
    postponed = timedelta(seconds=LONGEST * 2.0 ** min(standing.missed - 1, _DOUBLINGS))
    return max(reconciled_at + span, standing.missed_at + min(postponed, span))


def hint_delay(settle: timedelta) -> timedelta:
    """Return how long hints are collected before a run. One edit causes several events.

    Where the APIs show a change at once, the delay is short.
    """
    return min(max(settle, SOONEST), SOON)


def next_run(planned: datetime | None, soon: datetime, slower: datetime, *, look: bool) -> datetime | None:
    """Return when a stream is run next: at `soon` if hints wait (`look`), else as planned but not before `slower`.

    A time planned before `soon` stays: the stream was woken meanwhile.
    """
    if look:
        return soon
    return planned if planned is None or planned <= soon else max(planned, slower)


def rest_after_list(calls: int, calls_per_second: float | None) -> timedelta:
    """Return how long no list may be read again, so that lists take no more than a quarter of the allowance (R32).

    `calls` is how many the last list took. Without a known rate there is no bound.
    """
    return timedelta(seconds=(LISTS - 1) * calls / calls_per_second) if calls_per_second else timedelta(0)


def poll_gap_with_webhooks(heard_at: datetime | None, now: datetime, every: timedelta | None) -> timedelta:
    """Return the time between two polls while webhooks arrive, zero where webhooks make no difference."""
    heard = heard_at is not None and now - heard_at < HEARD
    return every if heard and every is not None else timedelta(0)


def is_stalled(now: datetime, due: datetime, *, moving: bool) -> bool:
    """Say whether a stream is stalled. `due` is when a run should have finished at the latest."""
    return now >= due and not moving


def is_hanging(now: datetime, moved_at: datetime | None, patience: timedelta) -> bool:
    """Say whether the current run hangs. `moved_at` is when it last moved or will end a wait, None without a run."""
    return moved_at is not None and now - moved_at >= max(patience, HANGING)


def _reconciled(standing: StreamStatus, ended: EndedRun) -> StreamStatus:
    if not ended.whole:
        return standing
    if ended.how == "failed":
        return replace(standing, missed=standing.missed + 1, missed_at=ended.at)
    return replace(standing, missed=0, missed_at=None)
