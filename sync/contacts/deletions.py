"""Deletions: found by a scan of everything, confirmed by id, carried only when the config says so (R19, R24).

Rules kept here:
- only a scan that was proven complete shows that a record is missing, and each missing record is read by id as well;
- under `ignore` the deletion is remembered: the survivor is neither deleted nor created again;
- under `propagate` the survivor is deleted too, if the stream goes that way; if it was edited since, a conflict of the
  field `*` is opened for a user;
- a user may decide that conflict for the side that deleted, or for the one that edited: then the other record is
  created again, if contacts may be created there; else the deletion is remembered;
- right before a deletion the server is asked once more for the record that is gone: if it is back, the pair is merged;
- the survivor is read by id as well, so that an edit behind the horizon is not lost with it;
- what the survivor showed goes into the history; the intent holds it before the call (R20).
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from connectors.contact import Contact
from connectors.errors import ConnectorError, RecordError
from state.database import Transaction
from state.history import DELETED, HistoryEntry
from state.intents import DeletionIntent
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.plan import may_create, plan_create
from sync.contacts.plan_steps import DELETE, PAIR
from sync.contacts.staged_records import contact_of, stage_by_id
from sync.contacts.update import update
from sync.output.formats import WHOLE
from sync.rules import contact_codec
from sync.rules.deletion import SurvivorAction, is_edited, survivor_action
from sync.rules.guard import is_unusual
from sync.streams.connection import Side
from sync.streams.deletions import decided_side, open_deletion_conflict
from sync.streams.record_boundary import UNREAD
from sync.streams.recovery import is_gone
from sync.streams.write_errors import WriteErrors

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
    _, survivor = context.connection.lost_and_survivor(link)
    decided, settings = decided_side(context.tables, link), context.settings
    what = survivor_action(link.gone or "", decided, settings.deletes, settings.direction)
    if what is SurvivorAction.DELETED and not survivor.connector.can_delete:
        return  # it stays linked to the record that is gone, and `check` and `plan` say so (R30)
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


def _was_edited(context: Context, link: Link, survivor: Side, staged: Staged) -> bool:
    """Say whether a survivor shows an edit, unless a user has decided that it is to be deleted all the same."""
    return is_edited(context.view(link, survivor, staged), link.gone or "", decided_side(context.tables, link))


def _list_edited(context: Context, link: Link, survivor: Side, staged: Staged) -> None:
    """Open the conflict of a contact that was deleted on one side and edited on the other."""
    who = contact_codec.display_name(survivor.account, staged.id, context.view(link, survivor, staged).now)
    with context.state.atomic() as transaction:
        open_deletion_conflict(
            transaction, context.tables, context.run, link, survivor.name, who, changed_ms=staged.changed_ms
        )  # fmt: skip
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
    staged = context.staging.changed_record(survivor.name, record_id) or stage_by_id(context, survivor, record_id)
    if staged is None:
        return
    if _was_edited(context, link, survivor, staged):
        _list_edited(context, link, survivor, staged)
        return
    with context.state.atomic() as transaction:
        context.tables.conflicts.close_conflicts(transaction, link.id, {WHOLE})
    _plan_step(context, link, survivor)


def _plan_step(context: Context, link: Link, survivor: Side) -> None:
    context.staging.plan_step(Step(DELETE, survivor.name, *link.ids, link.id, survivor.name))
    context.findings.weights[survivor.account].changed += 1


def _recreate(context: Context, link: Link, survivor: Side) -> None:
    target = context.connection.other(survivor)
    staged = stage_by_id(context, survivor, link.side(survivor.name).id) if may_create(context, target) else None
    if staged is not None:
        plan_create(context, target, staged)


def delete(context: Context, target: Side, step: Step, errors: WriteErrors[Staged]) -> None:
    """Delete one survivor. Raises what makes the account useless."""
    link = context.tables.links.by_id(step.link)
    if link is None or link.gone is None:
        return
    gone_side = context.connection.side(link.gone)
    # An earlier answer may have been wrong.
    if not is_gone(partial(gone_side.connector.read_record, link.side(link.gone).id)):
        _merge_returned(context, link, errors)
        return
    survivor = stage_by_id(context, target, link.side(target.name).id)
    if survivor is None:
        return
    if _was_edited(context, link, target, survivor):
        _list_edited(context, link, target, survivor)
        return
    _delete(context, target, link, survivor, errors)


def commit_deleted(
    transaction: Transaction, context: Context, target: Side, link: Link, intent: DeletionIntent
) -> None:
    """Store that we have deleted a survivor."""
    deletion = HistoryEntry(link.id, target.account, intent.record, WHOLE, intent.shown, None, DELETED)
    context.tables.history.add_entries(transaction, [deletion], intent.run, context.run.now_ms())
    target.identities.drop_contact(transaction, intent.record)
    for side in context.connection.sides:
        context.tables.failures.close_failures(transaction, side.name, link.side(side.name).id)
    context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
    context.tables.links.remove_link(transaction, link.id)
    context.report.accounts[target.account].deleted += 1


def shown_text(contact: Contact) -> str:
    """Return all that a record shows as JSON, as the history keeps it of a deleted record."""
    return json.dumps({name: value for name, value in contact.fields.items() if value is not None}, ensure_ascii=False)


def _delete(context: Context, target: Side, link: Link, survivor: Staged, errors: WriteErrors[Staged]) -> None:
    intent = _intent(context, target, link, survivor)
    with context.state.atomic() as transaction:
        context.tables.intents.add_intent(transaction, intent, context.run.id)
    outcome = target.dispatcher.gather([partial(target.connector.delete_contact, survivor.id)])[0]
    other = context.connection.other(target)
    with context.state.atomic() as transaction:
        if isinstance(outcome, RecordError):
            context.tables.intents.remove_intents(transaction, target.name, intent.source_id)
        if isinstance(outcome, ConnectorError):
            errors.note_error(transaction, other, _lost_record(context, other, link), DELETE, outcome)
        else:
            errors.note_success(target)
            commit_deleted(transaction, context, target, link, intent)
    errors.raise_fatal()


def _intent(context: Context, target: Side, link: Link, survivor: Staged) -> DeletionIntent:
    return DeletionIntent(
        side=target.name,
        source_id=link.side(link.gone or "").id,
        sent_ms=target.server_now_ms(context.run.clock),
        record=survivor.id,
        run=context.run.id,
        shown=shown_text(contact_of(survivor)),
    )


def _merge_returned(context: Context, link: Link, errors: WriteErrors[Staged]) -> None:
    """Merge a pair after its lost record is back: no later window shows what changed in the survivor meanwhile."""
    with context.state.atomic() as transaction:
        link.gone = None
        context.tables.links.save_link(transaction, link, context.run.id)
    for side in context.connection.sides:
        stage_by_id(context, side, link.side(side.name).id)
    for side in context.connection.sides:
        update(context, side, [Step(PAIR, "", *link.ids, link.id, "both")], errors)


def _lost_record(context: Context, side: Side, link: Link) -> Staged:
    """Return the record that is gone as it was agreed on last, so that a failure can name it."""
    record_id = link.side(side.name).id
    contact = Contact(record_id, context.mapping.shadow(link, side.name))
    return Staged(side.name, record_id, contact=contact_codec.encode(contact))
