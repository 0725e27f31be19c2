"""Find deleted messages, and carry the deletion of an original to its copy (R24)."""

import json
from collections.abc import Iterator, Sequence
from functools import partial

from connectors.errors import ConnectorError, RecordGone
from connectors.message import Message
from state.failures import Failure
from state.intents import CopyDeletionIntent
from state.links import Link, LinkSide
from state.message_staging import MessageAction, StagedMessage
from sync.messages.candidates import read_copies
from sync.messages.commit import commit_deletion, commit_lost_copy
from sync.messages.context import DELETE, MessageContext, message_store
from sync.messages.links import original_side
from sync.messages.read import stage_message
from sync.rules.messages import decode, text_digest
from sync.streams.comparison import DUPLICATE
from sync.streams.connection import Side
from sync.streams.deletions import decided_side, open_deletion_conflict
from sync.streams.recovery import is_gone
from sync.streams.write_errors import WriteErrors


def find_deletions(context: MessageContext, *, deep: bool) -> None:
    """Read by id every linked message that a complete reading did not show, and every copy that no listing shows.

    `deep` also reads the copies of all linked contacts, which finds second copies.
    """
    for side in context.connection.sides:
        store = message_store(side)
        # What a contact shows of its messages may be the newest alone: then an old one that is missing proves nothing.
        if context.is_read(side) and store.by_contact is None:
            context.run.progress.begin_step(f"finding deleted messages at {side.account}")
            for link in _missing_links(context, side):
                with context.around(side, link.side(side.name).id, ""):
                    _read_missing(context, side, link)
        if store.takes_copies and not store.lists_copies:
            context.run.progress.begin_step(f"reading copies at {side.account}")
            for link in context.tables.links.copy_links(side.name):
                with context.around(side, link.side(side.name).id, ""):
                    _check_copy(context, side, link)
            if deep:
                _find_second_copies(context, side)


def plan_deletions(context: MessageContext) -> None:
    """Plan the deletion of copies of deleted originals, where the config or a user decided so."""
    for link in context.tables.links.gone_links():
        source = context.connection.side(original_side(link))
        if link.gone != source.name or not context.scope.leaves(source.name):
            continue
        if context.is_parked(source, context.original_contact(link)):
            continue
        resolution = decided_side(context.tables, link)
        if resolution == source.name or (resolution is None and context.deletes == "propagate"):
            with context.around(source, link.side(source.name).id, ""):
                _plan_deletion(context, source, link)


def delete_copy(
    context: MessageContext, target: Side, action: MessageAction, errors: WriteErrors[StagedMessage]
) -> None:
    """Delete one copy. Raises an error that makes an account useless."""
    link, source = context.tables.links.by_id(action.link), context.connection.other(target)
    if link is None or link.gone != source.name or _is_back(context, source, link, action.contact_id):
        return
    copy = _unedited_copy(context, target, link, action.contact_id)
    if copy is not None:
        _delete(context, target, link, copy, errors)


def _missing_links(context: MessageContext, side: Side) -> Iterator[Link]:
    """Yield the linked messages of a side that the reading did not show, copies only where they are listed."""
    after = 0
    while page := context.staging.missing(side.name, context.connection.number, after):
        for link_id, _ in page:
            link = context.tables.links.by_id(link_id)
            if link is not None and (original_side(link) == side.name or message_store(side).lists_copies):
                yield link
        after = page[-1][0]


def _read_missing(context: MessageContext, side: Side, link: Link) -> None:
    """Read one missing message by id: a listing may be late, so a deletion counts only when this shows it."""
    message_id = link.side(side.name).id
    known = context.tables.index(side).message(message_id)
    if stage_message(context, side, message_id, known.contact_id if known else context.copy_contact(link)):
        return
    if original_side(link) != side.name:
        commit_lost_copy(context, side, link)
        return
    link.gone = side.name
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.failures.close_failures(transaction, side.name, message_id)


def _check_copy(context: MessageContext, target: Side, link: Link) -> None:
    """Note a copy as deleted if its contact does not show it and it is gone by its id."""
    contact_id, copy_id = context.copy_contact(link), link.side(target.name).id
    read_copies(context, target, contact_id)
    if any(copy.id == copy_id for copy in map(decode, context.staging.copies(target.name, contact_id))):
        return
    if is_gone(partial(message_store(target).read_message, copy_id, contact_id)):
        commit_lost_copy(context, target, link)


