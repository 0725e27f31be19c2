"""Show to other processes that the daemon runs and is well.

Both are read from its lock file: the kernel knows whether a process holds the lock, and the daemon sets the file's time
whenever it is well. Reading them costs no more than opening a file.
"""

import fcntl
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

TRY_SECONDS = 1.0
"""How long a starting daemon waits for the lock, in seconds: another process may hold it to look for a daemon."""


def daemon_lock(state_path: Path) -> Path:
    """Return the path of the daemon's lock file."""
    return state_path.with_name(f"{state_path.name}.daemon.lock")


def is_daemon_running(state_path: Path) -> bool:
    """Return whether a daemon holds the lock of the state file; False where the lock file cannot be opened."""
    return _is_held(daemon_lock(state_path))


def connection_lock(state_path: Path, connection: str) -> Path:
    """Return the path of the lock file of a connection."""
    return state_path.with_name(f"{state_path.name}-{connection}.lock")


def is_connection_running(state_path: Path, connection: str) -> bool:
    """Return whether a run holds the lock of a connection; False where the lock file cannot be opened."""
    return _is_held(connection_lock(state_path, connection))


def _is_held(lock: Path) -> bool:
    with suppress(FileNotFoundError, PermissionError), lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def touch_heartbeat(lock: Path) -> None:
    """Set the time of the lock file: the daemon that holds it is well."""
    os.utime(lock)


def last_heartbeat(state_path: Path) -> datetime | None:
    """Return when the daemon was last well, in UTC, None when no daemon runs."""
    if not is_daemon_running(state_path):
        return None
    return datetime.fromtimestamp(daemon_lock(state_path).stat().st_mtime, UTC)
