"""Settle what was sent about messages and whose outcome nobody knows (R20): of a killed run, and unanswered.

A copy is looked for on the server itself. Found, it is linked; not found, it may be made again, but only when `settle`
has passed since it was sent. An amended or deleted copy is read: what happened to it is remembered as if the answer had
come; what did not is planned again.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from connectors.errors import RecordGone
from connectors.message import Message
from state.database import Transaction
from state.intents import CopyDeletionIntent, CopyIntent
from state.message_staging import StagedMessage
from sync.messages.carry_deletions import remember_erased
from sync.messages.context import MessageContext, letters
from sync.messages.create import remember_copy
from sync.messages.failures import CREATE, UNKNOWN, list_failure
from sync.messages.plan_edits import AMEND
from sync.messages.update import settle_amendment
from sync.rules.contact_codec import from_ms
from sync.rules.messages import decode
from sync.streams.connection import Side


def settle_intents(context: MessageContext) -> None:
    """Look what became of everything that is unknown. Raises AuthError, TransientError."""
    for intent in context.tables.intents.open_updates():
        target = context.connection.side(intent.side)
        with context.boundary.around(context.connection.other(target), intent.source_id, AMEND, account=target.account):
            if isinstance(intent, CopyDeletionIntent):
                _settle_deletion(context, target, intent)
            else:
                settle_amendment(context, target, intent)
    settle_creates(context)


def settle_creates(context: MessageContext) -> None:
    """Look for every copy that was sent and whose answer never came. Raises AuthError, TransientError."""
    for intent in context.tables.intents.open_creates():
        target = context.connection.side(intent.side)
        with context.boundary.around(
            context.connection.other(target), intent.source_id, CREATE, account=target.account
        ):
            _settle_create(context, target, intent)
            continue
        # The boundary took an error: nothing is known of this copy yet, so what the person got later waits for it.
        context.findings.waiting_contacts.add((target.name, intent.contact))


def _settle_create(context: MessageContext, target: Side, intent: CopyIntent) -> None:
    source = context.connection.other(target)
    staged = StagedMessage(source.name, intent.source_id, intent.contact, digest=intent.digest)
    original = _original(source, staged)
    sent = _sent(intent) or original
    found = _made(context, target, intent, sent, original.contact_id)
    with context.state.atomic() as transaction:
        if found is not None:
            edited = not letters(target).is_copy_of(
                replace(found, of=None), sent
            )  # its marker tells nothing of its text
            remember_copy(
                transaction, context, source, sent, staged.digest, found, edited=edited and sent.text is not None
            )
        else:
            _wait_or_drop(transaction, context, target, intent, staged)


def _original(source: Side, staged: StagedMessage) -> Message:
    """Return the original; of one that is gone no more than its id, by which a marker still tells its copy."""
    try:
        return letters(source).read_message(staged.id, staged.contact_id)
    except RecordGone:
        return Message(staged.id, staged.contact_id)


def _sent(intent: CopyIntent) -> Message | None:
    """Return the original as it was sent: it may have been edited since; None of an intent that does not tell."""
    return None if intent.message is None else decode(intent.message)


def _made(context: MessageContext, target: Side, intent: CopyIntent, sent: Message, contact_now: str) -> Message | None:
    """Return the unlinked copy that the server has, with whoever the person is by now."""
    since = from_ms(intent.sent_ms)
    if since is None:
        raise AssertionError(f"{target.account}: an intent without a time")
    contacts = dict.fromkeys(
        contact
        for contact in (intent.copied_to, context.person(context.connection.other(target), contact_now))
        if contact
    )
    for contact_id in contacts:
        for copy in letters(target).find_copies(sent, contact_id, since - timedelta(seconds=1)):
            if not context.tables.links.by_record(target.name, [copy.id]):
                with suppress(RecordGone):  # with its text: by that an edit of the copy is told later
                    return letters(target).with_text(copy)
    return None


def _wait_or_drop(
    transaction: Transaction, context: MessageContext, target: Side, intent: CopyIntent, staged: StagedMessage
) -> None:
    """Free a message to be copied again once `settle` has passed; until then its person's later ones wait as well."""
    waited_ms = target.server_now_ms(context.run.clock) - intent.sent_ms
    settle_ms = round(context.connection.settle.total_seconds() * 1000)
    if waited_ms >= settle_ms:
        context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
    else:
        context.findings.waiting_contacts.add((target.name, staged.contact_id))
    due_ms = context.run.now_ms() + max(0, settle_ms - waited_ms)
    list_failure(transaction, context, context.connection.other(target), staged, CREATE, UNKNOWN, due_ms=due_ms)


def _settle_deletion(context: MessageContext, target: Side, intent: CopyDeletionIntent) -> None:
    """Look at a copy that was deleted, and store what became of it."""
    link = context.tables.links.by_record(target.name, [intent.record]).get(intent.record)
    is_gone = link is not None and _is_gone(target, intent.record, context.home(link))
    with context.state.atomic() as transaction:
        if link is not None and is_gone:
            remember_erased(transaction, context, target, link, intent.old)
        context.tables.intents.remove_intents(transaction, target.name, intent.source_id)


def _is_gone(side: Side, record_id: str, contact_id: str) -> bool:
    try:
        letters(side).read_message(record_id, contact_id)
    except RecordGone:
        return True
    return False
