"""Owed values: values that have no place at the other side yet, by field, until a run can write them (R41).

A row names the side that lacks the place, the value that waits (JSON), and the last run that found it.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from state.database import Database, Transaction

PAGE = 200


@dataclass(frozen=True, slots=True)
class OwedValue:
    """A value of a link that waits for a place on a side."""

    link: int
    side: str
    field: str
    value: str
    run: str


class OwedValues:
    """The owed values of one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def put_owed(self, transaction: Transaction, debt: OwedValue) -> None:
        """Store a value that has no place, or its present value."""
        transaction.execute(
            "INSERT OR REPLACE INTO owed (link, side, field, connection, stream, value, run)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (debt.link, debt.side, debt.field, *self._key, debt.value, debt.run),
        )

    def end_owed(self, transaction: Transaction, link: int, fields: Iterable[str]) -> None:
        """Delete the owed values of these fields of a link."""
        transaction.executemany("DELETE FROM owed WHERE link = ? AND field = ?", [(link, field) for field in fields])

    def of_link(self, link: int) -> dict[str, OwedValue]:
        """Return the owed values of a link, by field."""
        return {one.field: one for one in owed_of_link(self._db, link)}

    def count_waiting(self) -> Counter[tuple[str, str]]:
        """Return how many values wait, by side and field."""
        return owed_counts(self._db, *self._key)

    def count_met_in(self, run: str) -> int:
        """Return how many owed values a run found."""
        query = "SELECT count(*) FROM owed WHERE connection = ? AND stream = ? AND run = ?"
        return int(self._db.execute(query, (*self._key, run)).fetchone()[0])

    def links_waiting(self, side: str, fields: Collection[str]) -> Iterator[list[int]]:
        """Yield the links that wait for any of these fields on a side, a page at a time; they may be changed."""
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
    """Return the owed values of a link in the order of their fields; both sides may lack a place for one field."""
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
