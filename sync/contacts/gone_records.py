"""Store that a record does not exist any more, as the answer to a read by id shows (R22, R24)."""

from connectors.contact import Contact
from connectors.errors import OtherRecord
from state.database import Transaction
from state.history import FOUND_DELETED, HistoryEntry
from state.links import Link
from sync.contacts.context import Context
from sync.output.formats import WHOLE
from sync.rules import contact_codec
from sync.streams.connection import Side


def note_gone(context: Context, side: Side, record_id: str) -> None:
    """Store that a record does not exist: a deletion is found (R22)."""
    with context.state.atomic() as transaction:
        commit_gone(transaction, context, side, record_id)


def commit_gone(transaction: Transaction, context: Context, side: Side, record_id: str) -> None:
    """Do what `note_gone` does, within a transaction.

    The survivor stays linked to it, and is neither deleted nor created again. If both are gone, the link goes too.
    """
    side.identities.drop_contact(transaction, record_id)
    link = context.tables.links.by_record(side.name, [record_id]).get(record_id)
    if link is not None and link.gone == side.name:
        return
    context.tables.failures.close_failures(transaction, side.name, record_id)
    if link is not None:
        _lose(transaction, context, side, link)


def _lose(transaction: Transaction, context: Context, side: Side, link: Link) -> None:
    other = context.connection.other(side)
    deletion = HistoryEntry(link.id, side.account, link.side(side.name).id, WHOLE, None, None, FOUND_DELETED)
    context.tables.history.add_entries(transaction, [deletion], context.run.id, context.run.now_ms())
    context.tables.conflicts.close_conflicts(transaction, link.id, frozenset(context.tables.conflicts.of_link(link.id)))
    context.tables.failures.close_failures(transaction, other.name, link.side(other.name).id)
    if link.gone is not None:
        context.tables.links.remove_link(transaction, link.id)
        return
    link.gone = side.name
    context.tables.links.save_link(transaction, link, context.run.id)


def is_merge_target(context: Context, side: Side, record_id: str, answer: OtherRecord) -> bool:
    """Say whether the record in an answer is the one that the linked record was merged into.

    It has the e-mail address of the linked record, or the marker of its counterpart. A crossed answer has neither.
    """
    link = context.tables.links.by_record(side.name, [record_id]).get(record_id)
    if link is None:
        return False
    target = contact_codec.index_entry(side.connector.to_contact(answer.shown, {}))
    if target.marker is not None and target.marker == link.side(context.connection.other(side).name).id:
        return True
    lost = contact_codec.index_entry(Contact(record_id, context.mapping.shadow(link, side.name)))
    return lost.email is not None and lost.email == target.email
