"""Whether a daemon is there, and when it last showed that it is well: for who looks from outside.

The lock's file tells both: the kernel, whether somebody holds it; its time, when the daemon last touched it. Looking
costs no more than opening a file.
"""

import fcntl
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

TRY_SECONDS = 1.0
"""Seconds that a daemon which begins waits for the lock: somebody may hold it for a moment to see who is there."""


def daemon_lock(state_path: Path) -> Path:
    """Return the file of the daemon's lock."""
    return state_path.with_name(f"{state_path.name}.daemon.lock")


def is_daemon_running(state_path: Path) -> bool:
    """Say whether a daemon works on the state file; where its lock may not be opened that is not known, and denied."""
    with suppress(FileNotFoundError, PermissionError), daemon_lock(state_path).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def touch_heartbeat(lock: Path) -> None:
    """Show that the daemon which holds the lock is well."""
    os.utime(lock)


def last_heartbeat(state_path: Path) -> datetime | None:
    """Return when the daemon last showed that it is well, in UTC, None when there is none."""
    if not is_daemon_running(state_path):
        return None
    return datetime.fromtimestamp(daemon_lock(state_path).stat().st_mtime, UTC)
