"""What is owed: values that have no place at the other side yet, field by field, until a run has carried them (R41).

A row names the side that lacks the place, the value that waits (JSON), and the last run that met it.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from state.database import Database, Transaction

PAGE = 200


@dataclass(frozen=True, slots=True)
class OwedValue:
    """One value of a link that waits for a place on a side."""

    link: int
    side: str
    field: str
    value: str
    run: str


class OwedValues:
    """What is owed in one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def put_owed(self, transaction: Transaction, debt: OwedValue) -> None:
        """Note a value that has no place, or what it is by now."""
        transaction.execute(
            "INSERT OR REPLACE INTO owed (link, side, field, connection, stream, value, run)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (debt.link, debt.side, debt.field, *self._key, debt.value, debt.run),
        )

    def end_owed(self, transaction: Transaction, link: int, fields: Iterable[str]) -> None:
        """Owe nothing of these fields of a link any more."""
        transaction.executemany("DELETE FROM owed WHERE link = ? AND field = ?", [(link, field) for field in fields])

    def of_link(self, link: int) -> dict[str, OwedValue]:
        """Return what is owed of a link, by field."""
        return {one.field: one for one in owed_of_link(self._db, link)}

    def count_waiting(self) -> Counter[tuple[str, str]]:
        """Return how many values wait, by side and field."""
        return owed_counts(self._db, *self._key)

    def count_met_in(self, run: str) -> int:
        """Return how many values a run met that have no place."""
        query = "SELECT count(*) FROM owed WHERE connection = ? AND stream = ? AND run = ?"
        return int(self._db.execute(query, (*self._key, run)).fetchone()[0])

    def links_waiting(self, side: str, fields: Collection[str]) -> Iterator[list[int]]:
        """Yield the numbers of the links that wait for any of these fields on a side, by pages; they may be changed."""
        marks = ",".join("?" * len(fields))
        query = (
            f"SELECT DISTINCT link FROM owed WHERE connection = ? AND stream = ? AND side = ? AND field IN ({marks})"
            " AND link > ? ORDER BY link LIMIT ?"
        )
        after = 0
        while rows := self._db.execute(query, (*self._key, side, *fields, after, PAGE)).fetchall():
            yield [row[0] for row in rows]
            after = rows[-1][0]


def owed_of_link(db: Database, link: int) -> list[OwedValue]:
    """Return the values of a link that wait for a place, in the order of their fields; each side is one of its own."""
    rows = db.execute("SELECT * FROM owed WHERE link = ? ORDER BY field", (link,))
    return [_debt(row) for row in rows.fetchall()]


def owed_counts(db: Database, connection: int, stream: str) -> Counter[tuple[str, str]]:
    """Return how many values wait in a stream of a connection, by side and field."""
    rows = db.execute(
        "SELECT side, field, count(*) FROM owed WHERE connection = ? AND stream = ? GROUP BY side, field"
        " ORDER BY side, field",
        (connection, stream),
    )
    return Counter({(side, field): number for side, field, number in rows.fetchall()})


def _debt(row: sqlite3.Row) -> OwedValue:
    return OwedValue(row["link"], row["side"], row["field"], row["value"], row["run"])
