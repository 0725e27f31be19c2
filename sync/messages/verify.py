"""Compare the messages of both sides by a dry run over everything: what it would write is where they differ.

What is left out counts as equal, as in a run, and so does a copy that a user edited while its original stays as it was.
"""

from collections.abc import Iterator

from sync.messages.context import CREATE, UPDATE, MessageContext
from sync.messages.links import original_side
from sync.messages.preview import planned, texts
from sync.output.report import Comparison
from sync.rules.streams import TEXT
from sync.streams.comparison import Entry, about, compared_links, duplicates, open_conflicts, unlinked_failures
from sync.streams.connection import Side


def add_comparison(context: MessageContext, comparison: Comparison) -> None:
    """Add to the comparison of contacts what the plan, the conflicts and the failures of messages show."""
    tables = context.tables
    comparison.compared += compared_links(tables)
    for side in context.connection.sides:
        comparison.only.setdefault(side.account, []).extend(_only_at(context, side))
    comparison.differ += [*_to_write(context), *open_conflicts(tables)]
    comparison.doubles += duplicates(tables)


def _only_at(context: MessageContext, side: Side) -> Iterator[Entry]:
    """Yield the messages that only one side has: to be copied, failed, or left by a deletion."""
    for action in planned(context, CREATE, context.connection.other(side)):
        yield _entry(context, side, action.source_id, action.contact_id)
    for failure in unlinked_failures(context.tables, side.name):
        yield {"who": failure.who, **about(context.tables), "id": failure.record_id, "reason": failure.reason}
    for link in context.tables.links.gone_links():
        if link.gone != side.name:
            is_original = original_side(link) == side.name
            contact_id = context.original_contact(link) if is_original else context.copy_contact(link)
            yield _entry(context, side, link.side(side.name).id, contact_id)


def _entry(context: MessageContext, side: Side, message_id: str, contact_id: str) -> Entry:
    return {"who": context.who(side, contact_id), **about(context.tables), "id": message_id}


def _to_write(context: MessageContext) -> Iterator[Entry]:
    for target in context.connection.sides:
        source = context.connection.other(target)
        for action in planned(context, UPDATE, target):
            old, new = texts(action)
            values = {source.name: new, target.name: old}
            who = context.who(source, action.contact_id)
            shown = {"left": values["left"], "right": values["right"]}
            yield {"who": who, **about(context.tables), "field": TEXT, **shown}
