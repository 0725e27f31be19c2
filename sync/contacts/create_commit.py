"""Store what a create led to: link, shadows, history, marker, and what is still open (R6, R20, R21, R35)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from connectors.connector import WriteResult
from connectors.contact import Contact, Fields, same
from connectors.errors import ConnectorError, OutcomeUnknown, RecordError
from connectors.records import Raw
from state.database import Transaction
from state.history import CREATED, ENRICHED, HistoryEntry
from state.intents import CreateIntent
from state.links import Link, LinkSide
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.creation import CreatedContact
from sync.contacts.failures import list_rejections, note_failure
from sync.contacts.link_state import memory_text, own_times, unmapped_text
from sync.contacts.owed_values import create_custom_fields, note_owed_of_new
from sync.contacts.staged_records import staged_record
from sync.output.formats import WHOLE
from sync.rules import contact_codec, kept_times, shadow_codec
from sync.rules.lost_create import is_foreign, is_older
from sync.rules.merge_result import OPPOSITE, SideView
from sync.rules.new_record import unshared_fields
from sync.rules.shadow_update import (
    ShadowPair,
    after_create,
    after_lost_create,
    after_uncertain_create,
    clear_typed,
    clear_unsent_sets,
    held_values,
    is_edited,
    is_settled,
    keep_filled_in,
    may_be_edited,
    unmet,
)
from sync.streams.connection import Side
from sync.streams.recovery import PAUSES


def commit_created(transaction: Transaction, context: Context, target: Side, created: Sequence[CreatedContact]) -> None:
    """Store the contacts that a wave has created, and their links."""
    source = context.connection.other(target)
    links = [_link(context, one) for one in created]
    for link, one in zip(links, created, strict=True):
        context.tables.links.save_link(transaction, link, context.run.id)
        note_owed_of_new(transaction, context, link, target, one.creation.owed)
    ended = (one.creation.staged.id for one in created if not one.waits_for_marker)
    context.tables.intents.remove_intents(transaction, target.name, *ended)
    context.tables.failures.close_failures(transaction, source.name, *(one.creation.staged.id for one in created))
    for link, one in zip(links, created, strict=True):
        unmapped = link.side(source.name).unmapped
        list_rejections(
            transaction, context, source, one.creation.staged, target, one.creation.rejected, unmapped
        )  # fmt: skip
    target.identities.put_contacts(transaction, (contact_codec.index_entry(one.contact) for one in created))
    entries = [
        entry
        for link, one in zip(links, created, strict=True)
        for entry in _entries(context, target, link, one.creation.enriched_changes)
    ]
    context.tables.history.add_entries(transaction, entries, context.run.id, context.run.now_ms())
    context.report.accounts[target.account].created += len(created)
    context.report.unmapped += sum(len(one.answer.refused & target.connector.fields) for one in created)


def _entries(context: Context, target: Side, link: Link, enriched: Fields) -> list[HistoryEntry]:
    """Return the history entries of a created contact: the create, and its values that come from the company."""
    source, record_id = context.connection.other(target), link.side(target.name).id
    origin = f"{source.account}:{link.side(source.name).id}"
    filled = [
        HistoryEntry(
            link.id, target.account, record_id, name, shadow_codec.render(None), shadow_codec.render(value), ENRICHED
        )
        for name, value in sorted(enriched.items())
    ]
    return [HistoryEntry(link.id, target.account, record_id, WHOLE, None, None, CREATED, origin), *filled]


def _link(context: Context, one: CreatedContact) -> Link:
    creation, contact, answer = one.creation, one.contact, one.answer
    shadows = _shadows(context, one)
    digest = None if creation.withheld or creation.awaits or answer.unwritten else creation.staged.digest
    old = LinkSide(creation.staged.id, "", memory_text(creation.contact.memory), digest)
    new = LinkSide(contact.id, "", memory_text(contact.memory), None, *own_times(contact, answer))
    is_proven = context.mapping.travelling(creation.changes).keys() - answer.refused <= shadows.target.keys()
    # Without a digest the next run looks at the record again, and carries what did not arrive.
    if is_proven and is_settled(context.mapping.travelling(contact.fields), shadows.target, frozenset()):
        new.digest = creation.target.connector.digest(answer.raw)
    old.unmapped, new.unmapped = unmapped_text(context, creation.contact), unmapped_text(context, contact)
    return context.mapping.new_link(creation.target.name, new, old, shadows)


def _shadows(context: Context, one: CreatedContact) -> ShadowPair:
    creation, answer, travelling = one.creation, one.answer, context.mapping.travelling
    sent = travelling(creation.changes)
    taken = {name: value for name, value in sent.items() if name not in answer.refused}
    settled = held_values(taken, travelling(one.settled), {}, edited=False, doubtful=answer.doubtful)
    shown, source = travelling(one.contact.fields), travelling(creation.contact.fields)
    if one.edited:
        shadows = after_lost_create(shown, source, sent, edited=True, filled=one.filled or {})
    else:
        shadows = after_create(shown, source, settled, sent)
        if one.filled is not None:
            clear_typed(shadows, shown, sent, one.filled)
    open_fields = {*creation.rejected, *answer.unwritten}
    opt_outs = one.new_opt_outs(context)
    unmet(shadows, {*creation.withheld, *creation.owed, *open_fields, *opt_outs})
    clear_unsent_sets(shadows, open_fields)
    guessed = creation.target.connector.guessed - sent.keys() - creation.withheld - opt_outs
    keep_filled_in(shadows, {name: shown[name] for name in guessed & shown.keys()}, open_fields)
    return shadows


def link_found(
    transaction: Transaction, context: Context, side: Side, intent: CreateIntent, found: Contact, filled: Fields
) -> None:
    """Link the record `found` on `side` to the source of a create; `filled` is what its server fills in itself."""
    source = context.connection.other(side)
    foreign = found.marker != intent.source_id and _is_foreign(context, side, intent, found)
    link = _link_of_found(
        context, side, intent, found, _shadows_of_found(context, side, intent, found, None if foreign else filled)
    )
    context.tables.links.save_link(transaction, link, context.run.id)
    note_owed_of_new(transaction, context, link, side, intent.owed)
    if not source.needs_marker(contact_codec.decode(intent.contact)):
        context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
    context.tables.failures.close_failures(transaction, source.name, intent.source_id)
    side.identities.put_contacts(transaction, [contact_codec.index_entry(found)])
    if foreign:
        return
    _retry_unwritten(transaction, context, side, intent, found)
    sent = context.mapping.travelling(intent.sent)
    enriched = {name: sent[name] for name in intent.enriched if name in sent}
    context.tables.history.add_entries(
        transaction, _entries(context, side, link, enriched), context.run.id, context.run.now_ms()
    )
    context.report.accounts[side.account].created += 1


def _retry_unwritten(
    transaction: Transaction, context: Context, side: Side, intent: CreateIntent, found: Contact
) -> None:
    """Note what the created record lacks as a due failure, since the run may not read the source record again."""
    unwritten = _replaced_by_guess(context, side, intent, found) | _not_there(context, side, intent, found)
    if not unwritten:
        return
    source = context.connection.other(side)
    staged = Staged(source.name, intent.source_id, contact=intent.contact)
    reason = f"{side.account} has created the contact without {', '.join(sorted(unwritten))}; the next run writes it"
    note_failure(transaction, context, source, staged, "update", reason, due_ms=context.run.now_ms())


def _is_foreign(context: Context, side: Side, intent: CreateIntent, found: Contact) -> bool:
    """Say whether a record without our marker is another one than the create was to create."""
    since = datetime.fromtimestamp(intent.sent_ms / 1000, UTC)
    sent, edited = context.mapping.travelling(intent.sent), is_edited(found, untimed=True)
    return side.connector.has_markers or is_older(found, since) or is_foreign(found.fields, sent, edited=edited)


def _shadows_of_found(
    context: Context, side: Side, intent: CreateIntent, found: Contact, filled: Fields | None
) -> ShadowPair:
    """Return both shadows; `filled` is None for a record that the create did not create."""
    source = context.connection.other(side)
    table = context.mapping.fields[intent.mapping]
    own = context.mapping.travelling(shadow_codec.decode(intent.shadow, table))
    sent, shown = context.mapping.travelling(intent.sent), context.mapping.travelling(found.fields)
    if filled is None:
        shadows = after_uncertain_create(shown, own, sent)
    else:
        # Without our marker, a value that the server is not known to fill in may have been typed by a user.
        edited = side.connector.lists_only or may_be_edited(found) or found.marker != intent.source_id
        shadows = after_lost_create(shown, own, sent, edited=edited, filled=filled)
    opt_outs = unshared_fields(context.mapping.rules, OPPOSITE[source.name], found.fields, sent)
    unmet(shadows, {*intent.withheld, *intent.owed, *opt_outs})
    if filled is not None:
        unsent = _replaced_by_guess(context, side, intent, found)
        guessed = side.connector.guessed & shown.keys() - set(intent.withheld) - opt_outs - (sent.keys() - unsent)
        keep_filled_in(shadows, {name: shown[name] for name in guessed}, unsent)
    return shadows


def _not_there(context: Context, side: Side, intent: CreateIntent, found: Contact) -> frozenset[str]:
    """Return the sent fields that are empty, where a create takes several calls: not all of them came to it (R34)."""
    if side.connector.bulk is None:
        return frozenset()
    sent, shown = context.mapping.travelling(intent.sent), context.mapping.travelling(found.fields)
    return frozenset(name for name, value in sent.items() if value and not shown.get(name))


def _replaced_by_guess(context: Context, side: Side, intent: CreateIntent, found: Contact) -> frozenset[str]:
    """Return the sent fields that show what the server has guessed: the call that writes them did not come to it (R35).

    Another value is a guess only while nothing was written to the record after its creation.
    """
    if is_edited(found, untimed=True):
        return frozenset()
    sent, shown = context.mapping.travelling(intent.sent), context.mapping.travelling(found.fields)
    names = side.connector.guessed & sent.keys()
    return frozenset(name for name in names if shown.get(name) and not same(name, shown[name], sent[name]))


def _is_edited(side: Side, found: Contact) -> bool:
    """Say whether a user seems to have edited a record since its create: a system that only lists has no true times."""
    return side.connector.lists_only or is_edited(found, untimed=True)


def _link_of_found(context: Context, side: Side, intent: CreateIntent, found: Contact, shadows: ShadowPair) -> Link:
    updated = contact_codec.to_ms(found.updated_at)
    # The time of our own write is unknown if the record was edited since.
    times = (updated, None if _is_edited(side, found) else updated)
    end = LinkSide(found.id, "", memory_text(dict(found.memory)), None, *times)
    return context.mapping.new_link(
        side.name, end, LinkSide(intent.source_id, "", memory_text(dict(intent.memory))), shadows
    )  # fmt: skip


def write_marker(context: Context, source: Side, raw: Raw, contact: Contact, created_id: str) -> None:
    """Write the marker on the source of a create. The intent of the create stays until that is done."""
    create_custom_fields(context, source, frozenset())
    update_source = partial(source.connector.update_contact, raw, contact.memory, {}, created_id)
    outcome = source.dispatcher.gather([update_source])[0]
    for pause in PAUSES:  # a second write is harmless: a marker overwrites nothing that users type
        if not isinstance(outcome, OutcomeUnknown):
            break
        context.run.clock.sleep(pause)
        outcome = source.dispatcher.gather([update_source])[0]
    if isinstance(outcome, ConnectorError):
        context.errors.append(f"{outcome}; the marker of {source.account}:{contact.id} is not written")
        if isinstance(outcome, RecordError):
            with context.state.atomic() as transaction:
                context.tables.intents.remove_intents(transaction, context.connection.other(source).name, contact.id)
        return
    _commit_marker(context, source, raw, contact, outcome)


def _commit_marker(context: Context, source: Side, raw: Raw, contact: Contact, answer: WriteResult) -> None:
    """Store that the marker is written, with the times from before our own write (R40)."""
    marked = source.connector.to_contact(answer.raw, contact.memory)
    other = context.connection.other(source)
    with context.state.atomic() as transaction:
        link = context.tables.links.by_record(source.name, [contact.id])[contact.id]
        side = link.side(source.name)
        shown = context.view(link, source, staged_record(context, source, raw, contact, link))
        counterpart = SideView({}, context.mapping.shadow(link, other.name))
        waiting = kept_times.open_fields(context.mapping.rules, shown, counterpart)
        context.keep(link, source, kept_times.of_view(shown, waiting))
        side.digest = None
        side.seen_ms, side.wrote_ms = own_times(marked, answer)
        context.tables.links.save_link(transaction, link, context.run.id)
        source.identities.put_contacts(transaction, [contact_codec.index_entry(marked)])
        context.tables.intents.remove_intents(transaction, other.name, contact.id)
