"""Read runs and their changes page by page, and find the record of a conflict, a failure or a history line."""

import json
from dataclasses import dataclass
from typing import Any

from state import queries
from state.connections import StoredConnection, all_connections
from state.contact_lookup import Record, indexed_contact
from state.database import Database
from state.history import HistoryLine, lines_of_run
from sync.errors import NotThere
from sync.operations.run_list import run_document

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history, with the name of its contact where that is known."""

    line: HistoryLine
    who: str
    old: Any
    new: Any


def runs(db: Database, before: str, limit: int) -> list[Document]:
    """Return at most `limit` stored reports of runs that began before the given run, latest first."""
    return [run_document(found) for found in queries.runs_before(db, before, limit)]


def run(db: Database, run_id: str) -> Document:
    """Return the report of a run. Raises NotThere."""
    found = queries.stored_run(db, run_id)
    if found is None:
        raise NotThere("there is no such run; it may be older than the history that is kept")
    return run_document(found)


def changes(db: Database, run_id: str, after: int, limit: int) -> list[Change]:
    """Return at most `limit` changes of a run, after the history line with the number `after`."""
    by_number = {one.id: one for one in all_connections(db)}
    run = queries.stored_run(db, run_id)
    found = lines_of_run(db, run_id, after, limit)
    return [_change(db, by_number[run.connection], line) for line in found] if run is not None else []


def of_conflict(db: Database, conflict_id: int) -> str:
    """Return the record of a conflict as ACCOUNT:ID. Raises NotThere."""
    return _record_text(queries.contact_of_conflict(db, conflict_id), f"there is no conflict {conflict_id} any more")


def of_failure(db: Database, failure_id: int) -> str:
    """Return the record of a failure as ACCOUNT:ID. Raises NotThere."""
    return _record_text(queries.contact_of_failure(db, failure_id), f"there is no failure {failure_id} any more")


def of_line(db: Database, line_id: int) -> str:
    """Return the record of a history line as ACCOUNT:ID. Raises NotThere."""
    missing = "there is no such line; it may be older than the history that is kept"
    return _record_text(queries.contact_of_line(db, line_id), missing)


def _change(db: Database, connection: StoredConnection, line: HistoryLine) -> Change:
    entry = line.entry
    side = "left" if entry.account == connection.left_account else "right"
    record = Record(connection.id, side, entry.account, entry.person or entry.record_id)
    found = indexed_contact(db, record)
    name = (found.email or next(iter(found.phones), None)) if found else None
    return Change(line, name or f"{entry.account}:{record.id}", _value(entry.old), _value(entry.new))


def _record_text(found: tuple[str, str] | None, missing: str) -> str:
    if found is None:
        raise NotThere(missing)
    return ":".join(found)


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)
