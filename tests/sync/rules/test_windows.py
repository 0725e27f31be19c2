from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records import Window
from state.intervals import Interval, union
from sync.rules.windows import FAR_MS, ORIGIN, ReadRange, moment, reported, spans_of, window_of
from tests.sync.people_model import NOON

END = 30
HOUR = timedelta(hours=1)
SPANS = st.tuples(st.integers(0, END), st.integers(1, 6)).map(lambda span: (span[0], sum(span)))
COVERED = st.lists(SPANS, max_size=4).map(union)
MOMENTS = st.integers(0, END).map(moment)
LOOKBACKS = st.integers(0, END).map(lambda number: timedelta(milliseconds=number))
BOUNDS = st.builds(ReadRange, st.none() | MOMENTS, st.none() | MOMENTS, st.booleans())


def ms(when: datetime) -> int:
    return (when - ORIGIN) // timedelta(milliseconds=1)


@given(COVERED, st.none() | MOMENTS)
def test_without_a_since_all_that_is_not_covered_is_read_and_nothing_else(
    covered: tuple[Interval, ...], until: datetime | None
) -> None:
    spans, end = spans_of(ReadRange(until=until), covered), FAR_MS if until is None else ms(until)
    assert all(span in union(spans) for span in spans)
    for instant in (*range(END + 8), FAR_MS - 1):
        is_read = any(start <= instant < stop for start, stop in spans)
        is_covered = any(start <= instant < stop for start, stop in covered)
        assert is_read == (instant < end and not is_covered)


@given(COVERED, MOMENTS, st.none() | MOMENTS)
def test_a_span_that_is_requested_is_read_whatever_is_covered(
    covered: tuple[Interval, ...], since: datetime, until: datetime | None
) -> None:
    end = FAR_MS if until is None else ms(until)
    assert spans_of(ReadRange(since, until), covered) == ((ms(since), end),)


@given(COVERED, st.none() | MOMENTS, st.none() | MOMENTS)
def test_the_whole_is_everything_whatever_else_is_said(
    covered: tuple[Interval, ...], since: datetime | None, until: datetime | None
) -> None:
    assert spans_of(ReadRange(since, until, whole=True), covered) == ((0, FAR_MS),)


@given(BOUNDS, SPANS, LOOKBACKS)
def test_a_window_holds_its_span_and_the_lookback_before_it_unless_it_is_exact(
    bounds: ReadRange, span: Interval, lookback: timedelta
) -> None:
    window = window_of(bounds, span, lookback)
    first = moment(span[0]) if bounds.since else max(ORIGIN, moment(span[0]) - lookback)
    assert window == Window(first, moment(span[1]))
    assert bounds.exact == (bounds.since is not None)


@pytest.mark.parametrize("end", [FAR_MS, FAR_MS + 1])
def test_a_span_without_an_end_is_requested_up_to_the_horizon(end: int) -> None:
    assert window_of(ReadRange(), (ms(NOON), end), HOUR) == Window(NOON - HOUR, None)


@given(BOUNDS, st.lists(SPANS, min_size=1, max_size=3).map(union), LOOKBACKS, MOMENTS, st.booleans())
def test_a_report_names_all_that_was_requested_up_to_the_horizon(
    bounds: ReadRange, spans: tuple[Interval, ...], lookback: timedelta, horizon: datetime, open_ended: bool
) -> None:
    if open_ended:
        spans = (*spans[:-1], (spans[-1][0], FAR_MS))
    result = reported(bounds, spans, lookback, horizon)
    windows = [window_of(bounds, span, lookback) for span in spans]
    ends = [window.end or horizon for window in windows]
    assert result == Window(windows[0].start, max(windows[0].start, min(horizon, ends[-1])))


def test_where_nothing_was_read_nothing_is_reported() -> None:
    assert reported(ReadRange(), (), HOUR, NOON) is None
    assert reported(ReadRange(), ((0, FAR_MS),), HOUR, None) is None


def test_instants_are_milliseconds_since_1970() -> None:
    assert moment(ms(NOON)) == NOON
    assert moment(1) == ORIGIN + timedelta(milliseconds=1)
    late = NOON + timedelta(microseconds=600)
    assert spans_of(ReadRange(late, late + HOUR), ()) == ((ms(NOON) + 1, ms(NOON + HOUR) + 1),)
