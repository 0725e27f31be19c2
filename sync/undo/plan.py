"""Plan what an undo puts back, from the history and from what both sides show now, and carry it out (R26).

Rules kept here:
- every record with a field that the run wrote is read by id, and no other record is;
- the plan is weighed for the guard and written like any other: updates first, then creates, then deletions;
- contacts that the run created stay, unless their deletion was asked for. Contacts that it deleted cannot come back
  under their old id, and are listed. A contact that an undo deleted is created again from its counterpart.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from connectors.errors import ConnectorError
from connectors.http.concurrency import WIDTH
from state.database import Transaction
from state.history import CREATED, DELETED, REFUSED, HistoryLine
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.execute import write_creates, write_updates
from sync.contacts.merge import merge_pair
from sync.contacts.plan import may_create, plan_create
from sync.contacts.plan_steps import CREATE, DELETE, PAIR, pair_step, weigh
from sync.contacts.staged_records import name_of, stage_by_id, stage_by_ids
from sync.contacts.sync_policy import SyncPolicy
from sync.output.formats import WHOLE
from sync.rules import contact_codec
from sync.rules.deletion import goes_towards
from sync.rules.merge_result import LEFT, RIGHT
from sync.rules.undo import BARRED, CHANGED, GONE, UNDO, UNLINKED
from sync.rules.undo import DELETED as CANNOT_COME_BACK
from sync.streams.connection import Side
from sync.streams.write_errors import WriteErrors
from sync.undo.remove_created import is_changed, remove
from sync.undo.run_history import UndoneRun

Ends = Mapping[str, Staged]
"""Both records of a pair as they were just read, by side."""


def plan_undo(context: Context, undone: UndoneRun) -> None:
    """Plan everything that the run wrote. Raises AuthError, TransientError."""
    context.run.progress.begin_step(f"reading what run {undone.run} wrote")
    context.findings.unknown = {(intent.side, intent.source_id) for intent in context.tables.intents.open_creates()}
    for side in context.connection.sides:
        context.findings.weights[side.account].linked = context.tables.links.count_links()
    for page in undone.pages():
        _plan_page(context, undone, page)
        context.run.progress.advance(len(page))
    for side in context.connection.sides:
        context.report.accounts[side.account].read = context.staging.count_records(side.name)


def carry_out(context: Context, undone: UndoneRun) -> None:
    """Write the plan. Raises AuthError and TransientError when an account can't be worked with any further."""
    operations = (PAIR, CREATE, DELETE)
    total = sum(
        context.staging.count_steps(operation, side.name)
        for operation in operations
        for side in context.connection.sides
    )
    context.run.progress.begin_step("writing", total)
    troubles = _UndoErrors(context, undone)
    write_updates(context, troubles)
    context.policy = SyncPolicy()  # a contact that is created again is merged like any other
    write_creates(context, troubles)
    for side in context.connection.sides:
        for wave in context.staging.steps(DELETE, (side.name,), WIDTH):
            for step in wave:
                remove(context, undone, side, step, troubles)


class _UndoErrors(WriteErrors[Staged]):
    """Lists a refused record as left alone, because only another undo could try it again."""

    def __init__(self, context: Context, undone: UndoneRun) -> None:
        super().__init__(context.connection, context.tables.failures, context.errors, self._leave)
        self._context = context
        self._undone = undone

    def _leave(
        self, transaction: Transaction, side: Side, staged: Staged, operation: str, reason: str,  # noqa: ARG002
    ) -> None:  # fmt: skip
        context, target = self._context, self._context.connection.other(side)
        link = context.tables.links.of_record(side.name, staged.id)
        record_id = link.side(target.name).id if link else ""
        who = context.agreed_name(link, side) if link else name_of(side, staged)
        self._undone.leave(target.name, record_id, who, WHOLE, f"is as it was: {reason}")

    def _put_off(
        self, transaction: Transaction, side: Side, staged: Staged, operation: str, error: ConnectorError,  # noqa: ARG002
    ) -> None:  # fmt: skip
        self._errors.append(str(error))


def _plan_page(context: Context, undone: UndoneRun, page: Sequence[HistoryLine]) -> None:
    new = [link for link in _pairs(context, undone, page) if not context.staging.has_record(LEFT, link.left.id)]
    ends = {
        side.name: stage_by_ids(context, side, [link.side(side.name).id for link in new])
        for side in context.connection.sides
    }
    for link in new:
        found = {name: staged[link.side(name).id] for name, staged in ends.items() if link.side(name).id in staged}
        _plan_pair(context, undone, link, found)


