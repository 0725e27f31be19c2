"""Read-only queries for the commands and the page: open conflicts and failures, runs, what is open about a contact.

Each function returns frozen dataclasses with the values of the file: times are milliseconds, values are JSON. Lists are
read page by page, after the number (`after`) of the last entry that was shown.
"""

import sqlite3
from dataclasses import dataclass, fields
from typing import Final, TypeVar

from state.contact_lookup import STREAM, FoundContact, Record
from state.database import Database
from state.parked import count_parked

ALL: Final = -1
"""No limit."""

RowOf = TypeVar("RowOf")


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A conflict with the number and the name of its connection, and the names of its accounts."""

    id: int
    connection: int
    connection_name: str
    stream: str
    who: str
    field: str
    left_account: str
    left_value: str
    left_changed_ms: int | None
    right_account: str
    right_value: str
    right_changed_ms: int | None
    found_ms: int
    run: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OpenFailure:
    """A failure with the name and the number of its connection."""

    id: int
    connection: int
    connection_name: str
    stream: str
    account: str
    record_id: str
    who: str
    operation: str
    reason: str
    attempts: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run with the name of its connection; `status`, `finished_ms` and `report` (JSON) are None until it ends."""

    id: str
    connection: int
    connection_name: str
    started_ms: int
    finished_ms: int | None
    status: str | None
    report: str | None


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """A write about a record with an unknown outcome: its account, its run, and when it was sent."""

    account: str
    run: str
    sent_ms: int


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """How many conflicts, failures, links that lost a side, held fields and parked contacts a connection has.

    `fights` of the conflicts are about fields that went back and forth.
    """

    conflicts: int
    failures: int
    deleted: int
    held: int
    parked: int
    fights: int


def open_conflicts(
    db: Database, after: int = 0, limit: int = ALL, *, connection: str = "", field: str = "", fights: bool = False
) -> list[OpenConflict]:
    """Return the conflicts that wait for a user, oldest first: of one connection, one field, about fights alone."""
    condition = "c.resolution IS NULL AND c.id > ?"
    condition += " AND n.name = ?" * bool(connection) + " AND c.field = ?" * bool(field)
    condition += " AND c.reason IS NOT NULL" * fights
    values = [value for value in (connection, field) if value]
    return _conflicts(db, f"{condition} ORDER BY c.id LIMIT ?", after, *values, limit)


def disputed_fields(db: Database) -> list[str]:
    """Return the fields that conflicts which wait for a user are about."""
    rows = db.execute("SELECT DISTINCT field FROM conflict WHERE resolution IS NULL ORDER BY field")
    return [row[0] for row in rows.fetchall()]


def conflicts_of_link(db: Database, link: int | None) -> list[OpenConflict]:
    """Return the conflicts of a link that wait for a user, oldest first."""
    return _conflicts(db, "c.link = ? AND c.resolution IS NULL ORDER BY c.id", link)


def find_conflict(db: Database, conflict_id: int) -> OpenConflict | None:
    """Return one conflict, None where there is none, or none any more."""
    return next(iter(_conflicts(db, "c.id = ?", conflict_id)), None)


def conflict_times(db: Database, connection: str, stream: str) -> dict[int, int]:
    """Return when the conflicts of a stream that wait for a user were found, by number; `connection` is the name."""
    rows = db.execute(
        "SELECT c.id, c.found_ms FROM conflict c JOIN connection n ON n.id = c.connection"
        " WHERE n.name = ? AND c.stream = ? AND c.resolution IS NULL ORDER BY c.id",
        (connection, stream),
    )
    return {row["id"]: row["found_ms"] for row in rows.fetchall()}


def open_failures(db: Database, after: int = 0, limit: int = ALL, *, connection: str = "") -> list[OpenFailure]:
    """Return the failures that are not dismissed, oldest first: of all connections, or of one."""
    condition = "f.dismissed IS NULL AND f.id > ?" + " AND n.name = ?" * bool(connection)
    return _failures(db, f"{condition} ORDER BY f.id LIMIT ?", after, *filter(None, [connection]), limit)


def failures_of_contact(db: Database, record: Record) -> list[OpenFailure]:
    """Return the failures of a record and of its messages that are not dismissed, oldest first."""
    return _failures(
        db,
        "f.dismissed IS NULL AND f.connection = ? AND f.side = ? AND (f.stream = 'contacts' AND f.record_id = ?"
        " OR f.stream = 'messages' AND EXISTS (SELECT 1 FROM message m WHERE m.id = f.record_id"
        " AND m.connection = f.connection AND m.side = f.side AND m.contact_id = ?)) ORDER BY f.id",
        record.connection, record.side, record.id, record.id,
    )  # fmt: skip


def find_failure(db: Database, failure_id: int, *, dismissed: bool = True) -> OpenFailure | None:
    """Return one failure, None where there is none; a dismissed one only if `dismissed`."""
    condition = "f.id = ?" if dismissed else "f.id = ? AND f.dismissed IS NULL"
    return next(iter(_failures(db, condition, failure_id)), None)


def open_counts(db: Database, connection: int) -> OpenCounts:
    """Return what is open in a connection."""
    conditions = (
        "conflict WHERE connection = ? AND resolution IS NULL",
        "failure WHERE connection = ? AND dismissed IS NULL",
        "link WHERE connection = ? AND gone IS NOT NULL",
        "held WHERE connection = ?",
        "conflict WHERE connection = ? AND resolution IS NULL AND reason IS NOT NULL",
    )
    conflicts, failures, deleted, held, fights = (_count(db, condition, connection) for condition in conditions)
    return OpenCounts(conflicts, failures, deleted, held, count_parked(db, connection), fights)


