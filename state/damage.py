"""Find, name and repair cells of the state file that hold what growthsync never writes there.

Rules kept here:
- a cell is checked by its table alone: the type of its column, a valid time, JSON of the shape that the column holds.
  `readers` are further checks by column;
- a repair deletes what can be read again: digests, memory, the call log, settings, indexes and cursors (then everything
  is read in full), open conflicts and failures (the next run finds them again). Links, shadows and the history are
  never touched, nor is a decision of a user: a conflict with a resolution and a dismissed failure stay;
- no message holds the content of a cell, since it may be personal data.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from state.cell_conditions import (
    conditions_of,
    references_of,
)
from state.cell_shapes import INTENT_SOURCES, SENT, SHADOW, SHAPES
from state.database import Database
from state.errors import LockHeld, StateError, StateUnwritable
from state.schema import TABLES

Readers = Mapping[tuple[str, str], Callable[[str, str], object]]
"""By table and column: reads the text of a cell, with the name of its field (or of its setting), or raises an error."""

OTHER: Final = {"left": "right", "right": "left"}
CLEARED: Final = frozenset(
    {
        ("run", "report"), ("failure", "digest"), ("message", "print"),
        *(("link", f"{side}_{part}") for side in ("left", "right")
          for part in ("digest", "memory", "seen_ms", "wrote_ms", "unmapped", "kept")),
    }
)  # fmt: skip
"""Cells that may be empty, and that the next run fills again."""
DROPPED: Final = frozenset(
    {"allowance", "setting", "company", "schedule", "hint", "webhook", "heard", "told", "holder", "tally", "progress",
     "trouble", "cursor", "scope_verdict", "approval", "activity"}
)  # fmt: skip
"""Tables that may lose rows."""
READ_AGAIN: Final = {"person": "contacts", "number": "contacts", "address": "contacts", "message": "messages"}
"""Indexes that may lose rows, since their stream is read in full again then."""
FOUND_AGAIN: Final = {"conflict": "resolution", "failure": "dismissed"}
"""Tables with rows that are found again, and the column of a user's decision: a row with a decision stays."""
MISREAD: Final = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, sqlite3.Error)
"""The errors that reading such a cell may raise."""


@dataclass(frozen=True, slots=True)
class DamagedCell:
    """A cell that can't be read: its place, by the key of its row, and the reason."""

    table: str
    column: str
    key: tuple[tuple[str, Any], ...]
    reason: str
    is_decided: bool = False

    @property
    def is_repairable(self) -> bool:
        """Return whether the next run can read its content again."""
        if (self.table, self.column) in CLEARED:
            return True
        return not self.is_decided and self.table in DROPPED | READ_AGAIN.keys() | FOUND_AGAIN.keys()

    @property
    def row(self) -> str:
        """Return the key of its row as text, without addresses and numbers."""
        return ", ".join(f"{name} {value!r}" for name, value in self.key if name not in ("phone", "email"))

    def __str__(self) -> str:
        return f"table {self.table}, row {self.row}, column {self.column}: {self.reason}"


def damaged_cells(db: Database, readers: Readers) -> Iterator[DamagedCell]:
    """Yield every cell that can't be read."""
    for fault in _all_faults(db, readers):
        yield replace(fault, is_decided=_is_decided(db, fault))


def _all_faults(db: Database, readers: Readers) -> Iterator[DamagedCell]:
    for table in TABLES:
        if table != "about":
            yield from _faults_in(db, table, readers)


def _faults_in(
    db: Database, table: str, readers: Readers, rows: str = "TRUE", values: Sequence[Any] = ()
) -> Iterator[DamagedCell]:
    """Yield the damaged cells of a table, in the rows that meet a condition."""
    columns = db.execute(f"PRAGMA table_info({table})").fetchall()
    keys = _keys(db, table, columns) if columns else []
    for column in columns:
        name = column["name"]
        for condition, reason in (*conditions_of(table, column), *references_of(db, table, name)):
            query = f"SELECT {', '.join(keys)} FROM {table} WHERE ({rows}) AND ({condition})"
            for row in _raw(db, query, values):
                yield DamagedCell(table, name, _key(keys, row), reason)
        if column["type"] == "TEXT":
            query = f"SELECT {', '.join(keys)}, {_context(table)}, {name} FROM {table} WHERE {rows}"
            yield from _misread(db, query, values, table, name, keys, readers)


def damaged_cell_of_record(db: Database, side: str, record_id: str, readers: Readers) -> DamagedCell | None:
    """Return a damaged cell of what is stored about a record, None where there is none: the history is left out."""
    of_link = f"link IN (SELECT id FROM link WHERE {side}_id = ?1)"
    conditions = {
        "link": f"{side}_id = ?1", "person": "id = ?1", "conflict": of_link, "owed": of_link, "held": of_link,
        "intent": f"source_id = ?1 OR source_id IN (SELECT {OTHER[side]}_id FROM link WHERE {side}_id = ?1)",
    }  # fmt: skip
    for table, condition in conditions.items():
        found = next(_faults_in(db, table, readers, condition, (record_id,)), None)
        if found is not None:
            return found
    return None


