"""Decide what happens to a copy when its original changed, or when a user settled a conflict between both (R3, R14)."""

import json
from dataclasses import dataclass

from connectors.errors import RecordGone
from connectors.message import Message
from state.conflicts import Conflict
from state.links import Link
from state.message_staging import MessageAction, StagedMessage
from sync.messages.commit import commit_lost_copy, commit_unchanged
from sync.messages.context import UPDATE, MessageContext, message_store
from sync.messages.links import copied_content, original_side
from sync.rules.messages import Verdict, decide_edit, original_digest, text_digest
from sync.rules.streams import TEXT
from sync.streams.connection import Side


@dataclass(frozen=True, slots=True)
class MessagePair:
    """A linked original of `source` and its copy, as both show now; `digest` is how a listing shows the original."""

    source: Side
    link: Link
    original: Message
    copy: Message
    digest: bytes | None


def plan_edit(context: MessageContext, side: Side, staged: StagedMessage, link: Link) -> None:
    """Plan what happens to the copy of an original that shows something new."""
    target = context.connection.other(side)
    if link.gone is not None or context.staging.is_planned(target.name, staged.id):
        return
    try:
        # Listings lag, so an edit counts only when the record read by id shows it (R3).
        original = message_store(side).read_message(staged.id, staged.contact_id)
    except RecordGone:
        return  # a deletion, which a run that reads everything finds
    if copied_content(link) in (None, original_digest(original)):
        commit_unchanged(context, link, original, staged.digest)
        return
    pair = read_pair(context, side, link, original, staged.digest)
    if pair is None:
        return
    verdict, _ = decide_pair(context, pair)
    if verdict == "amend":
        _plan_update(context, pair)
    else:
        leave_copy(context, pair)


def plan_resolved(context: MessageContext) -> None:
    """Plan what users decided about conflicts between an original and its copy."""
    for link_id in context.tables.conflicts.resolved_links():
        link = context.tables.links.by_id(link_id)
        if link is None or link.gone is not None or TEXT not in context.tables.conflicts.of_link(link_id):
            continue
        side = context.connection.side(original_side(link))
        staged = StagedMessage(side.name, link.side(side.name).id, context.original_contact(link))
        plan_edit(context, side, staged, link)


def read_pair(
    context: MessageContext, source: Side, link: Link, original: Message, digest: bytes | None
) -> MessagePair | None:
    """Read the copy of an original; note it as deleted, and return None, where it is gone."""
    target = context.connection.other(source)
    try:
        copy = message_store(target).read_message(link.side(target.name).id, context.copy_contact(link))
    except RecordGone:
        commit_lost_copy(context, target, link)
        return None
    return MessagePair(source, link, original, copy, digest)


def decide_pair(context: MessageContext, pair: MessagePair) -> tuple[Verdict, str]:
    """Return what happens to a copy after a change of its original, and the rule that decides it."""
    link, source = pair.link, pair.source
    decision = context.tables.conflicts.of_link(link.id).get(TEXT)
    if decision is not None and decision.resolution is not None:
        return ("amend" if decision.resolution == source.name else "keep"), "resolved"
    shown_last = link.side(context.connection.other(source).name).digest
    touched = None if shown_last is None else text_digest(pair.copy) != shown_last
    policy = context.contacts.settings.conflicts
    return decide_edit(policy, source.name, touched=touched), "carried" if touched is False else policy


def leave_copy(context: MessageContext, pair: MessagePair) -> None:
    """Leave an edited copy as it is: for good where the policy or a user decided so, else as a conflict."""
    verdict, _ = decide_pair(context, pair)
    if verdict != "keep":
        _list_conflict(context, pair)
        return
    pair.link.side(context.connection.other(pair.source).name).digest = text_digest(pair.copy)
    commit_unchanged(context, pair.link, pair.original, pair.digest)


def _plan_update(context: MessageContext, pair: MessagePair) -> None:
    target, original = context.connection.other(pair.source), pair.original
    context.findings.weights[target.account].changed += 1
    note = json.dumps({"old": pair.copy.text, "new": original.text}, ensure_ascii=False)
    action = MessageAction(UPDATE, target.name, original.id, original.contact_id, link=pair.link.id, note=note)
    with context.state.atomic() as transaction:
        context.staging.plan_action(transaction, action)


def _list_conflict(context: MessageContext, pair: MessagePair) -> None:
    """List that an original changed and that a user edited its copy."""
    source, original = pair.source, pair.original
    texts = {source.name: original.text, context.connection.other(source).name: pair.copy.text}
    left, right = (json.dumps(texts[name], ensure_ascii=False) for name in ("left", "right"))
    who = context.who(source, original.contact_id)
    conflict = Conflict(pair.link.id, TEXT, who, left, right, None, None, context.run.now_ms(), context.run.id)
    with context.state.atomic() as transaction:
        context.tables.conflicts.put_conflict(transaction, conflict)
        context.tables.failures.close_failures(transaction, source.name, original.id)
