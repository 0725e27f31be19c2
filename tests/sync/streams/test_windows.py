"""Windows are read up to the horizon, and cursors stay true."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import IncompleteWindow
from connectors.records import Page, Window
from state.cursors import COVERED, INDEXED
from state.intervals import IntervalSet
from sync.messages.context import MessageContext
from sync.rules.contact_codec import to_ms
from sync.rules.windows import ORIGIN, ReadRange, moment
from sync.streams.windows import ReadSpans, WindowReader
from tests.sync.contacts.memory_world import SETTLE
from tests.sync.messages.memory_world import MessageWorld

LOOKBACK = timedelta(minutes=5)


class Reading:
    """The left side of the messages stream, with the windows that were asked for."""

    def __init__(self, context: MessageContext) -> None:
        self.context = context
        self.windows: list[Window] = []
        self.side = context.connection.left
        self.reader = WindowReader(
            context.run, context.tables, context.boundary, context.findings.horizons, LOOKBACK, self.side, self._pages
        )

    def read(self, read_range: ReadRange) -> ReadSpans:
        return self.reader.read_range(read_range, lambda _page, _window, _horizon: None)

    def spans(self, kind: str) -> IntervalSet:
        return self.context.tables.cursors.intervals("left", kind)

    def cover(self, spans: IntervalSet) -> None:
        with self.context.state.atomic() as transaction:
            self.context.tables.cursors.set_intervals(transaction, "left", COVERED, spans)

    def _pages(self, window: Window) -> Iterator[Page]:
        self.windows.append(window)
        yield Page([], self.context.run.clock.now())


@pytest.fixture
def reading(world: MessageWorld) -> Iterator[Reading]:
    with world.context() as context:
        yield Reading(context)


def horizon_ms(reading: Reading) -> int:
    return to_ms(reading.context.run.clock.now() - SETTLE) or 0


def test_without_cursors_everything_up_to_the_horizon_is_covered_and_indexed(reading: Reading) -> None:
    found = reading.read(ReadRange())
    assert reading.windows == [Window(ORIGIN)]
    assert found.covered == ((0, horizon_ms(reading)),)
    assert reading.spans(INDEXED) == found.covered
    assert found.window == Window(ORIGIN, moment(horizon_ms(reading)))


def test_a_gap_is_read_from_the_lookback_before_its_start(reading: Reading) -> None:
    start = horizon_ms(reading) - 3_600_000
    reading.cover(((0, start),))
    found = reading.read(ReadRange())
    assert reading.windows == [Window(moment(start) - LOOKBACK)]
    assert found.covered == ((start, horizon_ms(reading)),)


def test_a_range_that_the_user_gave_is_read_exactly(reading: Reading) -> None:
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)
    found = reading.read(ReadRange(since, until))
    assert reading.windows == [Window(since, until)]
    assert found.covered == ((to_ms(since), to_ms(until)),)


def test_a_cursor_past_the_present_of_the_server_is_cut_back_and_read_again(reading: Reading) -> None:
    future = (to_ms(reading.context.run.clock.now()) or 0) + 86_400_000
    reading.cover(((0, future),))
    found = reading.read(ReadRange())
    assert reading.spans(COVERED) == ()
    assert found.covered == ((0, horizon_ms(reading)),)


def test_a_hole_does_not_count_as_covered(reading: Reading) -> None:
    reading.context.boundary.holes["left"] = [(1000, 2000)]
    assert reading.read(ReadRange()).covered == ((0, 1000), (2000, horizon_ms(reading)))


def test_an_unindexed_window_counts_as_indexed_only_after_it_was_read(reading: Reading) -> None:
    reading.context.findings.horizons["one"] = reading.context.run.clock.now() - SETTLE

    def read_all(error: Exception | None) -> None:
        for _ in reading.reader.unindexed_windows():
            if error is not None:
                raise error

    with pytest.raises(IncompleteWindow):
        read_all(IncompleteWindow("one", "the list broke off"))
    assert reading.spans(INDEXED) == ()
    read_all(None)
    assert reading.spans(INDEXED) == ((0, horizon_ms(reading)),)
