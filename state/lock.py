"""The locks: of a connection (one run at a time, however it was started), of the daemon, and of an account's token.

The kernel holds the lock, on a file beside the state file, so that the death of a holder, by kill -9 too, frees it. The
table `holder` says who holds it since when, for the message to the second process.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from state.errors import LockHeld
from state.file import StateFile
from state.heartbeat import TRY_SECONDS, connection_lock, daemon_lock

DAEMON = ".daemon"
"""The daemon's name in the table `holder`: no connection can have it."""

TRIES = 60
"""How often to try to lock a token that another process changes, for TRY_SECONDS each."""


@contextmanager
def hold_connection(state: StateFile, connection: str, now_ms: int) -> Iterator[None]:
    """Hold the connection's lock during the block. Raises LockHeld."""
    lock = FileLock(connection_lock(state.path, connection), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockHeld(_held_text(state, connection, now_ms)) from None
    try:
        _store_holder(state, connection, now_ms)
        yield
    finally:
        lock.release()


@contextmanager
def hold_daemon(state: StateFile, now_ms: int) -> Iterator[Path]:
    """Hold the daemon's lock of a state file during the block; yield the lock file. Raises LockHeld."""
    path = daemon_lock(state.path)
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=TRY_SECONDS)
    except Timeout:
        raise LockHeld(_other_daemon_text(state)) from None
    try:
        _store_holder(state, DAEMON, now_ms)
        yield path
    finally:
        lock.release()


@contextmanager
def hold_token(state_path: Path, account: str, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of an account's token during the block.

    `wait` is called between two of the TRIES tries. Raises LockHeld.
    """
    lock = FileLock(state_path.with_name(f"{state_path.name}.{account}.token.lock"), mode=0o600)
    for _ in range(TRIES):
        with suppress(Timeout):
            lock.acquire(timeout=TRY_SECONDS)
            break
        wait()
    else:
        waited = f"{TRIES * TRY_SECONDS:.0f} s"
        raise LockHeld(f"account {account}: another process has been changing its token for {waited}")
    try:
        yield
    finally:
        lock.release()


def _other_daemon_text(state: StateFile) -> str:
    row = state.db.execute("SELECT pid, host FROM holder WHERE connection = ?", (DAEMON,)).fetchone()
    who = f" (process {row['pid']} on {row['host']}; stop it with: kill {row['pid']})" if row else ""
    return f"{state.path}: another daemon works on it{who}"


def _store_holder(state: StateFile, connection: str, now_ms: int) -> None:
    with state.atomic() as db:
        db.execute(
            "INSERT OR REPLACE INTO holder VALUES (?, ?, ?, ?)",
            (connection, os.getpid(), socket.gethostname(), now_ms),
        )


def _held_text(state: StateFile, connection: str, now_ms: int) -> str:
    row = state.db.execute("SELECT pid, host, since_ms FROM holder WHERE connection = ?", (connection,)).fetchone()
    if row is None:
        return f"connection {connection}: another run has just begun; wait for it to end, or try again"
    since = datetime.fromtimestamp(row["since_ms"] / 1000, UTC).isoformat(timespec="seconds")
    age = max(0, now_ms - row["since_ms"]) // 1000
    return (
        f"connection {connection}: a run holds the lock (process {row['pid']} on {row['host']}, "
        f"since {since}, {age} s ago); wait for it to end, or stop it with: kill {row['pid']}"
    )
