"""Look at the messages that webhooks named, beside those that the windows show. The rules are those of people's hints.

Rules kept here:
- a message that is linked is an echo of ours, or dealt with: no event tells of an edit;
- one that is not is read by id, as its listing would show it, or left to the listing;
- a note that is gone may have been a copy: then its deletion is remembered.
"""

from collections.abc import Sequence
from typing import Final

from connectors.errors import RecordGone
from state.message_staging import StagedMessage
from state.webhook_hints import Hint
from sync.messages.context import MessageContext, letters, original_side
from sync.messages.plan_edits import lose_copy
from sync.messages.read import indexed
from sync.rules.messages import encode
from sync.rules.windows import ReadRange
from sync.streams.connection import Side
from sync.streams.record_boundary import confirm_workable

BY_ID: Final = 200


def observe(context: MessageContext, bounds: ReadRange) -> None:
    """Read and stage what is hinted at."""
    if not bounds.heeds_hints:
        return
    for side in context.connection.sides:
        hints = context.tables.hints.waiting_hints(side.account)
        if hints:
            context.run.progress.begin_step(f"reading messages that {side.account} reported")
            _observe(context, side, hints)


def _observe(context: MessageContext, side: Side, hints: Sequence[Hint]) -> None:
    read = 0
    for hint in hints:
        if _is_new(context, side, hint):
            if read == BY_ID:
                continue
            read += 1
            with context.around(side, hint.record, hint.contact or ""):
                _look(context, side, hint)
            context.run.progress.advance()
        context.findings.heeded.append(hint)


def _is_new(context: MessageContext, side: Side, hint: Hint) -> bool:
    """Say whether a hint tells more than is known already, without a call."""
    link = context.tables.links.by_record(side.name, [hint.record]).get(hint.record)
    if hint.gone:
        return link is not None and link.gone is None and original_side(link) != side.name
    if link is not None or not context.scope.leaves(side.name):
        return False
    return context.stage.message(side.name, hint.record) is None


def _look(context: MessageContext, side: Side, hint: Hint) -> None:
    if not hint.gone:
        _stage(context, side, hint)
        return
    link = context.tables.links.by_record(side.name, [hint.record])[hint.record]
    try:
        letters(side).read_message(hint.record, context.home(link))
    except RecordGone:
        lose_copy(context, side, link)


def _stage(context: MessageContext, side: Side, hint: Hint) -> None:
    if context.contacts.is_forgotten_record(side, hint.contact):
        context.report.left_out += 1
        return
    try:
        message = letters(side).read_listed(hint.record, hint.contact)
    except RecordGone:
        return
    if message is None or not context.scope.takes(side.name, message):
        return
    confirm_workable(message)
    with context.state.atomic() as transaction:
        context.stage.put_messages(
            transaction, [StagedMessage(side.name, message.id, message.contact_id, encode(message))]
        )
        context.tables.index(side).put_messages(transaction, [indexed(message)])
