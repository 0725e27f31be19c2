"""Make a copy show what its original shows now: read both, decide, store the intent, write, store the result.

Rules kept here: read before update (R19), the three durable steps (R20), what a copy showed goes into the history (P3).
"""

from dataclasses import replace
from functools import partial

from connectors.errors import ConnectorError, OutcomeUnknown, RecordGone, RecordRefused
from connectors.message import Message
from connectors.message_store import CopyResult
from connectors.values import message_text
from state.database import Transaction
from state.intents import AmendmentIntent
from state.message_staging import MessageAction, StagedMessage
from sync.messages.commit import CopyUpdate, commit_update, keep_old_text
from sync.messages.context import UPDATE, MessageContext, message_store
from sync.messages.links import copied_content
from sync.messages.plan_edits import MessagePair, decide_pair, leave_copy, read_pair
from sync.rules.messages import decode, encode, original_digest
from sync.streams.connection import Side
from sync.streams.recovery import PAUSES
from sync.streams.write_errors import WriteErrors


def update_copy(
    context: MessageContext, target: Side, action: MessageAction, errors: WriteErrors[StagedMessage]
) -> None:
    """Update one copy; look for a write without an answer before it is repeated.

    Raises an error that makes an account useless.
    """
    for pause in (*PAUSES, None):
        pair = _pair_to_update(context, target, action)
        if pair is None or _write(context, pair, action, errors, is_last=pause is None) or pause is None:
            break
        context.run.clock.sleep(pause)
    errors.raise_fatal()


def settle_update(context: MessageContext, target: Side, intent: AmendmentIntent) -> None:
    """Read a copy that was updated, and store what became of the update. Raises AuthError, TransientError."""
    link = context.tables.links.of_record(target.name, intent.record)
    copy = None if link is None else _read_copy(target, intent.record, context.copy_contact(link))
    update = CopyUpdate(intent.source_id, intent.content, intent.old, intent.rule)
    edited = None if copy is None else _edited_since(target, intent, copy)
    with context.state.atomic() as transaction:
        if link is not None and copy is not None and copy.text != intent.old and edited is not None:
            commit_update(transaction, context, link, update, copy, edited=edited)
        elif link is not None and (copy is None or copy.text != intent.old):
            # The copy was edited or deleted since: what the update overwrote must not be lost (P3).
            keep_old_text(transaction, context, link, update, intent.text)
        context.tables.intents.remove_intents(transaction, target.name, intent.source_id)


def _pair_to_update(context: MessageContext, target: Side, action: MessageAction) -> MessagePair | None:
    """Read both records right before the write; return them where the copy still has to be updated (R19)."""
    intent = context.tables.intents.of_record(target.name, action.source_id)
    if isinstance(intent, AmendmentIntent):
        settle_update(context, target, intent)
    link, source = context.tables.links.by_id(action.link), context.connection.other(target)
    if link is None or link.gone is not None:
        return None
    try:
        original = message_store(source).read_message(link.side(source.name).id, action.contact_id)
    except RecordGone:
        return None  # a deletion, which a run that reads everything finds
    if copied_content(link) == original_digest(original):
        return None
    pair = read_pair(context, source, link, original, _staged(context, source, action).digest)
    if pair is not None and decide_pair(context, pair)[0] != "amend":
        leave_copy(context, pair)
        return None
    return pair


def _staged(context: MessageContext, source: Side, action: MessageAction) -> StagedMessage:
    """Return the original as it was staged; a decision of a user is carried without a new reading."""
    staged = context.staging.message(source.name, action.source_id)
    return staged or StagedMessage(source.name, action.source_id, action.contact_id)


def _edited_since(target: Side, intent: AmendmentIntent, copy: Message) -> bool | None:
    """Return whether a user edited a copy after an update that arrived; None where it does not show the update.

    A marker proves only which message a copy belongs to. That the copy contains the new text proves nothing where it
    contained that text before: a user may have edited the copy as it was.
    """
    sent = intent.message
    if sent is not None and message_store(target).is_copy_of(replace(copy, of=None), decode(sent)):
        return False
    shown, before = message_text.comparable(copy.text or ""), message_text.comparable(intent.old or "")
    wanted = message_text.comparable(intent.text)
    if not wanted or wanted not in shown or wanted in before:
        return None
    return not shown.endswith(wanted)


def _read_copy(side: Side, record_id: str, contact_id: str) -> Message | None:
    try:
        return message_store(side).read_message(record_id, contact_id)
    except RecordGone:
        return None


def _write(
    context: MessageContext,
    pair: MessagePair,
    action: MessageAction,
    errors: WriteErrors[StagedMessage],
    *,
    is_last: bool,
) -> bool:
    """Write a copy once; return whether its outcome is known, or this was the last try."""
    target, original, copy = context.connection.other(pair.source), pair.original, pair.copy
    update = CopyUpdate(original.id, original_digest(original), copy.text, decide_pair(context, pair)[1])
    with context.state.atomic() as transaction:
        context.tables.intents.add_intent(transaction, _intent(context, pair, update), context.run.id)
    answer = target.dispatcher.gather([partial(message_store(target).update_copy, copy, original)])[0]
    if isinstance(answer, OutcomeUnknown) and not is_last:
        return False
    staged = _staged(context, pair.source, action)
    with context.state.atomic() as transaction:
        _store_answer(transaction, context, pair, update, staged, answer, errors)
    return True


def _store_answer(  # noqa: PLR0917 - what was written, what it was written for, and what came back
    transaction: Transaction,
    context: MessageContext,
    pair: MessagePair,
    update: CopyUpdate,
    staged: StagedMessage,
    answer: CopyResult | ConnectorError,
    errors: WriteErrors[StagedMessage],
) -> None:
    target, original = context.connection.other(pair.source), pair.original
    if isinstance(answer, ConnectorError):
        # Its intent stays: the next run finds out whether the update arrived.
        errors.note_error(transaction, pair.source, staged, UPDATE, answer)
    elif _is_unchanged(target, pair.copy, answer.copy, original):
        context.tables.intents.remove_intents(transaction, target.name, original.id)
        reason = f"it accepted the new text of {pair.copy.id}, and still shows the old one"
        errors.note_error(transaction, pair.source, staged, UPDATE, RecordRefused(target.account, reason))
    else:
        errors.note_success(target)
        pair.link.side(pair.source.name).digest = pair.digest
        commit_update(transaction, context, pair.link, update, answer.copy)


def _is_unchanged(target: Side, before: Message, after: Message, original: Message) -> bool:
    """Return whether a copy shows after a write what it showed before, and not its original."""
    is_same = after.text is not None and message_text.same(after.text, before.text)
    return is_same and not message_store(target).is_copy_of(replace(after, of=None), original)


def _intent(context: MessageContext, pair: MessagePair, update: CopyUpdate) -> AmendmentIntent:
    target = context.connection.other(pair.source)
    return AmendmentIntent(
        side=target.name,
        source_id=update.original_id,
        sent_ms=target.server_now_ms(context.run.clock),
        record=pair.copy.id,
        contact=pair.copy.contact_id,
        content=update.content,
        text=pair.original.text or "",
        old=update.old,
        rule=update.rule,
        message=encode(pair.original),
    )
