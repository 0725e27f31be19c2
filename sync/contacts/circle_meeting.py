"""Tell which side of a first meeting is outdated, where both records are linked to one record of a third account (P5).

The two links tell what was agreed on the way:

    A  --first-->  M  --second-->  B          A and B meet for the first time

A side that shows what its own link agreed on has not changed. It is outdated if the other side has changed since, or if
the other link has written another value over that at M, which has not come through yet.

Where neither is certain, the field meets as it does everywhere, with one exception. Where both sides show what their
own links agreed on, and one of them is empty, a user has cleared or added the value at M between two creates. The
number of a creation does not tell when its source was read. So the blank is not filled: it is a conflict, which the
link that lags behind closes when it carries what M shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.contact import SET_FIELDS, Fields, same
from state import connections
from state.written_values import written_values
from sync.contacts.context import Context
from sync.rules import shadow_codec
from sync.rules.merge_result import OPPOSITE, SideView


@dataclass(frozen=True, slots=True)
class _Way:
    """The link between the record of a side and the record `middle`: what both showed when they last agreed."""

    connection: int
    near: Fields
    far: Fields
    middle: tuple[str, str]


@dataclass(frozen=True, slots=True)
class CircleMeeting:
    """Fields that meet for the first time: the outdated side of each (0 for the left), and those in doubt."""

    stale: Mapping[str, int]
    doubtful: frozenset[str]


def met_round_circle(context: Context, left: SideView, right: SideView) -> CircleMeeting:
    """Return what the circle tells about the fields that meet for the first time."""
    views = (left, right)
    meeting = [name for name in context.mapping.rules if name not in SET_FIELDS and _meets(name, views)]
    ways = _ways(context, views) if meeting else None
    if ways is None:
        return CircleMeeting({}, frozenset())
    sides = {name: [side for side in (0, 1) if _is_stale(context, name, views, ways, side)] for name in meeting}
    stale = {name: found[0] for name, found in sides.items() if len(found) == 1}
    doubtful = (name for name in sides.keys() - stale.keys() if _is_blank_in_doubt(name, views, ways))
    return CircleMeeting(stale, frozenset(doubtful))


def _meets(name: str, views: tuple[SideView, SideView]) -> bool:
    """Say whether both sides show different values of a field on which they never agreed."""
    if not all(name in view.now for view in views) or all(name in view.base for view in views):
        return False
    return not same(name, views[0].now[name], views[1].now[name])


def _is_stale(
    context: Context, name: str, views: tuple[SideView, SideView], ways: tuple[_Way, _Way], side: int
) -> bool:
    """Say whether a side shows what the circle has replaced since."""
    own, others = ways[side], ways[1 - side]
    if any(name not in shadow for way in ways for shadow in (way.near, way.far)):
        return False
    if not same(name, views[side].now[name], own.near[name]):
        return False
    if same(name, own.far[name], others.far[name]):
        return not same(name, views[1 - side].now[name], others.near[name])
    return _was_replaced(context, name, own, others)


def _is_blank_in_doubt(name: str, views: tuple[SideView, SideView], ways: tuple[_Way, _Way]) -> bool:
    """Say whether one side is empty, none has changed, and the record between showed each of both at its time."""
    if all(view.now[name] for view in views) or any(name not in one for way in ways for one in (way.near, way.far)):
        return False
    unchanged = all(same(name, view.now[name], way.near[name]) for view, way in zip(views, ways, strict=True))
    return unchanged and not same(name, ways[0].far[name], ways[1].far[name])


def _was_replaced(context: Context, name: str, own: _Way, others: _Way) -> bool:
    """Say whether the last write at the record between replaced what the own way agreed on, for the other one."""
    last = next(written_values(context.state.db, *own.middle, name), None)
    if last is None or last.connection != others.connection or last.new is None or last.old is None:
        return False
    old, new = (shadow_codec.parse(name, each) for each in (last.old, last.new))
    return same(name, old, own.far[name]) and same(name, new, others.far[name])


def _ways(context: Context, views: tuple[SideView, SideView]) -> tuple[_Way, _Way] | None:
    """Return the ways of both sides to one record of a third account, None where there is no such record."""
    ends = [
        {way.middle: way for way in _links(context, side.account, view.record)}
        for side, view in zip(context.connection.sides, views, strict=True)
    ]
    shared = [middle for middle in ends[0] if middle in ends[1]]
    return (ends[0][shared[0]], ends[1][shared[0]]) if len(shared) == 1 else None


def _links(context: Context, account: str, record: str) -> Iterator[_Way]:
    for number, link, side, middle in context.tables.linked_elsewhere.links_of(account, record) if record else ():
        names = _fields(context, number)[link.mapping]
        near, far = (shadow_codec.decode(link.side(one).shadow, names) for one in (side, OPPOSITE[side]))
        yield _Way(number, near, far, middle)


def _fields(context: Context, number: int) -> Mapping[int, list[str]]:
    """Return the names of the fields of each mapping of another connection; a configured place follows the name."""
    found = connections.mappings(context.state.db, number)
    return {key: [name.partition(" ")[0] for name in names] for key, (_, names) in found.items()}
