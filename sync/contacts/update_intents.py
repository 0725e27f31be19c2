"""Store what an update is about to overwrite, and what became of an update without an answer (R20, R21).

Rules kept here:
- a value that has arrived (sync.rules.lost_update) goes into the history and into both shadows, as if the answer had
  come, and the record's time is that of our own write;
- a value that has not arrived is left to the merge, at once. The intent stays until `settle` has passed, because the
  update may still take effect;
- if the record is gone, the history still shows what the update may have overwritten (P3);
- tags take several calls, so a part may have arrived. A merge writes the rest; what has arrived would look like an edit
  if it were taken away again at the other side, so it is stored element by element.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from connectors.contact import PHONE_SLOTS, SET_FIELDS, Contact, Value, fold
from connectors.errors import RecordGone
from connectors.records import Raw
from state.database import Transaction
from state.history import HistoryEntry
from state.intents import RecordLook, UpdateIntent, WrittenField
from state.links import Link, LinkSide
from sync.contacts.commit import reasons
from sync.contacts.context import Context
from sync.contacts.link_state import hold, memory_text, release, set_shown
from sync.contacts.pair_update import PairUpdate
from sync.contacts.staged_records import memory_of, refresh_staged, staged_record
from sync.rules import contact_codec, kept_times, shadow_codec
from sync.rules.lost_update import UpdateObservation, UpdateOutcome, outcome_of_update
from sync.rules.merge_result import OPPOSITE
from sync.rules.shadow_update import ShadowPair, aligned, arrived_elements
from sync.rules.undo import UNDO
from sync.streams.connection import Side
from sync.streams.recovery import SettleTime

NUMBERS = frozenset({"phone", "first_phone", *PHONE_SLOTS})
OF_THE_SERVER = frozenset({"email_status", "email_confidence"})


def add_update_intents(context: Context, jobs: Sequence[PairUpdate]) -> None:
    """Store the intents of updates before they are sent."""
    if not jobs:
        return
    with context.state.atomic() as transaction:
        for job in jobs:
            context.tables.intents.add_intent(transaction, _intent(context, job), context.run.id)


def _intent(context: Context, job: PairUpdate) -> UpdateIntent:
    to, source = job.target_view, job.source_view
    shadows = context.policy.expected_shadows(job)
    waiting = kept_times.open_fields(context.mapping.rules, to, source)
    contact = job.source_contact
    kept = {
        side.name: kept_times.render(kept_times.of_view(job.views[side.name], waiting), side.connector.clock_offset())
        for side in (job.target, job.source)
    }
    return UpdateIntent(
        side=job.target.name,
        source_id=job.source_id,
        sent_ms=job.target.server_now_ms(context.run.clock),
        sent=job.changes,
        record=job.target_staged.id,
        run=context.run.id,
        memory=contact.memory if contact is not None else None,
        target={name: shadows.target[name] for name in job.changes},
        source={name: shadows.source[name] for name in job.changes if name in shadows.source},
        history=_history(context, job),
        # How a record looked that was not read is unknown: a value that has not arrived is simply written again.
        look=None if job.is_assumed else look(job.target, job.raw, job.contact, job.changes),
        kept=kept,
    )


def _history(context: Context, job: PairUpdate) -> dict[str, WrittenField]:
    """Return what each written field showed before, and why it is written."""
    replaced = job.target_view.replaced
    return {
        name: WrittenField(shadow_codec.render(replaced(name, job.changes[name])), *why)
        for name, why in reasons(context, job).items()
    }


def settle_update(context: Context, intent: UpdateIntent) -> None:
    """Find out what became of one update. Raises AuthError, TransientError."""
    side = context.connection.side(intent.side)
    link = context.tables.links.of_record(side.name, intent.record)
    arrival = _read_arrival(context, side, intent, link)  # before the transaction: the mapping may ask for settings
    with context.state.atomic() as transaction:
        if arrival is None and link is not None:
            # What the update may have overwritten of a record that is gone now stays in the history (P3).
            lost = [_entry(side, intent, link, name, value) for name, value in intent.sent.items()]
            context.tables.history.add_entries(transaction, lost, intent.run, context.run.now_ms())
        is_known = arrival is None or arrival.store(transaction)
        if is_known or SettleTime(context.run, context.connection).has_passed(side, intent):
            context.tables.intents.remove_intents(transaction, side.name, intent.source_id)


def look(side: Side, raw: Raw, contact: Contact, sent: Iterable[str]) -> RecordLook:
    """Return how a record looks right before an update; compared with it, a later look shows whether it has changed."""
    names = frozenset(sent)
    hidden = names | OF_THE_SERVER | (NUMBERS if names & NUMBERS else frozenset())
    others = sorted((name, fold(name, value)) for name, value in contact.fields.items() if name not in hidden)
    digest = blake2b(repr(others).encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return RecordLook(side.connector.digest(raw).hex(), contact_codec.to_ms(contact.updated_at), digest)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """What of an update has arrived, as its record (`raw`, `contact`) shows it now.

    parts: by field, the elements of sets that have arrived where the set as a whole has not.
    is_begun: whether a part of what was sent has arrived: tags take several calls.
    """

    context: Context
    side: Side
    intent: UpdateIntent
    link: Link | None
    raw: Raw
    contact: Contact
    outcome: UpdateOutcome
    parts: Mapping[str, frozenset[str]]
    is_begun: bool

    def store(self, transaction: Transaction) -> bool:
        """Store what has arrived; say whether anything is known of the update."""
        link, outcome = self.link, self.outcome
        if not (outcome.overwritten or self.is_begun) or (link is not None and link.gone):
            return False
        if outcome.arrived or outcome.put_back or self.is_begun:
            link = self._save_link(transaction)
        if link is not None:
            self._store_open(transaction, link)
        return True

    def _save_link(self, transaction: Transaction) -> Link:
        """Save the link with what has arrived in both shadows, and stage the record as it is now."""
        context, side, intent, link = self.context, self.side, self.intent, self.link
        if link is None:  # a first merge has arrived in part; the rest is still to be merged
            ends = LinkSide(intent.record, ""), LinkSide(intent.source_id, "", memory_text(intent.memory))
            link = context.mapping.new_link(side.name, *ends, self._shadows())
        else:
            context.mapping.set_shadows(link, side.name, self._shadows())
        link.left.digest = link.right.digest = None
        self._note_own_write(link.side(side.name))
        for name, content in intent.kept.items():  # values that have not arrived keep the times before our write (R40)
            of_kept = context.connection.side(name)
            kept = kept_times.read(content, of_kept.connector.clock_offset())
            settled = self.outcome.arrived | self.outcome.put_back
            context.keep(link, of_kept, kept_times.without(kept, settled))
        context.tables.links.save_link(transaction, link, context.run.id)
        refresh_staged(transaction, context, side, staged_record(context, side, self.raw, self.contact, link))
        return link

    def _shadows(self) -> ShadowPair:
        """Return both shadows with what arrived, as the server keeps it, and with the parts of sets."""
        mapping, link, intent, outcome = self.context.mapping, self.link, self.intent, self.outcome
        target = dict(mapping.shadow(link, self.side.name)) if link else {}
        source = dict(mapping.shadow(link, OPPOSITE[self.side.name])) if link else {}
        for name in outcome.arrived | outcome.put_back:
            if name in outcome.put_back:  # a value that was put back since counts as an edit
                source[name] = _old_value(intent, name)
            elif name in intent.source:
                source[name] = intent.source[name]
            is_shown = name in outcome.arrived and name in self.contact.fields and name not in SET_FIELDS
            target[name] = self.contact.fields[name] if is_shown else intent.target.get(name)
        self._fill_rewritten(target, source)
        for base, aimed in ((target, intent.target), (source, intent.source)):
            for name, elements in self.parts.items():
                if name in aimed:
                    base[name] = aligned(base.get(name), aimed.get(name), elements)
        return ShadowPair(target, source)

    def _fill_rewritten(self, target: dict[str, Value], source: dict[str, Value]) -> None:
        """Count what a server fills into a blank because of what has arrived as its own (R36)."""
        carried = {name: self.intent.sent[name] for name in self.outcome.arrived}
        held = self.side.connector.values_after_write(self.raw, memory_of(self.link, self.side), carried)
        for name in self.context.mapping.travelling(held).keys() - self.intent.sent.keys():
            if target.get(name) is None:
                target[name] = held[name]
                source.setdefault(name, None)

    def _note_own_write(self, end: LinkSide) -> None:
        """Take the record's time for that of our own write: an edit since then has that time, and opens a conflict."""
        set_shown(self.context, end, self.contact)
        updated, now_ms = contact_codec.to_ms(self.contact.updated_at), self.side.server_now_ms(self.context.run.clock)
        end.seen_ms = end.wrote_ms = None if updated is None else min(updated, now_ms)

    def _store_open(self, transaction: Transaction, link: Link) -> None:
        """Store the conflicts, holds and history entries that follow from what has arrived."""
        context, intent, arrived = self.context, self.intent, self.outcome.arrived
        context.tables.conflicts.close_conflicts(transaction, link.id, set(arrived))
        put_back = [name for name in _put_back(intent) if name in arrived or name in self.parts]
        hold(transaction, context, link, put_back)
        release(transaction, context, link, set(arrived) - set(put_back))
        overwritten = self.outcome.overwritten
        values = {name: value for name, value in intent.sent.items() if name in overwritten}
        values |= {name: self.contact.fields[name] for name in self.parts if name not in overwritten}
        entries = [_entry(self.side, intent, link, name, value) for name, value in values.items()]
        context.tables.history.add_entries(transaction, entries, intent.run, context.run.now_ms())


