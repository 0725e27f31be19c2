"""Hints: records that a webhook says have changed, until a run has read them.

A hint holds no name, address or text. It is kept per connection and stream (by their names in the config file), so that
each connection of an account has its own. A record has one hint at most; its `number` shows a run that a newer event
has arrived since it began. Times are milliseconds.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from state.database import Database, Transaction

OF_WEBHOOKS: Final = "contact <> record"
"""No event of a webhook names the same record and contact; what Hints.put_contacts stores does."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A record that has changed, or is `gone`, according to a webhook; `contact` is that of a message, else ''.

    `event_ms` is the time of the event by the account's clock, None where the event has none.
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
        """Return the hints for an account, those of deleted records first, then the oldest."""
        rows = self._db.execute(
            "SELECT * FROM hint WHERE connection = ? AND stream = ? AND account = ? ORDER BY gone DESC, number",
            (*self._key, account),
        )
        return [_hint(row) for row in rows.fetchall()]

    def event_ms(self, account: str, record: str) -> int | None:
        """Return when a record changed, by the account's clock; None without a hint, or without a time in it."""
        row = self._db.execute(
            "SELECT event_ms FROM hint WHERE connection = ? AND stream = ? AND account = ? AND record = ?",
            (*self._key, account, record),
        ).fetchone()
        return None if row is None else row["event_ms"]

    def count_hints(self) -> int:
        """Return how many hints of webhooks there are. What `put_contacts` stored waits for the schedule."""
        query = f"SELECT count(*) FROM hint WHERE connection = ? AND stream = ? AND {OF_WEBHOOKS}"
        return int(self._db.execute(query, self._key).fetchone()[0])

    def put_contacts(self, transaction: Transaction, account: str, contacts: Iterable[str], now_ms: int) -> None:
        """Store that the messages of contacts have to be read, where a system shows messages by contact alone."""
        last = transaction.execute("SELECT coalesce(max(number), 0) FROM hint").fetchone()[0]
        number = max(int(last), now_ms * 1000) + 1
        transaction.executemany(
            "INSERT INTO hint (connection, stream, account, record, contact, gone, heard_ms, number)"
            " VALUES (?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT (connection, stream, account, record) DO UPDATE SET"
            " heard_ms = excluded.heard_ms, number = excluded.number",
            [(*self._key, account, contact, contact, now_ms, number) for contact in contacts],
        )

    def drop_hints(self, transaction: Transaction, hints: Iterable[Hint]) -> None:
        """Delete hints that were read, unless a newer event for the same record has arrived since."""
        transaction.executemany(
            "DELETE FROM hint WHERE connection = ? AND stream = ? AND account = ? AND record = ? AND number <= ?",
            [(*self._key, hint.account, hint.record, hint.number) for hint in hints],
        )


def count_all_hints(db: Database) -> int:
    """Return how many hints of webhooks wait, of all connections."""
    return int(db.execute(f"SELECT count(*) FROM hint WHERE {OF_WEBHOOKS}").fetchone()[0])


def count_hints_of(db: Database, connection: str) -> int:
    """Return how many hints of webhooks wait for the connection of that name."""
    query = f"SELECT count(*) FROM hint WHERE connection = ? AND {OF_WEBHOOKS}"
    return int(db.execute(query, (connection,)).fetchone()[0])


def last_webhook_ms(db: Database, connection: str) -> int | None:
    """Return when the last event for a connection arrived, None before the first."""
    row = db.execute("SELECT at_ms FROM heard WHERE connection = ?", (connection,)).fetchone()
    return None if row is None else int(row["at_ms"])


def _hint(row: sqlite3.Row) -> Hint:
    return Hint(row["account"], row["record"], row["contact"], bool(row["gone"]), row["event_ms"], row["number"])
