"""Let the newest value win where connections form a circle, so that no two values chase each other round it (P5).

Rules kept here:
- in a circle, each connection may see an edit of one side only, although two edits are under way round the circle. So a
  value is carried over one that another connection wrote only if it was carried or decided later than that one;
- when a value came up is told by the history: it was carried from record to record since a user typed it, or since a
  conflict was decided for it. Without an entry, a user has typed it since, and it is carried as everywhere;
- an older value is not lost: the newer one replaces it, with both in the history. Tags are looked at one by one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from connectors.contact import SET_FIELDS, Value, same
from state.links import Link
from state.written_values import WrittenValue, written_values
from sync.contacts.context import Context
from sync.rules import shadow_codec
from sync.rules.merge_result import SideView
from sync.rules.sets import apply_changes, changes_of, elements
from sync.streams.connection import Side

CARRIED: Final = frozenset({"carried", "filled"})
"""Rules by which a value went from record to record without a decision."""

Views = tuple[SideView, SideView]


def with_newest(context: Context, link: Link | None, left: SideView, right: SideView) -> Views:
    """Return both views, in which a side with an older value of the circle counts as the one that did not change."""
    if link is None or not context.tables.linked_elsewhere:
        return left, right
    for name in context.mapping.rules:
        if left.changed(name) == right.changed(name) and name not in SET_FIELDS:
            continue
        if name in SET_FIELDS:
            left, right = _newest_elements(context, link, name, left, right)
        elif not same(name, left.value(name)[1], right.value(name)[1]):
            left, right = _newest_value(context, link, name, left, right)
    return left, right


def _newest_value(context: Context, link: Link, name: str, left: SideView, right: SideView) -> Views:
    """Swap which side has changed where the changed one has the older value."""
    sides = context.connection.sides
    came = [
        _came_up(context, side, link, name, view.value(name)[1])
        for side, view in zip(sides, (left, right), strict=True)
    ]
    is_older = _is_older(came[0], came[1]) if left.changed(name) else _is_older(came[1], came[0])
    if not is_older:
        return left, right
    changed = (left if left.changed(name) else right).value(name)[1]
    return (replace(left, base={**left.base, name: changed}), replace(right, base={**right.base, name: changed}))


def _newest_elements(context: Context, link: Link, name: str, left: SideView, right: SideView) -> Views:
    """Swap which side has changed for each element of a set that only one side gained or lost."""
    changes = [changes_of(view.base.get(name), view.value(name)[1]) for view in (left, right)]
    news = [{*gained, *lost} for gained, lost in changes]
    for element in sorted(news[0] ^ news[1]):
        index = int(element in news[1])
        values = [view.value(name)[1] for view in (left, right)]
        if (element in elements(values[0])) == (element in elements(values[1])):
            continue
        came = [
            _element_came_up(context, side, link, name, element, element in elements(value))
            for side, value in zip(context.connection.sides, values, strict=True)
        ]
        if _is_older(came[index], came[1 - index]):
            left, right = (_with_element(view, name, element, values[index]) for view in (left, right))
    return left, right


def _is_older(changed: int | None, kept: int | None) -> bool:
    """Say whether a value came up before another one; each has one time all round the circle."""
    return changed is not None and kept is not None and changed < kept


def _with_element(view: SideView, name: str, element: str, like: Value) -> SideView:
    """Return a view with an element in its shadow exactly where a value has it."""
    text = elements(like).get(element)
    gained, lost = ({element: text}, frozenset[str]()) if text is not None else ({}, frozenset({element}))
    return replace(view, base={**view.base, name: apply_changes(view.base.get(name), gained, lost)})


def _came_up(context: Context, side: Side, link: Link, name: str, value: Value) -> int | None:
    """Return the number of the write by which a value came up in the circle, None where a user typed it here."""

    def wrote(one: WrittenValue) -> bool | None:
        return any(
            same(name, shadow_codec.parse(name, each), value) for each in (one.new, one.shown) if each is not None
        )

    return _first_write(context, side, link, name, wrote)


def _element_came_up(context: Context, side: Side, link: Link, name: str, element: str, is_there: bool) -> int | None:
    """Return the number of the write by which an element came or went in the circle, None for an edit made here."""

    def wrote(one: WrittenValue) -> bool | None:
        before, after = (
            element in elements(shadow_codec.parse(name, each) if each else None) for each in (one.old, one.new)
        )
        return None if before == after else after == is_there

    return _first_write(context, side, link, name, wrote)


def _first_write(
    context: Context, side: Side, link: Link, name: str, wrote: Callable[[WrittenValue], bool | None]
) -> int | None:
    """Return the number of the first write of what a record shows, back to the edit or the decision that it comes from.

    `wrote` says whether a write led to what is shown, None where it has nothing to do with it.
    """
    account, record_id, first = side.account, link.side(side.name).id, None
    while True:
        writes = written_values(context.state.db, account, record_id, name, first)
        last = next((one for one in writes if wrote(one) is not None), None)
        if last is None or not wrote(last):
            return first
        first = last.id
        if last.rule not in CARRIED or last.source is None:
            return first
        account, _, record_id = last.source.partition(":")
