"""The policy of a run that undoes an earlier one: put back what that run wrote, where nothing has changed since (R26).

It takes the place of sync.contacts.sync_policy while what is put back is planned and written.
"""

from dataclasses import dataclass

from connectors.connector import WriteResult
from state.database import Transaction
from state.links import Link
from sync.contacts.commit import entries_of_update, stage_answer
from sync.contacts.context import Context
from sync.contacts.link_state import hold, keep_times, own_times, set_shown
from sync.contacts.pair_update import PairUpdate
from sync.rules.merge_result import Merge, SideView
from sync.rules.shadow_update import ShadowPair, after_undo, is_settled
from sync.rules.undo import REFUSED
from sync.undo.run_history import UndoneRun


@dataclass(frozen=True, slots=True)
class UndoPolicy:
    """See sync.contacts.context.WritePolicy; `undone` is the run that is undone."""

    undone: UndoneRun
    moves_refused_phone: bool = False

    def merge_fields(self, context: Context, link: Link | None, left: SideView, right: SideView) -> Merge:
        """Return the values that are put back."""
        return self.undone.decide(context.present_rules(), link, left, right).merge

    def complete_merge(
        self, context: Context, link: Link | None, result: Merge, left: SideView, right: SideView
    ) -> None:
        """Do nothing: an undo fills no blanks."""

    def expected_shadows(self, job: PairUpdate) -> ShadowPair:
        """Return the shadows of both sides if the write takes effect as it is sent."""
        return after_undo(job.changes, job.target_view, job.source_view, {})

    def review(self, context: Context, job: PairUpdate) -> None:
        """List what is left alone of the target, now that it was read again."""
        if job.link is not None:
            views, refused = job.left_and_right, job.result.refused
            self.undone.review(context.present_rules(), job.link, views, refused, {job.target.name})

    def leave_alone(self, job: PairUpdate, field: str, reason: str) -> None:
        """List a field, or the whole record (`*`), that is not put back after all."""
        self.undone.leave(job.target.name, job.target_staged.id, job.who, field, reason)

    def commit_written(self, transaction: Transaction, context: Context, job: PairUpdate, answer: WriteResult) -> None:
        """Store what was put back, and list what the server did not take."""
        _commit(transaction, context, job, answer)
        for name in answer.refused & job.changes.keys():
            self.leave_alone(job, name, REFUSED)

    def commit_unwritten(self, transaction: Transaction, context: Context, job: PairUpdate) -> None:
        """Do nothing: an undo agrees on nothing but what it writes."""


def _commit(transaction: Transaction, context: Context, job: PairUpdate, answer: WriteResult) -> None:
    """Store what putting back led to: both shadows follow it, and a difference between the sides is held (R26).

    Open conflicts, failures and changes that are still to be carried stay as they are.
    """
    link = job.link
    if link is None:
        raise AssertionError(f"{job.target.account}:{job.target_staged.id}: put back without a link")
    taken = {name: value for name, value in job.changes.items() if name not in answer.refused}
    settled, rewritten = (context.mapping.travelling(each) for each in (job.settled, job.rewritten))
    shadows = after_undo(taken, job.target_view, job.source_view, settled, rewritten)
    if link.mapping != context.mapping.number:
        link.left.digest = link.right.digest = None  # no side was looked at under this mapping yet (R18)
    context.mapping.set_shadows(link, job.target.name, shadows)
    _set_target(context, job, link, shadows, answer)
    keep_times(context, job, link, shadows, job.shown)
    context.tables.links.save_link(transaction, link, context.run.id)
    entries = entries_of_update(context, job, link, answer)
    context.tables.history.add_entries(transaction, entries, context.run.id, context.run.now_ms())
    hold(transaction, context, link, taken)
    stage_answer(transaction, context, job, link, answer)


def _set_target(context: Context, job: PairUpdate, link: Link, shadows: ShadowPair, answer: WriteResult) -> None:
    target, waiting = link.side(job.target.name), frozenset(context.tables.conflicts.of_link(link.id))
    set_shown(context, target, job.shown)
    is_dealt_with = is_settled(context.mapping.travelling(job.shown.fields), shadows.target, waiting)
    target.digest = job.target.connector.digest(answer.raw) if is_dealt_with else None
    target.seen_ms, target.wrote_ms = own_times(job.shown, answer)
