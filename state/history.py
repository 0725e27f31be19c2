"""History: each value that was overwritten, with its source, rule and run; and the runs themselves.

It is kept for `[state] history`. A run that undoes another one names it (`undoes`), so that its lines differ from those
of a change by a user (R26).
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from state.database import Database, Transaction

PAGE = 200

CREATED, DELETED, FOUND_DELETED, DISMISSED = "created", "deleted", "found deleted", "dismissed"
"""Rules of entries about a whole record: created or deleted by us, found deleted, and a dismissed failure."""

SETTLED = "settled"
"""The rule of an entry about a conflict that a user has settled: how, and who."""

REFUSED, ENRICHED = "refused", "enriched"
"""Rules of entries about a value that the server refused, and about one that the enrichment filled."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A value that changed on an account.

    `old` and `new` are JSON; a created contact has the field `*`. `source` is the record ("ACCOUNT:ID") that the value
    comes from, None where a user typed it. `shown` is JSON of what the record showed after the write, None where that
    is `new`. `person` is the contact of a message, None where the record is a contact itself.
    """

    link: int | None
    account: str
    record_id: str
    field: str
    old: str | None
    new: str | None
    rule: str
    source: str | None = None
    shown: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A stored entry. `undoes` is the run that its own run undoes, None for any other run."""

    id: int
    at_ms: int
    run: str
    undoes: str | None
    stream: str
    entry: HistoryEntry


