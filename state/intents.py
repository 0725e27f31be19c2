"""Intents: creates that were about to be sent, so that a crash or a lost answer never leads to a second one (R20)."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Intent:
    """A create on `side` for the record `source_id` of the other side.

    `sent_ms` is the time of the target's server; `sent` are the values sent; `source` is what the link needs to know
    of the source when the outcome turns out: its shadow, memory, digest and update time.
    """

    side: str
    source_id: str
    sent_ms: int
    sent: Mapping[str, Any]
    source: Mapping[str, Any]


class Intents:
    """The intents of one stream of one connection. Changes belong inside `atomic`."""

    def __init__(self, db: sqlite3.Connection, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def add(self, intent: Intent, run: str) -> None:
        """Note a create before it is sent; a create that is sent again takes the place of its earlier intent."""
        self._db.execute(
            "INSERT OR REPLACE INTO intent (run, connection, stream, side, source_id, sent_ms, sent, source)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run, *self._key, intent.side, intent.source_id, intent.sent_ms,
                json.dumps(intent.sent), json.dumps(intent.source),
            ),
        )  # fmt: skip

    def remove(self, side: str, source_id: str) -> None:
        """The outcome is known, and stored."""
        self._db.execute(
            "DELETE FROM intent WHERE connection = ? AND stream = ? AND side = ? AND source_id = ?",
            (*self._key, side, source_id),
        )

    def open(self) -> list[Intent]:
        """Return the intents whose outcome is not known, oldest first."""
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
