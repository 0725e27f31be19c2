"""Read what changed on a side, in windows, and stage it page by page.

Rules kept here:
- the horizon is the time of the server's first answer, less `settle` (R1); gaps are read from `lookback` on (R2);
- a side is read in full into the identity index before a contact is created there (R7);
- a system without windows is listed as a whole, and the digests tell what changed (R32);
- a cursor that reaches past the server's clock is cut back, and that time is read again (R43).
"""

from functools import partial

from connectors.records import Window
from state.intervals import IntervalSet
from sync.contacts.context import Context
from sync.contacts.page_records import take_page
from sync.rules.windows import ORIGIN, ReadRange
from sync.streams.connection import Side
from sync.streams.windows import WindowReader


def read_side(context: Context, side: Side, read_range: ReadRange) -> IntervalSet:
    """Read and stage one side; return the spans that are covered once every record found there is dealt with."""
    context.run.progress.begin_step(f"reading {side.account}")
    stage_page = partial(take_page, context, side, exact=read_range.exact, stage=True)
    covered, context.report.windows[side.account] = _reader(context, side).read_range(read_range, stage_page)
    context.report.accounts[side.account].read = context.staging.count_records(side.name)
    return covered


def complete_index(context: Context, side: Side) -> None:
    """Read the part of a side that the identity index lacks, before a contact is created there (R7)."""
    reader = _reader(context, side)
    for window in reader.unindexed_windows():
        context.run.progress.begin_step(f"reading all contacts at {side.account} once")
        reader.read_window(window, partial(take_page, context, side, exact=False, stage=False))


def index_all(context: Context, side: Side) -> None:
    """Read a side in full into the identity index, even if it was read before."""
    context.run.progress.begin_step(f"reading all contacts at {side.account} again")
    index_page = partial(take_page, context, side, exact=False, stage=False)
    _reader(context, side).read_window(Window(ORIGIN), index_page)


def _reader(context: Context, side: Side) -> WindowReader:
    return WindowReader(
        context.run, context.tables, context.boundary, context.findings.horizons, context.connection.lookback,
        side, side.connector.read_window, side.connector.lists_only,
    )  # fmt: skip
