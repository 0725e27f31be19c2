"""The log of recent calls of each account, which all processes share (R5). The rate limiter reads and writes its text.

It has a connection of its own, which commits without an fsync: a power loss can take only a count of calls made
seconds ago. It never checkpoints, so that it does not move into the file what another process has not synced yet.
"""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from state.database import Database, Transaction
from state.file import BUSY_SECONDS


def call_log_text(db: Database, account: str) -> str:
    """Return the call log of an account, '' where there is none."""
    row = db.execute("SELECT facts FROM allowance WHERE account = ?", (account,)).fetchone()
    return "" if row is None else str(row[0])


def forget_call_logs(transaction: Transaction) -> None:
    """Delete the call logs of all accounts: in the copy of a state file that calls other servers."""
    transaction.execute("DELETE FROM allowance")


class SharedCallLog:
    """The call logs of all accounts. Calls may come from several threads."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA wal_autocheckpoint = 0")
        self._lock = threading.Lock()

    def peek(self, account: str) -> str:
        """Return the call log of an account, '' when there is none."""
        with self._lock:
            return call_log_text(self._db, account)

    def revise(self, account: str, change: Callable[[str], str]) -> None:
        """Replace the log by what `change` returns for it, in one step that excludes all other processes."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute(
                    "INSERT OR REPLACE INTO allowance VALUES (?, ?)",
                    (account, change(call_log_text(self._db, account))),
                )
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # some errors, a full disk among them, have ended it already
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
