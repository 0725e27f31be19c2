"""Deletions: found by a scan of everything, confirmed by id, carried only when the config says so (R24).

Rules kept here:
- only a scan that was proven complete shows that a record is missing, and each missing record is read by id as well;
- under `ignore` the deletion is remembered: the survivor is neither deleted nor created again;
- under `propagate` the survivor is deleted too, if the stream goes that way; if it was edited since, a conflict of the
  field `*` is opened for a user;
- a user may decide that conflict for the side that deleted, or for the one that edited: then the other record is
  created again, if contacts may be created there; else the deletion is remembered.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from connectors.contact import Fields
from state.conflicts import Conflict
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.plan_steps import DELETE
from sync.contacts.plan_unlinked import may_create, plan_create
from sync.contacts.read_by_id import stage_by_id
from sync.output.formats import WHOLE
from sync.rules import contact_codec, shadow_codec
from sync.rules.deletion import SurvivorAction, is_edited, survivor_action
from sync.rules.guard import is_unusual
from sync.streams.connection import Side
from sync.streams.record_boundary import UNREAD

DAY_MS: Final = 86_400_000


def find_vanished(context: Context, *, unguarded: bool = False) -> set[int]:
    """Read by id every linked or listed record that the scan of everything did not show, and stage it.

    Return the links of the records that are gone. Where a list shows unusually few contacts, no record of it is taken
    for gone, unless `unguarded` (R32).
    """
    found: set[int] = set()
    for side in context.connection.sides:
        context.run.progress.begin_step(f"finding deleted contacts at {side.account}")
        if not unguarded and _is_shaky(context, side):
            continue
        for page in _pages_of_missing(context, side):
            for link, record_id in page:
                with context.boundary.around(side, record_id):
                    if stage_by_id(context, side, record_id) is None:
                        found.add(link)
    for failure in context.tables.failures.waiting_failures():
        side, record_id = context.connection.side(failure.side), failure.record_id
        if failure.operation not in {DELETE, UNREAD} and not context.staging.has_record(side.name, record_id):
            with context.boundary.around(side, record_id, failure.operation, who=failure.who):
                stage_by_id(context, side, record_id)
    return found


def plan_delete(context: Context, link: Link) -> None:
    """Plan the deletion of a survivor by the config and the decisions of users; never after an undo (R26)."""
    if WHOLE in context.tables.holds.of_link(link.id):
        return
    survivor = context.connection.other(context.connection.side(link.gone or ""))
    decided, settings = _decided(context, link), context.settings
    what = survivor_action(link.gone or "", decided, settings.deletes, settings.direction)
    if what is SurvivorAction.RECREATED:
        _recreate(context, link, survivor)
    elif what is SurvivorAction.DELETED and decided is not None:
        _plan_step(context, link, survivor)
    elif what is SurvivorAction.DELETED:
        _plan(context, link, survivor)


def weigh_with_the_last_day(context: Context) -> None:
    """Add the deletions of the last day to the weight of those that this run plans (R25).

    Webhooks come one by one: if a user deletes all contacts, each run alone would delete a harmless number.
    """
    since_ms = context.run.now_ms() - DAY_MS
    for side in context.connection.sides:
        if context.staging.count_steps(DELETE, side.name):
            before, weight = (
                context.tables.history.count_deleted(side.account, since_ms),
                context.findings.weights[side.account],
            )
            weight.changed += before
            weight.linked += before


def was_edited(context: Context, link: Link, survivor: Side, staged: Staged) -> bool:
    """Say whether a survivor shows an edit, unless a user has decided that it is to be deleted all the same."""
    return is_edited(context.view(link, survivor, staged), link.gone or "", _decided(context, link))


def list_edited(context: Context, link: Link, survivor: Side, staged: Staged) -> None:
    """Open the conflict of a contact that was deleted on one side and edited on the other."""
    fields = context.view(link, survivor, staged).now
    with context.state.atomic() as transaction:
        context.tables.conflicts.put_conflict(transaction, _conflict(context, link, survivor, staged, fields))
        for side in context.connection.sides:
            context.tables.failures.close_failures(transaction, side.name, link.side(side.name).id)


def _is_shaky(context: Context, side: Side) -> bool:
    """Say whether a system that can only list leaves out more linked contacts than the guard lets pass (R32)."""
    if not side.connector.lists_only:
        return False
    missing, linked = (
        context.staging.count_missing(side.name, context.connection.number),
        context.tables.links.count_links(),
    )
    if not is_unusual(missing, linked, context.settings.max_changed):
        return False
    context.run.progress.note(
        f"{side.account}: its list shows {missing} of {linked} linked contacts no more, which is more than "
        f"max_changed = {context.settings.max_changed}: none of them is taken for deleted. If they were deleted, run: "
        f"sync reconcile --connection {context.connection.name} --unguarded"
    )
    return True


def _pages_of_missing(context: Context, side: Side) -> Iterator[Sequence[tuple[int, str]]]:
    after = 0
    while page := context.staging.missing_links(side.name, context.connection.number, after):
        yield page
        after = page[-1][0]


def _plan(context: Context, link: Link, survivor: Side) -> None:
    record_id = link.side(survivor.name).id
    staged = context.staging.changed_records(survivor.name, [record_id]).get(record_id) or stage_by_id(
        context, survivor, record_id
    )
    if staged is None:
        return
    if was_edited(context, link, survivor, staged):
        list_edited(context, link, survivor, staged)
        return
    with context.state.atomic() as transaction:
        context.tables.conflicts.close_conflicts(transaction, link.id, {WHOLE})
    _plan_step(context, link, survivor)


def _plan_step(context: Context, link: Link, survivor: Side) -> None:
    context.staging.plan_step(Step(DELETE, survivor.name, link.left.id, link.right.id, link.id, survivor.name))
    context.findings.weights[survivor.account].changed += 1


def _recreate(context: Context, link: Link, survivor: Side) -> None:
    target = context.connection.other(survivor)
    staged = stage_by_id(context, survivor, link.side(survivor.name).id) if may_create(context, target) else None
    if staged is not None:
        plan_create(context, target, staged, contact_codec.decode(staged.contact or ""))


def _decided(context: Context, link: Link) -> str | None:
    """Return the side that a user chose, None if there is no decision."""
    decision = context.tables.conflicts.of_link(link.id).get(WHOLE)
    return decision.resolution if decision is not None else None


def _conflict(context: Context, link: Link, survivor: Side, staged: Staged, fields: Fields) -> Conflict:
    who = contact_codec.display_name(survivor.account, staged.id, fields)
    shown = {survivor.name: shadow_codec.render("edited"), link.gone or "": shadow_codec.render(None)}
    times = {survivor.name: staged.changed_ms, link.gone or "": None}
    return Conflict(
        link.id,
        WHOLE,
        who,
        shown["left"],
        shown["right"],
        times["left"],
        times["right"],
        context.run.now_ms(),
        context.run.id,
    )
