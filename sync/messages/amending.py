"""Make one copy show what its original shows now: read, decide again, intend, write, remember (R19 to R21).

Rules kept here:
- both records are read right before the write, so that what somebody did since the plan was made is not overwritten;
- what a copy showed before is in the intent, and goes from there into the history, also when the run dies in between.
"""

import json
from dataclasses import dataclass
from functools import partial

from connectors.correspondence import Recorded
from connectors.errors import RecordGone
from connectors.message import Message
from state.history import Entry
from state.intents import Intent
from state.links import Link
from state.message_stage import Copying, StagedMessage
from sync.contacts.context import Side
from sync.contacts.trouble import Troubles
from sync.decisions.messages import content_of, print_of
from sync.messages.context import MessageContext, letters
from sync.messages.editing import AMEND, TEXT, Couple, judge, lose_copy, pass_over


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a copy is made to show: the digest of the original's content, what it showed before, and by which rule."""

    original: str
    content: str
    old: str | None
    rule: str


def amend(context: MessageContext, target: Side, step: Copying, troubles: Troubles[StagedMessage]) -> None:
    """Write one copy anew. Raises what makes an account useless."""
    link = context.links.by_id(step.link or 0)
    if link is None or link.gone is not None:
        return
    source = context.other(target)
    try:
        original = letters(source).get(link.side(source.name).id, step.contact_id)
    except RecordGone:
        return  # a deletion, which reconcile finds
    try:
        copy = letters(target).get(link.side(target.name).id, context.home(link))
    except RecordGone:
        lose_copy(context, target, link)
        return
    staged = context.stage.get(source.name, step.source_id) or StagedMessage(source.name, original.id, step.contact_id)
    couple = Couple(source, link, original, copy, staged.digest)
    verdict, rule = judge(context, couple)
    if verdict == "amend":
        _write(context, couple, staged, rule, troubles)
    else:
        pass_over(context, couple)


def agree(context: MessageContext, source: Side, link: Link, amendment: Amendment, after: Message) -> None:
    """Store that a copy shows its original. Call inside `atomic`."""
    target = context.other(source)
    link.side(source.name).memory = json.dumps({"content": amendment.content})
    link.side(target.name).digest = print_of(after)
    context.links.save(link, context.run)
    old, new = (json.dumps(text, ensure_ascii=False) for text in (amendment.old, after.text))
    origin, person = f"{source.account}:{amendment.original}", context.home(link)
    entry = Entry(link.id, target.account, after.id, TEXT, old, new, amendment.rule, origin, person=person)
    context.history.add([entry], context.run, context.now_ms())
    context.conflicts.close(link.id, {TEXT})
    context.failures.close(source.name, amendment.original)
    context.intents.remove(target.name, amendment.original)
    context.report.accounts[target.account].updated += 1


def _write(
    context: MessageContext, couple: Couple, staged: StagedMessage, rule: str, troubles: Troubles[StagedMessage]
) -> None:
    target, original, copy = context.other(couple.source), couple.original, couple.copy
    amendment = Amendment(original.id, content_of(original), copy.text, rule)
    with context.state.atomic():
        context.intents.add(_intent(context, couple, amendment), context.run)
    answer = target.dispatcher.gather([partial(letters(target).amend, copy, original)])[0]
    with context.state.atomic():
        if isinstance(answer, Recorded):
            troubles.fine(target)
            couple.link.side(couple.source.name).digest = couple.digest
            agree(context, couple.source, couple.link, amendment, answer.copy)
        else:
            troubles.note(couple.source, staged, AMEND, answer)  # its intent stays: did it arrive?
    troubles.raise_fatal()


def _intent(context: MessageContext, couple: Couple, amendment: Amendment) -> Intent:
    target, copy = context.other(couple.source), couple.copy
    source = {"record": copy.id, "old": amendment.old, "rule": amendment.rule}
    sent = {"content": amendment.content, "contact": copy.contact_id, "text": couple.original.text or ""}
    return Intent(target.name, amendment.original, target.server_now_ms(context.clock), sent, source)