@contextmanager
def naming_damage(path: Path, readers: Readers) -> Iterator[None]:
    """Raise StateError with the name of the cell where an error in the block comes from a damaged cell."""
    try:
        yield
    except (StateError, StateUnwritable, LockHeld):
        raise
    except MISREAD as error:
        fault = _first(path, readers)
        if fault is None:
            raise
        raise StateError(damage_message(path, fault)) from error


def damage_message(path: Path, fault: DamagedCell) -> str:
    """Return the message about a damaged cell: its place, and what to do."""
    if fault.is_repairable:
        return f"{path}: damaged at {fault}; `sync state repair` deletes it, and the next run reads it again"
    return (
        f"{path}: damaged at {fault}; it can't be read again: restore the file from a backup "
        "(`sync state repair` lists all that is damaged)"
    )


def _first(path: Path, readers: Readers) -> DamagedCell | None:
    """Return the first damaged cell of a file, None where there is none or the file can't be opened."""
    with suppress(sqlite3.Error):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        db.row_factory = sqlite3.Row
        try:
            return next(damaged_cells(db, readers), None)
        finally:
            db.close()
    return None


def _misread(  # noqa: PLR0917 (the rows, and what is read in them)
    db: Database, query: str, values: Sequence[Any], table: str, column: str, keys: Sequence[str], readers: Readers
) -> Iterator[DamagedCell]:
    """Yield the texts of a column that are not UTF-8, that have not its shape, or that its reader can't read.

    `query` selects the key of each row, what its shape depends on, and the cell.
    """
    reader = readers.get((table, column))
    for *key, context, text in _raw(db, query, values):
        if not isinstance(text, str):
            continue
        try:
            text.encode()
            if not _has_shape(table, column, context, text):
                yield DamagedCell(table, column, _key(keys, key), "JSON of another shape is expected")
            elif reader is not None:
                reader(text, str(context))
        except UnicodeEncodeError:
            yield DamagedCell(table, column, _key(keys, key), "text in UTF-8 is expected")
        except MISREAD:
            yield DamagedCell(table, column, _key(keys, key), "this can't be read")


def _has_shape(table: str, column: str, context: object, text: str) -> bool:
    """Return whether the JSON of a cell has the shape of its column; where it is no JSON, a condition finds that."""
    shape = SHAPES.get((table, column))
    if table == "link" and column.endswith("_shadow") and context == "contacts":
        shape = SHADOW
    if table == "intent":
        shape = {"sent": SENT, "source": INTENT_SOURCES}.get(column, {}).get(str(context), shape)
    if shape is None:
        return True
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return True
    return shape(content)


def _context(table: str) -> str:
    """Return the column that the shape of the JSON in a table depends on."""
    return {"conflict": "field", "history": "field", "owed": "field", "setting": "key", "intent": "stream",
            "link": "stream"}.get(table, "NULL")  # fmt: skip


def _raw(db: Database, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return rows. A text that is not UTF-8 is returned in a form that can't be encoded."""
    before, db.text_factory = db.text_factory, lambda found: found.decode(errors="surrogateescape")
    try:
        return [tuple(row) for row in db.execute(query, values).fetchall()]
    finally:
        db.text_factory = before


def _keys(db: Database, table: str, columns: Sequence[sqlite3.Row]) -> list[str]:
    """Return the columns that identify a row of a table."""
    created = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()["sql"]
    if created.rstrip().upper().endswith("WITHOUT ROWID"):
        return [column["name"] for column in columns if column["pk"]]
    return ["rowid"]


def _key(keys: Sequence[str], row: Sequence[Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(zip(keys, row, strict=False))


def row_condition(fault: DamagedCell) -> tuple[str, list[Any]]:
    """Return the condition that finds the row of a cell, and its values; SQLite binds no text that is not UTF-8."""
    parts, values = [], []
    for name, value in fault.key:
        is_text = isinstance(value, str)
        parts.append(f"typeof({name}) = 'text' AND CAST({name} AS BLOB) = ?" if is_text else f"{name} IS ?")
        values.append(value.encode(errors="surrogateescape") if is_text else value)
    return " AND ".join(parts), values


def _is_decided(db: Database, fault: DamagedCell) -> bool:
    """Return whether the row of a cell holds a decision of a user."""
    decision = FOUND_AGAIN.get(fault.table)
    # A decision that can't be read is none: the conflict is found again, and the user is asked again.
    if decision in (None, fault.column):
        return False
    where, values = row_condition(fault)
    query = f"SELECT 1 FROM {fault.table} WHERE {where} AND {decision} IS NOT NULL"
    return db.execute(query, values).fetchone() is not None
