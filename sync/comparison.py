"""Whether both sides agree, told from a dry run over everything: what it would write is where they do not.

What is unmapped, refused or left out counts as agreeing, as in a run; what waits for a person does not.
"""

import json
from typing import Any

from state.stage import PAGE
from sync import people
from sync.context import Context, Side
from sync.forecast import foresee
from sync.merging import LEFT, RIGHT
from sync.planning import PAIR, merged
from sync.report import Comparison
from sync.vanishing import WHOLE

Entry = dict[str, Any]

DOUBLE = "double"


def compare(context: Context) -> Comparison:
    """Return what the plan on the stage, and what is open, say of both sides."""
    found = Comparison(context.links.count() - context.links.count_gone())
    found.only = {side.account: _only(context, side) for side in context.sides}
    found.differ = [*_to_write(context), *_in_conflict(context)]
    found.doubles = _doubles(context)
    return found


def _only(context: Context, side: Side) -> list[Entry]:
    """Return who is on a side and not on the other: who would be made there, and who lost the other record."""
    other = context.other(side)
    made = [{"who": one.who} for one in foresee(context, other) if one.operation == "create"]
    survivors = [
        {"who": people.who(side.account, link.side(side.name).id, context.base(link, side.name))}
        for link in context.links.gone()
        if link.gone == other.name
    ]
    return [*made, *survivors, *_failed(context, side)]


def _failed(context: Context, side: Side) -> list[Entry]:
    """Return who could not be carried and has no link."""
    return [
        {"who": failure.who, "reason": failure.reason}
        for failure in context.failures.waiting()
        if failure.side == side.name
        and failure.operation != DOUBLE
        and not context.links.by_record(side.name, [failure.record_id])
    ]


def _to_write(context: Context) -> list[Entry]:
    found: list[Entry] = []
    for writes in (LEFT, RIGHT, "both"):
        for page in context.stage.steps(PAIR, (writes,), PAGE):
            for step in page:
                left = context.stage.get(LEFT, [step.left_id or ""]).get(step.left_id or "")
                right = context.stage.get(RIGHT, [step.right_id or ""]).get(step.right_id or "")
                link = context.links.by_id(step.link) if step.link else None
                views = context.view(link, context.left, left), context.view(link, context.right, right)
                result = merged(context, link, left, right)
                shown = {**views[1].base, **views[1].now, **views[0].base, **views[0].now}
                who = people.who(context.left.account, step.left_id or "", shown)
                found += [
                    {"who": who, "field": name, "left": views[0].value(name)[1], "right": views[1].value(name)[1]}
                    for name in sorted({*result.to_left, *result.to_right})
                ]
    return found


def _in_conflict(context: Context) -> list[Entry]:
    return [
        {"who": one.who, "field": one.field, "left": _value(one.left_value), "right": _value(one.right_value)}
        for one in context.conflicts.all()
        if one.field != WHOLE
    ]


def _doubles(context: Context) -> list[Entry]:
    """Return people who share an e-mail with somebody of the same side who stands for them (R8)."""
    return [
        {
            "account": context.side(failure.side).account,
            "who": failure.who,
            "ids": [failure.record_id, *(blocker.partition(":")[2] for blocker in failure.blockers)],
        }
        for failure in context.failures.waiting()
        if failure.operation == DOUBLE
    ]


def _value(text: str) -> Any:
    return json.loads(text)
