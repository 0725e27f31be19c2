"""Store what became of a pair: after a write, and after a merge that needs no write (R20, R21)."""

from collections.abc import Mapping

from connectors.connector import WriteResult
from connectors.contact import PHONE_SLOTS, Contact, same
from state.conflicts import Conflict, resolve_conflict
from state.database import Transaction
from state.history import ENRICHED, REFUSED, HistoryEntry
from state.links import Link, LinkSide
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.failures import list_rejections
from sync.contacts.fights import FIGHT
from sync.contacts.link_state import hold, keep_times, own_times, release, set_shown
from sync.contacts.owed_values import note_owed_values
from sync.contacts.pair_update import PairUpdate
from sync.contacts.staged_records import staged_record
from sync.rules import contact_codec, shadow_codec
from sync.rules.merge import RESOLVED
from sync.rules.merge_result import LEFT, OPPOSITE, RIGHT
from sync.rules.shadow_update import (
    ShadowPair,
    after_agreement,
    after_write,
    clear_not_taken,
    clear_unproven,
    is_settled,
    take_arrived,
)
from sync.rules.undo import UNDO


def commit_update(transaction: Transaction, context: Context, job: PairUpdate, answer: WriteResult | None) -> None:
    """Store what a write led to, or a merge without a write (`answer` is None)."""
    shown = job.contact if answer is None else job.shown
    shadows = _shadows(context, job, answer)
    was_gone = job.link is not None and job.link.gone is not None
    link = _updated_link(context, job, shadows, shown, answer)
    keep_times(context, job, link, shadows, shown if answer else None)
    context.tables.links.save_link(transaction, link, context.run.id)
    _note_owed(transaction, context, job, link)
    written = entries_of_update(context, job, link, answer) if answer is not None else []
    context.tables.history.add_entries(
        transaction, [*refusals(job, link), *written], context.run.id, context.run.now_ms()
    )
    _list_conflicts(transaction, context, job, link)
    release(transaction, context, link, job.result.touched, back=was_gone)
    hold(transaction, context, link, _left_numbers(job, shadows))
    _list_refused_values(transaction, context, job, link)
    if answer is not None:
        stage_answer(transaction, context, job, link, answer)


def stage_answer(transaction: Transaction, context: Context, job: PairUpdate, link: Link, answer: WriteResult) -> None:
    """Stage what the target shows after a write, with the time from before it, and put it into the identity index.

    A merge that writes both sides needs it for its second half.
    """
    fresh = staged_record(context, job.target, answer.raw, job.shown, link)
    changed_ms = job.target_staged.changed_ms
    context.staging.put_records(
        transaction, [Staged(fresh.side, fresh.id, fresh.raw, fresh.contact, fresh.digest, changed_ms, link.id)]
    )
    job.target.identities.put_contacts(transaction, [contact_codec.index_entry(job.shown)])


def _left_numbers(job: PairUpdate, shadows: ShadowPair) -> list[str]:
    """Return the fields with a number that stood in for a phone of the other side, which has another phone now.

    Another contact had that phone (R9). The number stays where it is, and the difference is listed until it is edited.
    """
    sides = (job.target_view, shadows.target), (job.source_view, shadows.source)
    return [
        slot
        for (view, now), (_, of_other) in (sides, sides[::-1])
        for slot in PHONE_SLOTS
        if (number := of_other.get(slot)) is not None
        and now.get(slot) is None
        and not same("phone", now.get("phone"), number)
        and any(same("phone", earlier.get("phone"), number) for earlier in (view.base, view.now))
    ]


def _shadows(context: Context, job: PairUpdate, answer: WriteResult | None) -> ShadowPair:
    to, source = job.target_view, job.source_view
    if answer is None:
        return after_agreement(job.result, job.target.name, to, source)
    settled = context.mapping.travelling(job.settled)
    rewritten = context.mapping.travelling(job.rewritten)
    shadows = after_write(job.result, job.target.name, to, source, settled, rewritten)
    silent = {name for name, value in job.changes.items() if value is not None and name not in settled}
    clear_unproven(shadows, silent - answer.refused)
    clear_not_taken(shadows, silent & answer.refused)
    shown = context.mapping.travelling(job.shown.fields)
    for name in job.half_sent.keys() & shown.keys():
        take_arrived(shadows, name, to, source, shown[name], job.half_sent[name])
    context.report.unmapped += len(answer.refused & job.target.connector.fields)
    return shadows


