"""Open the state file for the commands: to read it, to record a decision of a user, or to copy it.

A missing state file reads as an empty one, and reading does not create it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from state.access import is_missing, is_writable
from state.database import Database, Transaction
from state.disk import raising_unwritable
from state.file import StateFile
from sync.config.model import Config
from sync.errors import UsageError
from sync.rules.contact_codec import to_ms
from sync.streams.cell_checks import raising_damage

Document = dict[str, Any]


@contextmanager
def reading(config: Config) -> Iterator[Database]:
    """Open the state file for reading, an empty one where there is none. Raises StateError.

    A file that is readable but not writable is read from a copy.
    """
    path = config.state.path
    state = StateFile.open(path) if is_writable(path) else StateFile.open_copy(path)
    with closing(state), raising_unwritable(path), raising_damage(path):
        yield state.db


@contextmanager
def deciding(config: Config) -> Iterator[Transaction]:
    """Open the state file and begin the transaction of a user's decision. Raises StateError and LockHeld."""
    path = config.state.path
    state = StateFile.open_copy(path) if is_missing(path) else StateFile.open(path)
    with closing(state), raising_unwritable(path), raising_damage(path), state.atomic() as transaction:
        yield transaction


def back_up(config: Config, path: Path) -> Document:
    """Write a consistent copy of the state file. Raises StateError, and UsageError without a state file."""
    if not config.state.path.exists():
        raise UsageError(f"there is no state file {config.state.path} yet; create it with: sync run")
    with closing(StateFile.open(config.state.path)) as state:
        state.back_up(path)
    return {"state": str(config.state.path), "backup": str(path), "bytes": path.stat().st_size}


def now_ms() -> int:
    """Return the present time as the state stores times: in milliseconds since 1970."""
    return to_ms(datetime.now(UTC)) or 0
