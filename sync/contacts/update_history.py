"""The history entries of an update: old value, new value, the rule, and the record that the value came from."""

from connectors.connector import WriteResult
from connectors.contact import same
from state.history import ENRICHED, REFUSED, HistoryEntry
from state.links import Link
from sync.contacts.context import Context
from sync.contacts.pair_update import PairUpdate
from sync.rules import shadow_codec
from sync.rules.merge import RESOLVED
from sync.rules.undo import UNDO


def entries_of_update(context: Context, job: PairUpdate, link: Link, answer: WriteResult) -> list[HistoryEntry]:
    """Return one entry for each field that was written."""
    why = reasons(context, job)
    return [_entry(job, link, answer, name, why[name]) for name in job.changes]


def reasons(context: Context, job: PairUpdate) -> dict[str, tuple[str, str | None]]:
    """Return, by field, the rule by which it is written and the record that its value comes from.

    The record is None where a user typed the value.
    """
    came = f"{job.source.account}:{job.source_id}"
    found: dict[str, tuple[str, str | None]] = {
        name: ("filled" if name in job.result.filled else "carried", came) for name in job.changes
    }
    found |= dict.fromkeys(job.result.enriched & job.changes.keys(), (ENRICHED, None))
    for one in job.result.overwritten:
        if one.side == job.target.name and one.field in job.changes:
            rule, theirs = context.mapping.rules[one.field], job.source_view.value(one.field)[1]
            typed = one.rule == UNDO or (one.rule == RESOLVED and one.new != rule.carried(theirs, job.target.name))
            found[one.field] = (one.rule, None if typed else came)
    return found


def refusals(job: PairUpdate, link: Link) -> list[HistoryEntry]:
    """Return an entry for each field that neither side can be emptied of.

    This merge agrees on its value as it is, so no later merge would report it.
    """
    ids = {job.target.name: job.target_staged.id, job.source.name: job.source_id}
    sides = {job.target.name: (job.target, job.source), job.source.name: (job.source, job.target)}
    entries = []
    for name, kept in job.result.refused.items():
        side, other = sides[kept]
        shown, wanted = (shadow_codec.render(job.views[each.name].value(name)[1]) for each in (side, other))
        source = f"{other.account}:{ids[other.name]}"
        entries.append(HistoryEntry(link.id, side.account, ids[kept], name, shown, wanted, REFUSED, source))
    return entries


def _entry(job: PairUpdate, link: Link, answer: WriteResult, name: str, why: tuple[str, str | None]) -> HistoryEntry:
    (rule, source), value = why, job.changes[name]
    held = job.settled.get(name, value)
    return HistoryEntry(
        link.id,
        job.target.account,
        job.target_staged.id,
        name,
        shadow_codec.render(job.target_view.replaced(name, value)),
        shadow_codec.render(value),
        REFUSED if name in answer.refused else rule,
        source,
        None if same(name, held, value) else shadow_codec.render(held),
    )
