"""What a plan would write of messages: for people to read, and to be priced."""

import json
from collections.abc import Iterator

from connectors.message import Message
from state.message_staging import MessageAction
from sync.messages.carry_deletions import ERASE
from sync.messages.context import MessageContext, letters, message_of
from sync.messages.failures import CREATE
from sync.messages.plan_edits import AMEND
from sync.output.formats import WHOLE
from sync.output.report import PlannedChange
from sync.rules.streams import TEXT
from sync.streams.connection import Side


def changes(context: MessageContext) -> Iterator[PlannedChange]:
    """Yield the plan of messages, one line for each; its field is `text`."""
    for side in context.connection.sides:
        for step in _steps(context, CREATE, side):
            original, who = _original(context, side, step), _who(context, side, step)
            yield PlannedChange(side.account, "create", who, TEXT, None, original.subject or original.text)
        for step in _steps(context, AMEND, side):
            note = json.loads(step.note or "{}")
            who = _who(context, side, step)
            yield PlannedChange(side.account, "update", who, TEXT, note.get("old"), note.get("new"))
        for step in _steps(context, ERASE, side):
            old = json.loads(step.note or "{}").get("old")
            yield PlannedChange(side.account, "delete", _who(context, side, step), WHOLE, old, None)


def calls(context: MessageContext, *, deep: bool) -> dict[str, int]:
    """Return how many calls the plan would make, by account, beside those that made it.

    Both records are read before a copy is changed or deleted. `deep` adds what reading everybody's copies would cost
    where no listing shows them.
    """
    counted = {side.account: 0 for side in context.connection.sides}
    for side in context.connection.sides:
        source = context.connection.other(side)
        for step in _steps(context, CREATE, side):
            original = _original(context, side, step)
            counted[side.account] += letters(side).count_calls(original, recorded=False)
            counted[source.account] += original.text is None
        for step in _steps(context, AMEND, side):
            counted[side.account] += 1 + letters(side).count_calls(_original(context, side, step), recorded=True)
            counted[source.account] += 1
        for _ in _steps(context, ERASE, side):
            counted[side.account] += 2
            counted[source.account] += 1
        if deep and not letters(side).lists_copies:
            counted[side.account] += (
                context.contacts.tables.links.count_links() - context.contacts.tables.links.count_gone()
            )
    return counted


def _steps(context: MessageContext, operation: str, side: Side) -> Iterator[MessageAction]:
    for page in context.stage.planned_actions(operation, side.name):
        yield from page


def _original(context: MessageContext, side: Side, step: MessageAction) -> Message:
    staged = context.stage.message(context.connection.other(side).name, step.source_id)
    return message_of(staged) if staged else Message(step.source_id, step.contact_id)


def _who(context: MessageContext, side: Side, step: MessageAction) -> str:
    return context.who(context.connection.other(side), step.contact_id)
