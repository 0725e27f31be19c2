"""Updates and deletions of which nobody knows whether they arrived: of a killed run, and unanswered (R20, R21).

The record is read by id. What became of an update is sync.contacts.update_outcome's affair; a deletion has arrived
when the
record is gone.
"""

from connectors.errors import RecordGone
from state.intents import DeletionIntent
from sync.contacts.carry_deletions import commit_deleted
from sync.contacts.context import Context
from sync.contacts.update_outcome import has_waited, settle_update
from sync.streams.connection import Side


def settle_updates(context: Context) -> None:
    """Look what became of every update and deletion whose result was not stored. Raises AuthError, TransientError."""
    for intent in context.tables.intents.open_updates():
        side = context.connection.side(intent.side)
        with context.boundary.around(
            context.connection.other(side), intent.source_id, "update", account=side.account, first=True
        ):
            if isinstance(intent, DeletionIntent):
                _settle_deletion(context, side, intent)
            else:
                settle_update(context, intent)


def _settle_deletion(context: Context, side: Side, intent: DeletionIntent) -> None:
    link = context.tables.links.by_record(side.name, [intent.record]).get(intent.record)
    is_gone = _is_gone(side, intent.record)
    with context.state.atomic() as transaction:
        if is_gone and link is not None:
            commit_deleted(transaction, context, side, link, intent)
        if is_gone or has_waited(context, side, intent):
            context.tables.intents.remove_intents(transaction, side.name, intent.source_id)


def _is_gone(side: Side, record_id: str) -> bool:
    try:
        side.connector.read_record(record_id)
    except RecordGone:
        return True
    return False
