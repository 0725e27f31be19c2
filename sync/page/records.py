"""Read runs and their changes page by page, and find the record of a conflict, a failure or a history line."""

import json
from dataclasses import dataclass
from typing import Any, Final

from state import queries
from state.connections import StoredConnection, all_connections
from state.contact_lookup import Record, indexed_contact
from state.database import Database
from state.history import HistoryLine, fields_of_run, lines_of_run, settled_lines
from sync.errors import NotThere
from sync.operations.run_list import is_idle, run_document

Document = dict[str, Any]

MOST_FOLDED: Final = 2000
"""Runs that one page looks through at most."""


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history, with the name of its contact where that is known."""

    line: HistoryLine
    who: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which changes of a run are shown: those at an account, those of a field; '' is all."""

    account: str = ""
    field: str = ""


EVERYTHING: Final = RunFilter()


def runs(db: Database, before: str, limit: int, connection: str = "") -> list[Document]:
    """Return at most `limit` stored reports of runs that began before the given run, latest first."""
    return [run_document(found) for found in queries.runs_before(db, before, limit, connection)]


def folded_runs(db: Database, before: str, connection: str, limit: int, *, idle: bool) -> tuple[list[Document], str]:
    """Return at most `limit` entries, and the run that the next page begins after, '' at the end.

    Runs in a row that changed nothing are one entry, {"folded": how many, "began": ..., "ended": ...}, unless `idle`.
    """
    entries: list[Document] = []
    seen = 0
    while seen < MOST_FOLDED:
        found = runs(db, before, limit, connection)
        for one in found:
            folds = not idle and is_idle(one) and "undoes" not in one
            if len(entries) == limit and not (folds and "folded" in entries[-1]):
                return entries, before
            _add_run(entries, one, folds=folds)
            before = one["run"]
        seen += len(found)
        if len(found) < limit:
            return entries, ""
    return entries, before


def _add_run(entries: list[Document], run: Document, *, folds: bool) -> None:
    if not folds:
        entries.append(run)
    elif entries and "folded" in entries[-1]:
        entries[-1] |= {"folded": entries[-1]["folded"] + 1, "began": run["started_at"]}
    else:
        entries.append({"folded": 1, "began": run["started_at"], "ended": run["started_at"]})


def changed_fields(db: Database, run_id: str) -> list[str]:
    """Return the fields that a run wrote."""
    return fields_of_run(db, run_id)


def settled(db: Database, before: int, limit: int) -> list[Change]:
    """Return the conflicts that users settled, the latest first, before the history line with that number."""
    lines = settled_lines(db, before, limit)
    ends = {one.id: one for one in all_connections(db)}
    by_account = {name: one for one in ends.values() for name in (one.left_account, one.right_account)}
    return [_change(db, by_account[line.entry.account], line) for line in lines if line.entry.account in by_account]


def run(db: Database, run_id: str) -> Document:
    """Return the report of a run. Raises NotThere."""
    found = queries.stored_run(db, run_id)
    if found is None:
        raise NotThere("there is no such run; it may be older than the history that is kept")
    return run_document(found)


def changes(db: Database, run_id: str, after: int, limit: int, wanted: RunFilter = EVERYTHING) -> list[Change]:
    """Return at most `limit` changes of a run, after the history line with the number `after`."""
    by_number = {one.id: one for one in all_connections(db)}
    run = queries.stored_run(db, run_id)
    found = lines_of_run(db, run_id, after, limit, wanted.account, wanted.field)
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
