"""Park linked contacts that left the scope of the connection, and carry them again when they are back (R49).

Rules kept here:
- a contact is parked from the run that reads it outside of a scope with `bind`. Its shadows stay as they are, so that
  what changed meanwhile on either side is merged against what both sides agreed on last (P1, P3);
- both digests of a parked link are empty, so that each later reading is looked at, even one that shows the old values;
- a contact that is back is merged with both records read, since the windows of its changes were covered long ago.
"""

from collections.abc import Mapping

from state.links import Link
from state.parked import Parking
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.unlisted import learn_verdicts, scope_verdict
from sync.rules.scope import UNKNOWN, Verdict
from sync.streams.connection import Side


def note_scopes(context: Context) -> None:
    """Find out whether this run has to think of parked contacts at all."""
    is_bound = any(context.scopes[side.name].bind for side in context.connection.sides)
    context.findings.may_park = is_bound or context.tables.parked.has_any()


def judge(context: Context, link: Link, records: Mapping[str, Staged | None]) -> Parking:
    """Store and return whether a link is parked. `records` are those that were read, by side."""
    if not context.findings.may_park:
        return Parking()
    known = context.tables.parked.of_link(link.id)
    verdicts = _verdicts(context, records)
    if False not in verdicts.values() and known == Parking():
        return known
    with context.state.atomic() as transaction:
        parking = context.tables.parked.note_verdicts(transaction, link.id, verdicts, context.run.now_ms())
        if parking.is_parked and (link.left.digest is not None or link.right.digest is not None):
            link.left.digest = link.right.digest = None
            context.tables.links.save_link(transaction, link, context.run.id)
        for side in context.connection.sides if parking.is_parked else ():
            context.tables.failures.close_failures(transaction, side.name, link.side(side.name).id)
    return parking


def is_parked(context: Context, link: Link | None) -> bool:
    """Say whether nothing of a link is carried now."""
    return link is not None and context.findings.may_park and context.tables.parked.of_link(link.id).is_parked


def is_bound_out(context: Context, records: Mapping[str, Staged | None]) -> bool:
    """Say whether two records may not be linked, because one of them is outside of a scope with `bind`."""
    return context.findings.may_park and False in _verdicts(context, records).values()


def settle_returned(context: Context) -> None:
    """Forget that contacts were parked that this run has carried again."""
    if context.findings.returned:
        with context.state.atomic() as transaction:
            context.tables.parked.settle_returned(transaction, context.findings.returned)


def _verdicts(context: Context, records: Mapping[str, Staged | None]) -> dict[str, Verdict]:
    return {side.name: _stays_linked(context, side, records.get(side.name)) for side in context.connection.sides}


def _stays_linked(context: Context, side: Side, staged: Staged | None) -> Verdict:
    """Return whether a side lets a link be carried: None where that stays as it was, as for a record not read."""
    if not context.scopes[side.name].bind:
        return True
    if staged is None or staged.contact is None:
        return UNKNOWN
    learn_verdicts(context, side, [staged])
    return scope_verdict(context, side, staged)
