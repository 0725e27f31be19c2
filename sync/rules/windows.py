"""Which spans of time a run reads, and how it asks for them. Pure.

Rules kept here:
- without `since` every gap between 1970 and the horizon is read, each from the lookback before its start; `[since,
  until)` is exact, without lookback (R2);
- what reaches past the present was covered by a wrong clock, and is read again (R43);
- an end that is not given is the horizon, which only the server's first answer tells (R1): FAR_MS until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.connector import Window
from state.intervals import Interval, IntervalSet, gaps

ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
FAR_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class ReadRange:
    """What is to be read: `[since, until)`; without `since` every gap there is, or with `whole` simply everything.

    `hinted` tells that records may be looked at besides which somebody has told of.
    """

    since: datetime | None = None
    until: datetime | None = None
    whole: bool = False
    hinted: bool = True

    @property
    def exact(self) -> bool:
        """Say whether nothing outside the window is to be dealt with."""
        return self.since is not None

    @property
    def heeds_hints(self) -> bool:
        """Say whether records that somebody has told of are looked at, whatever their time."""
        return self.hinted and self.since is None and self.until is None


def spans_of(bounds: ReadRange, covered: IntervalSet) -> Sequence[Interval]:
    """Return the spans to read, in milliseconds, where so much has been dealt with already."""
    if bounds.whole:
        return ((0, FAR_MS),)
    end = FAR_MS if bounds.until is None else _ms(bounds.until)
    return gaps(covered, (0, end)) if bounds.since is None else ((_ms(bounds.since), end),)


def window_of(bounds: ReadRange, span: Interval, lookback: timedelta) -> Window:
    """Return how a span is asked for."""
    first = moment(span[0]) if bounds.exact else max(ORIGIN, moment(span[0]) - lookback)
    return Window(first, None if span[1] >= FAR_MS else moment(span[1]))


def reported(
    bounds: ReadRange, spans: Sequence[Interval], lookback: timedelta, horizon: datetime | None
) -> Window | None:
    """Return what a report says was read; None where nothing was."""
    if not spans or horizon is None:
        return None
    first = window_of(bounds, spans[0], lookback).start
    last = horizon if spans[-1][1] >= FAR_MS else min(horizon, moment(spans[-1][1]))
    return Window(first, max(first, last))


def cut_back(covered: IntervalSet, present_ms: int) -> IntervalSet:
    """Return what of the covered spans can be believed at that moment of the server's clock (R43).

    A span that ends after it was covered by another clock. Where that clock began to be wrong is not known, so that
    span is to be read again from its start.
    """
    return tuple((start, end) for start, end in covered if end <= present_ms)


def moment(milliseconds: int) -> datetime:
    """Return an instant as an aware time in UTC."""
    return ORIGIN + timedelta(milliseconds=milliseconds)


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)