def _find_second_copies(context: MessageContext, target: Side) -> None:
    """Read the copies of all linked contacts; list the second copies of a message."""
    with context.state.atomic() as transaction:
        for failure in context.tables.failures.waiting_failures():
            if failure.operation == DUPLICATE and failure.side == target.name:
                context.tables.failures.close_failures(transaction, target.name, failure.record_id)
    for link in context.contacts.tables.links.all_links():
        if link.gone is None:
            contact_id = link.side(target.name).id
            with context.around(target, contact_id, contact_id):
                read_copies(context, target, contact_id)
                _list_second_copies(context, target, contact_id)


def _list_second_copies(context: MessageContext, target: Side, contact_id: str) -> None:
    source = context.connection.other(target)
    copies = [decode(each) for each in context.staging.copies(target.name, contact_id)]
    for copy in copies:
        link = context.tables.links.of_record(source.name, copy.of) if copy.of else None
        if link is None or link.side(target.name).id == copy.id:
            continue
        known = link.side(target.name)
        if _is_second(copy, known, copies):
            reason = f"{copy.id} is a second copy of message {copy.of}, beside {known.id}; delete one"
            who, blockers = context.who(target, contact_id), (f"{target.name}:{known.id}",)
            failure = Failure(target.name, copy.id, target.account, who, DUPLICATE, reason, blockers)
            with context.state.atomic() as transaction:
                context.tables.failures.put_failure(transaction, failure, context.run.now_ms())


def _is_second(copy: Message, known: LinkSide, copies: Sequence[Message]) -> bool:
    """Return whether a record has the text that the known copy has or had: a user may have typed the marker (R31)."""
    texts = {known.digest, *(text_digest(each) for each in copies if each.id == known.id)}
    return text_digest(copy) in texts


def _plan_deletion(context: MessageContext, source: Side, link: Link) -> None:
    target, contact_id = context.connection.other(source), context.original_contact(link)
    copy = _unedited_copy(context, target, link, contact_id)
    if copy is None:
        return
    context.findings.weights[target.account].changed += 1
    note = json.dumps({"old": copy.text}, ensure_ascii=False)
    action = MessageAction(DELETE, target.name, link.side(source.name).id, contact_id, link=link.id, note=note)
    with context.state.atomic() as transaction:
        context.staging.plan_action(transaction, action)


def _unedited_copy(context: MessageContext, target: Side, link: Link, contact_id: str) -> Message | None:
    """Read the copy of a deleted original; None where it is gone too, or was edited, which is a conflict."""
    try:
        copy = message_store(target).read_message(link.side(target.name).id, context.copy_contact(link))
    except RecordGone:
        with context.state.atomic() as transaction:
            context.tables.links.remove_link(transaction, link.id)
        return None
    if decided_side(context.tables, link) != link.gone and text_digest(copy) != link.side(target.name).digest:
        _list_edited(context, target, link, copy, contact_id)
        return None
    return copy


def _list_edited(context: MessageContext, target: Side, link: Link, copy: Message, contact_id: str) -> None:
    """List that an original was deleted and that a user edited its copy."""
    who = context.who(context.connection.other(target), contact_id)
    if who.endswith(f":{contact_id}"):  # its contact shows neither address nor number
        who = context.who(target, copy.contact_id)
    with context.state.atomic() as transaction:
        open_deletion_conflict(transaction, context.tables, context.run, link, target.name, who)


def _is_back(context: MessageContext, source: Side, link: Link, contact_id: str) -> bool:
    """Read the original once more right before the deletion; an original that exists is not deleted."""
    if is_gone(partial(message_store(source).read_message, link.side(source.name).id, contact_id)):
        return False
    link.gone, link.side(source.name).digest = None, None
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
    return True


def _delete(
    context: MessageContext, target: Side, link: Link, copy: Message, errors: WriteErrors[StagedMessage]
) -> None:
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
    answer = target.dispatcher.gather([partial(message_store(target).delete_copy, copy.id, copy.contact_id)])[0]
    with context.state.atomic() as transaction:
        if isinstance(answer, ConnectorError):
            errors.note_error(transaction, source, StagedMessage(source.name, original_id, ""), DELETE, answer)
        else:
            errors.note_success(target)
            commit_deletion(transaction, context, target, link, copy.text)
    errors.raise_fatal()
