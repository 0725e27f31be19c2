"""The policy of a run that keeps both sides in sync: merge the latest changes, and agree on the result (R11, R21)."""

from connectors.connector import WriteResult
from state.database import Transaction
from state.links import Link
from sync.contacts.circle_values import with_newest
from sync.contacts.commit import commit_update
from sync.contacts.context import Context
from sync.contacts.enrichment import enrich
from sync.contacts.fights import freeze_fights
from sync.contacts.pair_update import PairUpdate
from sync.contacts.staged_records import refresh_staged
from sync.rules.merge import merge
from sync.rules.merge_result import Merge, SideView
from sync.rules.shadow_update import ShadowPair, after_write


class SyncPolicy:
    """See sync.contacts.context.WritePolicy."""

    moves_refused_phone = True

    def merge_fields(self, context: Context, link: Link | None, left: SideView, right: SideView) -> Merge:
        """Merge what both sides show by the rules of the connection, and by what users have decided (R11, R15)."""
        left, right = with_newest(context, link, left, right)
        resolutions = context.resolutions(link) if link else {}
        sides = {side.account: side.name for side in context.connection.sides}
        untaken = context.tables.history.refused_fields(link.id) if link else {}
        result = merge(
            context.present_rules(), left, right, context.mapping.judge, context.settings.conflicts, resolutions,
            {name: sides[account] for name, account in untaken.items()},
        )  # fmt: skip
        if link is not None and result.writes:
            freeze_fights(context, link, result, (left, right), frozenset(resolutions))
        return result

    def complete_merge(
        self, context: Context, link: Link | None, result: Merge, left: SideView, right: SideView
    ) -> None:
        """Fill blanks with what is known of the company."""
        enrich(context, link, result, left, right)

    def expected_shadows(self, job: PairUpdate) -> ShadowPair:
        """Return the shadows of both sides if the write takes effect as it is sent."""
        return after_write(job.result, job.target.name, job.target_view, job.source_view, {})

    def review(self, context: Context, job: PairUpdate) -> None:
        """Do nothing: a later run carries what this one does not."""

    def leave_alone(self, job: PairUpdate, field: str, reason: str) -> None:
        """Do nothing: a later run carries what this one does not."""

    def commit_written(self, transaction: Transaction, context: Context, job: PairUpdate, answer: WriteResult) -> None:
        """Store what a write led to."""
        commit_update(transaction, context, job, answer)

    def commit_unwritten(self, transaction: Transaction, context: Context, job: PairUpdate) -> None:
        """Store what both sides agree on."""
        commit_update(transaction, context, job, None)
        refresh_staged(transaction, context, job.target, job.target_staged)
