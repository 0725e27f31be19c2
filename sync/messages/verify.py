"""Whether both sides have the same messages, told from a dry run over everything: what it would write is missing.

What is left out counts as agreeing, as in a run; so does a copy that a person edited, while its original stays as it
was.
"""

import json
from collections.abc import Iterator

from sync.messages.context import MessageContext, original_side
from sync.messages.deletions import DOUBLE
from sync.messages.failures import CREATE
from sync.messages.plan_edits import AMEND
from sync.output.formats import WHOLE
from sync.output.report import Comparison
from sync.rules.streams import TEXT
from sync.streams.connection import Side

Entry = dict[str, object]


def compare(context: MessageContext, found: Comparison) -> None:
    """Add to what was found of people what the plan on the stage, and what is open, say of messages."""
    found.compared += context.tables.links.count_links() - context.tables.links.count_gone()
    for side in context.connection.sides:
        found.only.setdefault(side.account, []).extend(_only(context, side))
    found.differ += [*_to_write(context), *_in_conflict(context)]
    found.doubles += list(_doubles(context))


def _only(context: MessageContext, side: Side) -> Iterator[Entry]:
    """Yield the messages of a side that the other lacks: to be copied, listed, or left behind by a deletion."""
    for page in context.stage.planned_actions(CREATE, context.connection.other(side).name):
        for step in page:
            yield _entry(context, side, step.source_id, step.contact_id)
    for failure in context.tables.failures.waiting_failures():
        linked = context.tables.links.by_record(side.name, [failure.record_id])
        if failure.side == side.name and failure.operation != DOUBLE and not linked:
            yield {"who": failure.who, "stream": "messages", "id": failure.record_id, "reason": failure.reason}
    for link in context.tables.links.gone_links():
        if link.gone != side.name:
            home = (
                context.home(link)
                if original_side(link) != side.name
                else _home(context, side, link.side(side.name).id)
            )
            yield _entry(context, side, link.side(side.name).id, home)


def _home(context: MessageContext, side: Side, message_id: str) -> str:
    known = context.tables.index(side).message(message_id)
    return known.contact_id if known else ""


def _entry(context: MessageContext, side: Side, message_id: str, contact_id: str) -> Entry:
    return {"who": context.who(side, contact_id), "stream": "messages", "id": message_id}


def _to_write(context: MessageContext) -> Iterator[Entry]:
    for target in context.connection.sides:
        source = context.connection.other(target)
        for page in context.stage.planned_actions(AMEND, target.name):
            for step in page:
                note = json.loads(step.note or "{}")
                texts = {source.name: note.get("new"), target.name: note.get("old")}
                who = context.who(source, step.contact_id)
                yield {"who": who, "stream": "messages", "field": TEXT, "left": texts["left"], "right": texts["right"]}


def _in_conflict(context: MessageContext) -> Iterator[Entry]:
    for one in context.tables.conflicts.all_conflicts():
        if one.field != WHOLE and one.resolution is None:
            values = {"left": json.loads(one.left_value), "right": json.loads(one.right_value)}
            yield {"who": one.who, "stream": "messages", "field": one.field, **values}


def _doubles(context: MessageContext) -> Iterator[Entry]:
    for failure in context.tables.failures.waiting_failures():
        if failure.operation == DOUBLE:
            ids = [failure.record_id, *(blocker.partition(":")[2] for blocker in failure.blockers)]
            yield {"account": failure.account, "who": failure.who, "stream": "messages", "ids": ids}