def count_open_conflicts(db: Database) -> int:
    """Return how many conflicts of all connections wait for a user."""
    return _count(db, "conflict WHERE resolution IS NULL")


def count_open_failures(db: Database) -> int:
    """Return how many failures of all connections are not dismissed."""
    return _count(db, "failure WHERE dismissed IS NULL")


def runs_before(db: Database, run_id: str, limit: int, connection: str = "") -> list[StoredRun]:
    """Return runs that began before the given one, the latest first; without a run of that id, the latest of all."""
    before = db.execute("SELECT started_ms, id FROM run WHERE id = ?", (run_id,)).fetchone()
    condition, values = ("(r.started_ms, r.id) < (?, ?)", tuple(before)) if before else ("TRUE", ())
    if connection:
        condition += " AND r.connection = (SELECT id FROM connection WHERE name = ?)"
        values = (*values, connection)
    return _runs(db, f"{condition} ORDER BY r.started_ms DESC, r.id DESC LIMIT ?", *values, limit)


def last_run(db: Database, connection: int) -> StoredRun | None:
    """Return the run of a connection that began last, None before the first."""
    return next(iter(_runs(db, "r.connection = ? ORDER BY r.started_ms DESC, r.id DESC LIMIT 1", connection)), None)


def stored_run(db: Database, run_id: str) -> StoredRun | None:
    """Return one run, None where there is none."""
    return next(iter(_runs(db, "r.id = ?", run_id)), None)


def has_completed_run(db: Database, connection: int) -> bool:
    """Return whether any run of a connection has ended, other than a failed one or an undo."""
    return _count(db, "run WHERE connection = ? AND status IN ('ok', 'partial') AND undoes IS NULL", connection) > 0


def open_intents(db: Database, person: FoundContact) -> list[OpenIntent]:
    """Return the writes with an unknown outcome about the records of a contact (R20)."""
    query = (
        "SELECT CASE i.side WHEN 'left' THEN n.left_account ELSE n.right_account END AS account, i.run, i.sent_ms"
        " FROM intent i JOIN connection n ON n.id = i.connection"
        f" WHERE i.connection = ? AND i.stream = '{STREAM}' AND i.source_id = ? AND i.side <> ? ORDER BY i.id"
    )
    keys = [(record.connection, record.id, record.side) for record in person.records]
    return [_row(OpenIntent, row) for key in keys for row in db.execute(query, key).fetchall()]


def contact_of_conflict(db: Database, conflict_id: int) -> tuple[str, str] | None:
    """Return account and id of a record that a conflict is about, None where there is no such conflict."""
    return _account_and_id(
        db,
        "SELECT n.left_account AS account, coalesce(m.contact_id, l.left_id) AS id FROM conflict c"
        " JOIN link l ON l.id = c.link JOIN connection n ON n.id = c.connection"
        " LEFT JOIN message m ON c.stream = 'messages' AND m.connection = c.connection AND m.side = 'left'"
        " AND m.id = l.left_id WHERE c.id = ?",
        conflict_id,
    )


def contact_of_failure(db: Database, failure_id: int) -> tuple[str, str] | None:
    """Return account and id of the contact that a failure is about, None where there is no such failure."""
    return _account_and_id(
        db,
        "SELECT CASE f.side WHEN 'left' THEN n.left_account ELSE n.right_account END AS account,"
        " coalesce(m.contact_id, f.record_id) AS id FROM failure f JOIN connection n ON n.id = f.connection"
        " LEFT JOIN message m ON f.stream = 'messages' AND m.connection = f.connection AND m.side = f.side"
        " AND m.id = f.record_id WHERE f.id = ?",
        failure_id,
    )


def contact_of_line(db: Database, line_id: int) -> tuple[str, str] | None:
    """Return account and id of the contact that a history line is about, None where there is no such line."""
    query = "SELECT account, coalesce(person, record_id) AS id FROM history WHERE id = ?"
    return _account_and_id(db, query, line_id)


def _conflicts(db: Database, condition: str, *values: int | str | None) -> list[OpenConflict]:
    query = (
        "SELECT c.*, n.name AS connection_name, n.left_account, n.right_account"
        f" FROM conflict c JOIN connection n ON n.id = c.connection WHERE {condition}"
    )
    return [_row(OpenConflict, row) for row in db.execute(query, values).fetchall()]


def _failures(db: Database, condition: str, *values: int | str) -> list[OpenFailure]:
    query = (
        "SELECT f.*, n.name AS connection_name FROM failure f JOIN connection n ON n.id = f.connection"
        f" WHERE {condition}"
    )
    return [_row(OpenFailure, row) for row in db.execute(query, values).fetchall()]


def _runs(db: Database, condition: str, *values: int | str) -> list[StoredRun]:
    query = (
        f"SELECT r.*, n.name AS connection_name FROM run r JOIN connection n ON n.id = r.connection WHERE {condition}"
    )
    return [_row(StoredRun, row) for row in db.execute(query, values).fetchall()]


def _row(kind: type[RowOf], row: sqlite3.Row) -> RowOf:
    """Return a row as a dataclass that has columns as fields."""
    return kind(*(row[each.name] for each in fields(kind)))  # type: ignore[arg-type] # `kind` is a dataclass


def _count(db: Database, condition: str, *values: int) -> int:
    return int(db.execute(f"SELECT count(*) FROM {condition}", values).fetchone()[0])


def _account_and_id(db: Database, query: str, number: int) -> tuple[str, str] | None:
    row = db.execute(query, (number,)).fetchone()
    return None if row is None else (row["account"], row["id"])
