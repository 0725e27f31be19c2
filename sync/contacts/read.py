"""Read what changed on a side, in windows, and what webhooks reported, and stage it.

Rules kept here:
- the horizon is the time of the server's first answer, less `settle` (R1); gaps are read from `lookback` on (R2);
- a side is read in full into the identity index before a contact is created there (R7);
- a system without windows is listed as a whole, and the digests tell what changed; between two lists, what webhooks
  reported is read of it, and a list only before a contact is created there (R32);
- a cursor that reaches past the server's clock is cut back, and that time is read again (R43);
- a hint proves nothing: the record is read by id, whatever its time, and staged. If it is gone, a deletion is found, as
  by `reconcile` (R24);
- at most MAX_READ_BY_ID records are read by id in a run. A window shows the others now, or when the horizon has passed
  them; those that are reported as deleted wait for the next run;
- a hint is dropped when everything that followed from it is written, in conflict, or listed: together with the windows,
  and never by a run that was stopped, or that reads a window of its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from connectors.http.concurrency import WIDTH
from connectors.records import Window
from state.cursors import COVERED
from state.intervals import IntervalSet, reach
from state.webhook_hints import Hint
from sync.contacts.active_contacts import note_contacts
from sync.contacts.context import Context
from sync.contacts.page_records import take_page
from sync.contacts.staged_records import stage_by_ids
from sync.rules.windows import ORIGIN, ReadRange
from sync.streams.connection import OWN_WRITE_MS, Side
from sync.streams.hints import MAX_READ_BY_ID, hinted_sides
from sync.streams.windows import WindowReader


def read_side(context: Context, side: Side, read_range: ReadRange) -> IntervalSet:
    """Read and stage one side; return the spans that are covered once every record found there is dealt with."""
    if not read_range.lists and _was_listed(context, side):
        context.report.windows[side.account] = None
        return ()
    context.run.progress.begin_step(f"reading {side.account}")
    stage_page = partial(take_page, context, side, exact=read_range.exact, stage=True)
    with _counting_lists(context, side):
        covered, context.report.windows[side.account] = _reader(context, side).read_range(read_range, stage_page)
    context.report.accounts[side.account].read = context.staging.count_records(side.name)
    return covered


def complete_index(context: Context, side: Side) -> None:
    """Read the part of a side that the identity index lacks, before a contact is created there (R7)."""
    reader = _reader(context, side)
    for window in reader.unindexed_windows():
        context.run.progress.begin_step(f"reading all contacts at {side.account} once")
        with _counting_lists(context, side):
            reader.read_window(window, partial(take_page, context, side, exact=False, stage=False))


def index_all(context: Context, side: Side) -> None:
    """Read a side in full into the identity index, even if it was read before."""
    context.run.progress.begin_step(f"reading all contacts at {side.account} again")
    index_page = partial(take_page, context, side, exact=False, stage=False)
    _reader(context, side).read_window(Window(ORIGIN), index_page)


def _was_listed(context: Context, side: Side) -> bool:
    """Say whether a side can only list, and was listed under the fields of now."""
    return side.connector.lists_only and reach(context.tables.cursors.intervals(side.name, COVERED), 0) is not None


@contextmanager
def _counting_lists(context: Context, side: Side) -> Iterator[None]:
    """Count the calls of a list."""
    counts = side.connector.call_counts
    before = counts.reads + counts.retries
    yield
    if side.connector.lists_only:
        context.findings.listing_calls[side.account] += counts.reads + counts.retries - before


def _reader(context: Context, side: Side) -> WindowReader:
    return WindowReader(
        context.run, context.tables, context.boundary, context.findings.horizons, context.connection.lookback,
        side, side.connector.read_window, side.connector.lists_only,
    )  # fmt: skip


def read_hinted(context: Context, bounds: ReadRange) -> set[int]:
    """Read and stage the contacts of the waiting hints; return the links of those that turn out to be gone."""
    found: set[int] = set()
    for side, hints in hinted_sides(context.tables, bounds):
        found |= _read_hints(context, side, hints)
        context.report.accounts[side.account].read = context.staging.count_records(side.name)
    return found


def _read_hints(context: Context, side: Side, hints: Sequence[Hint]) -> set[int]:
    context.run.progress.begin_step(f"reading contacts that {side.account} reported")
    wanted = [hint for hint in hints if not _is_echo(context, side, hint)]
    chosen, rest = wanted[:MAX_READ_BY_ID], wanted[MAX_READ_BY_ID:]
    left = {hint.record for hint in rest if hint.gone or not context.staging.has_record(side.name, hint.record)}
    context.findings.handled_hints += [hint for hint in hints if hint.record not in left]
    found: set[int] = set()
    for start in range(0, len(chosen), WIDTH):
        found |= _read_wave(context, side, [hint.record for hint in chosen[start : start + WIDTH]])
    return found


def _read_wave(context: Context, side: Side, ids: Sequence[str]) -> set[int]:
    stage_by_ids(context, side, ids)
    note_contacts(context, side, ids)
    context.run.progress.advance(len(ids))
    return {link.id for link in context.tables.links.by_record(side.name, ids).values() if link.gone == side.name}


def _is_echo(context: Context, side: Side, hint: Hint) -> bool:
    """Say whether a hint is no younger than what we wrote to its record last, by the server's clock."""
    if hint.gone or hint.event_ms is None:
        return False
    link = context.tables.links.of_record(side.name, hint.record)
    wrote = link.side(side.name).wrote_ms if link is not None else None
    return wrote is not None and hint.event_ms <= wrote + OWN_WRITE_MS
