"""Conflicts: fields that changed on both sides and wait for a user, or for an edit that lets the rule decide (R15).

Values are JSON. A resolution is 'left', 'right', or 'value:' followed by JSON; the next run carries it out.
"""

import sqlite3
from dataclasses import dataclass

from state.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Conflict:
    """An open conflict. Times are milliseconds; a `changed_ms` is None where the time is unknown.

    `reason` says why a user has to decide, None where both sides changed.
    """

    link: int
    field: str
    who: str
    left_value: str
    right_value: str
    left_changed_ms: int | None
    right_changed_ms: int | None
    found_ms: int
    run: str
    resolution: str | None = None
    id: int = 0
    reason: str | None = None


class Conflicts:
    """The conflicts of one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def put_conflict(self, transaction: Transaction, conflict: Conflict) -> None:
        """Open a conflict, or update an open one, which keeps its number and the time when it was found."""
        transaction.execute(
            "INSERT INTO conflict (connection, stream, link, field, who, left_value, right_value, left_changed_ms,"
            " right_changed_ms, found_ms, run, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (link, field) DO UPDATE SET who = excluded.who, left_value = excluded.left_value,"
            " right_value = excluded.right_value, left_changed_ms = excluded.left_changed_ms,"
            " right_changed_ms = excluded.right_changed_ms, reason = excluded.reason",
            (
                *self._key, conflict.link, conflict.field, conflict.who, conflict.left_value, conflict.right_value,
                conflict.left_changed_ms, conflict.right_changed_ms, conflict.found_ms, conflict.run,
                conflict.reason,
            ),
        )  # fmt: skip

    def close_conflicts(self, transaction: Transaction, link: int, fields: frozenset[str] | set[str]) -> None:
        """Delete the conflicts of these fields of a link."""
        transaction.executemany(
            "DELETE FROM conflict WHERE link = ? AND field = ?", [(link, field) for field in fields]
        )

    def of_link(self, link: int) -> dict[str, Conflict]:
        """Return the open conflicts of a link, by field."""
        rows = self._db.execute("SELECT * FROM conflict WHERE link = ?", (link,))
        return {row["field"]: _conflict(row) for row in rows}

    def resolved_links(self) -> list[int]:
        """Return the links with a conflict that a user has resolved and no run has carried out yet."""
        rows = self._db.execute(
            "SELECT DISTINCT link FROM conflict WHERE connection = ? AND stream = ? AND resolution IS NOT NULL",
            self._key,
        )
        return [row["link"] for row in rows.fetchall()]

    def all_conflicts(self) -> list[Conflict]:
        """Return every conflict, in the order of their numbers."""
        rows = self._db.execute("SELECT * FROM conflict WHERE connection = ? AND stream = ? ORDER BY id", self._key)
        return [_conflict(row) for row in rows.fetchall()]

    def count_open(self) -> int:
        """Return how many conflicts wait for a user."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM conflict WHERE connection = ? AND stream = ? AND resolution IS NULL", self._key
            ).fetchone()[0]
        )


def resolve_conflict(transaction: Transaction, conflict_id: int, resolution: str) -> None:
    """Store how a user resolved a conflict; the next run carries it out."""
    transaction.execute("UPDATE conflict SET resolution = ? WHERE id = ?", (resolution, conflict_id))


def _conflict(row: sqlite3.Row) -> Conflict:
    return Conflict(
        row["link"], row["field"], row["who"], row["left_value"], row["right_value"], row["left_changed_ms"],
        row["right_changed_ms"], row["found_ms"], row["run"], row["resolution"], row["id"],
        row["reason"],
    )  # fmt: skip