def _read_arrival(context: Context, side: Side, intent: UpdateIntent, link: Link | None) -> _Arrival | None:
    """Read the record of an update, and find what of it has arrived; None if the record is gone."""
    try:
        raw = side.connector.read_record(intent.record).records[0]
    except RecordGone:
        return None  # a deletion that is found in the usual way
    contact = side.connector.to_contact(raw, memory_of(link, side))
    in_one_call = side.connector.bulk is None
    observed = _observation(context, side, intent, raw, contact)
    outcome = outcome_of_update(intent.sent, observed, in_one_call=in_one_call)
    elements = {name: _elements_of(intent, name, contact) for name in intent.sent}
    parts = {name: found for name, found in elements.items() if found and name not in outcome.arrived}
    is_begun = bool(outcome.begun) or any(elements.values())
    if link is None:  # nothing is agreed on yet, so a later write could not show what was there before
        outcome = replace(outcome, overwritten=outcome.overwritten | outcome.begun)
    return _Arrival(context, side, intent, link, raw, contact, outcome, parts, is_begun)


def _observation(context: Context, side: Side, intent: UpdateIntent, raw: Raw, contact: Contact) -> UpdateObservation:
    """Return how the record looked before the update, and how it looks now; without a known look it has changed."""
    before = {name: _old_value(intent, name) for name in intent.sent if name in intent.history}
    earlier, now = intent.look, look(side, raw, contact, intent.sent)
    shown = context.mapping.travelling(contact.fields)
    if earlier is None:
        return UpdateObservation(before, shown, others_changed=True)
    is_unedited = earlier.updated_ms is not None and earlier.updated_ms == now.updated_ms
    return UpdateObservation(before, shown, earlier != now, earlier.others != now.others, edited=not is_unedited)


def _put_back(intent: UpdateIntent) -> list[str]:
    """Return the fields that an undo was writing."""
    return [name for name in intent.sent if name in intent.history and intent.history[name].rule == UNDO]


def _old_value(intent: UpdateIntent, name: str) -> Value:
    return shadow_codec.parse(name, intent.history[name].old)


def _elements_of(intent: UpdateIntent, name: str, shown: Contact) -> frozenset[str]:
    """Return those elements of a set that was written that are as they were to be."""
    if name not in SET_FIELDS or name not in shown.fields:
        return frozenset()
    return arrived_elements(_old_value(intent, name), intent.sent[name], shown.fields[name])


def _entry(side: Side, intent: UpdateIntent, link: Link, name: str, new: Value) -> HistoryEntry:
    written = intent.history[name]
    return HistoryEntry(
        link.id, side.account, intent.record, name, written.old, shadow_codec.render(new), written.rule, written.source
    )
