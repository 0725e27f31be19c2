"""Open the state file for the page: read-only, for a limited time, without blocking a run.

A reader blocks no writer of SQLite, but a long one keeps the write-ahead log from being truncated. So a query that has
not ended after LONGEST is interrupted, and the page responds with 503.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from state.database import Database
from state.file import StateFile
from sync.config.model import Config
from sync.streams.cell_checks import raising_damage

LONGEST: Final = 10.0
WAIT: Final = 1.0
"""Seconds to wait for a process that has locked the whole file."""


@contextmanager
def looking(config: Config, longest: float = LONGEST) -> Iterator[Database]:
    """Open the state file and read it as it is at one moment. Raises StateError and DatabaseError."""
    path = config.state.path
    with closing(StateFile.open_read_only(path, WAIT)) as state, state.snapshot(longest) as db, raising_damage(path):
        yield db
