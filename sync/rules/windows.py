"""Decide which spans of time a run reads, and the windows to ask for. Pure.

Rules kept here: R1 (an end that is not given is the horizon, which only the server's first answer shows; FAR_MS until
then), R2 (which spans are read, with which lookback) and R43 (spans that reach past the present are read again).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.records import Window
from state.intervals import Interval, IntervalSet, gaps

ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
FAR_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class ReadRange:
    """The range to read: `[since, until)`. Without `since` every gap is read, with `whole` everything.

    `hinted` says whether records that webhooks reported are looked at as well; without `lists`, a system that can only
    list is read by these alone (R32).
    """

    since: datetime | None = None
    until: datetime | None = None
    whole: bool = False
    hinted: bool = True
    lists: bool = True

    @property
    def exact(self) -> bool:
        """Say whether records outside the range are to be left alone."""
        return self.since is not None

    @property
    def heeds_hints(self) -> bool:
        """Say whether records that webhooks reported are looked at, whatever their time."""
        return self.hinted and self.since is None and self.until is None


def spans_of(bounds: ReadRange, covered: IntervalSet) -> Sequence[Interval]:
    """Return the spans to read, in milliseconds, given the spans that are covered already."""
    if bounds.whole:
        return ((0, FAR_MS),)
    end = FAR_MS if bounds.until is None else _ms(bounds.until)
    return gaps(covered, (0, end)) if bounds.since is None else ((_ms(bounds.since), end),)


def window_of(bounds: ReadRange, span: Interval, lookback: timedelta) -> Window:
    """Return the window that is asked for to read a span."""
    first = moment(span[0]) if bounds.exact else max(ORIGIN, moment(span[0]) - lookback)
    return Window(first, None if span[1] >= FAR_MS else moment(span[1]))


def reported(
    bounds: ReadRange, spans: Sequence[Interval], lookback: timedelta, horizon: datetime | None
) -> Window | None:
    """Return the window that a report shows as read, None where nothing was read."""
    if not spans or horizon is None:
        return None
    first = window_of(bounds, spans[0], lookback).start
    last = horizon if spans[-1][1] >= FAR_MS else min(horizon, moment(spans[-1][1]))
    return Window(first, max(first, last))


def cut_back(covered: IntervalSet, present_ms: int) -> IntervalSet:
    """Return the covered spans that can be believed at `present_ms` of the server's clock (R43).

    A span that ends later was covered by a wrong clock. It is unknown since when the clock was wrong, so the whole span
    is read again.
    """
    return tuple((start, end) for start, end in covered if end <= present_ms)


def moment(milliseconds: int) -> datetime:
    """Return an instant as an aware time in UTC."""
    return ORIGIN + timedelta(milliseconds=milliseconds)


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)
