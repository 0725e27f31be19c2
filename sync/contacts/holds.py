"""Hold the differences that an undo has created on purpose, until the next edit of the field (R26).

A set is held element by element, as it is merged: it is held for as long as its sides differ.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from connectors.contact import SET_FIELDS
from state.database import Transaction
from state.holds import Hold
from state.links import Link
from sync.contacts.context import Context
from sync.output.formats import WHOLE, time_text
from sync.rules import contact_codec
from sync.rules.merge import LEFT, RIGHT


def hold(transaction: Transaction, context: Context, link: Link, names: Iterable[str]) -> None:
    """Hold those of the fields in which both sides differ now, and release the others."""
    for name in names:
        if _differs(context, link, name):
            context.tables.holds.put_hold(transaction, Hold(link.id, name, context.run.now_ms(), context.run.id))
        else:
            context.tables.holds.end_holds(transaction, link.id, [name])


def release(
    transaction: Transaction, context: Context, link: Link, touched: Collection[str], *, back: bool = False
) -> None:
    """Release the fields that were edited since, or that do not travel any more.

    `back` says that a record exists again that was gone, so that the pair as a whole is released.
    """
    held = context.tables.holds.of_link(link.id).keys()
    over = [
        name for name in held - {WHOLE} if name not in context.mapping.rules or _is_over(context, link, name, touched)
    ]
    context.tables.holds.end_holds(transaction, link.id, [*over, WHOLE] if back else over)


def held_entries(context: Context) -> Iterator[dict[str, Any]]:
    """Yield everything that is held, as `verify` lists it."""
    for each in context.tables.holds.all_holds():
        link = context.tables.links.by_id(each.link)
        if link is None:
            continue
        bases = {side.name: context.mapping.shadow(link, side.name) for side in context.connection.sides}
        left, right = (bases[name].get(each.field) for name in (LEFT, RIGHT))
        if each.field == WHOLE:
            left, right = (None if link.gone == name else "kept" for name in (LEFT, RIGHT))
        who = contact_codec.display_name(context.connection.left.account, link.left.id, {**bases[RIGHT], **bases[LEFT]})
        since = contact_codec.from_ms(each.since_ms)
        yield {
            "who": who,
            "field": each.field,
            "left": left,
            "right": right,
            "since": time_text(since) if since else None,
        }


def _is_over(context: Context, link: Link, name: str, touched: Collection[str]) -> bool:
    return name in touched and (name not in SET_FIELDS or not _differs(context, link, name))


def _differs(context: Context, link: Link, name: str) -> bool:
    left, right = (context.mapping.shadow(link, side.name).get(name) for side in context.connection.sides)
    return name in context.mapping.rules and not context.mapping.rules[name].same(left, right)
