"""New state files for tests without their migrations: these take 25 ms each time, and 1,500 tests need a new file.

The first new file of a process is migrated as users' files are. Later ones are copies of it, byte for byte what a
migration makes (tests/state/test_file.py). Files that hold anything, files of child processes, and the tests of
migrations themselves are migrated for real.
"""

import sqlite3
import threading
from typing import Any, Final

import pytest

from state import file
from state.schema import migrate

_lock: Final = threading.Lock()
_templates: Final[dict[int, sqlite3.Connection]] = {}
"""A migrated database by its page size: SQLite copies no database into one with another page size."""


def copy_new_files(patch: pytest.MonkeyPatch) -> None:
    """Let files that are opened in this process be copied where they are new."""
    patch.setattr(file, "migrate", _copy_or_migrate)


def _copy_or_migrate(database: Any) -> None:
    db: sqlite3.Connection = database.conn
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        migrate(database)
        return
    with _lock:
        page_bytes = db.execute("PRAGMA page_size").fetchone()[0]
        if page_bytes not in _templates:
            migrate(database)
            _templates[page_bytes] = template = sqlite3.connect(":memory:", check_same_thread=False)
            db.backup(template)
            return
        _templates[page_bytes].backup(db)
