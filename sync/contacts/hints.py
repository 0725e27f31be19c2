"""Read the contacts that webhooks named, besides those that the windows show.

Rules kept here:
- a hint proves nothing: the record is read by id, whatever its time, and staged. If it is gone, a deletion is found, as
  by `reconcile` (R24);
- our own writes come back as hints, so a hint that is no younger than our last write to the record is ignored. An edit
  by a user within that second is ignored, too; the windows show it;
- at most MAX_READ_BY_ID records are read by id in a run. A window shows the others now, or when the horizon has passed
  them; those that are reported as deleted wait for the next run;
- a hint is dropped when everything that followed from it is written, in conflict, or listed: together with the windows,
  and never by a run that was stopped, or that reads a window of its own.
"""

from collections.abc import Sequence

from connectors.http.concurrency import WIDTH
from state.webhook_hints import Hint
from sync.contacts.context import Context
from sync.contacts.read_by_id import stage_by_ids
from sync.rules.windows import ReadRange
from sync.streams.connection import OWN_WRITE_MS, Side
from sync.streams.hints import MAX_READ_BY_ID, hinted_sides


def read_hinted(context: Context, bounds: ReadRange) -> set[int]:
    """Read and stage the contacts of the waiting hints; return the links of those that turn out to be gone."""
    found: set[int] = set()
    for side, hints in hinted_sides(context.tables, bounds):
        found |= _read_side(context, side, hints)
        context.report.accounts[side.account].read = context.staging.count_records(side.name)
    return found


def _read_side(context: Context, side: Side, hints: Sequence[Hint]) -> set[int]:
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
    context.run.progress.advance(len(ids))
    return {link.id for link in context.tables.links.by_record(side.name, ids).values() if link.gone == side.name}


def _is_echo(context: Context, side: Side, hint: Hint) -> bool:
    """Say whether a hint is no younger than what we wrote to its record last, by the server's clock."""
    if hint.gone or hint.event_ms is None:
        return False
    link = context.tables.links.by_record(side.name, [hint.record]).get(hint.record)
    wrote = link.side(side.name).wrote_ms if link is not None else None
    return wrote is not None and hint.event_ms <= wrote + OWN_WRITE_MS
