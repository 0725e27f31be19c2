"""Plan what is to be written where: every staged record, and what else is due.

Rules kept here:
- nothing is written here, to no system and to no link: the plan is a list of steps in staging, and how much it changes
  on each side is weighed for the guard (R25);
- a failure is tried again when its cause may be gone, and once a day (R22).
"""

from collections.abc import Sequence

from state.links import Link
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.guard_weights import weigh, weigh_rest
from sync.contacts.owed_values import steps_of_owed
from sync.contacts.pair_merge import merge_pair
from sync.contacts.plan_steps import DELETE, around, is_listed, is_unblocked, plan_pair
from sync.contacts.plan_unlinked import plan_unlinked
from sync.contacts.read_by_id import stage_by_id
from sync.contacts.untranslatable import is_untranslatable
from sync.rules import contact_codec
from sync.rules.merge import LEFT
from sync.streams.connection import SIDE_NAMES, Side
from sync.streams.record_boundary import UNREAD


def plan(context: Context) -> None:
    """Plan everything that was staged, and what else is due. Raises AuthError, TransientError."""
    context.run.progress.begin_step("planning")
    for side in context.connection.sides:
        context.findings.weights[side.account].linked = context.tables.links.count_links()
    context.findings.unfinished = context.tables.links.first_unfinished()
    _stage_due_failures(context)
    for side in context.connection.sides:
        for page in context.staging.record_pages(side.name, linked=True):
            _plan_linked(context, side, page)
    _plan_resolved(context)
    _plan_owed(context)
    plan_unlinked(context)
    context.report.unchanged += context.staging.count_unchanged()


def _stage_due_failures(context: Context) -> None:
    """Read by id the records of failures whose cause may be gone, or that were not tried for a day (R22)."""
    now = context.run.now_ms()
    for failure in context.tables.failures.waiting_failures():
        side = context.connection.side(failure.side)
        if failure.operation in {DELETE, UNREAD} or context.staging.changed_records(side.name, [failure.record_id]):
            continue
        if failure.is_due(now) or is_unblocked(context, failure):
            with context.boundary.around(side, failure.record_id, failure.operation, who=failure.who):
                stage_by_id(context, side, failure.record_id)


def _plan_linked(context: Context, side: Side, page: Sequence[Staged]) -> None:
    listed = context.tables.failures.of_records(side.name, [staged.id for staged in page])
    for staged in page:
        with around(context, staged):
            link = context.tables.links.by_id(staged.link or 0)
            if link is not None and not is_listed(context, staged, listed.get(staged.id)):
                _plan_with_counterpart(context, side, staged, link)


def _plan_with_counterpart(context: Context, side: Side, staged: Staged, link: Link) -> None:
    other = context.connection.other(side)
    other_id = link.side(other.name).id
    counterpart = context.staging.changed_records(other.name, [other_id]).get(other_id)
    if side.name != LEFT and counterpart is not None:
        return  # the pair was planned with the page of its left record
    if link.gone == other.name:
        # The answer that the record is gone may have been wrong, so it is asked for again when its survivor changes.
        counterpart = stage_by_id(context, other, other_id)
        if counterpart is None:
            return
    if counterpart is None and _needs_counterpart(context, link, staged, other):
        counterpart = stage_by_id(context, other, other_id)
        if counterpart is None:  # it is gone: the survivor may be linked to another record
            return
    left, right = (staged, counterpart) if side.name == LEFT else (counterpart, staged)
    _plan_pair(context, link, left, right)


def _needs_counterpart(context: Context, link: Link, staged: Staged, other: Side) -> bool:
    """Say whether a record shows a field that was never agreed on with the other side, which has to be read then."""
    shadow, disputed = context.mapping.shadow(link, other.name), context.tables.conflicts.of_link(link.id)
    shown = context.mapping.travelling(contact_codec.decode(staged.contact or "").fields)
    known = {
        *shadow,
        *disputed,
        *other.connector.fields_without_place,
    }  # no record of the other side shows a field without a place
    return any(not is_untranslatable(context, name, shown[name], other) for name in shown if name not in known)


def _plan_resolved(context: Context) -> None:
    """Plan the pairs with a conflict that a user has resolved, unless one of their records was staged anyway."""
    for link_id in context.tables.conflicts.resolved_links():
        link = context.tables.links.by_id(link_id)
        if link is None or link.gone:
            continue
        if not any(_staged_records(context, link)):
            with around(context, Staged(LEFT, link.left.id)):
                _plan_pair(context, link, None, None)


def _plan_owed(context: Context) -> None:
    """Plan the pairs that wait for a value that has a place now (R41)."""
    if not context.findings.has_owed_values:
        return
    for side in context.connection.sides:
        for step in (step for page in steps_of_owed(context, side) for step in page):
            link = context.tables.links.by_id(step.link or 0)
            if link is not None:
                _plan_pair(context, link, *_staged_records(context, link))


def _staged_records(context: Context, link: Link) -> tuple[Staged | None, Staged | None]:
    """Return the records of a link that are staged with something new, left first."""
    left, right = (
        context.staging.changed_records(name, [link.side(name).id]).get(link.side(name).id) for name in SIDE_NAMES
    )
    return left, right


def _plan_pair(context: Context, link: Link, left: Staged | None, right: Staged | None) -> None:
    result = merge_pair(context, link, left, right)
    if context.findings.unfinished is not None and link.id >= context.findings.unfinished:
        weigh_rest(context, result, link, left, right)
    else:
        weigh(context, result, link)
    plan_pair(context, link, (link.left.id, link.right.id), result, left, right)
