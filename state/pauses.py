"""Connections that a user has paused: no run starts by itself until the user resumes them. Times are milliseconds."""

from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when a connection is paused, and who paused it."""

    since_ms: int
    paused_by: str


def pause_of(db: Database, connection: str) -> Pause | None:
    """Return the pause of the connection of that name, None where it is not paused."""
    row = db.execute("SELECT since_ms, paused_by FROM pause WHERE connection = ?", (connection,)).fetchone()
    return None if row is None else Pause(*row)


def pause(transaction: Transaction, connection: str, paused_by: str, now_ms: int) -> bool:
    """Pause a connection; return False where it is paused already."""
    rows = transaction.execute("INSERT OR IGNORE INTO pause VALUES (?, ?, ?)", (connection, now_ms, paused_by))
    return rows.rowcount > 0


def resume(transaction: Transaction, connection: str) -> bool:
    """End the pause of a connection; return False where it is not paused."""
    return transaction.execute("DELETE FROM pause WHERE connection = ?", (connection,)).rowcount > 0
