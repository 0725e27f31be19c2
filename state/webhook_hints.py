"""Hints: which records are said to have changed, until a run has looked at them.

A hint tells where to look and nothing else: no name, no address, no text. It is kept per connection and stream (by the
names of the config file), so that each of several connections of an account takes it for itself. Many hints for one
record are one; the last one's `number` tells a run that a newer one has come since it began. Times are milliseconds.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Hint:
    """A record that is said to have changed, or to be `gone`; `contact` is the person of a message, '' of a person.

    `event_ms` is when, by the account's clock, None where that was not said.
    """

    account: str
    record: str
    contact: str = ""
    gone: bool = False
    event_ms: int | None = None
    number: int = 0


class Hints:
    """The hints for one stream of one connection."""

    def __init__(self, db: Database, connection: str, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def waiting_hints(self, account: str) -> list[Hint]:
        """Return those for the records of an account: what is gone first, then the older ones."""
        rows = self._db.execute(
            "SELECT * FROM hint WHERE connection = ? AND stream = ? AND account = ? ORDER BY gone DESC, number",
            (*self._key, account),
        )
        return [_hint(row) for row in rows.fetchall()]

    def event_ms(self, account: str, record: str) -> int | None:
        """Return when a record is said to have changed, by the account's clock; None where nothing is said of it."""
        row = self._db.execute(
            "SELECT event_ms FROM hint WHERE connection = ? AND stream = ? AND account = ? AND record = ?",
            (*self._key, account, record),
        ).fetchone()
        return None if row is None else row["event_ms"]

    def count_hints(self) -> int:
        """Return how many there are."""
        row = self._db.execute("SELECT count(*) FROM hint WHERE connection = ? AND stream = ?", self._key).fetchone()
        return int(row[0])

    def drop_hints(self, transaction: Transaction, hints: Iterable[Hint]) -> None:
        """Forget hints that were looked at, but not those that have come for the same records since."""
        transaction.executemany(
            "DELETE FROM hint WHERE connection = ? AND stream = ? AND account = ? AND record = ? AND number <= ?",
            [(*self._key, hint.account, hint.record, hint.number) for hint in hints],
        )


def count_all_hints(db: Database) -> int:
    """Return how many hints wait, of all connections."""
    return int(db.execute("SELECT count(*) FROM hint").fetchone()[0])


def count_hints_of(db: Database, connection: str) -> int:
    """Return how many hints wait for the connection of that name."""
    return int(db.execute("SELECT count(*) FROM hint WHERE connection = ?", (connection,)).fetchone()[0])


def last_webhook_ms(db: Database, connection: str) -> int | None:
    """Return when an event for a connection was last heard, None for never."""
    row = db.execute("SELECT at_ms FROM heard WHERE connection = ?", (connection,)).fetchone()
    return None if row is None else int(row["at_ms"])


def _hint(row: sqlite3.Row) -> Hint:
    return Hint(row["account"], row["record"], row["contact"], bool(row["gone"]), row["event_ms"], row["number"])
