"""Carry deletions to one side, one record at a time, each confirmed anew (R19, R24).

Rules kept here:
- the record that is gone is asked for once more: who is back is merged instead;
- the survivor is read by id as well, so that an edit behind the horizon is not lost with it: it makes a conflict;
- what the survivor showed goes into the history; the intent knows it before the call (R20).
"""

from functools import partial

from connectors.contact import Contact
from connectors.errors import ConnectorError, RecordError, RecordGone
from state.database import Transaction
from state.history import DELETED, HistoryEntry
from state.intents import DeletionIntent
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.deletions import list_edited, was_edited
from sync.contacts.plan import DELETE, PAIR
from sync.contacts.read import stage_by_id
from sync.contacts.update import update
from sync.output.formats import WHOLE
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.write_errors import WriteErrors
from sync.undo.remove_created import shown_text


def delete(context: Context, target: Side, step: Step, troubles: WriteErrors[Staged]) -> None:
    """Delete one survivor. Raises what makes the account useless."""
    link = context.tables.links.by_id(step.link or 0)
    if link is None or link.gone is None:
        return
    if _is_back(context.connection.side(link.gone), link):
        _merge_returned(context, link, troubles)
        return
    survivor = stage_by_id(context, target, link.side(target.name).id)
    if survivor is None:
        return
    if was_edited(context, link, target, survivor):
        list_edited(context, link, target, survivor)
        return
    _delete(context, target, link, survivor, troubles)


def _delete(context: Context, target: Side, link: Link, survivor: Staged, troubles: WriteErrors[Staged]) -> None:
    intent = _intent(context, target, link, survivor)
    with context.state.atomic() as transaction:
        context.tables.intents.add_intent(transaction, intent, context.run.id)
    outcome = target.dispatcher.gather([partial(target.connector.delete_contact, survivor.id)])[0]
    with context.state.atomic() as transaction:
        if isinstance(outcome, RecordError):
            context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
        if isinstance(outcome, ConnectorError):
            troubles.note_error(
                transaction,
                context.connection.other(target),
                _lost(context, context.connection.other(target), link),
                DELETE,
                outcome,
            )
        else:
            troubles.note_success(target)
            commit_deleted(transaction, context, target, link, intent)
    troubles.raise_fatal()


def commit_deleted(
    transaction: Transaction, context: Context, target: Side, link: Link, intent: DeletionIntent
) -> None:
    """Store that a survivor was deleted by us."""
    deletion = HistoryEntry(link.id, target.account, intent.record, WHOLE, intent.shown, None, DELETED)
    context.tables.history.add_entries(transaction, [deletion], intent.run, context.run.now_ms())
    target.identities.drop_contact(transaction, intent.record)
    for side in context.connection.sides:
        context.tables.failures.close_failures(transaction, side.name, link.side(side.name).id)
    context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
    context.tables.links.remove_link(transaction, link.id)
    context.report.accounts[target.account].deleted += 1


def _intent(context: Context, target: Side, link: Link, survivor: Staged) -> DeletionIntent:
    shown = shown_text(contact_codec.decode(survivor.contact or ""))
    return DeletionIntent(
        side=target.name,
        source_id=link.side(link.gone or "").id,
        sent_ms=target.server_now_ms(context.run.clock),
        record=survivor.id,
        run=context.run.id,
        shown=shown,
    )


def _is_back(side: Side, link: Link) -> bool:
    """Ask once more for the record that is gone; an answer may have been wrong."""
    try:
        side.connector.read_record(link.side(side.name).id)
    except RecordGone:
        return False
    return True


def _merge_returned(context: Context, link: Link, troubles: WriteErrors[Staged]) -> None:
    """Merge a pair whose lost record is back: what changed in the survivor meanwhile is in no window to come."""
    with context.state.atomic() as transaction:
        link.gone = None
        context.tables.links.save_link(transaction, link, context.run.id)
    for side in context.connection.sides:
        stage_by_id(context, side, link.side(side.name).id)
    for side in context.connection.sides:
        update(context, side, [Step(PAIR, "", link.left.id, link.right.id, link.id, "both")], troubles)


def _lost(context: Context, side: Side, link: Link) -> Staged:
    """Return the record that is gone as it last was, so that it can be named."""
    record_id = link.side(side.name).id
    return Staged(
        side.name, record_id, contact=contact_codec.encode(Contact(record_id, context.mapping.shadow(link, side.name)))
    )
