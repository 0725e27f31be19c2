"""Cursors: which spans of time have been dealt with, per connection, stream and side. Instants are milliseconds."""

import sqlite3
from collections.abc import Iterable

from state.intervals import Interval, IntervalSet, union

COVERED = "covered"
INDEXED = "indexed"


class Cursors:
    """The cursors of one stream of one connection."""

    def __init__(self, db: sqlite3.Connection, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def get(self, side: str, kind: str) -> IntervalSet:
        """Return what has been covered, or indexed, on a side."""
        rows = self._db.execute(
            "SELECT start_ms, end_ms FROM cursor WHERE connection = ? AND stream = ? AND side = ? AND kind = ?"
            " ORDER BY start_ms",
            (*self._key, side, kind),
        )
        return tuple((row[0], row[1]) for row in rows)

    def add(self, side: str, kind: str, intervals: Iterable[Interval]) -> None:
        """Add spans; touching ones merge. Call inside `atomic`, together with what the spans led to."""
        self.put(side, kind, union(self.get(side, kind), intervals))

    def put(self, side: str, kind: str, intervals: IntervalSet) -> None:
        """Set the spans to exactly these. Call inside `atomic`."""
        self._db.execute(
            "DELETE FROM cursor WHERE connection = ? AND stream = ? AND side = ? AND kind = ?",
            (*self._key, side, kind),
        )
        self._db.executemany(
            "INSERT INTO cursor VALUES (?, ?, ?, ?, ?, ?)",
            [(*self._key, side, kind, start, end) for start, end in intervals],
        )

    def forget(self, side: str) -> None:
        """Drop all that is known of a side: it will be read anew."""
        self._db.execute("DELETE FROM cursor WHERE connection = ? AND stream = ? AND side = ?", (*self._key, side))
