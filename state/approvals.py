"""The plan of a run that waits for the user, and whether the user approved it (R45). Times are milliseconds."""

from dataclasses import dataclass
from typing import Final, Literal

from state.database import Database, Transaction

Kind = Literal["first", "large"]
FIRST: Final = "first"
"""The first run of a connection."""
LARGE: Final = "large"
"""A run that the guard has stopped."""


@dataclass(frozen=True, slots=True)
class StoredApproval:
    """A plan that was shown to the user. `plan` is its JSON, '' where the user approved whatever comes.

    `approved_by` names who approved it, None while it waits.
    """

    kind: str
    run: str
    asked_ms: int
    plan: str
    approved_ms: int | None = None
    approved_by: str | None = None

    @property
    def waits(self) -> bool:
        """Return whether the user has not answered yet."""
        return self.approved_ms is None


def approval_of(db: Database, connection: int) -> StoredApproval | None:
    """Return the plan of a connection that waits or was approved, None without one."""
    row = db.execute(
        "SELECT kind, run, asked_ms, plan, approved_ms, approved_by FROM approval WHERE connection = ?", (connection,)
    ).fetchone()
    return None if row is None else StoredApproval(*row)


def ask_for_approval(transaction: Transaction, connection: int, kind: Kind, run: str, plan: str, now_ms: int) -> None:
    """Store a plan that waits for the user, in place of an earlier one."""
    transaction.execute(
        "INSERT OR REPLACE INTO approval VALUES (?, ?, ?, ?, ?, NULL, NULL)", (connection, kind, run, now_ms, plan)
    )


def approve(transaction: Transaction, connection: int, approved_by: str, now_ms: int) -> bool:
    """Store that the user approves the plan that waits; return whether there was one."""
    rows = transaction.execute(
        "UPDATE approval SET approved_ms = ?, approved_by = ? WHERE connection = ? AND approved_ms IS NULL",
        (now_ms, approved_by, connection),
    )
    return rows.rowcount > 0


def drop_approval(transaction: Transaction, connection: int) -> None:
    """Delete the plan, because a run has written all that there was to write."""
    transaction.execute("DELETE FROM approval WHERE connection = ?", (connection,))
