"""What a run decides in its own way when it merges and writes pairs: to sync them, or to undo an earlier run (R26)."""

from typing import TYPE_CHECKING, Protocol

from connectors.connector import WriteResult
from state.database import Transaction
from state.links import Link
from sync.rules.merge import Merge, SideView
from sync.rules.shadow_update import ShadowPair

if TYPE_CHECKING:
    from sync.contacts.context import Context
    from sync.contacts.pair_update import PairUpdate


class WritePolicy(Protocol):
    """The decisions about a pair that depend on what the run is for."""

    @property
    def moves_refused_phone(self) -> bool:
        """Say whether a phone that another contact has goes to another phone field (R9)."""

    def merge_fields(self, context: "Context", link: Link | None, left: SideView, right: SideView) -> Merge:
        """Return what is to be written to each side."""

    def complete_merge(
        self, context: "Context", link: Link | None, result: Merge, left: SideView, right: SideView
    ) -> None:
        """Add to a merge what comes from outside of the pair."""

    def expected_shadows(self, job: "PairUpdate") -> ShadowPair:
        """Return the shadows of both sides if the write takes effect as it is sent."""

    def review(self, context: "Context", job: "PairUpdate") -> None:
        """Look at a merge right before its write."""

    def leave_alone(self, job: "PairUpdate", field: str, reason: str) -> None:
        """Take note that a field, or the whole record (`*`), is not written after all."""

    def commit_written(
        self, transaction: Transaction, context: "Context", job: "PairUpdate", answer: WriteResult
    ) -> None:
        """Store what a write led to (R21)."""

    def commit_unwritten(self, transaction: Transaction, context: "Context", job: "PairUpdate") -> None:
        """Store what a merge that needs no write led to."""
