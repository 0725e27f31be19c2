"""What the plan in staging would write, contact by contact, and what that costs in calls.

It merges nothing: a step of the plan holds what it writes. Calls that read its records are counted too,
because the run after it makes them again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.bulk import BulkWriter
from connectors.contact import Fields
from connectors.records import Raw
from state.staging import PAGE, Step
from sync.contacts.context import Context
from sync.contacts.enrichment import count_unknown
from sync.contacts.merge import values_for_create
from sync.contacts.plan_steps import CREATE, DELETE, PAIR, changes_of_step
from sync.output.formats import WHOLE
from sync.output.report import Operation, PlannedChange
from sync.rules import contact_codec
from sync.streams.connection import Side

CALLS_OF_DELETE = 2
"""The record is read before it is deleted."""


@dataclass(frozen=True, slots=True)
class PreviewedContact:
    """One contact to be written by a step. `shown` is what the record shows now, `raw` the record if it was read.

    `owed` are the fields of a contact that is created for which there is no place (R41).
    """

    step: Step
    operation: Operation
    who: str
    shown: Fields
    changes: Fields
    raw: Raw | None = None
    owed: frozenset[str] = frozenset()


def preview_side(context: Context, side: Side) -> Iterator[PreviewedContact]:
    """Yield every contact that the plan writes to a side."""
    for page in context.staging.steps(PAIR, (side.name, "both"), PAGE):
        for step in page:
            yield _update(context, side, step)
    for page in context.staging.steps(CREATE, (side.name,), PAGE):
        for step in page:
            yield _create(context, side, step)
    for page in context.staging.steps(DELETE, (side.name,), PAGE):
        for step in page:
            yield _delete(context, side, step)


def planned_changes(context: Context) -> Iterator[PlannedChange]:
    """Yield the plan field by field: which contact would be written where, old and new value."""
    for side in context.connection.sides:
        for one in preview_side(context, side):
            for name, value in one.changes.items():
                yield PlannedChange(side.account, one.operation, one.who, name, one.shown.get(name), value)


def written_fields(context: Context, side: Side) -> frozenset[str]:
    """Return the fields that the plan writes to a side."""
    return frozenset(name for one in preview_side(context, side) for name in one.changes if name != WHOLE)


def count_calls(context: Context) -> dict[str, int]:
    """Return how many calls the plan would make, by account, with those that made it and the company look-ups."""
    charged = count_charged_calls(context)
    return {side.account: _calls(context, side) + charged.get(side.account, 0) for side in context.connection.sides}


def count_charged_calls(context: Context) -> dict[str, int]:
    """Return the calls that a system may charge for, by account: the companies that are still to be looked up."""
    return {context.enrichment.source.account: count_unknown(context)} if context.enrichment else {}


def _update(context: Context, side: Side, step: Step) -> PreviewedContact:
    record_id = step.record_id(side.name)
    staged = context.staging.changed_record(side.name, record_id)
    link = context.tables.links.by_id(step.link)
    view = context.view(link, side, staged)
    shown = {**view.base, **view.now}
    who = contact_codec.display_name(side.account, record_id, shown)
    raw = json.loads(staged.raw) if staged and staged.raw else None
    return PreviewedContact(step, "update", who, shown, changes_of_step(step, side.name), raw)


def _create(context: Context, side: Side, step: Step) -> PreviewedContact:
    source = context.connection.other(side)
    record_id = step.record_id(source.name)
    contact = contact_codec.decode(context.staging.changed_records(source.name, [record_id])[record_id].contact or "")
    who = contact_codec.display_name(source.account, record_id, contact.fields)
    values = values_for_create(context, side, contact.fields)
    return PreviewedContact(step, "create", who, {}, values.changes, owed=frozenset(values.owed))


def _delete(context: Context, side: Side, step: Step) -> PreviewedContact:
    record_id = step.record_id(side.name)
    link = context.tables.links.by_id(step.link)
    shown = context.mapping.shadow(link, side.name) if link else {}
    return PreviewedContact(
        step, "delete", contact_codec.display_name(side.account, record_id, shown), shown, {WHOLE: None}
    )


def _calls(context: Context, side: Side) -> int:
    traffic = side.connector.call_counts
    calls = traffic.reads + traffic.writes
    if side.connector.bulk is not None:
        return calls + _calls_of_bulk(context, side, side.connector.bulk) + _calls_of_places(context, side)
    asked = False
    for one in preview_side(context, side):
        if one.operation == "delete":
            calls += CALLS_OF_DELETE
        elif one.operation == "create":
            calls += _calls_of_create(context, side, one, asked=asked)
            asked = True
        else:
            raw = one.raw or {"tags": one.shown.get("tags") or ()}
            calls += 1 + side.connector.count_write_calls(raw, one.changes)
    # For each deletion on the other side, the record that is gone from this side is asked for once more.
    calls += context.staging.count_steps(DELETE, context.connection.other(side).name)
    return calls + _calls_of_places(context, side)


def _calls_of_places(context: Context, side: Side) -> int:
    written = written_fields(context, side)
    return len(side.connector.missing_places(written)) if written else 0


def _calls_of_bulk(context: Context, side: Side, bulk: BulkWriter) -> int:
    """Return the calls of a side that takes many contacts at once: one look before each wave, and the writes (R34)."""
    creates: list[Fields] = []
    updates: list[tuple[Raw, Fields]] = []
    calls = context.staging.count_steps(DELETE, context.connection.other(side).name)
    for one in preview_side(context, side):
        if one.operation == "create":
            calls += 0 if creates or context.findings.first.get(side.account) else 1
            creates.append(one.changes)
        elif one.operation == "update":
            updates.append((one.raw or bulk.record_of("", one.shown, {}), one.changes))
        else:
            calls += CALLS_OF_DELETE
    return calls + -(-len(updates) // bulk.size) + bulk.count_calls(creates, updates)


def _calls_of_create(context: Context, side: Side, one: PreviewedContact, *, asked: bool) -> int:
    looked_up = (
        0 if context.findings.first.get(side.account) else side.connector.count_lookups(one.changes, asked=asked)
    )
    return looked_up + side.connector.count_write_calls(None, one.changes)
