"""History: what was overwritten, where, by which rule, in which run; and the runs themselves.

Kept for `[state] history`.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One value that changed on an account. `old` and `new` are JSON; a created person has the field `*`."""

    link: int | None
    account: str
    record_id: str
    field: str
    old: str | None
    new: str | None
    rule: str


class History:
    """The history of one stream of one connection. Changes belong inside `atomic`."""

    def __init__(self, db: sqlite3.Connection, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def add(self, entries: Iterable[Entry], run: str, now_ms: int) -> None:
        """Append entries."""
        self._db.executemany(
            "INSERT INTO history (at_ms, run, connection, stream, link, account, record_id, field, old, new, rule)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(now_ms, run, *self._key, e.link, e.account, e.record_id, e.field, e.old, e.new, e.rule) for e in entries],
        )

    def fields_of(self, link: int) -> frozenset[str]:
        """Return the fields of a pair that were ever written, on either side."""
        rows = self._db.execute(
            "SELECT DISTINCT field FROM history WHERE link = ? AND connection = ? AND stream = ?", (link, *self._key)
        )
        return frozenset(row["field"] for row in rows)

    def was_created(self, link: int, account: str, run: str) -> bool:
        """Say whether a record was made by a run."""
        row = self._db.execute(
            "SELECT 1 FROM history WHERE link = ? AND run = ? AND account = ? AND field = '*' AND rule = 'created'",
            (link, run, account),
        ).fetchone()
        return row is not None


def begin_run(db: sqlite3.Connection, run: str, connection: int, now_ms: int) -> None:
    """Note that a run has begun."""
    db.execute("INSERT INTO run (id, connection, started_ms) VALUES (?, ?, ?)", (run, connection, now_ms))


def end_run(db: sqlite3.Connection, run: str, now_ms: int, status: str, report: str) -> None:
    """Note how a run ended. `report` is its JSON document."""
    db.execute("UPDATE run SET finished_ms = ?, status = ?, report = ? WHERE id = ?", (now_ms, status, report, run))


def prune(db: sqlite3.Connection, connection: int, before_ms: int) -> None:
    """Drop history and runs that are older than they are to be kept."""
    db.execute("DELETE FROM history WHERE connection = ? AND at_ms < ?", (connection, before_ms))
    db.execute("DELETE FROM run WHERE connection = ? AND started_ms < ?", (connection, before_ms))
