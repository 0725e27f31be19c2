"""Find out when a value came up in a circle of connections: by the history of the records that it went through (P5).

Rules kept here:
- a value came up with the first write that carried it, from the record at which a user typed it or from a decision;
- a write explains a value only while the record has shown no other one since: another value that was carried on from
  the record, or an agreement of this connection on another one, proves that a user typed the value again;
- a value that a user typed here and that no write has carried on has no number yet.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from connectors.contact import Value, same
from state.links import Link
from state.written_values import WrittenValue, written_values
from sync.contacts.context import Context
from sync.rules import shadow_codec
from sync.rules.sets import elements
from sync.streams.connection import Side

CARRIED: Final = frozenset({"carried", "filled"})
"""Rules by which a value went from record to record without a decision."""

Wrote = Callable[[WrittenValue], bool | None]
"""Says whether a write led to what is shown, None where it has nothing to do with it."""

Record = tuple[str, str]
"""The account and the id of a record."""


@dataclass(frozen=True, slots=True)
class ValueTrace:
    """What is looked for: a field of the contact of a link, and which writes led to what is shown."""

    context: Context
    link: Link
    field: str
    wrote: Wrote


def came_up(context: Context, side: Side, link: Link, name: str, value: Value, *, changed: bool) -> int | None:
    """Return the number of the write by which a value came up in the circle, None where a user has just typed it."""

    def wrote(one: WrittenValue) -> bool | None:
        return any(
            same(name, shadow_codec.parse(name, each), value) for each in (one.new, one.shown) if each is not None
        )

    trace = ValueTrace(context, link, name, wrote)
    return _first_write(trace, (side.account, link.side(side.name).id), _agreed_at(trace) if changed else 0)


def element_came_up(
    context: Context, side: Side, link: Link, name: str, element: str, *, is_there: bool, changed: bool
) -> int | None:
    """Return the number of the write by which an element came or went in the circle, None for an edit just made."""

    def wrote(one: WrittenValue) -> bool | None:
        before, after = (
            element in elements(shadow_codec.parse(name, each) if each else None) for each in (one.old, one.new)
        )
        return None if before == after else after == is_there

    trace = ValueTrace(context, link, name, wrote)
    return _first_write(trace, (side.account, link.side(side.name).id), _agreed_at(trace) if changed else 0)


def _agreed_at(trace: ValueTrace) -> int:
    """Return the number of the last write of this connection, after which both shadows were agreed on, else 0."""
    number = trace.context.connection.number
    return max(
        (
            one.id
            for side in trace.context.connection.sides
            for one in _writes(trace, (side.account, trace.link.side(side.name).id))
            if one.connection == number and trace.wrote(one) is not None
        ),
        default=0,
    )


def _first_write(trace: ValueTrace, record: Record, agreed: int) -> int | None:
    """Return the number of the first write of what a record shows, back to the edit or the decision that it comes from.

    What was written up to the number `agreed` is known not to be what the record shows.
    """
    first: int | None = None
    while True:
        last = next((one for one in _writes(trace, record, first) if trace.wrote(one) is not None), None)
        carried_on = list(_carried_on(trace, record, first))
        others = [one.id for one in carried_on if not trace.wrote(one)]
        since = max([agreed, *others, last.id if last is not None and not trace.wrote(last) else 0])
        if last is None or last.id <= since:
            return min((one.id for one in carried_on if one.id > since), default=first)
        first, agreed = last.id, 0
        if last.rule not in CARRIED or last.source is None:
            return first
        account, _, record_id = last.source.partition(":")
        record = (account, record_id)


def _writes(trace: ValueTrace, record: Record, before: int | None = None) -> Iterator[WrittenValue]:
    return written_values(trace.context.state.db, *record, trace.field, before)


def _carried_on(trace: ValueTrace, record: Record, before: int | None) -> Iterator[WrittenValue]:
    """Yield the writes that carried what a record showed to the records that it is linked to."""
    source = ":".join(record)
    for other in _linked_to(trace, record):
        writes = (one for one in _writes(trace, other, before) if one.source == source)
        yield from (one for one in writes if trace.wrote(one) is not None)


def _linked_to(trace: ValueTrace, record: Record) -> Iterator[Record]:
    context = trace.context
    yield from (other for _, _, _, other in context.tables.linked_elsewhere.links_of(*record))
    for side in context.connection.sides:
        if (side.account, trace.link.side(side.name).id) == record:
            other = context.connection.other(side)
            yield other.account, trace.link.side(other.name).id
