"""Freeze a field that goes back and forth between both sides: it becomes a conflict for the user (P5, R15).

Nothing else of the contact stops. Sets stay out, because their elements travel one by one, and so does the consent to
be contacted: what tightens it is never held up (P9).
"""

from typing import Final

from connectors.contact import SET_FIELDS
from connectors.values.consent import forbids
from state.links import Link
from sync.contacts.context import Context
from sync.rules import do_not_contact, shadow_codec
from sync.rules.field_fight import LOOKED_AT, WrittenChange, is_fight
from sync.rules.merge import RESOLVED
from sync.rules.merge_result import LEFT, RIGHT, Merge, SideView

FIGHT: Final = (
    "it went back and forth between both sides: an automation at each side, or a server that rewrites it; "
    "it is frozen until you settle it, or until a day has passed"
)
NEVER: Final = SET_FIELDS | {do_not_contact.FIELD}


def freeze_fights(
    context: Context, link: Link, result: Merge, views: tuple[SideView, SideView], decided: frozenset[str]
) -> None:
    """Turn the writes of fields that went back and forth into conflicts; `decided` are those that a user settled."""
    for side in (LEFT, RIGHT):
        for name in [name for name in result.to(side) if name not in decided | NEVER]:
            if _is_fight(context, link, side, name, result):
                del result.to(side)[name]
                result.overwritten = [one for one in result.overwritten if one.field != name]
                result.conflicts[name] = (views[0].value(name)[1], views[1].value(name)[1])
                result.fights.add(name)


def _is_fight(context: Context, link: Link, side: str, name: str, result: Merge) -> bool:
    if forbids(result.to(side)[name]):
        return False
    account, now_ms = context.connection.side(side).account, context.run.now_ms()
    written = context.tables.history.last_changes(link.id, name, LOOKED_AT)
    changes = [WrittenChange(account, shadow_codec.render(result.to(side)[name]), now_ms)]
    for where, value, at_ms, rule in written:
        if rule == RESOLVED:  # the user has decided: what was before counts no more
            break
        changes.append(WrittenChange(where, value, at_ms))
    return is_fight(changes, now_ms)
