"""What is stored of a pair after a write, after a merge that needs none, and after an undo (R20, R21, R26)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.connector import WriteResult
from connectors.contact import Contact, Fields, Value, same
from state.conflicts import Conflict
from state.database import Transaction
from state.history import ENRICHED, REFUSED, HistoryEntry
from state.links import Link, LinkSide
from state.staging import Staged
from sync.contacts.context import AHEAD_MS, Context
from sync.contacts.holds import hold, release
from sync.contacts.owed_values import note_owed_values
from sync.contacts.plan import merge_views
from sync.contacts.read import staged_record
from sync.contacts.refused_values import Rejection, list_rejections
from sync.rules import contact_codec, kept_times, shadow_codec
from sync.rules.merge import OPPOSITE, RESOLVED, Merge, SideView
from sync.rules.shadow_update import (
    ShadowPair,
    after_agreement,
    after_undo,
    after_write,
    clear_not_taken,
    clear_unproven,
    is_settled,
)
from sync.rules.undo import UNDO
from sync.streams.connection import Side


@dataclass(slots=True)
class Update:
    """One person to be written on `target`, with values of `source`. `record` and `own` are what is staged of them.

    `unwritten` are fields that an error kept from being written after others were: they are still to be carried.
    """

    target: Side
    source: Side
    record: Staged
    own: Staged | None
    link: Link | None
    raw: Mapping[str, Any] = field(default_factory=dict)
    contact: Contact = field(default_factory=lambda: Contact("", {}))
    views: dict[str, SideView] = field(default_factory=dict)
    result: Merge = field(default_factory=Merge)
    changes: dict[str, Value] = field(default_factory=dict)
    shown: Contact = field(default_factory=lambda: Contact("", {}))
    settled: Fields = field(default_factory=dict)
    rejected: dict[str, Rejection] = field(default_factory=dict)
    unwritten: frozenset[str] = frozenset()

    @property
    def left_first(self) -> tuple[SideView, SideView]:
        """Return both views, left first."""
        return self.views["left"], self.views["right"]

    @property
    def source_id(self) -> str:
        """Return the id of the person the values come from."""
        if self.own is not None:
            return self.own.id
        return self.link.side(self.source.name).id if self.link else ""

    @property
    def pair(self) -> tuple[str, str]:
        """Return both ids, left first."""
        ids = {self.target.name: self.record.id, self.source.name: self.source_id}
        return ids["left"], ids["right"]

    @property
    def who(self) -> str:
        """Name the person for people."""
        views = (self.views[side.name] for side in (self.source, self.target) if side.name in self.views)
        shown = {name: value for view in views for name, value in view.now.items() if value is not None}
        return contact_codec.display_name(self.target.account, self.record.id, shown)


def commit_unwritten(
    transaction: Transaction, context: Context, left: Staged | None, right: Staged | None, link: Link | None
) -> None:
    """Remember a pair that needs no write: what was agreed, and what is in conflict."""
    target, source = context.connection.left, context.connection.right
    ids = (link.left.id, link.right.id) if link else (left.id if left else "", right.id if right else "")
    job = Update(target, source, left or Staged("left", ids[0]), right or Staged("right", ids[1]), link)
    job.views = {
        "left": context.view(link, context.connection.left, left),
        "right": context.view(link, context.connection.right, right),
    }
    job.contact = (
        contact_codec.decode(left.contact) if left and left.contact else Contact(ids[0], job.views["left"].now)
    )
    job.result = merge_views(context, link, *job.left_first)
    commit_update(transaction, context, job, None)


def commit_update(transaction: Transaction, context: Context, job: Update, answer: WriteResult | None) -> None:
    """Store what a write, or a merge without one, led to."""
    to, source = job.views[job.target.name], job.views[job.source.name]
    shown = job.contact
    if answer is None:
        bases = after_agreement(job.result, job.target.name, to, source)
    else:
        shown = job.shown
        settled = context.mapping.travelling(job.settled)
        bases = after_write(job.result, job.target.name, to, source, settled)
        silent = {name for name, value in job.changes.items() if value is not None and name not in settled}
        clear_unproven(bases, silent - answer.refused)
        clear_not_taken(bases, silent & answer.refused)
        context.report.unmapped += len(answer.refused & job.target.connector.fields)
    was_gone = job.link is not None and job.link.gone is not None
    link = _link(context, job, bases, shown, answer)
    _keep_times(context, job, link, bases, shown if answer else None)
    context.tables.links.save_link(transaction, link, context.run.id)
    _note_owed(transaction, context, job, link)
    written = _entries(context, job, link, answer) if answer is not None else []
    context.tables.history.add_entries(
        transaction, [*_refusals(job, link), *written], context.run.id, context.run.now_ms()
    )
    _list_conflicts(transaction, context, job, link)
    release(transaction, context, link, job.result.touched, back=was_gone)
    for side, record_id in ((job.target, job.record.id), (job.source, job.source_id)):
        context.tables.failures.close_failures(transaction, side.name, record_id)
    own = job.own or Staged(job.source.name, job.source_id)
    for side, staged, other, rejected in (
        (job.source, own, job.target, job.rejected),
        (job.target, job.record, job.source, {}),
    ):
        list_rejections(transaction, context, side, staged, other, rejected, link.side(side.name).unmapped)
    if answer is not None:
        _stage_answer(transaction, context, job, link, answer, shown)


def _note_owed(transaction: Transaction, context: Context, job: Update, link: Link) -> None:
    """Keep what is owed of the pair, with the values as their side shows them."""
    values = {name: job.views[OPPOSITE[side]].value(name)[1] for name, side in job.result.owed.items()}
    staged = {job.target.name: job.record, job.source.name: job.own}
    known = {name for name, each in staged.items() if each is not None and each.contact is not None}
    note_owed_values(transaction, context, link, job.result, values, known=known)


def remember_undone(transaction: Transaction, context: Context, job: Update, answer: WriteResult) -> None:
    """Store what putting back led to: each side shows what was agreed, and where they differ, that is held (R26).

    Nothing else of the pair was dealt with: open conflicts, failures, and whatever is still to be carried stay as they
    are.
    """
    link = job.link
    if link is None:
        raise AssertionError(f"{job.target.account}:{job.record.id}: put back without a link")
    to, source = job.views[job.target.name], job.views[job.source.name]
    taken = {name: value for name, value in job.changes.items() if name not in answer.refused}
    bases = after_undo(taken, to, source, context.mapping.travelling(job.settled))
    waiting = frozenset(context.tables.conflicts.of_link(link.id))
    if link.mapping != context.mapping.number:  # under which neither side was looked at yet (R18)
        link.left.digest = link.right.digest = None
    link.mapping = context.mapping.number
    context.mapping.set_shadow(link, job.target.name, bases.target)
    context.mapping.set_shadow(link, job.source.name, bases.source)
    target = link.side(job.target.name)
    _keep(context, target, job.shown)
    is_dealt_with = is_settled(context.mapping.travelling(job.shown.fields), bases.target, waiting)
    target.digest = job.target.connector.digest(answer.raw) if is_dealt_with else None
    target.seen_ms, target.wrote_ms = own_times(job.shown, answer)
    _keep_times(context, job, link, bases, job.shown)
    context.tables.links.save_link(transaction, link, context.run.id)
    context.tables.history.add_entries(
        transaction, _entries(context, job, link, answer), context.run.id, context.run.now_ms()
    )
    hold(transaction, context, link, taken)
    _stage_answer(transaction, context, job, link, answer, job.shown)


def _link(context: Context, job: Update, bases: ShadowPair, shown: Contact, answer: WriteResult | None) -> Link:
    waiting = frozenset(job.result.conflicts)
    link = job.link or _new_link(context, job)
    link.mapping = context.mapping.number
    context.mapping.set_shadow(link, job.target.name, bases.target)
    context.mapping.set_shadow(link, job.source.name, bases.source)
    target, source = link.side(job.target.name), link.side(job.source.name)
    if job.record.contact is not None or answer is not None:
        _keep(context, target, shown)
        target.digest = None
        if is_settled(context.mapping.travelling(shown.fields), bases.target, waiting):
            target.digest = job.target.connector.digest(answer.raw) if answer else job.record.digest
    if answer is not None:
        target.seen_ms, target.wrote_ms = own_times(shown, answer)
    if job.own is not None and job.own.contact is not None:
        _keep(context, source, contact_codec.decode(job.own.contact))
        source.digest = None if job.result.to(job.source.name) or job.unwritten else job.own.digest
    if (
        job.result.untranslated or job.result.awaits
    ):  # the next whole run looks whether it has a name, or is known, by then
        target.digest = source.digest = None
    link.gone = None
    return link


def _keep_times(context: Context, job: Update, link: Link, bases: ShadowPair, written: Contact | None) -> None:
    """Keep, for the fields that still wait, when each side was changed before our own write (R40).

    `written` is what the target shows after a write; without one, only what is kept already is brought up to date.
    """
    target, source = link.side(job.target.name), link.side(job.source.name)
    if written is None and target.kept is None and source.kept is None:
        return
    to, come = job.views[job.target.name], job.views[job.source.name]
    shown = to.now if written is None else context.mapping.travelling(written.fields)
    after = SideView(shown, bases.target), SideView(come.now, bases.source)
    waiting = kept_times.open_fields(context.mapping.rules, *after)
    settled = job.result.touched - waiting
    for side, view, now, staged in ((job.target, to, shown, job.record), (job.source, come, come.now, job.own)):
        if staged is None or staged.contact is None:  # it was not looked at: what waited there waits on
            context.keep(link, side, kept_times.without(context.kept(link, side), settled))
        else:
            context.keep(link, side, kept_times.of_view(view, waiting, now))


def _keep(context: Context, end: LinkSide, contact: Contact) -> None:
    end.memory = json.dumps(dict(contact.memory)) if contact.memory else None
    end.unmapped = unmapped_text(context, contact)


def unmapped_text(context: Context, contact: Contact) -> str | None:
    """Return what a record shows that means nothing on the other side, as a link keeps it (R17)."""
    found = {name: text for name, text in contact.unmapped.items() if name in context.mapping.rules}
    return json.dumps(found, ensure_ascii=False) if found else None


def own_times(shown: Contact, answer: WriteResult) -> tuple[int | None, int | None]:
    """Return the update time that the answer shows, and the latest at which the write took effect (R3, R14)."""
    served = contact_codec.to_ms(answer.served_at) or 0
    updated = contact_codec.to_ms(shown.updated_at)
    if updated is not None and served and updated > served + AHEAD_MS:
        updated = served  # it is dated wrongly: a later edit must not look older than this write
    return updated, served if answer.edited else max(served, updated or 0)


def _new_link(context: Context, job: Update) -> Link:
    empty = shadow_codec.encode({}, tuple(context.mapping.rules))
    ends = {job.target.name: LinkSide(job.record.id, empty), job.source.name: LinkSide(job.source_id, empty)}
    return Link(ends["left"], ends["right"], context.mapping.number)


def _entries(context: Context, job: Update, link: Link, answer: WriteResult) -> list[HistoryEntry]:
    why = reasons(context, job)
    return [_entry(job, link, answer, name, why[name]) for name in job.changes]


def _entry(job: Update, link: Link, answer: WriteResult, name: str, why: tuple[str, str | None]) -> HistoryEntry:
    (rule, source), value = why, job.changes[name]
    held = job.settled.get(name, value)
    return HistoryEntry(
        link.id,
        job.target.account,
        job.record.id,
        name,
        shadow_codec.render(job.views[job.target.name].replaced(name, value)),
        shadow_codec.render(value),
        REFUSED if name in answer.refused else rule,
        source,
        None if same(name, held, value) else shadow_codec.render(held),
    )


def reasons(context: Context, job: Update) -> dict[str, tuple[str, str | None]]:
    """Return why each field is written, and which record its value comes from, None where a person wants it so."""
    came = f"{job.source.account}:{job.source_id}"
    found: dict[str, tuple[str, str | None]] = {
        name: ("filled" if name in job.result.filled else "carried", came) for name in job.changes
    }
    found |= dict.fromkeys(job.result.enriched & job.changes.keys(), (ENRICHED, None))
    for one in job.result.overwritten:
        if one.side == job.target.name and one.field in job.changes:
            rule, theirs = context.mapping.rules[one.field], job.views[job.source.name].value(one.field)[1]
            typed = one.rule == UNDO or (one.rule == RESOLVED and one.new != rule.carried(theirs, job.target.name))
            found[one.field] = (one.rule, None if typed else came)
    return found


def _refusals(job: Update, link: Link) -> list[HistoryEntry]:
    """Return what can't be emptied on either side: it is agreed on as it is by this merge, and so by no later one."""
    ids = {job.target.name: job.record.id, job.source.name: job.source_id}
    sides = {job.target.name: (job.target, job.source), job.source.name: (job.source, job.target)}
    entries = []
    for name, kept in job.result.refused.items():
        side, other = sides[kept]
        shown, wanted = (shadow_codec.render(job.views[each.name].value(name)[1]) for each in (side, other))
        source = f"{other.account}:{ids[other.name]}"
        entries.append(HistoryEntry(link.id, side.account, ids[kept], name, shown, wanted, REFUSED, source))
    return entries


