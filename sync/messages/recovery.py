"""Find out what became of copies with an unknown outcome: of a killed run, and unanswered (R20)."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from connectors.errors import RecordGone
from connectors.message import Message
from state.database import Transaction
from state.intents import AmendmentIntent, CopyDeletionIntent, CopyIntent
from state.message_staging import StagedMessage
from sync.messages.commit import commit_copy, commit_deletion
from sync.messages.context import CREATE, UPDATE, MessageContext, message_store
from sync.messages.failures import UNKNOWN, list_failure
from sync.messages.update import settle_update
from sync.rules.contact_codec import from_ms
from sync.rules.messages import decode
from sync.streams.connection import Side
from sync.streams.recovery import SettleTime, is_gone, settle_each


def settle_intents(context: MessageContext) -> None:
    """Settle every write without a stored result. Raises AuthError, TransientError."""

    def settle(target: Side, intent: AmendmentIntent | CopyDeletionIntent) -> None:
        if isinstance(intent, CopyDeletionIntent):
            _settle_deletion(context, target, intent)
        else:
            settle_update(context, target, intent)

    settle_each(context.connection, context.boundary, context.tables.intents.open_updates(), UPDATE, settle)
    settle_creates(context)


def settle_creates(context: MessageContext) -> None:
    """Look for every copy that was sent and not answered. Raises AuthError, TransientError."""
    unknown = context.tables.intents.open_creates()
    unsettled = settle_each(context.connection, context.boundary, unknown, CREATE, partial(_settle_create, context))
    # Where looking for a copy failed, the later messages of its contact wait, so that the order holds.
    context.findings.waiting_contacts |= {(intent.side, intent.contact) for intent in unsettled}


def _settle_create(context: MessageContext, target: Side, intent: CopyIntent) -> None:
    """Link the copy if the server has it; else allow a new try once `settle` has passed since it was sent."""
    source = context.connection.other(target)
    staged = StagedMessage(source.name, intent.source_id, intent.contact, digest=intent.digest)
    original = _original(source, staged)
    sent = original if intent.message is None else decode(intent.message)  # it may have been edited since
    copy = _created_copy(context, target, intent, sent, original.contact_id)
    with context.state.atomic() as transaction:
        if copy is None:
            _wait_or_retry(transaction, context, target, intent, staged)
            return
        # A marker proves nothing about the text, so whether it was edited is decided without the marker.
        shows_sent = message_store(target).is_copy_of(replace(copy, of=None), sent)
        edited = sent.text is not None and not shows_sent
        commit_copy(transaction, context, source, sent, staged.digest, copy, edited=edited)


def _original(source: Side, staged: StagedMessage) -> Message:
    """Return the original; where it is gone only its ids, by which a marker still identifies its copy."""
    try:
        return message_store(source).read_message(staged.id, staged.contact_id)
    except RecordGone:
        return Message(staged.id, staged.contact_id)


def _created_copy(
    context: MessageContext, target: Side, intent: CopyIntent, sent: Message, contact_now: str
) -> Message | None:
    """Return the unlinked copy that the server has, at the contact it was sent to or the one linked now."""
    since = from_ms(intent.sent_ms)
    if since is None:
        raise AssertionError(f"{target.account}: an intent without a time")
    linked_now = context.linked_contact(context.connection.other(target), contact_now)
    for contact_id in dict.fromkeys(filter(None, (intent.copied_to, linked_now))):
        for copy in message_store(target).find_copies(sent, contact_id, since - timedelta(seconds=1)):
            if not context.tables.links.by_record(target.name, [copy.id]):
                with suppress(RecordGone):
                    return message_store(target).with_text(copy)  # a later edit of the copy shows by its text
    return None


def _wait_or_retry(
    transaction: Transaction, context: MessageContext, target: Side, intent: CopyIntent, staged: StagedMessage
) -> None:
    """Drop the intent once `settle` has passed, so that the message is copied again; until then keep it waiting."""
    settle_time = SettleTime(context.run, context.connection)
    if settle_time.has_passed(target, intent):
        context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
    else:
        context.findings.waiting_contacts.add((target.name, staged.contact_id))
    due_ms = settle_time.ends_ms(target, intent)
    list_failure(transaction, context, context.connection.other(target), staged, CREATE, UNKNOWN, due_ms=due_ms)


def _settle_deletion(context: MessageContext, target: Side, intent: CopyDeletionIntent) -> None:
    """Read a copy that was to be deleted, and store what became of the deletion."""
    link = context.tables.links.of_record(target.name, intent.record)
    gone = link is not None and is_gone(
        partial(message_store(target).read_message, intent.record, context.copy_contact(link))
    )
    with context.state.atomic() as transaction:
        if link is not None and gone:
            commit_deletion(transaction, context, target, link, intent.old)
        context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
