"""Let the newest value win where connections form a circle, so that no two values chase each other round it (P5).

Rules kept here:
- in a circle, each connection may see an edit of one side only, although two edits are under way round the circle. So a
  value is carried over one that another connection wrote only if it was carried or decided later than that one;
- when a value came up is told by the history (sync.contacts.circle_history);
- an older value is not lost: the newer one replaces it, with both in the history. Tags are looked at one by one;
- two records that meet for the first time and are linked by way of a third one are no strangers: a side that shows what
  was agreed round the circle, while the circle has gone on since, has not changed (sync.contacts.circle_meeting).
"""

from dataclasses import replace

from connectors.contact import SET_FIELDS, Value, same
from state.links import Link
from sync.contacts.circle_history import came_up, element_came_up
from sync.contacts.circle_meeting import met_round_circle
from sync.contacts.context import Context
from sync.rules.merge_result import SideView
from sync.rules.sets import apply_changes, changes_of, elements

Views = tuple[SideView, SideView]


def with_newest(context: Context, link: Link | None, left: SideView, right: SideView) -> Views:
    """Return both views, in which a side with an older value of the circle counts as the one that did not change."""
    if not context.tables.linked_elsewhere:
        return left, right
    met = met_round_circle(context, left, right)
    for name, side in met.stale.items():
        left, right = _as_agreed(name, (left, right)[side].now[name], left, right)
    for name in met.doubtful:
        left, right = _as_changed(name, left, right)
    if link is None:
        return left, right
    for name in context.mapping.rules:
        if name in met.stale or (left.changed(name) == right.changed(name) and name not in SET_FIELDS):
            continue
        if name in SET_FIELDS:
            left, right = _newest_elements(context, link, name, left, right)
        elif not same(name, left.value(name)[1], right.value(name)[1]):
            left, right = _newest_value(context, link, name, left, right)
    return left, right


def _as_agreed(name: str, value: Value, left: SideView, right: SideView) -> Views:
    """Return both views with a value that both agreed on: only the side that shows another one has changed."""
    return (replace(left, base={**left.base, name: value}), replace(right, base={**right.base, name: value}))


def _as_changed(name: str, left: SideView, right: SideView) -> Views:
    """Return both views with shadows by which both sides have changed, so that the field is a conflict."""
    return (
        replace(left, base={**left.base, name: right.now[name]}),
        replace(right, base={**right.base, name: left.now[name]}),
    )


def _newest_value(context: Context, link: Link, name: str, left: SideView, right: SideView) -> Views:
    """Swap which side has changed where the changed one has the older value."""
    sides = context.connection.sides
    came = [
        came_up(context, side, link, name, view.value(name)[1], changed=view.changed(name))
        for side, view in zip(sides, (left, right), strict=True)
    ]
    is_older = _is_older(came[0], came[1]) if left.changed(name) else _is_older(came[1], came[0])
    if not is_older:
        return left, right
    return _as_agreed(name, (left if left.changed(name) else right).value(name)[1], left, right)


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
            element_came_up(
                context, side, link, name, element, is_there=element in elements(value), changed=side_index == index
            )
            for side_index, (side, value) in enumerate(zip(context.connection.sides, values, strict=True))
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
