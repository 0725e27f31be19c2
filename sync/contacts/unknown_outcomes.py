"""Find out what became of updates and deletions whose outcome is unknown (R20, R21).

The record is read by id. A deletion has arrived when the record is gone; sync.contacts.update_outcome compares an
update with what the record shows.
"""

from functools import partial

from state.intents import DeletionIntent, UpdateIntent
from sync.contacts.context import Context
from sync.contacts.delete import commit_deleted
from sync.contacts.update_outcome import settle_update
from sync.streams.connection import Side
from sync.streams.recovery import SettleTime, is_gone, settle_each


def settle_updates(context: Context) -> None:
    """Settle every update and deletion whose result was not stored. Raises AuthError, TransientError."""

    def settle(target: Side, intent: UpdateIntent | DeletionIntent) -> None:
        if isinstance(intent, DeletionIntent):
            _settle_deletion(context, target, intent)
        else:
            settle_update(context, intent)

    unknown = context.tables.intents.open_updates()
    settle_each(context.connection, context.boundary, unknown, "update", settle, first=True)


def _settle_deletion(context: Context, target: Side, intent: DeletionIntent) -> None:
    link = context.tables.links.by_record(target.name, [intent.record]).get(intent.record)
    gone = is_gone(partial(target.connector.read_record, intent.record))
    with context.state.atomic() as transaction:
        if gone and link is not None:
            commit_deleted(transaction, context, target, link, intent)
        if gone or SettleTime(context.run, context.connection).has_passed(target, intent):
            context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
