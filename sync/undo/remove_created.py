"""Delete the records that the undone run has created, one at a time, each read again right before (R19, R26).

Rules kept here:
- a record that was changed since is left alone, and listed;
- intent, call and result are durable steps (R20). A record that is gone after a kill was deleted by us: no `reconcile`
  may take that for the deletion of a user and carry it to the counterpart;
- the counterpart stays: it is neither deleted nor created again, and that is held.
"""

from functools import partial

from connectors.contact import Contact
from connectors.errors import ConnectorError, OutcomeUnknown
from state.database import Transaction
from state.history import HistoryEntry
from state.holds import Hold
from state.intents import RemovalIntent
from state.links import Link
from state.messages import MessageIndex
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.deletions import shown_text
from sync.contacts.staged_records import contact_of, name_of, stage_by_id
from sync.output.formats import WHOLE
from sync.rules.undo import CHANGED, UNDO
from sync.streams.connection import Side
from sync.streams.recovery import SettleTime, is_gone, settle_each
from sync.streams.write_errors import WriteErrors
from sync.undo.run_history import UndoneRun

REMOVE = "delete"


def is_changed(context: Context, undone: UndoneRun, link: Link, side: Side, staged: Staged) -> bool:
    """Say whether a user has worked on a record since the run created it: edited it, or written messages."""
    view = context.view(link, side, staged)
    messages = MessageIndex(context.state.db, context.connection.number, side.name)
    edited = any(view.changed(name) for name in view.now) or undone.is_worked_on(link, side.name)
    return edited or messages.has_originals(staged.id)


def remove(context: Context, undone: UndoneRun, target: Side, step: Step, troubles: WriteErrors[Staged]) -> None:
    """Delete one record that the run created. Raises what makes the account useless."""
    link = context.tables.links.by_id(step.link)
    if link is None or link.gone is not None:
        return
    staged = stage_by_id(context, target, link.side(target.name).id)
    if staged is None:
        return
    if is_changed(context, undone, link, target, staged):
        undone.leave(target.name, staged.id, name_of(target, staged), WHOLE, CHANGED)
        return
    intent = _intend(context, target, link, contact_of(staged))
    outcome = target.dispatcher.gather([partial(target.connector.delete_contact, staged.id)])[0]
    with context.state.atomic() as transaction:
        if isinstance(outcome, ConnectorError):
            _give_up(transaction, context, target, link, intent, outcome)
            other = context.connection.other(target)
            troubles.note_error(transaction, other, Staged(other.name, link.side(other.name).id), REMOVE, outcome)
        else:
            troubles.note_success(target)
            _remember(transaction, context, target, link, intent)
    troubles.raise_fatal()


def settle_removals(context: Context) -> None:
    """Find out what became of every removal without a stored result. Raises AuthError, TransientError."""
    unknown = context.tables.intents.open_removals()
    settle_each(context.connection, context.boundary, unknown, REMOVE, partial(_settle_one, context), first=True)


def _settle_one(context: Context, side: Side, intent: RemovalIntent) -> None:
    link = context.tables.links.of_record(side.name, intent.record)
    gone = is_gone(partial(side.connector.read_record, intent.record))
    with context.state.atomic() as transaction:
        if link is None:
            context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
        elif gone:
            _remember(transaction, context, side, link, intent)
        elif SettleTime(context.run, context.connection).has_passed(side, intent):
            _drop(transaction, context, side, link, intent)


def _intend(context: Context, target: Side, link: Link, contact: Contact) -> RemovalIntent:
    intent = RemovalIntent(
        side=target.name,
        source_id=link.side(context.connection.other(target).name).id,
        sent_ms=target.server_now_ms(context.run.clock),
        record=contact.id,
        run=context.run.id,
        shown=shown_text(contact),
    )
    with context.state.atomic() as transaction:
        context.tables.intents.add_intent(transaction, intent, context.run.id)
        context.tables.holds.put_hold(transaction, Hold(link.id, WHOLE, context.run.now_ms(), context.run.id))
    return intent


def _give_up(
    transaction: Transaction, context: Context, target: Side, link: Link, intent: RemovalIntent, error: ConnectorError
) -> None:
    """Drop a removal that surely did not happen; one with an unknown outcome is settled by the next run."""
    if not isinstance(error, OutcomeUnknown):
        _drop(transaction, context, target, link, intent)


def _drop(transaction: Transaction, context: Context, side: Side, link: Link, intent: RemovalIntent) -> None:
    context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
    context.tables.holds.end_holds(transaction, link.id, [WHOLE])


def _remember(transaction: Transaction, context: Context, side: Side, link: Link, intent: RemovalIntent) -> None:
    counterpart = f"{context.connection.other(side).account}:{intent.source_id}"
    removal = HistoryEntry(link.id, side.account, intent.record, WHOLE, intent.shown, None, UNDO, counterpart)
    context.tables.history.add_entries(transaction, [removal], intent.run, context.run.now_ms())
    side.identities.drop_contact(transaction, intent.record)
    context.tables.failures.close_failures(transaction, side.name, intent.record)
    context.tables.conflicts.close_conflicts(transaction, link.id, frozenset(context.tables.conflicts.of_link(link.id)))
    context.tables.intents.remove_intents(transaction, side.name, intent.source_id)
    context.report.accounts[side.account].deleted += 1
    link.gone = side.name
    context.tables.links.save_link(transaction, link, context.run.id)
