"""What is held: fields in which a person wanted both sides to differ, by undoing a run (R26).

Each side's shadow is what it shows, so nothing travels; the row tells that the difference is wanted, and since when.
The field `*` is about the record as a whole: it was deleted by hand of ours, and its counterpart is to stay.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Hold:
    """One field of a link that is held, since when (milliseconds), and by which run."""

    link: int
    field: str
    since_ms: int
    run: str


class Holds:
    """What is held in one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def put_hold(self, transaction: Transaction, hold: Hold) -> None:
        """Hold a field; one that is held already is so since then."""
        transaction.execute(
            "INSERT OR IGNORE INTO held (link, field, connection, stream, since_ms, run) VALUES (?, ?, ?, ?, ?, ?)",
            (hold.link, hold.field, *self._key, hold.since_ms, hold.run),
        )

    def end_holds(self, transaction: Transaction, link: int, fields: Iterable[str]) -> None:
        """Hold these fields of a link no longer, if they are."""
        transaction.executemany("DELETE FROM held WHERE link = ? AND field = ?", [(link, field) for field in fields])

    def of_link(self, link: int) -> dict[str, Hold]:
        """Return what is held of a link, by field."""
        rows = self._db.execute("SELECT * FROM held WHERE link = ? ORDER BY field", (link,))
        return {row["field"]: _hold(row) for row in rows.fetchall()}

    def all_holds(self) -> list[Hold]:
        """Return everything that is held, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM held WHERE connection = ? AND stream = ? ORDER BY since_ms, link, field", self._key
        )
        return [_hold(row) for row in rows.fetchall()]


def _hold(row: sqlite3.Row) -> Hold:
    return Hold(row["link"], row["field"], row["since_ms"], row["run"])
