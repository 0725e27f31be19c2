"""The locks: on a connection (one run at a time, however it was started), of the daemon, on the token of an account.

The lock is the kernel's, on a file beside the state file, so a holder that dies, by kill -9 too, frees it. Who holds it
since when stands in the table `holder`, for the message to whoever comes second.
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
from state.heartbeat import TRY_SECONDS, daemon_lock

DAEMON = ".daemon"
"""The daemon's name in the table `holder`: no connection can have it."""

TRIES = 60
"""So often, for TRY_SECONDS each, a token that another process is changing is waited for."""


@contextmanager
def hold_connection(state: StateFile, connection: str, now_ms: int) -> Iterator[None]:
    """Hold the connection's lock for the length of the block. Raises LockHeld."""
    path = state.path.with_name(f"{state.path.name}-{connection}.lock")
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockHeld(_held(state, connection, now_ms)) from None
    try:
        _introduce(state, connection, now_ms)
        yield
    finally:
        lock.release()


@contextmanager
def hold_daemon(state: StateFile, now_ms: int) -> Iterator[Path]:
    """Be the only daemon on a state file for the length of the block; yield the lock's file. Raises LockHeld."""
    path = daemon_lock(state.path)
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=TRY_SECONDS)
    except Timeout:
        raise LockHeld(_other_daemon(state)) from None
    try:
        _introduce(state, DAEMON, now_ms)
        yield path
    finally:
        lock.release()


@contextmanager
def hold_token(state_path: Path, account: str, wait: Callable[[], None]) -> Iterator[None]:
    """Be the only one who changes the token of an account for the length of the block.

    `wait` is called between two looks, LOOKS of them. Raises LockHeld.
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


def _other_daemon(state: StateFile) -> str:
    row = state.db.execute("SELECT pid, host FROM holder WHERE connection = ?", (DAEMON,)).fetchone()
    who = f" (process {row['pid']} on {row['host']}; stop it with: kill {row['pid']})" if row else ""
    return f"{state.path}: another daemon works on it{who}"


def _introduce(state: StateFile, connection: str, now_ms: int) -> None:
    with state.atomic() as db:
        db.execute(
            "INSERT OR REPLACE INTO holder VALUES (?, ?, ?, ?)",
            (connection, os.getpid(), socket.gethostname(), now_ms),
        )


def _held(state: StateFile, connection: str, now_ms: int) -> str:
    row = state.db.execute("SELECT pid, host, since_ms FROM holder WHERE connection = ?", (connection,)).fetchone()
    if row is None:
        return f"connection {connection}: another run has just begun; wait for it, or try again"
    since = datetime.fromtimestamp(row["since_ms"] / 1000, UTC).isoformat(timespec="seconds")
    age = max(0, now_ms - row["since_ms"]) // 1000
    return (
        f"connection {connection}: a run holds the lock (process {row['pid']} on {row['host']}, "
        f"since {since}, {age} s ago); wait for it to end, or stop it with: kill {row['pid']}"
    )
