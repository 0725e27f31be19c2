"""Read runs and their changes page by page, and find the record of a conflict, a failure or a history line."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from state.history import HistoryLine, lines
from state.person_lookup import Record, known
from sync.errors import NotThere
from sync.output.formats import time_text
from sync.rules.contact_codec import from_ms

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history, with the name of its contact where that is known."""

    line: HistoryLine
    who: str
    old: Any
    new: Any


def runs(db: sqlite3.Connection, before: str, limit: int) -> list[Document]:
    """Return at most `limit` stored reports of runs that began before the given run, latest first."""
    after = db.execute("SELECT started_ms, id FROM run WHERE id = ?", (before,)).fetchone() if before else None
    condition, values = ("(r.started_ms, r.id) < (?, ?)", tuple(after)) if after else ("TRUE", ())
    rows = db.execute(f"{_RUNS} WHERE {condition} ORDER BY r.started_ms DESC, r.id DESC LIMIT ?", (*values, limit))
    return [_report(row) for row in rows.fetchall()]


def run(db: sqlite3.Connection, run_id: str) -> Document:
    """Return the report of a run. Raises NotThere."""
    row = db.execute(f"{_RUNS} WHERE r.id = ?", (run_id,)).fetchone()
    if row is None:
        raise NotThere("there is no such run; it may be older than the history that is kept")
    return _report(row)


def changes(db: sqlite3.Connection, run_id: str, after: int, limit: int) -> list[Change]:
    """Return at most `limit` changes of a run, after the history line with the number `after`."""
    found = lines(db, "h.run = ? AND h.id > ? ORDER BY h.id LIMIT ?", (run_id, after, limit))
    row = db.execute(
        "SELECT n.* FROM run r JOIN connection n ON n.id = r.connection WHERE r.id = ?", (run_id,)
    ).fetchone()
    return [_change(db, row, line) for line in found]


def of_conflict(db: sqlite3.Connection, conflict_id: int) -> str:
    """Return the record of a conflict as ACCOUNT:ID. Raises NotThere."""
    row = db.execute(
        "SELECT n.left_account AS account, coalesce(m.contact_id, l.left_id) AS id FROM conflict c"
        " JOIN link l ON l.id = c.link JOIN connection n ON n.id = c.connection"
        " LEFT JOIN message m ON c.stream = 'messages' AND m.connection = c.connection AND m.side = 'left'"
        " AND m.id = l.left_id WHERE c.id = ?",
        (conflict_id,),
    ).fetchone()
    return _record_text(row, f"there is no conflict {conflict_id} any more")


def of_failure(db: sqlite3.Connection, failure_id: int) -> str:
    """Return the record of a failure as ACCOUNT:ID. Raises NotThere."""
    row = db.execute(
        "SELECT CASE f.side WHEN 'left' THEN n.left_account ELSE n.right_account END AS account,"
        " coalesce(m.contact_id, f.record_id) AS id FROM failure f JOIN connection n ON n.id = f.connection"
        " LEFT JOIN message m ON f.stream = 'messages' AND m.connection = f.connection AND m.side = f.side"
        " AND m.id = f.record_id WHERE f.id = ?",
        (failure_id,),
    ).fetchone()
    return _record_text(row, f"there is no failure {failure_id} any more")


def of_line(db: sqlite3.Connection, line_id: int) -> str:
    """Return the record of a history line as ACCOUNT:ID. Raises NotThere."""
    row = db.execute("SELECT account, coalesce(person, record_id) AS id FROM history WHERE id = ?", (line_id,))
    return _record_text(row.fetchone(), "there is no such line; it may be older than the history that is kept")


_RUNS = "SELECT r.*, n.name AS connection_name FROM run r JOIN connection n ON n.id = r.connection"


def _report(row: sqlite3.Row) -> Document:
    """Return the document of a run; of an unfinished run, what is known."""
    basic: Document = {
        "run": row["id"],
        "connection": row["connection_name"],
        "status": row["status"],
        "started_at": _time(row["started_ms"]),
        "finished_at": _time(row["finished_ms"]),
        "streams": {},
        "requests": {},
        "errors": [],
    }
    kept: Document = json.loads(row["report"] or "{}")
    return basic | kept | {"status": row["status"]}


def _change(db: sqlite3.Connection, connection: sqlite3.Row, line: HistoryLine) -> Change:
    entry = line.entry
    side = "left" if entry.account == connection["left_account"] else "right"
    record = Record(connection["id"], side, entry.account, entry.person or entry.record_id)
    found = known(db, record)
    name = (found.email or next(iter(found.phones), None)) if found else None
    return Change(line, name or f"{entry.account}:{record.id}", _value(entry.old), _value(entry.new))


def _record_text(row: sqlite3.Row | None, missing: str) -> str:
    if row is None:
        raise NotThere(missing)
    return f"{row['account']}:{row['id']}"


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _time(milliseconds: int | None) -> str | None:
    moment = from_ms(milliseconds)
    return None if moment is None else time_text(moment)
