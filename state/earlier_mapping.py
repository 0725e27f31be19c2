"""Read the fields of the mapping in force from a state file of any version, before it is upgraded."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from state.errors import StateError
from state.version import unusable_text

_WAIT: Final = 30.0
"""Seconds to wait for another process that upgrades the file."""


def fields_in_force(path: Path, connection: str) -> tuple[str, ...]:
    """Return the fields of the mapping in force, with their places; () without a file, and before the first run.

    Raises StateError where the file cannot be read.
    """
    if not path.exists():
        return ()
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT, isolation_level=None)) as db:
            return _fields(db, connection)
    except sqlite3.DatabaseError as error:
        raise StateError(unusable_text(path, error)) from error


def _fields(db: sqlite3.Connection, connection: str) -> tuple[str, ...]:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'mapping'").fetchone():
        return ()
    row = db.execute(
        "SELECT fields FROM mapping WHERE connection = (SELECT id FROM connection WHERE name = ?) "
        "AND json_valid(fields) ORDER BY id DESC LIMIT 1",
        (connection,),
    ).fetchone()
    found = json.loads(row[0]) if row else []
    return tuple(map(str, found)) if isinstance(found, list) else ()
