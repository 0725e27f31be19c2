"""Decide what becomes of a copy when its original changes, is settled by a person, or the copy itself is gone.

Rules kept here:
- an edit is believed only when the original, read by id, shows it: listings lag (R3);
- a copy that nobody touched follows its original; one that a person edited is left to the policy, or to a person;
- a copy that was deleted is remembered, and not made again; its original stays, whatever `deletes` says.
"""

import json
from dataclasses import dataclass

from connectors.errors import RecordGone
from connectors.message import Message
from state.conflicts import Conflict
from state.history import FOUND_DELETED, HistoryEntry
from state.links import Link
from state.message_staging import MessageAction, StagedMessage
from sync.messages.context import MessageContext, copied_content, letters, original_side
from sync.output.formats import WHOLE
from sync.rules.messages import Verdict, decide_edit, original_digest, text_digest
from sync.rules.streams import TEXT
from sync.streams.connection import Side

AMEND = "amend"


@dataclass(frozen=True, slots=True)
class MessagePair:
    """A linked original of `source` and its copy, as both show now; `digest` is how a listing shows the original."""

    source: Side
    link: Link
    original: Message
    copy: Message
    digest: bytes | None


def plan_edit(context: MessageContext, side: Side, staged: StagedMessage, link: Link) -> None:
    """Plan what becomes of the copy of an original that shows something new."""
    if link.gone is not None or context.stage.is_planned(context.connection.other(side).name, staged.id):
        return
    try:
        original = letters(side).read_message(staged.id, staged.contact_id)
    except RecordGone:
        return  # a deletion, which reconcile finds
    if copied_content(link) in (None, original_digest(original)):
        _refresh(context, link, original, staged.digest)
        return
    target = context.connection.other(side)
    try:
        copy = letters(target).read_message(link.side(target.name).id, context.home(link))
    except RecordGone:
        lose_copy(context, target, link)
        return
    couple = MessagePair(side, link, original, copy, staged.digest)
    verdict, _ = judge(context, couple)
    if verdict == "amend":
        _plan_amend(context, couple)
    else:
        pass_over(context, couple)


def plan_resolved(context: MessageContext) -> None:
    """Plan what people have decided about conflicts."""
    for link_id in context.tables.conflicts.resolved_links():
        link = context.tables.links.by_id(link_id)
        if link is None or link.gone is not None or TEXT not in context.tables.conflicts.of_link(link_id):
            continue
        side = context.connection.side(original_side(link))
        known = context.tables.index(side).message(link.side(side.name).id)
        contact_id = known.contact_id if known else ""
        plan_edit(context, side, StagedMessage(side.name, link.side(side.name).id, contact_id), link)


def judge(context: MessageContext, couple: MessagePair) -> tuple[Verdict, str]:
    """Say what becomes of a copy whose original changed, and by which rule."""
    link, source = couple.link, couple.source
    decision = context.tables.conflicts.of_link(link.id).get(TEXT)
    if decision is not None and decision.resolution is not None:
        return ("amend" if decision.resolution == source.name else "keep"), "resolved"
    shown_last = link.side(context.connection.other(source).name).digest
    touched = None if shown_last is None else text_digest(couple.copy) != shown_last
    policy = context.contacts.settings.conflicts
    return decide_edit(policy, source.name, touched=touched), "carried" if touched is False else policy


def pass_over(context: MessageContext, couple: MessagePair) -> None:
    """Leave a copy as a person made it: for good where the policy or a person says so, else as a conflict."""
    verdict, _ = judge(context, couple)
    if verdict != "keep":
        _list_conflict(context, couple)
        return
    couple.link.side(context.connection.other(couple.source).name).digest = text_digest(couple.copy)
    _refresh(context, couple.link, couple.original, couple.digest)


def lose_copy(context: MessageContext, target: Side, link: Link) -> None:
    """Remember that a copy was deleted: it is not made again, and its original stays."""
    link.gone = target.name
    copy_id, person = link.side(target.name).id, context.home(link)
    entry = HistoryEntry(link.id, target.account, copy_id, WHOLE, None, None, FOUND_DELETED, person=person)
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.history.add_entries(transaction, [entry], context.run.id, context.run.now_ms())
        context.tables.conflicts.close_conflicts(transaction, link.id, set(context.tables.conflicts.of_link(link.id)))


def _refresh(context: MessageContext, link: Link, original: Message, digest: bytes | None) -> None:
    """Remember how an original looks that asks nothing of its copy (any more)."""
    side = link.side(original_side(link))
    side.memory = json.dumps({"content": original_digest(original)})
    side.digest = digest or side.digest
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.conflicts.close_conflicts(transaction, link.id, {TEXT})
        context.tables.failures.close_failures(transaction, original_side(link), original.id)


def _plan_amend(context: MessageContext, couple: MessagePair) -> None:
    target, original = context.connection.other(couple.source), couple.original
    context.findings.weights[target.account].changed += 1
    note = json.dumps({"old": couple.copy.text, "new": original.text}, ensure_ascii=False)
    with context.state.atomic() as transaction:
        step = MessageAction(AMEND, target.name, original.id, original.contact_id, link=couple.link.id, note=note)
        context.stage.plan_action(transaction, step)


def _list_conflict(context: MessageContext, couple: MessagePair) -> None:
    """List that an original changed and that a person edited its copy."""
    source, original = couple.source, couple.original
    texts = {source.name: original.text, context.connection.other(source).name: couple.copy.text}
    left, right = (json.dumps(texts[name], ensure_ascii=False) for name in ("left", "right"))
    who = context.who(source, original.contact_id)
    conflict = Conflict(couple.link.id, TEXT, who, left, right, None, None, context.run.now_ms(), context.run.id)
    with context.state.atomic() as transaction:
        context.tables.conflicts.put_conflict(transaction, conflict)
        context.tables.failures.close_failures(transaction, source.name, original.id)
