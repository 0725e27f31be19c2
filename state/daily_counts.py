"""Count per day what runs did: for charts, and for counters that only ever grow.

Runs are deleted after `[state] history`, these counts are not: those of older days are summed up in day 0, so that the
table stays small and no sum ever falls. Days are UTC days since 1970.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from state.database import Database, Transaction

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class DailyCount:
    """A count with its name. `stream` and `account` are '' where it belongs to none."""

    stream: str
    account: str
    name: str
    count: int


def day_of(now_ms: int) -> int:
    """Return the number of the day."""
    return now_ms // DAY_MS


def add_counts(transaction: Transaction, connection: int, now_ms: int, counts: Iterable[DailyCount]) -> None:
    """Add to the counts of today."""
    transaction.executemany(
        "INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (connection, day, stream, account, name) DO UPDATE SET count = count + excluded.count",
        [(connection, day_of(now_ms), one.stream, one.account, one.name, one.count) for one in counts if one.count],
    )


def fold_old_days(transaction: Transaction, connection: int, before_ms: int) -> None:
    """Move the counts of earlier days to day 0."""
    old = (connection, day_of(before_ms))
    transaction.execute(
        "INSERT INTO tally SELECT connection, 0, stream, account, name, sum(count) FROM tally"
        " WHERE connection = ? AND day > 0 AND day < ? GROUP BY stream, account, name"
        " ON CONFLICT (connection, day, stream, account, name) DO UPDATE SET count = count + excluded.count",
        old,
    )
    transaction.execute("DELETE FROM tally WHERE connection = ? AND day > 0 AND day < ?", old)


def total_counts(db: Database) -> list[tuple[str, DailyCount]]:
    """Return the sums over all days, with the name of the connection."""
    rows = db.execute(
        "SELECT c.name AS connection_name, t.stream, t.account, t.name, sum(t.count) AS count"
        " FROM tally t JOIN connection c ON c.id = t.connection"
        " GROUP BY c.name, t.stream, t.account, t.name ORDER BY c.name, t.stream, t.account, t.name"
    )
    return [(row["connection_name"], _count(row)) for row in rows.fetchall()]


def counts_by_day(db: Database, connection: str, since: int) -> list[tuple[int, DailyCount]]:
    """Return the counts of the connection of that name since a day, with their days."""
    rows = db.execute(
        "SELECT t.* FROM tally t JOIN connection c ON c.id = t.connection WHERE c.name = ? AND t.day >= ?"
        " ORDER BY t.day, t.stream, t.account, t.name",
        (connection, since),
    )
    return [(row["day"], _count(row)) for row in rows.fetchall()]


def _count(row: sqlite3.Row) -> DailyCount:
    return DailyCount(row["stream"], row["account"], row["name"], row["count"])
