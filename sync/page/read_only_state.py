"""Open the state file for the page: read-only, for a limited time, without blocking a run.

A reader blocks no writer of SQLite, but a long one keeps the write-ahead log from being truncated. So a query that has
not ended after LONGEST is interrupted, and the page responds with 503.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from state.file import StateFile
from sync.config.model import Config
from sync.engine.cell_checks import naming

LONGEST: Final = 10.0
WAIT: Final = 1.0
"""Seconds to wait for a process that has locked the whole file."""
STEPS: Final = 20_000
"""Instructions of SQLite between two checks of the time limit."""


@contextmanager
def looking(config: Config, longest: float = LONGEST) -> Iterator[sqlite3.Connection]:
    """Open the state file and read it as it is at one moment. Raises StateError and sqlite3.Error."""
    deadline = time.monotonic() + longest
    with closing(StateFile.open_to_look(config.state.path, WAIT)) as state:
        state.db.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
        state.db.execute("BEGIN")
        with naming(config.state.path):
            yield state.db
