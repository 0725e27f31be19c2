"""Make one copy show what its original shows now: read, decide again, intend, write, remember (R19 to R21).

Rules kept here:
- both records are read right before the write, so that what somebody did since the plan was made is not overwritten;
- what a copy showed before is in the intent, and goes from there into the history, also when the run dies in between;
- an answer that never came is looked for before anything is sent again: a person may have edited the copy by then.
"""

import json
from dataclasses import dataclass, replace
from functools import partial

from connectors.errors import OutcomeUnknown, RecordGone, RecordRefused
from connectors.message import Message
from connectors.message_store import CopyResult
from connectors.values import message_text
from state.database import Transaction
from state.history import HistoryEntry
from state.intents import AmendmentIntent
from state.links import Link
from state.message_staging import MessageAction, StagedMessage
from sync.contacts.failures import Troubles
from sync.contacts.update import PAUSES
from sync.messages.context import MessageContext, copied_content, letters
from sync.messages.plan_edits import AMEND, MessagePair, judge, lose_copy, pass_over
from sync.rules.messages import decode, encode, original_digest, text_digest
from sync.rules.streams import TEXT
from sync.streams.connection import Side


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a copy is made to show: the digest of the original's content, what it showed before, and by which rule."""

    original: str
    content: str
    old: str | None
    rule: str


def amend(context: MessageContext, target: Side, step: MessageAction, troubles: Troubles[StagedMessage]) -> None:
    """Write one copy anew. Raises what makes an account useless."""
    for pause in (*PAUSES, None):
        if _is_known(context, target, step, troubles, is_last=pause is None) or pause is None:
            break
        context.run.clock.sleep(pause)
    troubles.raise_fatal()


def _is_known(
    context: MessageContext, target: Side, step: MessageAction, troubles: Troubles[StagedMessage], *, is_last: bool
) -> bool:
    """Write a copy anew once; say whether its outcome is known, or no use is in another try."""
    intent = context.tables.intents.of_record(target.name, step.source_id)
    if isinstance(intent, AmendmentIntent):
        settle_amendment(context, target, intent)
    link, source = context.tables.links.by_id(step.link or 0), context.connection.other(target)
    if link is None or link.gone is not None:
        return True
    try:
        original = letters(source).read_message(link.side(source.name).id, step.contact_id)
    except RecordGone:
        return True  # a deletion, which reconcile finds
    if copied_content(link) == original_digest(original):
        return True
    try:
        copy = letters(target).read_message(link.side(target.name).id, context.home(link))
    except RecordGone:
        lose_copy(context, target, link)
        return True
    staged = context.stage.message(source.name, step.source_id) or StagedMessage(
        source.name, original.id, step.contact_id
    )
    couple = MessagePair(source, link, original, copy, staged.digest)
    verdict, rule = judge(context, couple)
    if verdict != "amend":
        pass_over(context, couple)
        return True
    return _write(context, couple, staged, rule, troubles, is_last=is_last)


def settle_amendment(context: MessageContext, target: Side, intent: AmendmentIntent) -> None:
    """Look at a copy that was amended, and store what became of it. Raises AuthError, TransientError.

    What it showed before is in the history unless it shows that still: it may have been edited or deleted since.
    """
    record_id, old, sent = intent.record, intent.old, intent.text
    link = context.tables.links.by_record(target.name, [record_id]).get(record_id)
    after = None if link is None else _read(target, record_id, context.home(link))
    amendment = Amendment(intent.source_id, intent.content, old, intent.rule)
    with context.state.atomic() as transaction:
        if link is None or (after is not None and after.text == old):
            pass
        elif after is not None and (came := _came(target, intent, after, old)) is not None:
            agree(transaction, context, context.connection.other(target), link, amendment, after, edited=came)
        else:
            _keep_old(transaction, context, context.connection.other(target), link, amendment, sent)
        context.tables.intents.remove_intents(transaction, target.name, intent.source_id)


def _came(target: Side, intent: AmendmentIntent, after: Message, old: str | None) -> bool | None:
    """Say of an amendment that arrived whether a person edited the copy since; None where it does not show to have.

    A marker tells only which message a copy is of. That it holds the new text tells nothing where it held that before:
    then a person may have edited the copy as it was.
    """
    sent = intent.message
    if sent is not None and letters(target).is_copy_of(replace(after, of=None), decode(sent)):
        return False
    shown, before = message_text.comparable(after.text or ""), message_text.comparable(old or "")
    wanted = message_text.comparable(intent.text)
    if not wanted or wanted not in shown or wanted in before:
        return None
    return not shown.endswith(wanted)


