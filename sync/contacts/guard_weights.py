"""Weigh how much of each side a plan would change, for the guard (R25)."""

from connectors.contact import Value
from state.links import Link
from state.staging import Staged
from sync.contacts.context import Context
from sync.rules.merge import Merge


def weigh(context: Context, result: Merge, link: Link | None = None) -> None:
    """Weigh what is planned for a pair; without a link it is a first merge.

    Blank fields that are filled from the company, or with an owed value, weigh nothing.
    """
    owed = context.tables.owed_values.of_link(link.id) if link is not None and context.findings.has_owed_values else {}
    for side in context.connection.sides:
        weight = context.findings.weights[side.account]
        if link is None:
            weight.meetings += 1
            weight.replaced += any(one.side == side.name for one in result.overwritten)
        else:
            paid = {name for name in owed if name not in context.mapping.shadow(link, side.name)}
            weight.changed += bool(result.to(side.name).keys() - result.enriched - paid)


def weigh_rest(context: Context, result: Merge, link: Link, left: Staged | None, right: Staged | None) -> None:
    """Weigh a pair as a first merge, because a run that was stopped may have written only a part of it (P6, R25)."""
    for side, staged in zip(context.connection.sides, (left, right), strict=True):
        weight, had = context.findings.weights[side.account], context.view(link, side, staged).now
        weight.linked -= 1
        weight.meetings += 1
        weight.replaced += any(_is_lost(had.get(name), value) for name, value in result.to(side.name).items())


def _is_lost(had: Value, wanted: Value) -> bool:
    kept = isinstance(had, tuple) and isinstance(wanted, tuple) and set(had) <= set(wanted)
    return had is not None and not kept
