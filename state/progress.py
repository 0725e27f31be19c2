"""How far each stream has come in time: the last run that came to its end, and the last comparison in full (R24).

Apart from the runs themselves, which are forgotten after `[state] history`. Instants are milliseconds.
"""

from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """When a run of a stream last came to its end, and when both sides were last compared in full; 0 for never."""

    ended_ms: int
    reconciled_ms: int


def progress_of(db: Database, connection: str, stream: str) -> StreamProgress | None:
    """Return the progress of a stream of the connection of that name, None before a first run came to its end."""
    row = db.execute(
        "SELECT p.ended_ms, p.reconciled_ms FROM progress p JOIN connection c ON c.id = p.connection"
        " WHERE c.name = ? AND p.stream = ?",
        (connection, stream),
    ).fetchone()
    return None if row is None else StreamProgress(row[0], row[1])


def is_begun(db: Database, connection: int, stream: str) -> bool:
    """Say whether a run of a stream ever came to its end, or, before that was noted, linked anything."""
    where = (connection, stream)
    if db.execute("SELECT 1 FROM progress WHERE connection = ? AND stream = ?", where).fetchone() is not None:
        return True
    return db.execute("SELECT 1 FROM link WHERE connection = ? AND stream = ? LIMIT 1", where).fetchone() is not None


def note_end(transaction: Transaction, connection: int, stream: str, now_ms: int) -> None:
    """Note that a run has come to its end: what it found is written, in conflict or listed."""
    transaction.execute(
        "INSERT INTO progress VALUES (?, ?, ?, 0)"
        " ON CONFLICT (connection, stream) DO UPDATE SET ended_ms = excluded.ended_ms",
        (connection, stream, now_ms),
    )


def note_comparison(transaction: Transaction, connection: int, stream: str, now_ms: int) -> None:
    """Note that both sides were read in full and compared, whether or not that could be written."""
    transaction.execute(
        "INSERT INTO progress VALUES (?, ?, 0, ?)"
        " ON CONFLICT (connection, stream) DO UPDATE SET reconciled_ms = excluded.reconciled_ms",
        (connection, stream, now_ms),
    )
