"""What a plan would cost: calls per account, their share of the day, and the time they take at the allowed pace.

The reads that made the plan are counted too, because the run after it makes them again.
"""

import json
from collections.abc import Iterator

from connectors.connector import Raw
from connectors.contact import Value
from connectors.pace import RateLimit
from state.links import Link
from state.stage import PAGE, Step
from sync import people
from sync.context import Context, Side
from sync.creating import sendable
from sync.merging import LEFT, RIGHT, View
from sync.planning import CREATE, PAIR, merged
from sync.report import Cost, PlannedChange

DAY_SECONDS = 86_400.0


def price(context: Context, limits: dict[str, RateLimit | None]) -> dict[str, Cost]:
    """Return the cost of the plan on the stage, by account."""
    return {side.account: _cost(_calls(context, side), limits[side.account]) for side in context.sides}


def changes(context: Context) -> Iterator[PlannedChange]:
    """Yield the plan field by field: who would be written where, old and new value."""
    for side in context.sides:
        for step, link in _pairs(context, side):
            yield from _updated(context, side, step, link)
        for page in context.stage.steps(CREATE, (side.name,), PAGE):
            for step in page:
                yield from _created(context, side, step)


def _calls(context: Context, side: Side) -> int:
    traffic, connector = side.connector.traffic, side.connector
    calls = traffic.reads + traffic.writes
    names: set[str] = set()
    for step, link in _pairs(context, side):
        written, raw, view = _planned(context, side, step, link)
        names |= written.keys()
        calls += 1 + connector.calls_for(raw or {"tags": view.value("tags")[1] or ()}, written)
    asked = False
    for page in context.stage.steps(CREATE, (side.name,), PAGE):
        for step in page:
            sent = sendable(context, side, people.decode(_source(context, side, step)).fields)
            names |= sent.keys()
            calls += connector.calls_for(None, sent)
            if not context.first.get(side.account):
                calls += connector.look_ups(sent, asked=asked)
            asked = True
    return calls + (len(connector.missing_places(frozenset(names))) if names else 0)


def _cost(calls: int, limit: RateLimit | None) -> Cost:
    """An account without a known limit has no share of a day, and takes the time that its answers take."""
    if limit is None:
        return Cost(calls, 0.0, 0.0)
    seconds = calls * limit.interval / limit.calls
    daily = limit.daily or DAY_SECONDS * limit.calls / limit.interval
    return Cost(calls, round(calls / daily, 4), round(seconds, 1))


def _pairs(context: Context, side: Side) -> Iterator[tuple[Step, Link | None]]:
    for page in context.stage.steps(PAIR, (side.name, "both"), PAGE):
        for step in page:
            yield step, context.links.by_id(step.link) if step.link else None


def _planned(context: Context, side: Side, step: Step, link: Link | None) -> tuple[dict[str, Value], Raw | None, View]:
    """Return what a pair's step writes on a side, and what that side shows, as raw where it was read."""
    ids = {LEFT: step.left_id or "", RIGHT: step.right_id or ""}
    staged = {name: context.stage.get(name, [record_id]).get(record_id) for name, record_id in ids.items()}
    result = merged(context, link, staged[LEFT], staged[RIGHT])
    own = staged[side.name]
    raw = json.loads(own.raw) if own and own.raw else None
    return result.to(side.name), raw, context.view(link, side, own)


def _updated(context: Context, side: Side, step: Step, link: Link | None) -> Iterator[PlannedChange]:
    written, _, view = _planned(context, side, step, link)
    record_id = (step.left_id if side.name == LEFT else step.right_id) or ""
    who = people.who(side.account, record_id, view.now)
    for name, value in written.items():
        yield PlannedChange(side.account, "update", who, name, view.value(name)[1], value)


def _created(context: Context, side: Side, step: Step) -> Iterator[PlannedChange]:
    contact = people.decode(_source(context, side, step))
    who = people.who(context.other(side).account, contact.id, contact.fields)
    for name, value in sendable(context, side, contact.fields).items():
        yield PlannedChange(side.account, "create", who, name, None, value)


def _source(context: Context, side: Side, step: Step) -> str:
    source = context.other(side)
    record_id = (step.left_id if source.name == LEFT else step.right_id) or ""
    return context.stage.get(source.name, [record_id])[record_id].contact or ""
