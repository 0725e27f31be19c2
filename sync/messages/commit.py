"""Store what became of a copy: linked, created, updated, deleted, or found deleted (R20, R21)."""

import json
from dataclasses import dataclass

from connectors.message import Message
from state.database import Transaction
from state.history import CREATED, DELETED, FOUND_DELETED, HistoryEntry
from state.links import Link
from state.messages import IndexedMessage
from sync.messages.context import MessageContext, message_store
from sync.messages.links import new_link, original_side, set_copied_content
from sync.output.formats import WHOLE
from sync.rules.contact_codec import to_ms
from sync.rules.messages import original_digest, text_digest
from sync.rules.streams import TEXT
from sync.streams.connection import Side


@dataclass(frozen=True, slots=True)
class CopyUpdate:
    """An update of a copy: the id of its original, the digest of the content to show, the old text, and the rule."""

    original_id: str
    content: str
    old: str | None
    rule: str


def commit_link(context: MessageContext, source: Side, link: Link) -> None:
    """Store the link of an original and a copy that exist already."""
    target = context.connection.other(source)
    original_id, copy_id = link.side(source.name).id, link.side(target.name).id
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.failures.close_failures(transaction, source.name, original_id)
        context.tables.failures.close_failures(transaction, target.name, copy_id)
        context.tables.intents.remove_intents(transaction, target.name, original_id)


def commit_copy(
    transaction: Transaction,
    context: MessageContext,
    source: Side,
    original: Message,
    digest: bytes | None,
    copy: Message,
    *,
    edited: bool = False,
) -> None:
    """Store that a copy was created of an original, as that was sent; `edited` says that the copy was edited since."""
    target = context.connection.other(source)
    link = new_link(source.name, original, digest, copy, context.contacts.mapping.number, edited=edited)
    context.tables.links.save_link(transaction, link, context.run.id)
    context.tables.intents.remove_intents(transaction, target.name, original.id)
    context.tables.failures.close_failures(transaction, source.name, original.id)
    if message_store(target).lists_copies:
        context.tables.index(target).put_messages(transaction, [indexed(copy)])
    # The listing may leave the text of the original out; now it is known.
    context.tables.index(source).put_messages(transaction, [indexed(original)])
    origin = f"{source.account}:{original.id}"
    entry = HistoryEntry(link.id, target.account, copy.id, WHOLE, None, None, CREATED, origin, person=copy.contact_id)
    _add_history(transaction, context, entry)
    context.report.accounts[target.account].created += 1


def commit_update(
    transaction: Transaction,
    context: MessageContext,
    link: Link,
    update: CopyUpdate,
    copy: Message,
    *,
    edited: bool = False,
) -> None:
    """Store that a copy shows its original; `edited` says that it shows more, because a user added to it."""
    source = context.connection.side(original_side(link))
    target = context.connection.other(source)
    set_copied_content(link, update.content)
    link.side(target.name).digest = None if edited else text_digest(copy)
    context.tables.links.save_link(transaction, link, context.run.id)
    keep_old_text(transaction, context, link, update, copy.text)
    context.tables.conflicts.close_conflicts(transaction, link.id, {TEXT})
    context.tables.failures.close_failures(transaction, source.name, update.original_id)
    context.tables.intents.remove_intents(transaction, target.name, update.original_id)
    context.report.accounts[target.account].updated += 1


def keep_old_text(
    transaction: Transaction, context: MessageContext, link: Link, update: CopyUpdate, new: str | None
) -> None:
    """Keep in the history what a copy showed, and the text that was written over it (P3)."""
    source = context.connection.side(original_side(link))
    target, contact_id = context.connection.other(source), context.copy_contact(link)
    origin, copy_id = f"{source.account}:{update.original_id}", link.side(target.name).id
    texts = _as_json(update.old), _as_json(new)
    entry = HistoryEntry(link.id, target.account, copy_id, TEXT, *texts, update.rule, origin, person=contact_id)
    _add_history(transaction, context, entry)


def commit_unchanged(context: MessageContext, link: Link, original: Message, digest: bytes | None) -> None:
    """Store how an original looks that needs no change of its copy (any more)."""
    side = original_side(link)
    set_copied_content(link, original_digest(original))
    link.side(side).digest = digest or link.side(side).digest
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.conflicts.close_conflicts(transaction, link.id, {TEXT})
        context.tables.failures.close_failures(transaction, side, original.id)


def commit_deletion(
    transaction: Transaction, context: MessageContext, target: Side, link: Link, text: str | None
) -> None:
    """Store that growthsync deleted a copy, which showed this text."""
    source = context.connection.other(target)
    original_id, copy_id = link.side(source.name).id, link.side(target.name).id
    contact_id = context.copy_contact(link)
    entry = HistoryEntry(link.id, target.account, copy_id, WHOLE, _as_json(text), None, DELETED, person=contact_id)
    _add_history(transaction, context, entry)
    context.tables.index(target).drop_message(transaction, copy_id)
    context.tables.index(source).drop_message(transaction, original_id)
    context.tables.failures.close_failures(transaction, source.name, original_id)
    context.tables.intents.remove_intents(transaction, target.name, original_id)
    context.tables.links.remove_link(transaction, link.id)
    context.report.accounts[target.account].deleted += 1


def commit_lost_copy(context: MessageContext, target: Side, link: Link) -> None:
    """Store that a copy was found deleted: it is not created again, and its original stays, whatever `deletes` says."""
    link.gone = target.name
    copy_id, contact_id = link.side(target.name).id, context.copy_contact(link)
    entry = HistoryEntry(link.id, target.account, copy_id, WHOLE, None, None, FOUND_DELETED, person=contact_id)
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        _add_history(transaction, context, entry)
        context.tables.conflicts.close_conflicts(transaction, link.id, set(context.tables.conflicts.of_link(link.id)))


def indexed(message: Message) -> IndexedMessage:
    """Return what the index keeps of a message."""
    return IndexedMessage(message.id, message.contact_id, to_ms(message.sent_at), text_digest(message))


def _add_history(transaction: Transaction, context: MessageContext, entry: HistoryEntry) -> None:
    context.tables.history.add_entries(transaction, [entry], context.run.id, context.run.now_ms())


def _as_json(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)
