"""Store what became of an update without an answer, once its record was read again (R20, R21).

Rules kept here:
- a value that has arrived (sync.rules.lost_update) goes into the history and into both shadows, as if the answer had
  come, and the record's time is that of our own write;
- a value that has not arrived is left to the merge, at once. The intent stays until `settle` has passed, because the
  update may still take effect;
- if the record is gone, the history still shows what the update may have overwritten (P3);
- tags take several calls, so a part may have arrived. A merge writes the rest; what an undo has put back would look
  like an edit, so it is stored element by element.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from connectors.contact import PHONE_SLOTS, SET_FIELDS, Contact, Fields, Value, fold
from connectors.errors import RecordGone
from connectors.records import Raw
from state.database import Transaction
from state.history import HistoryEntry
from state.intents import RecordLook, UpdateIntent
from state.links import Link, LinkSide
from sync.contacts.context import Context
from sync.contacts.holds import hold, release
from sync.contacts.link_state import unmapped_text
from sync.contacts.staged_records import refresh_staged, staged_record
from sync.rules import contact_codec, kept_times, shadow_codec
from sync.rules.lost_update import UpdateObservation, UpdateOutcome, outcome_of_update
from sync.rules.sets import changes_of
from sync.rules.shadow_update import aligned
from sync.rules.undo import UNDO
from sync.streams.connection import Side
from sync.streams.recovery import SettleTime

NUMBERS = frozenset({"phone", "first_phone", *PHONE_SLOTS})
OF_THE_SERVER = frozenset({"email_status", "email_confidence"})


@dataclass(frozen=True, slots=True)
class _Found:
    """A record as it is now."""

    raw: Raw
    contact: Contact


def settle_update(context: Context, intent: UpdateIntent) -> None:
    """Find out what became of one update. Raises AuthError, TransientError."""
    side, record_id = context.connection.side(intent.side), intent.record
    link = context.tables.links.by_record(side.name, [record_id]).get(record_id)
    found = _read(side, record_id, link)  # before the transaction: the mapping may have to ask for settings
    with context.state.atomic() as transaction:
        if found is None:
            _keep_lost(transaction, context, side, intent, link)
        is_known = found is None or _settle(transaction, context, side, intent, link, found)
        if is_known or SettleTime(context.run, context.connection).has_passed(side, intent):
            context.tables.intents.remove_intents(transaction, side.name, intent.source_id)


def look(side: Side, raw: Raw, contact: Contact, sent: Iterable[str]) -> RecordLook:
    """Return how a record looks right before an update; compared with it, a later look shows whether it has changed."""
    digest, updated = side.connector.digest(raw).hex(), contact_codec.to_ms(contact.updated_at)
    return RecordLook(digest, updated, _others(contact, sent))


def _others(contact: Contact, sent: Iterable[str]) -> str:
    """Return a digest of what a record shows in the fields that are not sent."""
    names = frozenset(sent)
    hidden = names | OF_THE_SERVER | (NUMBERS if names & NUMBERS else frozenset())
    shown = sorted((name, fold(name, value)) for name, value in contact.fields.items() if name not in hidden)
    return blake2b(repr(shown).encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _read(side: Side, record_id: str, link: Link | None) -> _Found | None:
    try:
        raw = side.connector.read_record(record_id).records[0]
    except RecordGone:
        return None  # a deletion that is found in the usual way
    memory = link.side(side.name).memory if link else None
    return _Found(raw, side.connector.to_contact(raw, json.loads(memory) if memory else {}))


def _keep_lost(transaction: Transaction, context: Context, side: Side, intent: UpdateIntent, link: Link | None) -> None:
    """Store in the history what an update may have overwritten of a record that is gone now (P3)."""
    if link is not None:
        entries = [_entry(side, intent, link, name, value) for name, value in intent.sent.items()]
        context.tables.history.add_entries(transaction, entries, intent.run, context.run.now_ms())


def _observation(context: Context, side: Side, intent: UpdateIntent, found: _Found) -> UpdateObservation:
    """Return how the record looked before the update, and how it looks now; without a known look it has changed."""
    before = {name: _old_value(intent, name) for name in intent.sent if name in intent.history}
    earlier, now = intent.look, look(side, found.raw, found.contact, intent.sent)
    shown = context.mapping.travelling(found.contact.fields)
    if earlier is None:
        return UpdateObservation(before, shown, others_changed=True)
    return UpdateObservation(before, shown, earlier != now, earlier.others != now.others)


def _settle(
    transaction: Transaction, context: Context, side: Side, intent: UpdateIntent, link: Link | None, found: _Found
) -> bool:
    """Store what of an update has arrived; say whether anything is known of it."""
    sent, shown = intent.sent, found.contact
    undoes = _put_back(intent, sent)
    outcome = outcome_of_update(sent, _observation(context, side, intent, found))
    parts = {name: _elements_of(intent, name, shown) for name in undoes if name not in outcome.arrived}
    parts = {name: elements for name, elements in parts.items() if elements}
    is_begun = bool(outcome.begun) or any(_elements_of(intent, name, shown) for name in sent)  # tags take several calls
    if link is None:  # nothing is agreed on yet, so a later write could not show what was there before
        outcome = replace(outcome, overwritten=outcome.overwritten | outcome.begun)
    if not (outcome.overwritten or is_begun) or (link is not None and link.gone):
        return False
    if outcome.arrived or outcome.put_back or is_begun:
        link = link or _new_link(context, side, intent)
        _save_arrived(transaction, context, side, intent, link, found, outcome, parts)
    if link is None:
        return True
    _store_open(transaction, context, side, intent, link, shown, outcome, parts)
    return True


def _save_arrived(  # noqa: PLR0917 - the update, its record, and what of it has arrived
    transaction: Transaction, context: Context, side: Side, intent: UpdateIntent, link: Link, found: _Found,
    outcome: UpdateOutcome, parts: Mapping[str, frozenset[str]],
) -> None:  # fmt: skip
    """Save the link with what has arrived in both shadows, and stage the record as it is now."""
    _agree(context, side, intent, link, outcome, found.contact.fields)
    _agree_in_part(context, side, intent, link, parts)
    _note_own_write(context, side, link.side(side.name), found.contact)
    _keep_times(context, intent, link, outcome.arrived | outcome.put_back)
    context.tables.links.save_link(transaction, link, context.run.id)
    refresh_staged(transaction, context, side, staged_record(context, side, found.raw, found.contact, link))


def _store_open(  # noqa: PLR0917 - the update, its record, and what of it has arrived
    transaction: Transaction, context: Context, side: Side, intent: UpdateIntent, link: Link, shown: Contact,
    outcome: UpdateOutcome, parts: Mapping[str, frozenset[str]],
) -> None:  # fmt: skip
    """Store the conflicts, holds and history entries that follow from what has arrived."""
    sent, undoes = intent.sent, _put_back(intent, intent.sent)
    context.tables.conflicts.close_conflicts(transaction, link.id, set(outcome.arrived))
    put_back = [name for name in undoes if name in outcome.arrived or name in parts]
    hold(transaction, context, link, put_back)
    release(transaction, context, link, set(outcome.arrived) - set(put_back))
    entries = [_entry(side, intent, link, name, sent[name]) for name in sent if name in outcome.overwritten]
    entries += [
        _entry(side, intent, link, name, shown.fields[name]) for name in parts if name not in outcome.overwritten
    ]
    context.tables.history.add_entries(transaction, entries, intent.run, context.run.now_ms())


def _put_back(intent: UpdateIntent, names: Iterable[str]) -> list[str]:
    """Return those of the fields that an undo was writing."""
    return [name for name in names if name in intent.history and intent.history[name].rule == UNDO]


def _old_value(intent: UpdateIntent, name: str) -> Value:
    return shadow_codec.parse(intent.history[name].old)


def _elements_of(intent: UpdateIntent, name: str, shown: Contact) -> frozenset[str]:
    """Return those elements of a set that was being put back that are as they were to be."""
    if name not in SET_FIELDS or name not in shown.fields:
        return frozenset()
    gained, lost = changes_of(_old_value(intent, name), intent.sent[name])
    now, _ = changes_of(None, shown.fields[name])
    return frozenset(gained.keys() & now.keys()) | (lost - now.keys())


def _new_link(context: Context, side: Side, intent: UpdateIntent) -> Link:
    """Return the link of two records whose first merge has arrived in part; the rest is still to be merged."""
    empty = shadow_codec.encode({}, tuple(context.mapping.rules))
    source = LinkSide(intent.source_id, empty, json.dumps(intent.memory) if intent.memory else None)
    target = LinkSide(intent.record, empty)
    return Link(*((target, source) if side.name == "left" else (source, target)), context.mapping.number)


def _agree(
    context: Context, side: Side, intent: UpdateIntent, link: Link, outcome: UpdateOutcome, shown: Fields
) -> None:
    """Put what arrived into both shadows, as the server keeps it; a value that was put back since counts as an edit."""
    other = context.connection.other(side)
    target, source = dict(context.mapping.shadow(link, side.name)), dict(context.mapping.shadow(link, other.name))
    for name in outcome.arrived | outcome.put_back:
        if name in outcome.put_back:
            source[name] = _old_value(intent, name)
        elif name in intent.source:
            source[name] = intent.source[name]
        is_shown = name in outcome.arrived and name in shown and name not in SET_FIELDS
        target[name] = shown[name] if is_shown else intent.target.get(name)
    _set_bases(context, link, {side.name: target, other.name: source})


def _agree_in_part(
    context: Context, side: Side, intent: UpdateIntent, link: Link, parts: Mapping[str, frozenset[str]]
) -> None:
    """Put the elements of sets that arrived into both shadows, as they were to be."""
    other = context.connection.other(side)
    bases = {one.name: dict(context.mapping.shadow(link, one.name)) for one in (side, other)}
    for one, aimed in ((side, intent.target), (other, intent.source)):
        for name, elements in parts.items():
            bases[one.name][name] = aligned(bases[one.name].get(name), aimed.get(name), elements)
    _set_bases(context, link, bases)


def _set_bases(context: Context, link: Link, bases: Mapping[str, Fields]) -> None:
    link.mapping = context.mapping.number
    for name, base in bases.items():
        context.mapping.set_shadow(link, name, base)
        link.side(name).digest = None


def _note_own_write(context: Context, side: Side, end: LinkSide, shown: Contact) -> None:
    """Take the record's time for that of our own write: an edit since then has the same time, and opens a conflict."""
    end.memory = json.dumps(dict(shown.memory)) if shown.memory else None
    end.unmapped = unmapped_text(context, shown)
    updated = contact_codec.to_ms(shown.updated_at)
    end.seen_ms = end.wrote_ms = None if updated is None else min(updated, side.server_now_ms(context.run.clock))


def _keep_times(context: Context, intent: UpdateIntent, link: Link, settled: Collection[str]) -> None:
    """Keep, for the values that have not arrived, the times from before our own write (R40)."""
    for name, content in intent.kept.items():
        side = context.connection.side(name)
        kept = kept_times.read(content, side.connector.clock_offset())
        context.keep(link, side, kept_times.without(kept, settled))


def _entry(side: Side, intent: UpdateIntent, link: Link, name: str, new: Value) -> HistoryEntry:
    written = intent.history[name]
    return HistoryEntry(
        link.id, side.account, intent.record, name, written.old, shadow_codec.render(new), written.rule, written.source
    )
