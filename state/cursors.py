"""Cursors: which spans of time have been dealt with, per connection, stream and side. Instants are milliseconds."""

from collections.abc import Iterable

from state.database import Database, Transaction
from state.intervals import Interval, IntervalSet, union

COVERED = "covered"
INDEXED = "indexed"


class Cursors:
    """The cursors of one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def intervals(self, side: str, kind: str) -> IntervalSet:
        """Return what has been covered, or indexed, on a side."""
        rows = self._db.execute(
            "SELECT start_ms, end_ms FROM cursor WHERE connection = ? AND stream = ? AND side = ? AND kind = ?"
            " ORDER BY start_ms",
            (*self._key, side, kind),
        )
        return tuple((row[0], row[1]) for row in rows)

    def add_intervals(self, transaction: Transaction, side: str, kind: str, intervals: Iterable[Interval]) -> None:
        """Add spans; touching ones merge. Call it in the transaction that stores what the spans led to."""
        self.set_intervals(transaction, side, kind, union(self.intervals(side, kind), intervals))

    def set_intervals(self, transaction: Transaction, side: str, kind: str, intervals: IntervalSet) -> None:
        """Set the spans to exactly these."""
        transaction.execute(
            "DELETE FROM cursor WHERE connection = ? AND stream = ? AND side = ? AND kind = ?",
            (*self._key, side, kind),
        )
        transaction.executemany(
            "INSERT INTO cursor VALUES (?, ?, ?, ?, ?, ?)",
            [(*self._key, side, kind, start, end) for start, end in intervals],
        )

    def forget_side(self, transaction: Transaction, side: str) -> None:
        """Drop all that is known of a side: it will be read anew."""
        transaction.execute("DELETE FROM cursor WHERE connection = ? AND stream = ? AND side = ?", (*self._key, side))
