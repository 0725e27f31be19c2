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
from state.intents import DELETED, Intent
from state.message_staging import StagedMessage
from sync.contacts.context import Side
from sync.messages.carry_deletions import remember_erased
from sync.messages.context import MessageContext, letters
from sync.messages.create import remember_copy
from sync.messages.failures import CREATE, UNKNOWN, list_failure
from sync.messages.plan_edits import AMEND
from sync.messages.update import settle_amendment
from sync.rules.contact_codec import from_ms
from sync.rules.messages import decode


def settle_intents(context: MessageContext) -> None:
    """Look what became of everything that is unknown. Raises AuthError, TransientError."""
    for intent in context.intents.updates():
        target = context.side(intent.side)
        settle = _settle_deletion if intent.source["rule"] == DELETED else settle_amendment
        with context.boundary.around(context.other(target), intent.source_id, AMEND, account=target.account):
            settle(context, target, intent)
    settle_creates(context)


def settle_creates(context: MessageContext) -> None:
    """Look for every copy that was sent and whose answer never came. Raises AuthError, TransientError."""
    for intent in context.intents.open():
        target = context.side(intent.side)
        with context.boundary.around(context.other(target), intent.source_id, CREATE, account=target.account):
            _settle_create(context, target, intent)
            continue
        # The boundary took an error: nothing is known of this copy yet, so what the person got later waits for it.
        context.held.add((target.name, str(intent.source["contact"])))


def _settle_create(context: MessageContext, target: Side, intent: Intent) -> None:
    source = context.other(target)
    staged = StagedMessage(source.name, intent.source_id, str(intent.source["contact"]), digest=_digest(intent))
    original = _original(source, staged)
    sent = _sent(intent) or original
    found = _made(context, target, intent, sent, original.contact_id)
    with context.state.atomic():
        if found is not None:
            edited = not letters(target).shows(replace(found, of=None), sent)  # its marker tells nothing of its text
            remember_copy(context, source, sent, staged.digest, found, edited=edited and sent.text is not None)
        else:
            _wait_or_drop(context, target, intent, staged)


def _original(source: Side, staged: StagedMessage) -> Message:
    """Return the original; of one that is gone no more than its id, by which a marker still tells its copy."""
    try:
        return letters(source).get(staged.id, staged.contact_id)
    except RecordGone:
        return Message(staged.id, staged.contact_id)


def _sent(intent: Intent) -> Message | None:
    """Return the original as it was sent: it may have been edited since; None of an intent that does not tell."""
    sent = intent.sent.get("message")
    return None if sent is None else decode(str(sent))


def _made(context: MessageContext, target: Side, intent: Intent, sent: Message, contact_now: str) -> Message | None:
    """Return the unlinked copy that the server has, with whoever the person is by now."""
    since = from_ms(intent.sent_ms)
    if since is None:
        raise AssertionError(f"{target.account}: an intent without a time")
    contacts = dict.fromkeys(
        contact
        for contact in (str(intent.sent["contact"]), context.person(context.other(target), contact_now))
        if contact
    )
    for contact_id in contacts:
        for copy in letters(target).find(sent, contact_id, since - timedelta(seconds=1)):
            if not context.links.by_record(target.name, [copy.id]):
                with suppress(RecordGone):  # with its text: by that an edit of the copy is told later
                    return letters(target).whole(copy)
    return None


def _wait_or_drop(context: MessageContext, target: Side, intent: Intent, staged: StagedMessage) -> None:
    """Free a message to be copied again once `settle` has passed; until then its person's later ones wait as well."""
    waited_ms = target.server_now_ms(context.clock) - intent.sent_ms
    settle_ms = round(context.settle.total_seconds() * 1000)
    if waited_ms >= settle_ms:
        context.intents.remove(target.name, intent.source_id)
    else:
        context.held.add((target.name, staged.contact_id))
    due_ms = context.now_ms() + max(0, settle_ms - waited_ms)
    list_failure(context, context.other(target), staged, CREATE, UNKNOWN, due_ms=due_ms)


def _settle_deletion(context: MessageContext, target: Side, intent: Intent) -> None:
    """Look at a copy that was deleted, and store what became of it."""
    record_id = str(intent.source["record"])
    link = context.links.by_record(target.name, [record_id]).get(record_id)
    is_gone = link is not None and _is_gone(target, record_id, context.home(link))
    with context.state.atomic():
        if link is not None and is_gone:
            remember_erased(context, target, link, intent.source["old"])
        context.intents.remove(target.name, intent.source_id)


def _is_gone(side: Side, record_id: str, contact_id: str) -> bool:
    try:
        letters(side).get(record_id, contact_id)
    except RecordGone:
        return True
    return False


def _digest(intent: Intent) -> bytes | None:
    digest = intent.source["digest"]
    return None if digest is None else bytes.fromhex(digest)
