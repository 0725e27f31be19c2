"""Show what a plan would write of messages, and count the calls for it."""

import json
from collections.abc import Iterator

from connectors.message import Message
from state.message_staging import MessageAction
from sync.messages.context import CREATE, DELETE, UPDATE, MessageContext, message_of, message_store
from sync.output.formats import WHOLE
from sync.output.report import PlannedChange
from sync.rules.streams import TEXT
from sync.streams.connection import Side


def planned_changes(context: MessageContext) -> Iterator[PlannedChange]:
    """Yield the plan, one line for each message; its field is `text`."""
    for side in context.connection.sides:
        for action in planned(context, CREATE, side):
            yield PlannedChange(side.account, "create", who(context, side, action), TEXT, *shown(context, side, action))
        for action in planned(context, UPDATE, side):
            yield PlannedChange(side.account, "update", who(context, side, action), TEXT, *shown(context, side, action))
        for action in planned(context, DELETE, side):
            yield PlannedChange(
                side.account, "delete", who(context, side, action), WHOLE, *shown(context, side, action)
            )


def count_calls(context: MessageContext, *, deep: bool) -> dict[str, int]:
    """Return how many calls the plan would make, by account, beside those that made it.

    `deep` adds what reading the copies of all linked contacts costs, where no listing shows them.
    """
    calls = {side.account: 0 for side in context.connection.sides}
    contact_links = context.contacts.tables.links
    for side in context.connection.sides:
        source, store = context.connection.other(side).account, message_store(side)
        for action in planned(context, CREATE, side):
            original = _original(context, side, action)
            calls[side.account] += store.count_calls(original, recorded=False)
            calls[source] += original.text is None
        for action in planned(context, UPDATE, side):  # both records are read right before
            calls[side.account] += 1 + store.count_calls(_original(context, side, action), recorded=True)
            calls[source] += 1
        deletions = context.staging.count_actions(DELETE, side.name)
        calls[side.account] += 2 * deletions
        calls[source] += deletions
        calls[side.account] += context.findings.unread_contacts[side.account]
        if deep and store.takes_copies and not store.lists_copies:
            calls[side.account] += contact_links.count_links() - contact_links.count_gone()
    return calls


def planned(context: MessageContext, operation: str, side: Side) -> Iterator[MessageAction]:
    """Yield the planned actions of one kind on a side."""
    for page in context.staging.planned_actions(operation, side.name):
        yield from page


def texts(action: MessageAction) -> tuple[str | None, str | None]:
    """Return the text that a copy shows and the text that it is to show."""
    note = json.loads(action.note or "{}")
    return note.get("old"), note.get("new")


def _original(context: MessageContext, side: Side, action: MessageAction) -> Message:
    staged = context.staging.message(context.connection.other(side).name, action.source_id)
    return message_of(staged) if staged else Message(action.source_id, action.contact_id)


def shown(context: MessageContext, side: Side, action: MessageAction) -> tuple[str | None, str | None]:
    """Return the text that a copy shows, and what is written in its place: None for nothing."""
    if action.operation == CREATE:
        original = _original(context, side, action)
        return None, original.subject or original.text
    old, new = texts(action)
    return (old, new) if action.operation == UPDATE else (old, None)


def who(context: MessageContext, side: Side, action: MessageAction) -> str:
    """Return the name of the contact of a message, as reports show it."""
    return context.who(context.connection.other(side), action.contact_id)
