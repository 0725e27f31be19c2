"""The state file as the page looks at it: read only, for a limited time, in the way of no run.

A reader of SQLite's log holds up no writer. What it could hold up is the log's becoming short again, so no look may
last: a query that has not ended after LONGEST is broken off, and the page says so (503).
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
"""Seconds for which somebody who has the file to themselves is waited for."""
STEPS: Final = 20_000
"""Instructions of SQLite between two looks at the clock."""


@contextmanager
def looking(config: Config, longest: float = LONGEST) -> Iterator[sqlite3.Connection]:
    """Open the state file and see it as it is at one moment. Raises StateError and sqlite3.Error."""
    deadline = time.monotonic() + longest
    with closing(StateFile.open_to_look(config.state.path, WAIT)) as state:
        state.db.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
        state.db.execute("BEGIN")
        with naming(config.state.path):
            yield state.db
