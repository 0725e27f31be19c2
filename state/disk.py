"""A disk that is full, or that refuses: told as what it is, with the file and what to do.

SQLite undoes what it could not write, so nothing is lost. A quota, and a file that may not grow any more, come as I/O
errors; so does a disk that is broken.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from state.errors import StateUnwritable

PRIMARY = 0xFF
"""The bits of an error code of SQLite that say what kind it is."""

REFUSALS = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

TEMPORARY = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 (where SQLite looks, after its own variables)


def is_refused(error: BaseException) -> bool:
    """Say whether an error is a disk's, and no mistake of ours."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & PRIMARY in REFUSALS
    return isinstance(error, OSError) and error.errno in NO_ROOM


def unwritable(path: Path, error: BaseException) -> StateUnwritable:
    """Return what a person is told of a state file at a path that a disk refuses."""
    return StateUnwritable(
        f"{path}: can't be written ({error}); nothing is lost: free some space on its disk, and in "
        f"{_temporary_folder()}, where SQLite keeps for a while what takes too much memory, and run again"
    )


@contextmanager
def raising_unwritable(path: Path) -> Iterator[None]:
    """Raise StateUnwritable where a disk refuses what happens within the block to the state file at a path."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if is_refused(error):
            raise unwritable(path, error) from error
        raise


def _temporary_folder() -> str:
    places = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"), *TEMPORARY)
    return next((each for each in places if each and Path(each).is_dir()), ".")
