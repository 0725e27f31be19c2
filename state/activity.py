"""How far the present run of each connection is, for `status`, the page and the metrics. Times are milliseconds.

A run that is killed leaves its row behind: it means something only while a process holds the lock of the connection.
"""

from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class RunActivity:
    """The present step of a run: how many of its records are done, of how many (None if that is unknown).

    `began_ms` is when the run began, `step_ms` when the step began, `moved_ms` when this was stored.
    """

    connection: str
    run: str
    step: str
    done: int
    total: int | None
    began_ms: int
    step_ms: int
    moved_ms: int


def note_activity(transaction: Transaction, activity: RunActivity) -> None:
    """Store how far a run is."""
    transaction.execute(
        "INSERT OR REPLACE INTO activity VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            activity.connection, activity.run, activity.step, activity.done, activity.total,
            activity.began_ms, activity.step_ms, activity.moved_ms,
        ),
    )  # fmt: skip


def end_activity(transaction: Transaction, connection: str) -> None:
    """Delete how far the run of a connection is, because it has ended."""
    transaction.execute("DELETE FROM activity WHERE connection = ?", (connection,))


def activities(db: Database) -> dict[str, RunActivity]:
    """Return how far the present runs are, by connection."""
    rows = db.execute(
        "SELECT connection, run, step, done, total, began_ms, step_ms, moved_ms FROM activity ORDER BY connection"
    )
    return {row[0]: RunActivity(*row) for row in rows.fetchall()}
