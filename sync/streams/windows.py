"""Read one side of a stream in windows, up to the horizon, and keep the cursors true (R1, R2, R7, R43).

A system without windows is read as a whole instead, once per run, however many gaps there are (R32).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from connectors.records import Page, Window
from state.cursors import COVERED, INDEXED
from state.intervals import Interval, IntervalSet, gaps, union
from sync.rules.contact_codec import to_ms
from sync.rules.windows import ORIGIN, ReadRange, cut_back, moment, reported, spans_of, window_of
from sync.streams.connection import Run, Side
from sync.streams.record_boundary import Boundary
from sync.streams.tables import Tables

CLOCK_GRAIN: Final = timedelta(seconds=2)
"""A server's time counts whole seconds, and two machines of one service differ a little."""

TakePage = Callable[[Page, Window, datetime], None]
"""Stages or indexes a page of a window; the time is the horizon of that window."""


class ReadSpans(NamedTuple):
    """What a side was read for: the spans that may be marked as covered, and the window that the report shows."""

    covered: IntervalSet
    window: Window | None


@dataclass(frozen=True, slots=True)
class WindowReader:
    """Read the windows of one side of a stream.

    `list_pages` lists the records of a window at the account; where `is_listing`, all of them, whatever the window.
    `horizons` are those of the stream, by account: the
    earliest of a run counts. `lookback` is how much before a gap the stream is read again.
    """

    run: Run
    tables: Tables
    boundary: Boundary
    horizons: dict[str, datetime]
    lookback: timedelta
    side: Side
    list_pages: Callable[[Window], Iterator[Page]]
    is_listing: bool = False

    def read_range(self, read_range: ReadRange, take_page: TakePage) -> ReadSpans:
        """Read every gap of a range. Raises IncompleteWindow, AuthError, TransientError."""
        spans = list(spans_of(read_range, self.tables.cursors.intervals(self.side.name, COVERED)))
        if self.is_listing:
            return self._read_list(read_range, spans, take_page)
        covered = self._read_spans(read_range, spans, take_page)
        horizon = self.horizons.get(self.side.account)
        if not read_range.exact and horizon is not None and (again := self._cut_back_cursors(horizon, covered)):
            spans += again
            covered += self._read_spans(read_range, again, take_page)
        if not read_range.exact:
            self.boundary.close_read_failures(self.side)
        window = reported(read_range, sorted(spans), self.lookback, horizon)
        return ReadSpans(self.boundary.covered(self.side, union(covered)), window)

    def read_window(self, window: Window, take_page: TakePage) -> int:
        """Read one window page by page; return its horizon in milliseconds since 1970."""
        horizon = None
        for page in self.list_pages(window):
            if horizon is None:
                # The first answer counts: what changes while the window is read waits for the next run (R1).
                # A list has no windows that `settle` could make certain: it is as good as its first page is late.
                horizon = page.served_at - (timedelta(0) if self.is_listing else self.tables.connection.settle)
                known = self.horizons.setdefault(self.side.account, horizon)
                self.horizons[self.side.account] = min(known, horizon)
            take_page(page, window, horizon)
            self.run.progress.advance(len(page.records))
        if horizon is None:
            raise AssertionError(f"{self.side.account}: a window without a single answer")
        return to_ms(horizon) or 0

    def unindexed_windows(self) -> Iterator[Window]:
        """Yield the windows that are not in the index of this side yet; each counts as indexed once it was taken (R7).

        The last one has no end: what changed behind the horizon exists too.
        """
        if self.is_listing and self.side.account not in self.horizons:
            # This run has not listed it.
            yield Window(ORIGIN)
            self._add_indexed(0, to_ms(self.horizons[self.side.account]) or 0)
            return
        horizon_ms = to_ms(self.horizons[self.side.account]) or 0
        for start, end in gaps(self.tables.cursors.intervals(self.side.name, INDEXED), (0, horizon_ms)):
            yield Window(moment(start), moment(end) if end < horizon_ms else None)
            self._add_indexed(start, end)

    def _read_list(self, read_range: ReadRange, spans: list[Interval], take_page: TakePage) -> ReadSpans:
        """Read everything once: that covers every gap up to the time at which the list was begun (R32)."""
        if not spans:
            return ReadSpans((), None)
        begun_ms = self.read_window(Window(ORIGIN), take_page)
        horizon = self.horizons[self.side.account]
        spans += self._cut_back_cursors(horizon, ())
        self._add_indexed(0, begun_ms)
        self.boundary.close_read_failures(self.side)
        covered = [(start, min(end, begun_ms)) for start, end in spans if start < begun_ms]
        window = reported(read_range, sorted(spans), self.lookback, horizon)
        return ReadSpans(self.boundary.covered(self.side, union(covered)), window)

    def _read_spans(self, read_range: ReadRange, spans: Sequence[Interval], take_page: TakePage) -> list[Interval]:
        """Read spans; return what of them lies before the horizon."""
        covered: list[Interval] = []
        for start, end in spans:
            window = self._reachable(window_of(read_range, (start, end), self.lookback))
            before_horizon = (start, min(end, self.read_window(window, take_page)))
            covered.append(before_horizon)
            self._add_indexed(*before_horizon)
        return covered

    def _reachable(self, window: Window) -> Window:
        """Return an open window that begins now at the latest: a cursor may reach past the server's clock (R43)."""
        now = self.run.clock.now() + timedelta(seconds=self.side.connector.clock_offset())
        if window.end is not None or window.start <= now:
            return window
        return Window(max(ORIGIN, now - self.tables.connection.lookback))

    def _cut_back_cursors(self, horizon: datetime, covered: Iterable[Interval]) -> list[Interval]:
        """Cut cursors back to the server's present time; return the spans to read again because of that (R43)."""
        cursors, side = self.tables.cursors, self.side
        present_ms = to_ms(horizon + self.tables.connection.settle + CLOCK_GRAIN) or 0
        kept = {kind: cut_back(cursors.intervals(side.name, kind), present_ms) for kind in (COVERED, INDEXED)}
        cut = [kind for kind in kept if kept[kind] != cursors.intervals(side.name, kind)]
        if not cut:
            return []
        self.run.progress.note(f"{side.account}: what was read reaches past the server's clock, so it is read again")
        with self.tables.state.atomic() as transaction:
            for kind in cut:
                cursors.set_intervals(transaction, side.name, kind, kept[kind])
        return list(gaps(union(kept[COVERED], covered), (0, to_ms(horizon) or 0)))

    def _add_indexed(self, start_ms: int, end_ms: int) -> None:
        with self.tables.state.atomic() as transaction:
            self.tables.cursors.add_intervals(transaction, self.side.name, INDEXED, [(start_ms, end_ms)])
