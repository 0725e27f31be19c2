"""Delete survivors on one side, one record at a time, each confirmed right before (R19, R24).

Rules kept here:
- the server is asked once more for the record that is gone: if it is back, the pair is merged instead;
- the survivor is read by id as well, so that an edit behind the horizon is not lost with it: it opens a conflict;
- what the survivor showed goes into the history; the intent holds it before the call (R20).
"""

import json
from functools import partial

from connectors.contact import Contact
from connectors.errors import ConnectorError, RecordError
from state.database import Transaction
from state.history import DELETED, HistoryEntry
from state.intents import DeletionIntent
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.deletions import list_edited, was_edited
from sync.contacts.plan_steps import DELETE, PAIR
from sync.contacts.read_by_id import stage_by_id
from sync.contacts.update import update
from sync.output.formats import WHOLE
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.recovery import is_gone
from sync.streams.write_errors import WriteErrors


def delete(context: Context, target: Side, step: Step, errors: WriteErrors[Staged]) -> None:
    """Delete one survivor. Raises what makes the account useless."""
    link = context.tables.links.by_id(step.link or 0)
    if link is None or link.gone is None:
        return
    gone_side = context.connection.side(link.gone)
    # An earlier answer may have been wrong.
    if not is_gone(partial(gone_side.connector.read_record, link.side(link.gone).id)):
        _merge_returned(context, link, errors)
        return
    survivor = stage_by_id(context, target, link.side(target.name).id)
    if survivor is None:
        return
    if was_edited(context, link, target, survivor):
        list_edited(context, link, target, survivor)
        return
    _delete(context, target, link, survivor, errors)


def commit_deleted(
    transaction: Transaction, context: Context, target: Side, link: Link, intent: DeletionIntent
) -> None:
    """Store that we have deleted a survivor."""
    deletion = HistoryEntry(link.id, target.account, intent.record, WHOLE, intent.shown, None, DELETED)
    context.tables.history.add_entries(transaction, [deletion], intent.run, context.run.now_ms())
    target.identities.drop_contact(transaction, intent.record)
    for side in context.connection.sides:
        context.tables.failures.close_failures(transaction, side.name, link.side(side.name).id)
    context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
    context.tables.links.remove_link(transaction, link.id)
    context.report.accounts[target.account].deleted += 1


def shown_text(contact: Contact) -> str:
    """Return all that a record shows as JSON, as the history keeps it of a deleted record."""
    return json.dumps({name: value for name, value in contact.fields.items() if value is not None}, ensure_ascii=False)


def _delete(context: Context, target: Side, link: Link, survivor: Staged, errors: WriteErrors[Staged]) -> None:
    intent = _intent(context, target, link, survivor)
    with context.state.atomic() as transaction:
        context.tables.intents.add_intent(transaction, intent, context.run.id)
    outcome = target.dispatcher.gather([partial(target.connector.delete_contact, survivor.id)])[0]
    other = context.connection.other(target)
    with context.state.atomic() as transaction:
        if isinstance(outcome, RecordError):
            context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
        if isinstance(outcome, ConnectorError):
            errors.note_error(transaction, other, _lost_record(context, other, link), DELETE, outcome)
        else:
            errors.note_success(target)
            commit_deleted(transaction, context, target, link, intent)
    errors.raise_fatal()


def _intent(context: Context, target: Side, link: Link, survivor: Staged) -> DeletionIntent:
    return DeletionIntent(
        side=target.name,
        source_id=link.side(link.gone or "").id,
        sent_ms=target.server_now_ms(context.run.clock),
        record=survivor.id,
        run=context.run.id,
        shown=shown_text(contact_codec.decode(survivor.contact or "")),
    )


def _merge_returned(context: Context, link: Link, errors: WriteErrors[Staged]) -> None:
    """Merge a pair whose lost record is back: no later window shows what changed in the survivor meanwhile."""
    with context.state.atomic() as transaction:
        link.gone = None
        context.tables.links.save_link(transaction, link, context.run.id)
    for side in context.connection.sides:
        stage_by_id(context, side, link.side(side.name).id)
    for side in context.connection.sides:
        update(context, side, [Step(PAIR, "", link.left.id, link.right.id, link.id, "both")], errors)


def _lost_record(context: Context, side: Side, link: Link) -> Staged:
    """Return the record that is gone as it was agreed on last, so that a failure can name it."""
    record_id = link.side(side.name).id
    contact = Contact(record_id, context.mapping.shadow(link, side.name))
    return Staged(side.name, record_id, contact=contact_codec.encode(contact))
