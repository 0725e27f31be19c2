"""Check that a file is a state file of growthsync, and find its version."""

import sqlite3
from pathlib import Path

from state.database import Database
from state.disk import PRIMARY
from state.errors import StateError
from state.schema import VERSION

APPLICATION_ID = 0x67737963

BROKEN = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
"""SQLite's errors for a file that is no database, or a damaged one."""

SMALLEST = 512
"""Bytes of the smallest page, and so of the smallest database, of SQLite."""


def confirm_ours(db: Database, path: Path) -> None:
    """Raise StateError for a file that is no database, of another program, or of a newer version."""
    if path.exists() and 0 < path.stat().st_size < SMALLEST:
        raise StateError(unusable_text(path, "file is not a database"))  # SQLite would overwrite it
    version = version_of(db)
    application = int(db.execute("PRAGMA application_id").fetchone()[0])
    tables = int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise StateError(f"{path}: this database belongs to another program; set another `path` under [state]")
    if version > VERSION:
        raise StateError(
            f"{path}: written by a newer growthsync (schema {version}, this one knows {VERSION}); "
            "upgrade growthsync, or set another `path` under [state]"
        )


def confirm_current(db: Database, path: Path) -> None:
    """Raise StateError for a file of an older version."""
    if version_of(db) != VERSION:
        raise StateError(f"{path}: of an older version; the next run upgrades it")


def version_of(db: Database) -> int:
    """Return the version of the tables, 0 for a new file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def has_wal(db: Database) -> bool:
    """Return whether the file has a write-ahead log."""
    return bool(db.execute("PRAGMA journal_mode").fetchone()[0] == "wal")


def unusable_text(path: Path, error: Exception | str) -> str:
    """Return the message about a file that can't be opened: damaged, or only refused at the moment."""
    broken = isinstance(error, str) or getattr(error, "sqlite_errorcode", 0) & PRIMARY in BROKEN
    if not broken:
        return f"{path}: the state file can't be opened ({error}); its content is undamaged"
    return (
        f"{path}: the state file can't be used ({error}); "
        "restore it from a backup, or set another `path` under [state] to start again"
    )
