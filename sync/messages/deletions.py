"""Deletions of messages, found by a run that reads everything (R24), and the copies that persons have.

Rules kept here:
- only a scan that was proven complete can show that a message is missing, and each is asked for by id besides;
- copies that no listing shows (notes) are read person by person: of those in the link table, or with `deep` of
  everybody who is linked, which finds second copies as well;
- the deletion of an original is carried as `deletes` says, where the stream goes that way; that of a copy is
  remembered.
"""

import json
from collections.abc import Iterator, Sequence

from connectors.errors import RecordGone
from connectors.message import Message
from state.failures import Failure
from state.links import Link, LinkSide
from state.message_staging import MessageAction
from sync.messages.candidates import look_for_copies
from sync.messages.carry_deletions import ERASE, is_edited, list_edited
from sync.messages.context import MessageContext, letters, original_side
from sync.messages.plan_edits import lose_copy
from sync.messages.read import stage_message
from sync.output.formats import WHOLE
from sync.rules.messages import decode, text_digest
from sync.streams.connection import Side

DOUBLE = "double"


def find_vanished(context: MessageContext, *, deep: bool) -> None:
    """Look for every linked message that the scan of everything did not show, and for copies that are gone."""
    for side in context.connection.sides:
        if context.reads(side):
            context.run.progress.begin_step(f"finding deleted messages at {side.account}")
            for link in _missing(context, side):
                with context.around(side, link.side(side.name).id, ""):
                    _ask_for(context, side, link)
        if not letters(side).lists_copies:
            context.run.progress.begin_step(f"reading copies at {side.account}")
            _look_at_copies(context, side)
            if deep:
                _look_at_everybody(context, side)


def plan_deletes(context: MessageContext) -> None:
    """Plan what becomes of the copies whose originals were deleted, as the config and people's decisions have it."""
    for link in context.tables.links.gone_links():
        source = context.connection.side(original_side(link))
        if link.gone != source.name or not context.scope.leaves(source.name):
            continue
        decision = context.tables.conflicts.of_link(link.id).get(WHOLE)
        resolution = decision.resolution if decision is not None else None
        if resolution == source.name or (resolution is None and context.deletes == "propagate"):
            with context.around(source, link.side(source.name).id, ""):
                _plan_delete(context, source, link)


def _missing(context: MessageContext, side: Side) -> Iterator[Link]:
    after = 0
    while page := context.stage.missing(side.name, context.contacts.connection.number, after):
        for link_id, _ in page:
            link = context.tables.links.by_id(link_id)
            if link is not None and (original_side(link) == side.name or letters(side).lists_copies):
                yield link
        after = page[-1][0]


def _ask_for(context: MessageContext, side: Side, link: Link) -> None:
    message_id = link.side(side.name).id
    known = context.tables.index(side).message(message_id)
    if stage_message(context, side, message_id, known.contact_id if known else context.home(link)):
        return
    if original_side(link) != side.name:
        lose_copy(context, side, link)
        return
    link.gone = side.name
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.failures.close_failures(transaction, side.name, message_id)


def _look_at_copies(context: MessageContext, target: Side) -> None:
    """Look whether each linked copy is still with its person: one call for a person, and one for what is not there."""
    for link in context.tables.links.copy_links(target.name):
        with context.around(target, link.side(target.name).id, ""):
            _look_at_copy(context, target, link)


def _look_at_copy(context: MessageContext, target: Side, link: Link) -> None:
    contact_id, copy_id = context.home(link), link.side(target.name).id
    look_for_copies(context, target, contact_id)
    copies = map(decode, context.stage.copies(target.name, contact_id))
    if any(copy.id == copy_id for copy in copies):
        return
    try:
        letters(target).read_message(copy_id, contact_id)
    except RecordGone:
        lose_copy(context, target, link)


def _look_at_everybody(context: MessageContext, target: Side) -> None:
    """Look at the copies of everybody who is linked, and list those that are second ones."""
    with context.state.atomic() as transaction:
        for failure in context.tables.failures.waiting_failures():
            if failure.operation == DOUBLE and failure.side == target.name:
                context.tables.failures.close_failures(transaction, target.name, failure.record_id)
    for link in context.contacts.tables.links.all_links():
        if link.gone is None:
            contact_id = link.side(target.name).id
            with context.around(target, contact_id, contact_id):
                look_for_copies(context, target, contact_id)
                _list_doubles(context, target, contact_id)


def _list_doubles(context: MessageContext, target: Side, contact_id: str) -> None:
    source = context.connection.other(target)
    copies = [decode(each) for each in context.stage.copies(target.name, contact_id)]
    for copy in copies:
        link = context.tables.links.by_record(source.name, [copy.of]).get(copy.of) if copy.of else None
        if link is None or link.side(target.name).id == copy.id or not _is_double(copy, link.side(target.name), copies):
            continue
        reason = f"{copy.id} is a second copy of message {copy.of}, beside {link.side(target.name).id}; delete one"
        who = context.who(target, contact_id)
        blockers = (f"{target.name}:{link.side(target.name).id}",)
        with context.state.atomic() as transaction:
            listed = Failure(target.name, copy.id, target.account, who, DOUBLE, reason, blockers)
            context.tables.failures.put_failure(transaction, listed, context.run.now_ms())


def _is_double(copy: Message, known: LinkSide, copies: Sequence[Message]) -> bool:
    """Say whether a record says what the known copy says, or said: a marker alone may have been typed (R31)."""
    said = {known.digest, *(text_digest(each) for each in copies if each.id == known.id)}
    return text_digest(copy) in said


def _plan_delete(context: MessageContext, source: Side, link: Link) -> None:
    target = context.connection.other(source)
    known = context.tables.index(source).message(link.side(source.name).id)
    contact_id = known.contact_id if known else ""
    try:
        copy = letters(target).read_message(link.side(target.name).id, context.home(link))
    except RecordGone:
        with context.state.atomic() as transaction:
            context.tables.links.remove_link(transaction, link.id)
        return
    if is_edited(context, target, link, copy):
        list_edited(context, target, link, copy, contact_id)
        return
    context.findings.weights[target.account].changed += 1
    note = json.dumps({"old": copy.text}, ensure_ascii=False)
    with context.state.atomic() as transaction:
        step = MessageAction(ERASE, target.name, link.side(source.name).id, contact_id, link=link.id, note=note)
        context.stage.plan_action(transaction, step)
