"""Cursors: the intervals of time that have been read, per connection, stream and side. Times are milliseconds."""

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
        """Return the intervals of a side that are covered, or indexed."""
        rows = self._db.execute(
            "SELECT start_ms, end_ms FROM cursor WHERE connection = ? AND stream = ? AND side = ? AND kind = ?"
            " ORDER BY start_ms",
            (*self._key, side, kind),
        )
        return tuple((row[0], row[1]) for row in rows)

    def add_intervals(self, transaction: Transaction, side: str, kind: str, intervals: Iterable[Interval]) -> None:
        """Add intervals; touching ones merge. Call it in the transaction that stores what was read in them."""
        self.set_intervals(transaction, side, kind, union(self.intervals(side, kind), intervals))

    def set_intervals(self, transaction: Transaction, side: str, kind: str, intervals: IntervalSet) -> None:
        """Replace all intervals by these."""
        transaction.execute(
            "DELETE FROM cursor WHERE connection = ? AND stream = ? AND side = ? AND kind = ?",
            (*self._key, side, kind),
        )
        transaction.executemany(
            "INSERT INTO cursor VALUES (?, ?, ?, ?, ?, ?)",
            [(*self._key, side, kind, start, end) for start, end in intervals],
        )

    def forget_side(self, transaction: Transaction, side: str) -> None:
        """Delete all intervals of a side, so that it is read again in full."""
        transaction.execute("DELETE FROM cursor WHERE connection = ? AND stream = ? AND side = ?", (*self._key, side))
