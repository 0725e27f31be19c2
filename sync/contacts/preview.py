"""What a plan would write, person by person: for people to read, and to be priced."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.connector import Raw
from connectors.contact import Fields
from state.staging import PAGE, Step
from sync.contacts.context import Context
from sync.contacts.plan import CREATE, DELETE, PAIR, merged
from sync.contacts.untranslatable import values_for_create
from sync.output.formats import WHOLE
from sync.output.report import Operation, PlannedChange
from sync.rules import contact_codec
from sync.rules.merge import LEFT, RIGHT
from sync.streams.connection import Side


@dataclass(frozen=True, slots=True)
class PreviewedContact:
    """One person to be written. `shown` is what the record shows now, `raw` the same as far as it was read.

    `owed` are the fields of somebody who is made that have no place.
    """

    operation: Operation
    who: str
    shown: Fields
    changes: Fields
    raw: Raw | None = None
    owed: frozenset[str] = frozenset()


def preview_side(context: Context, side: Side) -> Iterator[PreviewedContact]:
    """Yield everybody whom the plan on the stage writes to a side."""
    for page in context.staging.steps(PAIR, (side.name, "both"), PAGE):
        for step in page:
            yield _update(context, side, step)
    for page in context.staging.steps(CREATE, (side.name,), PAGE):
        for step in page:
            yield _create(context, side, step)
    for page in context.staging.steps(DELETE, (side.name,), PAGE):
        for step in page:
            yield _delete(context, side, step)


def changes(context: Context) -> Iterator[PlannedChange]:
    """Yield the plan field by field: who would be written where, old and new value."""
    for side in context.connection.sides:
        for one in preview_side(context, side):
            for name, value in one.changes.items():
                yield PlannedChange(side.account, one.operation, one.who, name, one.shown.get(name), value)


def written_fields(context: Context, side: Side) -> frozenset[str]:
    """Return the fields of which the plan writes any value to a side."""
    return frozenset(name for one in preview_side(context, side) for name in one.changes if name != WHOLE)


def _update(context: Context, side: Side, step: Step) -> PreviewedContact:
    ids = {LEFT: step.left_id or "", RIGHT: step.right_id or ""}
    staged = {
        name: context.staging.changed_records(name, [record_id]).get(record_id) for name, record_id in ids.items()
    }
    link = context.tables.links.by_id(step.link) if step.link else None
    result = merged(context, link, staged[LEFT], staged[RIGHT])
    own = staged[side.name]
    shown = {**context.view(link, side, own).base, **context.view(link, side, own).now}
    who = contact_codec.display_name(side.account, ids[side.name], shown)
    raw = json.loads(own.raw) if own and own.raw else None
    return PreviewedContact("update", who, shown, result.to(side.name), raw)


def _create(context: Context, side: Side, step: Step) -> PreviewedContact:
    source = context.connection.other(side)
    record_id = (step.left_id if source.name == LEFT else step.right_id) or ""
    contact = contact_codec.decode(context.staging.changed_records(source.name, [record_id])[record_id].contact or "")
    who = contact_codec.display_name(source.account, record_id, contact.fields)
    made = values_for_create(context, side, contact.fields)
    return PreviewedContact("create", who, {}, made.changes, owed=frozenset(made.owed))


def _delete(context: Context, side: Side, step: Step) -> PreviewedContact:
    record_id = (step.left_id if side.name == LEFT else step.right_id) or ""
    link = context.tables.links.by_id(step.link or 0)
    shown = context.mapping.shadow(link, side.name) if link else {}
    return PreviewedContact("delete", contact_codec.display_name(side.account, record_id, shown), shown, {WHOLE: None})