class History:
    """The history of one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def refused_values(self) -> set[tuple[int, str, str]]:
        """Return link, account and field of every value that a server refused."""
        query = "SELECT DISTINCT link, account, field FROM history WHERE connection = ? AND stream = ? AND rule = ?"
        return {tuple(row) for row in self._db.execute(query, (*self._key, REFUSED)) if row[0] is not None}

    def written_in(self, run: str) -> set[tuple[int, str, str]]:
        """Return link, account and field of every value that a run wrote."""
        rows = self._db.execute("SELECT DISTINCT link, account, field FROM history WHERE run = ?", (run,))
        return {tuple(row) for row in rows if row[0] is not None}

    def add_entries(self, transaction: Transaction, entries: Iterable[HistoryEntry], run: str, now_ms: int) -> None:
        """Append entries."""
        transaction.executemany(
            "INSERT INTO history (at_ms, run, connection, stream, link, account, record_id, field, old, new, rule,"
            " source, shown, person) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    now_ms, run, *self._key, e.link, e.account, e.record_id, e.field, e.old, e.new, e.rule,
                    e.source, e.shown, e.person,
                )
                for e in entries
            ],
        )  # fmt: skip

    def of_run(self, run: str, after: int = 0) -> list[HistoryLine]:
        """Return a page of what a run wrote, past line number `after`."""
        condition = "h.run = ? AND h.connection = ? AND h.stream = ? AND h.id > ? ORDER BY h.id LIMIT ?"
        return history_lines(self._db, condition, (run, *self._key, after, PAGE))

    def of_records(self, records: Sequence[tuple[str, str]]) -> list[HistoryLine]:
        """Return everything about these records (account, id), oldest first."""
        wanted = " OR ".join(["(h.record_id = ? AND h.account = ?)"] * len(records))
        values = [value for account, record_id in records for value in (record_id, account)]
        condition = f"({wanted}) AND h.connection = ? AND h.stream = ? ORDER BY h.id"
        return history_lines(self._db, condition, (*values, *self._key))

    def last_changes(self, link: int, field: str, count: int) -> list[tuple[str, str | None, int, str]]:
        """Return account, new value, time and rule of the last changes of a field of a link, the latest first."""
        rows = self._db.execute(
            "SELECT account, new, at_ms, rule FROM history"
            " WHERE link = ? AND field = ? AND connection = ? AND stream = ? ORDER BY id DESC LIMIT ?",
            (link, field, *self._key, count),
        )
        return [tuple(row) for row in rows.fetchall()]

    def fields_of_link(self, link: int) -> frozenset[str]:
        """Return the fields of a link that were ever written, on either side."""
        rows = self._db.execute(
            "SELECT DISTINCT field FROM history WHERE link = ? AND connection = ? AND stream = ?", (link, *self._key)
        )
        return frozenset(row["field"] for row in rows)

    def refused_fields(self, link: int) -> dict[str, str]:
        """Return the fields of a link that were refused by their last entry, with the account that refused."""
        rows = self._db.execute(
            "SELECT field, account, rule FROM history WHERE link = ? AND connection = ? AND stream = ? ORDER BY id",
            (link, *self._key),
        )
        last = {row["field"]: (row["account"], row["rule"]) for row in rows.fetchall()}
        return {field: account for field, (account, rule) in last.items() if rule == REFUSED}

    def count_deleted(self, account: str, since_ms: int) -> int:
        """Return how many records of an account we have deleted since a time."""
        row = self._db.execute(
            "SELECT count(*) FROM history"
            " WHERE connection = ? AND stream = ? AND account = ? AND rule = ? AND at_ms > ?",
            (*self._key, account, DELETED, since_ms),
        ).fetchone()
        return int(row[0])

    def deleted_records(self, account: str, ids: Sequence[str]) -> set[str]:
        """Return which of these records of an account were deleted, by us or by a user."""
        rows = self._db.execute(
            f"SELECT DISTINCT record_id FROM history WHERE record_id IN ({', '.join('?' * len(ids))})"
            " AND connection = ? AND stream = ? AND account = ? AND rule IN (?, ?)",
            (*ids, *self._key, account, DELETED, FOUND_DELETED),
        )
        return {row[0] for row in rows}

    def was_created(self, link: int, account: str, run: str) -> bool:
        """Return whether a run created the record of a link on an account."""
        row = self._db.execute(
            "SELECT 1 FROM history WHERE link = ? AND run = ? AND account = ? AND field = '*' AND rule = 'created'",
            (link, run, account),
        ).fetchone()
        return row is not None


def history_lines(db: Database, condition: str, values: Sequence[object]) -> list[HistoryLine]:
    """Return the lines (`h`) that match a condition, in its order. The condition is a constant text of ours."""
    rows = db.execute(f"SELECT h.*, r.undoes FROM history h LEFT JOIN run r ON r.id = h.run WHERE {condition}", values)
    return [_line(row) for row in rows.fetchall()]


def lines_of_run(
    db: Database, run: str, after: int, limit: int, account: str = "", field: str = ""
) -> list[HistoryLine]:
    """Return at most `limit` lines of a run, in all streams, past line number `after`: of one account, of one field."""
    condition = "h.run = ? AND h.id > ?" + " AND h.account = ?" * bool(account) + " AND h.field = ?" * bool(field)
    values = (run, after, *filter(None, (account, field)), limit)
    return history_lines(db, f"{condition} ORDER BY h.id LIMIT ?", values)


def fields_of_run(db: Database, run: str) -> list[str]:
    """Return the fields that a run wrote."""
    rows = db.execute("SELECT DISTINCT field FROM history WHERE run = ? ORDER BY field", (run,))
    return [row[0] for row in rows.fetchall()]


def settled_lines(db: Database, before: int, limit: int) -> list[HistoryLine]:
    """Return at most `limit` lines about conflicts that a user settled, the latest first; 0 begins at the end."""
    condition = f"h.rule = '{SETTLED}' AND (? = 0 OR h.id < ?) ORDER BY h.id DESC LIMIT ?"
    return history_lines(db, condition, (before, before, limit))


def begin_run(transaction: Transaction, run: str, connection: int, now_ms: int, undoes: str | None = None) -> None:
    """Store that a run has begun; `undoes` is the run that it undoes."""
    transaction.execute(
        "INSERT INTO run (id, connection, started_ms, undoes) VALUES (?, ?, ?, ?)", (run, connection, now_ms, undoes)
    )


def end_run(transaction: Transaction, run: str, now_ms: int, status: str, report: str) -> None:
    """Store how a run ended. `report` is its JSON document."""
    transaction.execute(
        "UPDATE run SET finished_ms = ?, status = ?, report = ? WHERE id = ?", (now_ms, status, report, run)
    )


def find_run(db: Database, run: str) -> str | None:
    """Return the name of the connection of a run, None when there is no such run."""
    row = db.execute(
        "SELECT c.name FROM run r JOIN connection c ON c.id = r.connection WHERE r.id = ?", (run,)
    ).fetchone()
    return None if row is None else str(row["name"])


def recent_runs(db: Database, count: int) -> list[tuple[str, str, int, str | None]]:
    """Return id, connection, start (milliseconds) and status of the last runs, the latest first."""
    rows = db.execute(
        "SELECT r.id, c.name, r.started_ms, r.status FROM run r JOIN connection c ON c.id = r.connection"
        " ORDER BY r.started_ms DESC, r.id DESC LIMIT ?",
        (count,),
    )
    return [tuple(row) for row in rows.fetchall()]


def prune_history(transaction: Transaction, connection: int, before_ms: int) -> None:
    """Delete history and runs of a connection that began before a time."""
    transaction.execute("DELETE FROM history WHERE connection = ? AND at_ms < ?", (connection, before_ms))
    transaction.execute("DELETE FROM run WHERE connection = ? AND started_ms < ?", (connection, before_ms))


def _line(row: sqlite3.Row) -> HistoryLine:
    entry = HistoryEntry(
        row["link"], row["account"], row["record_id"], row["field"], row["old"], row["new"], row["rule"],
        row["source"], row["shown"], row["person"],
    )  # fmt: skip
    return HistoryLine(row["id"], row["at_ms"], row["run"], row["undoes"], row["stream"], entry)