def _updated_link(
    context: Context, job: PairUpdate, shadows: ShadowPair, shown: Contact, answer: WriteResult | None
) -> Link:
    waiting = frozenset(job.result.conflicts)
    link, name = job.link, job.target.name
    if link is None:
        link = context.mapping.new_link(name, LinkSide(job.target_staged.id, ""), LinkSide(job.source_id, ""), shadows)
    else:
        context.mapping.set_shadows(link, name, shadows)
    target, source = link.side(job.target.name), link.side(job.source.name)
    if job.target_staged.contact is not None or answer is not None:
        set_shown(context, target, shown)
        target.digest = None
        if is_settled(context.mapping.travelling(shown.fields), shadows.target, waiting):
            target.digest = job.target.connector.digest(answer.raw) if answer else job.target_staged.digest
    if answer is not None:
        target.seen_ms, target.wrote_ms = own_times(shown, answer)
    if job.source_staged is not None and job.source_staged.contact is not None:
        set_shown(context, source, contact_codec.decode(job.source_staged.contact))
        source.digest = None if job.result.to(job.source.name) or job.unwritten else job.source_staged.digest
    if job.result.untranslated or job.result.awaits:
        # The next whole run has to look again: the value may have a counterpart, or the company be known, by then.
        target.digest = source.digest = None
    link.gone = None
    return link


def _note_owed(transaction: Transaction, context: Context, job: PairUpdate, link: Link) -> None:
    """Store what is owed of the pair, with the values that the source of each shows (R41)."""
    values = {name: job.views[OPPOSITE[side]].value(name)[1] for name, side in job.result.owed.items()}
    staged = {job.target.name: job.target_staged, job.source.name: job.source_staged}
    known = {name for name, each in staged.items() if each is not None and each.contact is not None}
    note_owed_values(transaction, context, link, job.result, values, known=known)


def _list_conflicts(transaction: Transaction, context: Context, job: PairUpdate, link: Link) -> None:
    """Open, update and close conflicts; one that is still to be carried the other way stays open until it is."""
    left, right = job.left_and_right
    for name, (one, other) in job.result.conflicts.items():
        context.tables.conflicts.put_conflict(transaction,
            Conflict(
                link.id, name, job.who, shadow_codec.render(one), shadow_codec.render(other),
                contact_codec.to_ms(left.time_of(name)), contact_codec.to_ms(right.time_of(name)), context.run.now_ms(),
                context.run.id, reason=FIGHT if name in job.result.fights else None,
            )
        )  # fmt: skip
    listed = context.tables.conflicts.of_link(link.id)
    still_open = job.result.conflicts.keys() | job.result.to(job.source.name).keys()
    if context.run.dry:
        still_open |= job.result.to(job.target.name).keys()
        _note_decided(transaction, job, listed)
    context.tables.conflicts.close_conflicts(transaction, link.id, listed.keys() - still_open)


def _note_decided(transaction: Transaction, job: PairUpdate, listed: Mapping[str, Conflict]) -> None:
    """Note in the copy of a dry run which conflicts its plan carries out, whichever side is written.

    They are not open any more for its counts, and a comparison still sees that their values are to be written.
    """
    for side in (LEFT, RIGHT):
        for name in job.result.to(side).keys() & listed.keys():
            if listed[name].resolution is None:
                resolve_conflict(transaction, listed[name].id, OPPOSITE[side])


def _list_refused_values(transaction: Transaction, context: Context, job: PairUpdate, link: Link) -> None:
    """Close the failures of both records, and list the values that do not travel (R42).

    What is still to be carried to the source stays listed: this write has not tried it.
    """
    context.tables.failures.close_failures(transaction, job.source.name, job.source_id)
    if not job.result.to(job.source.name):
        context.tables.failures.close_failures(transaction, job.target.name, job.target_staged.id)
    for side, staged, other, rejected in (
        (job.source, job.staged_source, job.target, job.rejected),
        (job.target, job.target_staged, job.source, {}),
    ):
        list_rejections(transaction, context, side, staged, other, rejected, link.side(side.name).unmapped)


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
