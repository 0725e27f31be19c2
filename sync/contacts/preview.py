"""What the plan in staging would write, contact by contact, and what that costs in calls.

It merges nothing: a step of the plan holds what it writes. Calls that read its records are counted too,
because the run after it makes them again.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.bulk import BulkWriter
from connectors.contact import Fields
from connectors.records import Raw
from state.staging import PAGE, Step
from sync.contacts.context import Context
from sync.contacts.enrichment import count_unknown
from sync.contacts.forecast import SideSummary
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


def summary(context: Context, side: Side) -> SideSummary:
    """Return what the plan writes to a side. The plan is gone through once."""
    found, calls = SideSummary(), write_calls(context, side)
    for one in preview_side(context, side):
        found.written.update(name for name in one.changes if name != WHOLE)
        found.owed.update(one.owed)
        calls.add(one)
    found.calls = calls.total()
    return found


def count_calls(context: Context, summaries: Mapping[str, SideSummary]) -> dict[str, int]:
    """Return how many calls the plan would make, by account, with those that made it and the company look-ups.

    `summaries` are those of both sides, by name.
    """
    charged = count_charged_calls(context)
    return {
        side.account: _calls(context, side, summaries[side.name]) + charged.get(side.account, 0)
        for side in context.connection.sides
    }


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


def _calls(context: Context, side: Side, found: SideSummary) -> int:
    traffic, missing = side.connector.call_counts, side.connector.missing_places
    # For each deletion on the other side, the record that is gone from this side is asked for once more.
    deletions = context.staging.count_steps(DELETE, context.connection.other(side).name)
    places = len(missing(frozenset(found.written))) if found.written else 0
    return traffic.reads + traffic.writes + found.calls + deletions + places


def write_calls(context: Context, side: Side) -> "SingleCalls | BulkCalls":
    """Return what counts the calls of the writes to a side."""
    is_first = bool(context.findings.first.get(side.account))
    bulk = side.connector.bulk
    return SingleCalls(side, is_first) if bulk is None else BulkCalls(bulk, is_first)


@dataclass(slots=True)
class SingleCalls:
    """The calls of a side that takes one contact at a time; a first reading makes look-ups needless."""

    side: Side
    is_first: bool
    calls: int = 0
    has_asked: bool = False

    def add(self, one: PreviewedContact) -> None:
        """Add the calls of a contact."""
        connector = self.side.connector
        if one.operation == "delete":
            self.calls += CALLS_OF_DELETE
        elif one.operation == "create":
            self.calls += 0 if self.is_first else connector.count_lookups(one.changes, asked=self.has_asked)
            self.calls += connector.count_write_calls(None, one.changes)
            self.has_asked = True
        else:
            raw = one.raw or {"tags": one.shown.get("tags") or ()}
            self.calls += 1 + connector.count_write_calls(raw, one.changes)

    def total(self) -> int:
        """Return how many calls there are."""
        return self.calls


@dataclass(slots=True)
class BulkCalls:
    """The calls of a side that takes many contacts at once: one look before each wave, and the writes (R34)."""

    bulk: BulkWriter
    is_first: bool
    calls: int = 0
    creates: list[Fields] = field(default_factory=list)
    updates: list[tuple[Raw, Fields]] = field(default_factory=list)

    def add(self, one: PreviewedContact) -> None:
        """Add a contact."""
        if one.operation == "create":
            self.calls += 0 if self.creates or self.is_first else 1
            self.creates.append(one.changes)
        elif one.operation == "update":
            self.updates.append((one.raw or self.bulk.record_of("", one.shown, {}), one.changes))
        else:
            self.calls += CALLS_OF_DELETE

    def total(self) -> int:
        """Return how many calls there are."""
        looks = -(-len(self.updates) // self.bulk.size)
        return self.calls + looks + self.bulk.count_calls(self.creates, self.updates)