def _list_conflicts(transaction: Transaction, context: Context, job: Update, link: Link) -> None:
    """Open, update and close conflicts; one that is still to be carried the other way stays open until it is."""
    left, right = job.left_first
    for name, (one, other) in job.result.conflicts.items():
        context.tables.conflicts.put_conflict(transaction,
            Conflict(
                link.id, name, job.who, shadow_codec.render(one), shadow_codec.render(other),
                contact_codec.to_ms(left.time_of(name)), contact_codec.to_ms(right.time_of(name)), context.run.now_ms(),
                context.run.id,
            )
        )  # fmt: skip
    keep = job.result.conflicts.keys() | (job.result.to(job.source.name).keys())
    context.tables.conflicts.close_conflicts(
        transaction, link.id, context.tables.conflicts.of_link(link.id).keys() - keep
    )


def _stage_answer(
    transaction: Transaction, context: Context, job: Update, link: Link, answer: WriteResult, shown: Contact
) -> None:
    """Let the second half of a merge that writes both sides see what the first one led to, with the times of before."""
    fresh = staged_record(context, job.target, answer.raw, shown, link)
    context.staging.put_records(transaction, [
        Staged(fresh.side, fresh.id, fresh.raw, fresh.contact, fresh.digest, job.record.changed_ms, link.id)
    ])  # fmt: skip
    job.target.identities.put_contacts(transaction, [contact_codec.index_entry(shown)])