def _pairs(context: Context, undone: UndoneRun, page: Sequence[HistoryLine]) -> Iterable[Link]:
    """Return the pairs that have to be read, and handle the lines that need no reading."""
    links = _links(context, undone, page)
    pairs: dict[int, Link] = {}
    for line in page:
        link = links.get((line.entry.account, line.entry.record_id))
        if line.entry.field == WHOLE and line.entry.rule != CREATED:
            _plan_return(context, undone, line, link)
        elif line.entry.rule == REFUSED:
            continue
        elif link is None or link.gone is not None:
            _list_lost(context, undone, line, link)
        elif line.entry.field != WHOLE or undone.created:
            pairs[link.id] = link
        else:
            context.report.kept[line.entry.account] = context.report.kept.get(line.entry.account, 0) + 1
    return pairs.values()


def _links(context: Context, undone: UndoneRun, page: Iterable[HistoryLine]) -> dict[tuple[str, str], Link]:
    """Return the present links of the records that the lines are about, by account and record."""
    ids: dict[str, set[str]] = {LEFT: set(), RIGHT: set()}
    for line in page:
        ids[undone.side(line.entry.account)].add(line.entry.record_id)
    return {
        (undone.accounts[side], record_id): link
        for side, wanted in ids.items()
        for record_id, link in context.tables.links.by_record(side, sorted(wanted)).items()
    }


def _plan_pair(context: Context, undone: UndoneRun, link: Link, ends: Ends) -> None:
    for side in context.connection.sides:
        if side.name not in ends:
            undone.leave(side.name, link.side(side.name).id, context.agreed_name(link, side), WHOLE, GONE)
    if len(ends) < len(context.connection.sides):
        return
    removed = _plan_removal(context, undone, link, ends)
    left, right = ends[LEFT], ends[RIGHT]
    result = merge_pair(context, link, left, right)
    views = context.view(link, context.connection.left, left), context.view(link, context.connection.right, right)
    undone.review(context.present_rules(), link, views, result.refused, {LEFT, RIGHT} - {removed})
    if removed:
        result.to(removed).clear()
    weigh(context, result)
    if result.writes:
        with context.state.atomic():
            context.staging.plan_step(pair_step(link, link.ids, result))


def _plan_removal(context: Context, undone: UndoneRun, link: Link, ends: Ends) -> str:
    """Plan the deletion of a record that the run created, where that was asked for; return its side, '' for none."""
    created = undone.created_side(link) if undone.created else None
    if created is None:
        return ""
    side, staged = context.connection.side(created), ends[created]
    barred = not goes_towards(context.settings.direction, created)
    if barred or is_changed(context, undone, link, side, staged):
        undone.leave(created, staged.id, name_of(side, staged), WHOLE, BARRED if barred else CHANGED)
        return ""
    with context.state.atomic():
        context.staging.plan_step(Step(DELETE, created, *link.ids, link.id, created))
    context.findings.weights[side.account].changed += 1
    return created


def _plan_return(context: Context, undone: UndoneRun, line: HistoryLine, link: Link | None) -> None:
    """Plan to create a contact again that an undo deleted; a contact that a run deleted can only be listed."""
    entry = line.entry
    if entry.rule not in (DELETED, UNDO):
        return
    side = undone.side(entry.account)
    if entry.rule == UNDO and link is None and _is_back(context, side, entry.source or ""):
        return
    if entry.rule == DELETED or link is None:
        who = contact_codec.display_name(entry.account, entry.record_id, json.loads(entry.old or "{}"))
        undone.leave(side, entry.record_id, who, WHOLE, CANNOT_COME_BACK)
        return
    if link.gone != side or WHOLE not in context.tables.holds.of_link(link.id):
        return
    target = context.connection.side(side)
    survivor = context.connection.other(target)
    staged = stage_by_id(context, survivor, link.side(survivor.name).id)
    if staged is None:
        return
    if may_create(context, target):
        plan_create(context, target, staged)
    else:
        undone.leave(side, entry.record_id, name_of(survivor, staged), WHOLE, BARRED)


def _is_back(context: Context, side: str, counterpart: str) -> bool:
    """Say whether the counterpart that stayed has a record on the other side again, under another id."""
    survivor = context.connection.other(context.connection.side(side))
    record_id = counterpart.partition(":")[2]
    link = context.tables.links.of_record(survivor.name, record_id)
    return link is not None and link.gone is None


def _list_lost(context: Context, undone: UndoneRun, line: HistoryLine, link: Link | None) -> None:
    """List a field of a record that is gone or not linked any more; a created record that is gone needs no undo."""
    entry = line.entry
    if entry.field == WHOLE:
        return
    side = undone.side(entry.account)
    known = context.mapping.shadow(link, side) if link else {}
    reason = GONE if link is not None and link.gone == side else UNLINKED
    undone.leave(
        side, entry.record_id, contact_codec.display_name(entry.account, entry.record_id, known), entry.field, reason
    )
