"""Find out what became of writes with an unknown outcome: of a run that was killed, or without an answer (R20).

Rules kept here:
- the contact of a create is looked for on the server, and linked if it is found;
- if it is not found, it may be created again, but only when `settle` has passed since the create was sent: until then
  the create may still take effect, and the contact stays listed as a failure;
- if the server accepted the create and does not show the contact, only a user can have it created again: else each run
  would create another one (P2).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from connectors.contact import Contact, Fields
from connectors.errors import RecordGone
from connectors.records import Raw
from state.database import Transaction
from state.failures import Failure
from state.intents import CreateIntent, DeletionIntent, UpdateIntent
from state.links import Link
from state.staging import Staged
from sync.contacts.candidates import matching
from sync.contacts.context import Context
from sync.contacts.create import unknown_reason
from sync.contacts.create_commit import link_found, write_marker
from sync.contacts.creation import filled_by_server
from sync.contacts.deletions import commit_deleted
from sync.contacts.failures import note_failure
from sync.contacts.readdressed import doubt_reason, find_readdressed
from sync.contacts.update_intents import settle_update
from sync.rules import contact_codec
from sync.rules.lost_create import is_anonymous, likeness, may_be_made_from
from sync.streams.connection import Side
from sync.streams.recovery import SettleTime, is_gone, settle_each


def settle_intents(context: Context, settle_removals: Callable[[Context], None]) -> None:
    """Find out what became of everything that was sent and has no known outcome. Raises AuthError, TransientError.

    `settle_removals` does so for the deletions of an undo.
    """
    _settle_updates(context)
    settle_removals(context)
    unknown = context.tables.intents.open_creates()

    def settle(target: Side, intent: CreateIntent) -> None:
        _settle_create(context, target, intent, [other for other in unknown if other is not intent])

    settle_each(context.connection, context.boundary, unknown, "create", settle, first=True)


def _settle_updates(context: Context) -> None:
    """Settle every update and deletion; a deletion has taken effect when the record is gone (R21)."""

    def settle(target: Side, intent: UpdateIntent | DeletionIntent) -> None:
        if isinstance(intent, DeletionIntent):
            _settle_deletion(context, target, intent)
        else:
            settle_update(context, intent)

    unknown = context.tables.intents.open_updates()
    settle_each(context.connection, context.boundary, unknown, "update", settle, first=True)


def _settle_deletion(context: Context, target: Side, intent: DeletionIntent) -> None:
    link = context.tables.links.of_record(target.name, intent.record)
    gone = is_gone(partial(target.connector.read_record, intent.record))
    with context.state.atomic() as transaction:
        if gone and link is not None:
            commit_deleted(transaction, context, target, link, intent)
        if gone or _settle_time(context).has_passed(target, intent):
            context.tables.intents.remove_intents(transaction, target.name, intent.source_id)


def _settle_create(context: Context, side: Side, intent: CreateIntent, others: Sequence[CreateIntent]) -> None:
    if _waits_for_user(context, side, intent) or _is_linked_otherwise(context, side, intent):
        return
    contact = contact_codec.decode(intent.contact)
    needs_marker = context.connection.other(side).needs_marker(contact)
    if needs_marker and _write_marker(context, side, intent, contact):
        return
    found, doubtful = _created_record(context, side, intent, contact, others)
    filled = (
        filled_by_server(side, intent.sent, found) if found else {}
    )  # before the transaction: it may call the server
    with context.state.atomic() as transaction:
        if found is not None:
            link_found(transaction, context, side, intent, found, filled)
        else:
            _wait_or_drop(transaction, context, side, intent, contact, doubtful)
    if found is not None and needs_marker:
        _write_marker(context, side, intent, contact)


def _created_record(
    context: Context, side: Side, intent: CreateIntent, contact: Contact, others: Sequence[CreateIntent]
) -> tuple[Contact | None, Sequence[Contact]]:
    """Look for the record of a create on the server; None if it is not there, with those that it may be."""
    since = datetime.fromtimestamp(intent.sent_ms / 1000, UTC)
    marker = intent.source_id if side.connector.has_markers else None
    raws = side.connector.find_candidates(intent.sent, marker, since)
    raw = matching(context, side, contact_codec.index_entry(contact), raws)
    if raw is None:
        is_nameless = not contact.fields.get("email") and not contact.phones
        raw = _same_content(context, side, intent.sent, raws, others, all_records=is_nameless)
        if raw is None and not is_nameless:
            return find_readdressed(context, side, intent, raws, others)
    return (side.connector.to_contact(raw, {}) if raw is not None else None), ()


def _same_content(
    context: Context,
    side: Side,
    sent: Fields,
    raws: Sequence[Raw],
    others: Sequence[CreateIntent],
    *,
    all_records: bool,
) -> Raw | None:
    """Return the unlinked record that shows most of what was sent, for a contact with neither e-mail nor phone.

    Without `all_records` only records that show no contact: a user may have removed name, address and number since.
    """
    links = context.tables.links.by_record(side.name, [str(raw["id"]) for raw in raws])
    rivals = [other.sent for other in others if other.side == side.name]
    contacts = [side.connector.to_contact(raw, {}) for raw in raws if str(raw["id"]) not in links]
    shown = {each.id: each.fields for each in contacts if all_records or is_anonymous(each)}
    fitting = [raw for raw in raws if str(raw["id"]) in shown and may_be_made_from(shown[str(raw["id"])], sent, rivals)]
    return min(fitting, key=lambda raw: likeness(shown[str(raw["id"])], sent).order, default=None)


def _source_link(context: Context, side: Side, intent: CreateIntent) -> Link | None:
    source = context.connection.other(side)
    return context.tables.links.of_record(source.name, intent.source_id)


def _is_linked_otherwise(context: Context, side: Side, intent: CreateIntent) -> bool:
    """Drop the create of a contact that was linked to another record meanwhile; say whether that is so.

    A record that the create has created after all has the same address, so that it is listed as a double.
    """
    source, link = context.connection.other(side), _source_link(context, side, intent)
    if link is None or link.gone is not None or source.needs_marker(contact_codec.decode(intent.contact)):
        return False
    with context.state.atomic() as transaction:
        context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
        context.tables.failures.close_failures(transaction, source.name, intent.source_id)
    return True


def _write_marker(context: Context, side: Side, intent: CreateIntent, contact: Contact) -> bool:
    """Write the marker of a source that is linked already; say whether nothing else is left to do."""
    source, link = context.connection.other(side), _source_link(context, side, intent)
    if link is None or context.run.dry:
        return link is not None
    try:
        raw = source.connector.read_record(intent.source_id).records[0]
    except RecordGone:
        with context.state.atomic() as transaction:
            context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
        return True
    write_marker(context, source, raw, contact, link.side(side.name).id)
    return True


def _waits_for_user(context: Context, side: Side, intent: CreateIntent) -> bool:
    """Say whether the server accepted a create, does not show the contact, and a user has not decided about it yet."""
    listed = _listed(context, side, intent)
    if not intent.accepted or listed is None:
        return False
    is_put_off = listed.dismissed or not listed.is_due(context.run.now_ms())
    return _settle_time(context).has_passed(side, intent) and is_put_off


def _listed(context: Context, side: Side, intent: CreateIntent) -> Failure | None:
    source = context.connection.other(side)
    return context.tables.failures.of_records(source.name, [intent.source_id]).get(intent.source_id)


def _settle_time(context: Context) -> SettleTime:
    return SettleTime(context.run, context.connection)


def _wait_or_drop(
    transaction: Transaction,
    context: Context,
    side: Side,
    intent: CreateIntent,
    contact: Contact,
    doubtful: Sequence[Contact],
) -> None:
    """Let a contact be created again once `settle` has passed, and keep it listed until then."""
    staged = Staged(context.connection.other(side).name, intent.source_id, contact=contact_codec.encode(contact))
    listed, now = _listed(context, side, intent), context.run.now_ms()
    if not _settle_time(context).has_passed(side, intent):
        reason, due_ms = unknown_reason(context, side), _settle_time(context).ends_ms(side, intent)
    elif (intent.accepted or doubtful) and (listed is None or listed.due_ms):
        reason, due_ms = doubt_reason(side, doubtful) if doubtful else _not_shown_reason(side), 0
        context.tables.intents.mark_accepted(transaction, side.name, intent.source_id)
    else:  # a due time of 0 is the decision of a user: `sync failures retry`
        context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
        reason, due_ms = unknown_reason(context, side), now
    note_failure(transaction, context, context.connection.other(side), staged, "create", reason, due_ms=due_ms)


def _not_shown_reason(side: Side) -> str:
    return (
        f"{side.account} accepted the create, and does not show the contact: look for it there. "
        "`sync failures retry` creates it again, `sync failures dismiss` leaves it as it is"
    )
