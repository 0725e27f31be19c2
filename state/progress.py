"""When each stream last completed a run, and when both sides were last compared in full (R24).

Runs are deleted after `[state] history`, these times are not. Times are milliseconds.
"""

from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """When a stream last completed a run, and when both sides were last compared in full; 0 for never."""

    ended_ms: int
    reconciled_ms: int


def progress_of(db: Database, connection: str, stream: str) -> StreamProgress | None:
    """Return the progress of a stream of the connection of that name, None before the first complete run."""
    row = db.execute(
        "SELECT p.ended_ms, p.reconciled_ms FROM progress p JOIN connection c ON c.id = p.connection"
        " WHERE c.name = ? AND p.stream = ?",
        (connection, stream),
    ).fetchone()
    return None if row is None else StreamProgress(row[0], row[1])


def is_begun(db: Database, connection: int, stream: str) -> bool:
    """Return whether a stream ever completed a run, or has links of a version that did not store that."""
    where = (connection, stream)
    if db.execute("SELECT 1 FROM progress WHERE connection = ? AND stream = ?", where).fetchone() is not None:
        return True
    return db.execute("SELECT 1 FROM link WHERE connection = ? AND stream = ? LIMIT 1", where).fetchone() is not None


def note_end(transaction: Transaction, connection: int, stream: str, now_ms: int) -> None:
    """Store that a run completed: all that it found is written, in conflict or listed."""
    transaction.execute(
        "INSERT INTO progress VALUES (?, ?, ?, 0)"
        " ON CONFLICT (connection, stream) DO UPDATE SET ended_ms = excluded.ended_ms",
        (connection, stream, now_ms),
    )


def note_comparison(transaction: Transaction, connection: int, stream: str, now_ms: int) -> None:
    """Store that both sides were read in full and compared, whether or not the differences could be written."""
    transaction.execute(
        "INSERT INTO progress VALUES (?, ?, 0, ?)"
        " ON CONFLICT (connection, stream) DO UPDATE SET reconciled_ms = excluded.reconciled_ms",
        (connection, stream, now_ms),
    )