def agree(
    transaction: Transaction,
    context: MessageContext,
    source: Side,
    link: Link,
    amendment: Amendment,
    after: Message,
    *,
    edited: bool = False,
) -> None:
    """Store that a copy shows its original; `edited` tells that it shows more, so that a person added to it."""
    target = context.connection.other(source)
    link.side(source.name).memory = json.dumps({"content": amendment.content})
    link.side(target.name).digest = None if edited else text_digest(after)
    context.tables.links.save_link(transaction, link, context.run.id)
    _keep_old(transaction, context, source, link, amendment, after.text)
    context.tables.conflicts.close_conflicts(transaction, link.id, {TEXT})
    context.tables.failures.close_failures(transaction, source.name, amendment.original)
    context.tables.intents.remove_intents(transaction, target.name, amendment.original)
    context.report.accounts[target.account].updated += 1


def _keep_old(
    transaction: Transaction, context: MessageContext, source: Side, link: Link, amendment: Amendment, text: str | None
) -> None:
    """Keep in the history what a copy showed, and what was written over it."""
    target = context.connection.other(source)
    old, new = (json.dumps(each, ensure_ascii=False) for each in (amendment.old, text))
    origin, person, copy_id = f"{source.account}:{amendment.original}", context.home(link), link.side(target.name).id
    entry = HistoryEntry(link.id, target.account, copy_id, TEXT, old, new, amendment.rule, origin, person=person)
    context.tables.history.add_entries(transaction, [entry], context.run.id, context.run.now_ms())


def _read(side: Side, record_id: str, contact_id: str) -> Message | None:
    try:
        return letters(side).read_message(record_id, contact_id)
    except RecordGone:
        return None


def _write(
    context: MessageContext,
    couple: MessagePair,
    staged: StagedMessage,
    rule: str,
    troubles: Troubles[StagedMessage],
    *,
    is_last: bool,
) -> bool:
    target, original, copy = context.connection.other(couple.source), couple.original, couple.copy
    amendment = Amendment(original.id, original_digest(original), copy.text, rule)
    with context.state.atomic() as transaction:
        context.tables.intents.add_intent(transaction, _intent(context, couple, amendment), context.run.id)
    answer = target.dispatcher.gather([partial(letters(target).update_copy, copy, original)])[0]
    with context.state.atomic() as transaction:
        if isinstance(answer, CopyResult) and _is_unchanged(target, copy, answer.copy, original):
            context.tables.intents.remove_intents(transaction, target.name, original.id)
            refused = RecordRefused(target.account, f"it took the new text of {copy.id}, and still shows the old one")
            troubles.note(transaction, couple.source, staged, AMEND, refused)
        elif isinstance(answer, CopyResult):
            troubles.fine(target)
            couple.link.side(couple.source.name).digest = couple.digest
            agree(transaction, context, couple.source, couple.link, amendment, answer.copy)
        elif is_last or not isinstance(answer, OutcomeUnknown):
            troubles.note(transaction, couple.source, staged, AMEND, answer)  # its intent stays: did it arrive?
    return is_last or not isinstance(answer, OutcomeUnknown)


def _is_unchanged(target: Side, before: Message, after: Message, original: Message) -> bool:
    """Say whether a copy shows after a write what it showed before, and not its original: nothing of it was taken."""
    is_same = after.text is not None and message_text.same(after.text, before.text)
    return is_same and not letters(target).is_copy_of(replace(after, of=None), original)


def _intent(context: MessageContext, couple: MessagePair, amendment: Amendment) -> AmendmentIntent:
    target = context.connection.other(couple.source)
    return AmendmentIntent(
        side=target.name,
        source_id=amendment.original,
        sent_ms=target.server_now_ms(context.run.clock),
        record=couple.copy.id,
        contact=couple.copy.contact_id,
        content=amendment.content,
        text=couple.original.text or "",
        old=amendment.old,
        rule=amendment.rule,
        message=encode(couple.original),
    )
