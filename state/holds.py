"""Holds: fields that differ on both sides because an undo put an old value back (R26).

Each shadow equals what its side shows, so the field is not synced; the row says that the difference is wanted, and
since when. The field `*` is about the whole record: an undo deleted it, and its counterpart stays.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Hold:
    """A held field of a link, since when (milliseconds) and by which run."""

    link: int
    field: str
    since_ms: int
    run: str


class Holds:
    """The holds of one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def put_hold(self, transaction: Transaction, hold: Hold) -> None:
        """Hold a field; one that is held already keeps its time."""
        transaction.execute(
            "INSERT OR IGNORE INTO held (link, field, connection, stream, since_ms, run) VALUES (?, ?, ?, ?, ?, ?)",
            (hold.link, hold.field, *self._key, hold.since_ms, hold.run),
        )

    def end_holds(self, transaction: Transaction, link: int, fields: Iterable[str]) -> None:
        """End the holds of these fields of a link."""
        transaction.executemany("DELETE FROM held WHERE link = ? AND field = ?", [(link, field) for field in fields])

    def of_link(self, link: int) -> dict[str, Hold]:
        """Return the holds of a link, by field."""
        rows = self._db.execute("SELECT * FROM held WHERE link = ? ORDER BY field", (link,))
        return {row["field"]: _hold(row) for row in rows.fetchall()}

    def all_holds(self) -> list[Hold]:
        """Return all holds, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM held WHERE connection = ? AND stream = ? ORDER BY since_ms, link, field", self._key
        )
        return [_hold(row) for row in rows.fetchall()]


def _hold(row: sqlite3.Row) -> Hold:
    return Hold(row["link"], row["field"], row["since_ms"], row["run"])
