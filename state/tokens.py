"""The OAuth tokens of accounts as ciphertext. Encryption and keys are in `sync.oauth.encryption`.

Rules kept here:
- each change is durable when it returns, on a connection of its own: tokens are renewed in the middle of a run, by any
  of its threads, and also by a dry run, which would lose them with its copy of the file;
- the start of a renewal is stored before it, so that a full disk is noticed while the old token is still valid;
- what is deleted or replaced is overwritten in the file.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from state.disk import raising_unwritable
from state.file import BUSY_SECONDS


@dataclass(frozen=True, slots=True)
class EncryptedToken:
    """A ciphertext, the name of its key, and its nonce."""

    key: str
    nonce: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class StoredToken:
    """The stored token of an account; `began_ms` is the start of a renewal that has no stored result."""

    sealed: EncryptedToken
    stored_ms: int
    began_ms: int | None


class TokenStore:
    """The tokens in the state file at a path. Calls may come from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def stored_token(self, account: str) -> StoredToken | None:
        """Return the token of an account, None where there is none, or no file. Raises StateUnwritable."""
        if not self._path.exists():
            return None
        with self._connected() as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'token'").fetchone():
                return None  # the file is of an older version, which knew no tokens
            row = db.execute("SELECT * FROM token WHERE account = ?", (account,)).fetchone()
        if row is None:
            return None
        return StoredToken(EncryptedToken(row["key"], row["nonce"], row["sealed"]), row["stored_ms"], row["began_ms"])

    def note_renewal(self, account: str, now_ms: int) -> None:
        """Store that a renewal begins. Raises StateUnwritable."""
        with self._connected() as db:
            db.execute("UPDATE token SET began_ms = ? WHERE account = ?", (now_ms, account))

    def store_token(self, account: str, sealed: EncryptedToken, now_ms: int) -> None:
        """Store a token durably in place of the old one. Raises StateUnwritable."""
        with self._connected() as db:
            db.execute(
                "INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?, NULL)",
                (account, sealed.key, sealed.nonce, sealed.content, now_ms),
            )

    def remove_token(self, account: str) -> bool:
        """Delete the token of an account; return whether there was one. Raises StateUnwritable."""
        if self.stored_token(account) is None:
            return False
        with self._connected() as db:
            return db.execute("DELETE FROM token WHERE account = ?", (account,)).rowcount > 0

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Open the file; each statement is a commit of its own."""
        with raising_unwritable(self._path):
            db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            with closing(db):
                db.row_factory = sqlite3.Row
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA secure_delete = ON")
                yield db
