"""Settle creates whose outcome is unknown: those of a run that was killed, and those whose answer never came (R20).

The person is looked for on the server. Found, it is linked. Not found, it may be made again, but only when `settle`
has passed since the create was sent: until then an effect may still be on its way, and the person stays listed as a
failure. Where the server said yes and shows nobody like that, it is made again only when a person says so: else each
run would make another one (P2).
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from connectors.connector import Raw
from connectors.contact import Contact, Fields
from connectors.errors import RecordGone
from state.database import Transaction
from state.failures import Failure
from state.intents import CreateIntent
from state.links import Link, LinkSide
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.create import unknown_reason
from sync.contacts.create_commit import entries_of_creation
from sync.contacts.existing_contacts import matching
from sync.contacts.failures import note_failure
from sync.contacts.markers import write_marker
from sync.contacts.owed_values import note_owed_of_new
from sync.contacts.unknown_outcomes import settle_updates
from sync.rules import contact_codec, shadow_codec
from sync.rules.do_not_contact import unshared_consent
from sync.rules.lost_create import is_foreign, is_older, likeness, may_be_made_from
from sync.rules.shadow_update import after_lost_create, after_uncertain_create, is_edited, unmet
from sync.streams.connection import Side
from sync.streams.recovery import SettleTime, settle_each


def settle_intents(context: Context, settle_removals: Callable[[Context], None]) -> None:
    """Look what became of everything that was sent and has no known outcome. Raises AuthError, TransientError."""
    settle_updates(context)
    settle_removals(context)
    unknown = context.tables.intents.open_creates()

    def settle(target: Side, intent: CreateIntent) -> None:
        _settle(context, target, intent, [other for other in unknown if other is not intent])

    settle_each(context.connection, context.boundary, unknown, "create", settle, first=True)


def _settle(context: Context, side: Side, intent: CreateIntent, others: Sequence[CreateIntent]) -> None:
    if _rests(context, side, intent) or _is_moot(context, side, intent):
        return
    contact = contact_codec.decode(intent.contact)
    if context.connection.other(side).needs_marker(contact) and _mark(context, side, intent, contact):
        return
    sent = intent.sent
    since = datetime.fromtimestamp(intent.sent_ms / 1000, UTC)
    raws = side.connector.find_candidates(sent, intent.source_id if side.connector.has_markers else None, since)
    raw = matching(context, side, contact_codec.index_entry(contact), raws)
    if raw is None and not contact.fields.get("email") and not contact.phones:
        raw = _same_content(context, side, sent, raws, others)
    found = side.connector.to_contact(raw, {}) if raw is not None else None
    filled = side.connector.filled_in(sent) if raw is not None else {}  # before the transaction: it may have to ask
    with context.state.atomic() as transaction:
        if found is not None:
            _link(transaction, context, side, intent, contact, found, filled)
        else:
            _wait_or_drop(transaction, context, side, intent, contact)
    if found is not None and context.connection.other(side).needs_marker(contact):
        _mark(context, side, intent, contact)


def _is_moot(context: Context, side: Side, intent: CreateIntent) -> bool:
    """Drop the create of somebody who has met somebody else meanwhile; say whether that is so.

    What it made after all, if it made anything, has the same address as whom the person met: it is listed as a double.
    """
    source = context.connection.other(side)
    link = context.tables.links.by_record(source.name, [intent.source_id]).get(intent.source_id)
    if link is None or link.gone is not None or source.needs_marker(contact_codec.decode(intent.contact)):
        return False
    with context.state.atomic() as transaction:
        context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
        context.tables.failures.close_failures(transaction, source.name, intent.source_id)
    return True


def _mark(context: Context, side: Side, intent: CreateIntent, person: Contact) -> bool:
    """Mark somebody who is linked already and has no marker yet; say whether that was all there was to do."""
    source = context.connection.other(side)
    link = context.tables.links.by_record(source.name, [intent.source_id]).get(intent.source_id)
    if link is None or context.run.dry:
        return link is not None
    try:
        raw = source.connector.read_record(intent.source_id).records[0]
    except RecordGone:
        with context.state.atomic() as transaction:
            context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
        return True
    write_marker(context, source, raw, person, link.side(side.name).id)
    return True


def _same_content(
    context: Context, side: Side, sent: Fields, raws: Sequence[Raw], others: Sequence[CreateIntent]
) -> Raw | None:
    """Return the unlinked record that shows most of what was sent: for people with neither e-mail nor number."""
    links = context.tables.links.by_record(side.name, [str(raw["id"]) for raw in raws])
    rivals = [other.sent for other in others if other.side == side.name]
    shown = {str(raw["id"]): side.connector.to_contact(raw, {}).fields for raw in raws if str(raw["id"]) not in links}
    fitting = [raw for raw in raws if str(raw["id"]) in shown and may_be_made_from(shown[str(raw["id"])], sent, rivals)]
    return min(fitting, key=lambda raw: likeness(shown[str(raw["id"])], sent).order, default=None)


def _link(  # noqa: PLR0917 - whose create it was, what was found of it, and what of that is the server's own
    transaction: Transaction,
    context: Context,
    side: Side,
    intent: CreateIntent,
    person: Contact,
    found: Contact,
    filled: Fields,
) -> None:
    """Link somebody who was made by a create whose answer was lost; `filled` is what its server fills in itself."""
    source = context.connection.other(side)
    table = context.mapping.fields[intent.mapping]
    own = context.mapping.travelling(shadow_codec.decode(intent.shadow, table))
    sent = context.mapping.travelling(intent.sent)
    edited = is_edited(found, untimed=True)
    is_ours = found.marker == intent.source_id
    foreign = not is_ours and _is_foreign(side, intent, found, sent, edited=edited)
    if foreign:
        bases = after_uncertain_create(context.mapping.travelling(found.fields), own, sent)
    else:  # without our marker any other value than the server is known to fill in may be one that a person typed
        shown = context.mapping.travelling(found.fields)
        bases = after_lost_create(shown, own, sent, edited=edited or not is_ours, filled=filled)
    made_known = unshared_consent(context.mapping.rules, source.name, found.fields, sent)
    unmet(bases, {*intent.withheld, *intent.owed, *made_known})
    empty = shadow_codec.encode({}, tuple(context.mapping.rules))
    ends = {
        source.name: LinkSide(person.id, empty, json.dumps(dict(intent.memory))),
        side.name: LinkSide(found.id, empty, json.dumps(dict(found.memory)), None, *_own_times(found, edited=edited)),
    }
    link = Link(ends["left"], ends["right"], context.mapping.number)
    context.mapping.set_shadow(link, side.name, bases.target)
    context.mapping.set_shadow(link, source.name, bases.source)
    context.tables.links.save_link(transaction, link, context.run.id)
    note_owed_of_new(transaction, context, link, side, intent.owed)
    if not source.needs_marker(person):
        context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
    context.tables.failures.close_failures(transaction, source.name, intent.source_id)
    side.identities.put_contacts(transaction, [contact_codec.index_entry(found)])
    if foreign:
        return
    enriched = {name: sent[name] for name in intent.enriched if name in sent}
    context.tables.history.add_entries(
        transaction, entries_of_creation(context, side, link, enriched), context.run.id, context.run.now_ms()
    )
    context.report.accounts[side.account].created += 1


def _is_foreign(side: Side, intent: CreateIntent, found: Contact, sent: Fields, *, edited: bool) -> bool:
    """Say whether a record that does not bear our marker is another one than the create was to make."""
    since = datetime.fromtimestamp(intent.sent_ms / 1000, UTC)
    return side.connector.has_markers or is_older(found, since) or is_foreign(found.fields, sent, edited=edited)


def _own_times(found: Contact, *, edited: bool) -> tuple[int | None, int | None]:
    """Return the update time that a record shows, and that of our own write: of one that was edited nobody can tell."""
    updated = contact_codec.to_ms(found.updated_at)
    return updated, None if edited else updated


def _rests(context: Context, side: Side, intent: CreateIntent) -> bool:
    """Say whether somebody whom the server said it has made, and does not show, is left to a person for now."""
    listed = _listed(context, side, intent)
    if not intent.accepted or listed is None:
        return False
    return _settle_time(context).has_passed(side, intent) and (
        listed.dismissed or not listed.is_due(context.run.now_ms())
    )


def _listed(context: Context, side: Side, intent: CreateIntent) -> Failure | None:
    return context.tables.failures.of_records(context.connection.other(side).name, [intent.source_id]).get(
        intent.source_id
    )


def _settle_time(context: Context) -> SettleTime:
    return SettleTime(context.run, context.connection)


def _wait_or_drop(
    transaction: Transaction, context: Context, side: Side, intent: CreateIntent, person: Contact
) -> None:
    """Free the person to be made again once `settle` has passed, and keep it listed until then."""
    staged = Staged(context.connection.other(side).name, intent.source_id, contact=contact_codec.encode(person))
    listed, now = _listed(context, side, intent), context.run.now_ms()
    if not _settle_time(context).has_passed(side, intent):
        reason, due_ms = unknown_reason(context, side), _settle_time(context).ends_ms(side, intent)
    elif intent.accepted and (listed is None or listed.due_ms):
        reason, due_ms = _unseen(side), 0
    else:  # a due time of 0 is a person's word: `sync failures retry`
        context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
        reason, due_ms = unknown_reason(context, side), now
    note_failure(transaction, context, context.connection.other(side), staged, "create", reason, due_ms=due_ms)


def _unseen(side: Side) -> str:
    return (
        f"{side.account} accepted the create, and shows nobody like that: look for the person there. "
        "`sync failures retry` makes it again, `sync failures dismiss` leaves it as it is"
    )
