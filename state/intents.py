"""Intents: writes that were about to be sent (R20).

A create, so that a crash or a lost answer never leads to a second one; an update, so that what it overwrote is in the
history, and its time is known as that of our own write, also when its result was never stored; a deletion, so that it
is in the history as ours, with all that the record showed; so is the removal of somebody whom a run that is undone had
created, so that nobody takes it for a person's deletion.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from state.database import Transaction

DELETED, REMOVED = "deleted", "removed"
"""The `rule` that tells the intent of a deletion, and that of a removal."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A write on `side` for the record `source_id` of the other side.

    `sent_ms` is the time of the target's server; `sent` are the values sent; `source` is what the link needs to know
    when the outcome turns out: of a create the source's shadow, memory, digest and update time, and whether the server
    `accepted` it without showing what it led to; of an update its
    `record` (by which it is told from a create), how that looked, the shadows that the update would lead to, its lines
    in the history, and the times that count for what waits (`kept`, R40); of a
    deletion its `record`, what that showed (`old`), and the `rule` DELETED; of a removal the same, and REMOVED.
    """

    side: str
    source_id: str
    sent_ms: int
    sent: Mapping[str, Any]
    source: Mapping[str, Any]


class Intents:
    """The intents of one stream of one connection."""

    def __init__(self, db: sqlite3.Connection, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def add_intent(self, transaction: Transaction, intent: Intent, run: str) -> None:
        """Note a write before it is sent; one that is sent again takes the place of its earlier intent."""
        transaction.execute(
            "INSERT OR REPLACE INTO intent (run, connection, stream, side, source_id, sent_ms, sent, source)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run, *self._key, intent.side, intent.source_id, intent.sent_ms,
                json.dumps(intent.sent), json.dumps(intent.source),
            ),
        )  # fmt: skip

    def mark_accepted(self, transaction: Transaction, side: str, source_id: str) -> None:
        """Note that the server said yes to a create, and nothing of what it led to."""
        query = "SELECT id, source FROM intent WHERE connection = ? AND stream = ? AND side = ? AND source_id = ?"
        for row in transaction.execute(query, (*self._key, side, source_id)).fetchall():
            source = json.dumps({**json.loads(row["source"]), "accepted": True})
            transaction.execute("UPDATE intent SET source = ? WHERE id = ?", (source, row["id"]))

    def remove_intents(self, transaction: Transaction, side: str, *source_ids: str) -> None:
        """The outcome is known, and stored."""
        transaction.executemany(
            "DELETE FROM intent WHERE connection = ? AND stream = ? AND side = ? AND source_id = ?",
            [(*self._key, side, source_id) for source_id in source_ids],
        )

    def of_record(self, side: str, source_id: str) -> Intent | None:
        """Return the write on a side for a record of the other, None where none is under way."""
        return next((one for one in self._all() if (one.side, one.source_id) == (side, source_id)), None)

    def open_creates(self) -> list[Intent]:
        """Return the creates whose outcome is not known, oldest first."""
        return [intent for intent in self._all() if "record" not in intent.source]

    def open_updates(self) -> list[Intent]:
        """Return the updates and deletions whose outcome is not known, oldest first."""
        return [one for one in self._all() if "record" in one.source and one.source.get("rule") != REMOVED]

    def open_removals(self) -> list[Intent]:
        """Return the removals whose outcome is not known, oldest first."""
        return [one for one in self._all() if one.source.get("rule") == REMOVED]

    def _all(self) -> list[Intent]:
        rows = self._db.execute("SELECT * FROM intent WHERE connection = ? AND stream = ? ORDER BY id", self._key)
        return [
            Intent(
                row["side"],
                row["source_id"],
                row["sent_ms"],
                json.loads(row["sent"]),
                json.loads(row["source"]),
            )
            for row in rows.fetchall()
        ]
