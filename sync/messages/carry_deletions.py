"""Carry the deletion of an original to its copy, under `deletes = "propagate"` (R24).

Rules kept here:
- the original is asked for once more: one that is back has not been deleted;
- a copy that a person edited is not deleted with its original: that is a conflict with the field `*`;
- what the copy showed goes into the history; the intent knows it before the call.
"""

import json
from functools import partial

from connectors.errors import ConnectorError, RecordGone
from connectors.message import Message
from state.conflicts import Conflict
from state.database import Transaction
from state.history import DELETED, HistoryEntry
from state.intents import CopyDeletionIntent
from state.links import Link
from state.message_staging import MessageAction, StagedMessage
from sync.contacts.failures import Troubles
from sync.messages.context import MessageContext, letters
from sync.output.formats import WHOLE
from sync.rules import shadow_codec
from sync.rules.messages import text_digest
from sync.streams.connection import Side

ERASE = "delete"


def erase(context: MessageContext, target: Side, step: MessageAction, troubles: Troubles[StagedMessage]) -> None:
    """Delete one copy. Raises what makes an account useless."""
    link, source = context.tables.links.by_id(step.link or 0), context.connection.other(target)
    if link is None or link.gone != source.name or _is_back(context, source, link, step.contact_id):
        return
    try:
        copy = letters(target).read_message(link.side(target.name).id, context.home(link))
    except RecordGone:
        with context.state.atomic() as transaction:
            context.tables.links.remove_link(transaction, link.id)
        return
    if is_edited(context, target, link, copy):
        list_edited(context, target, link, copy, step.contact_id)
        return
    _erase(context, target, link, copy, troubles)


def is_edited(context: MessageContext, target: Side, link: Link, copy: Message) -> bool:
    """Say whether a copy shows what was never agreed on, unless a person has decided that it does not matter."""
    decision = context.tables.conflicts.of_link(link.id).get(WHOLE)
    if decision is not None and decision.resolution == link.gone:
        return False
    return text_digest(copy) != link.side(target.name).digest


def list_edited(context: MessageContext, target: Side, link: Link, copy: Message, contact_id: str) -> None:
    """List that an original was deleted and its copy edited."""
    shown = {target.name: shadow_codec.render("edited"), link.gone or "": shadow_codec.render(None)}
    who = context.who(context.connection.other(target), contact_id)
    if who.endswith(f":{contact_id}"):
        who = context.who(target, copy.contact_id)
    conflict = Conflict(
        link.id, WHOLE, who, shown["left"], shown["right"], None, None, context.run.now_ms(), context.run.id
    )
    with context.state.atomic() as transaction:
        context.tables.conflicts.put_conflict(transaction, conflict)


def remember_erased(
    transaction: Transaction, context: MessageContext, target: Side, link: Link, text: str | None
) -> None:
    """Store that a copy was deleted by us."""
    source, copy_id = context.connection.other(target), link.side(target.name).id
    shown, person = json.dumps(text, ensure_ascii=False), context.home(link)
    entry = HistoryEntry(link.id, target.account, copy_id, WHOLE, shown, None, DELETED, person=person)
    context.tables.history.add_entries(transaction, [entry], context.run.id, context.run.now_ms())
    context.tables.index(target).drop_message(transaction, copy_id)
    context.tables.index(source).drop_message(transaction, link.side(source.name).id)
    context.tables.failures.close_failures(transaction, source.name, link.side(source.name).id)
    context.tables.intents.remove_intents(transaction, target.name, link.side(source.name).id)
    context.tables.links.remove_link(transaction, link.id)
    context.report.accounts[target.account].deleted += 1


def _is_back(context: MessageContext, source: Side, link: Link, contact_id: str) -> bool:
    """Ask once more for the original; an answer may have been wrong."""
    try:
        letters(source).read_message(link.side(source.name).id, contact_id)
    except RecordGone:
        return False
    link.gone, link.side(source.name).digest = None, None
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
    return True


def _erase(context: MessageContext, target: Side, link: Link, copy: Message, troubles: Troubles[StagedMessage]) -> None:
    source = context.connection.other(target)
    original_id = link.side(source.name).id
    intent = CopyDeletionIntent(
        side=target.name,
        source_id=original_id,
        sent_ms=target.server_now_ms(context.run.clock),
        record=copy.id,
        contact=copy.contact_id,
        old=copy.text,
    )
    with context.state.atomic() as transaction:
        context.tables.intents.add_intent(transaction, intent, context.run.id)
    answer = target.dispatcher.gather([partial(letters(target).delete_copy, copy.id, copy.contact_id)])[0]
    with context.state.atomic() as transaction:
        if isinstance(answer, ConnectorError):
            troubles.note(transaction, source, StagedMessage(source.name, original_id, ""), ERASE, answer)
        else:
            troubles.fine(target)
            remember_erased(transaction, context, target, link, copy.text)
    troubles.raise_fatal()
