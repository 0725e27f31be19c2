"""Linked contacts that left the scope of their connection: nothing of them is carried (R49).

A row names the side with the scope that fails. `back` marks a row of a contact that is in scope again: it is carried by
the run under way, which reads both records, and the row is deleted when that run has ended.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Parking:
    """What is known of a link: whether it is parked, and whether it was parked until this run."""

    is_parked: bool = False
    is_returning: bool = False


class ParkedLinks:
    """The parked links of the contacts of one connection."""

    def __init__(self, db: Database, connection: int) -> None:
        self._db = db
        self._connection = connection

    def has_any(self) -> bool:
        """Return whether any link is parked or returning."""
        query = "SELECT 1 FROM parked WHERE connection = ? LIMIT 1"
        return self._db.execute(query, (self._connection,)).fetchone() is not None

    def count_parked(self) -> int:
        """Return how many links are parked."""
        return count_parked(self._db, self._connection)

    def of_link(self, link: int | None) -> Parking:
        """Return what is known of a link."""
        rows = [bool(row[0]) for row in self._db.execute("SELECT back FROM parked WHERE link = ?", (link,))]
        return Parking(not all(rows), bool(rows) and all(rows))

    def note_verdicts(
        self, transaction: Transaction, link: int, verdicts: Mapping[str, bool | None], now_ms: int
    ) -> Parking:
        """Store whether the scope of each side holds; None leaves a side as it was. Return what is known then."""
        for side, verdict in verdicts.items():
            if verdict is False:
                transaction.execute(
                    "INSERT INTO parked (link, side, connection, since_ms, back) VALUES (?, ?, ?, ?, 0)"
                    " ON CONFLICT (link, side) DO UPDATE SET back = 0",
                    (link, side, self._connection, now_ms),
                )
            elif verdict:
                transaction.execute("UPDATE parked SET back = 1 WHERE link = ? AND side = ?", (link, side))
        return self.of_link(link)

    def settle_returned(self, transaction: Transaction, links: Iterable[int]) -> None:
        """Delete the rows of links that are carried again."""
        transaction.executemany("DELETE FROM parked WHERE link = ?", [(link,) for link in links])


def count_parked(db: Database, connection: int) -> int:
    """Return how many links of a connection are parked."""
    query = "SELECT count(DISTINCT link) FROM parked WHERE connection = ? AND NOT back"
    return int(db.execute(query, (connection,)).fetchone()[0])


def parked_sides(db: Database, link: int) -> dict[str, int]:
    """Return the sides of a link with a scope that fails, each with the time since when, in milliseconds since 1970."""
    rows = db.execute("SELECT side, since_ms FROM parked WHERE link = ? AND NOT back ORDER BY side", (link,))
    return {row["side"]: row["since_ms"] for row in rows.fetchall()}
