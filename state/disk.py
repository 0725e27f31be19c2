"""Turn the errors of a disk that is full or broken into StateUnwritable, which names the file and what to do.

A process with too many open files gets an error of SQLite that does not say so; it is found out and named here.

SQLite undoes what it could not write, so nothing is lost. An exceeded quota, a limit on the size of files and a broken
disk are reported by SQLite as I/O errors.
"""

import errno
import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from state.errors import StateUnwritable

PRIMARY = 0xFF
"""The bits of SQLite's error code that hold its kind."""

REFUSALS = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

TEMPORARY = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 (where SQLite looks, after its own variables)


def is_refused(error: BaseException) -> bool:
    """Return whether an error comes from the disk."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & PRIMARY in REFUSALS
    return isinstance(error, OSError) and error.errno in NO_ROOM


def has_too_many_files() -> bool:
    """Return whether this process can open no further file."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


def too_many_files(path: Path) -> StateUnwritable:
    """Return the error about a state file that can't be opened because this process has too many open files."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return StateUnwritable(
        f"{path}: too many open files in this process (the limit is {limit}); the file is undamaged and nothing is "
        "lost: allow more, with LimitNOFILE= in the unit of systemd, or with ulimit -n, and start again"
    )


def unwritable(path: Path, error: BaseException) -> StateUnwritable:
    """Return the error about a state file that the disk refuses to write."""
    return StateUnwritable(
        f"{path}: can't be written ({error}); nothing is lost: free some space on its disk, and in "
        f"{_temporary_folder()}, where SQLite keeps temporary files, and run again"
    )


@contextmanager
def raising_unwritable(path: Path) -> Iterator[None]:
    """Raise StateUnwritable where the disk refuses what the block does with the state file at a path."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if is_refused(error):
            raise unwritable(path, error) from error
        raise


def _temporary_folder() -> str:
    places = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"), *TEMPORARY)
    return next((each for each in places if each and Path(each).is_dir()), ".")
