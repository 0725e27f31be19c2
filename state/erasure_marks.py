"""Recognise erased contacts by salted hashes: nothing else of them is kept.

The salt is created with the first hash and stays in the file, so that a hash means nothing without the file. Whoever
has the file can test whether an address that they know is among them: this is what the hashes are for.
"""

from collections.abc import Iterable
from hashlib import blake2b
from secrets import token_bytes

from state.database import Database, Transaction

DIGEST_BYTES = 32


class ErasureMarks:
    """The hashes of all erased contacts, of all connections."""

    def __init__(self, db: Database) -> None:
        self._db = db
        row = db.execute("SELECT value FROM salt").fetchone()
        self._salt: bytes | None = None if row is None else row["value"]
        self._digests = frozenset(row[0] for row in db.execute("SELECT DISTINCT digest FROM forgotten"))
        self._lifted = _lifted(db)

    def __bool__(self) -> bool:
        """Return whether any contact was erased."""
        return bool(self._digests)

    def knows_any(self, marks: Iterable[str]) -> bool:
        """Return whether one of the marks is that of an erased contact."""
        return bool(self._digests) and not self._digests.isdisjoint(self._hashed(marks))

    def add_marks(self, transaction: Transaction, marks: Iterable[str], now_ms: int) -> None:
        """Store the hashes of the marks of an erased contact."""
        if self._salt is None:
            self._salt = token_bytes(DIGEST_BYTES)
            transaction.execute("INSERT INTO salt VALUES (1, ?)", (self._salt,))
        used = "SELECT person FROM forgotten UNION ALL SELECT person FROM lifted"
        number = transaction.execute(f"SELECT coalesce(max(person), 0) + 1 FROM ({used})").fetchone()[0]
        digests = self._hashed(marks)
        transaction.executemany(
            "INSERT INTO forgotten VALUES (?, ?, ?)", [(digest, number, now_ms) for digest in digests]
        )
        self._digests |= digests

    def lift_marks(self, transaction: Transaction, marks: Iterable[str]) -> int:
        """End the erasure of the contacts that have one of the marks; return how many there were.

        Their hashes stay in another table until both records are linked again: they show which two records were linked.
        """
        digests = self._hashed(marks)
        wanted = ",".join("?" * len(digests))
        rows = transaction.execute(f"SELECT DISTINCT person FROM forgotten WHERE digest IN ({wanted})", (*digests,))
        numbers = [(row["person"],) for row in rows.fetchall()]
        moving = "INSERT OR IGNORE INTO lifted SELECT digest, person FROM forgotten WHERE person = ?"
        transaction.executemany(moving, numbers)
        transaction.executemany("DELETE FROM forgotten WHERE person = ?", numbers)
        self._lifted = _lifted(self._db)
        self._digests = frozenset(row[0] for row in transaction.execute("SELECT DISTINCT digest FROM forgotten"))
        return len(numbers)

    def lifted(self, mark: str) -> int | None:
        """Return the number of the contact with this mark if its erasure has ended, otherwise None."""
        if self._salt is None or not self._lifted:
            return None
        return self._lifted.get(_digest(mark, self._salt))

    def drop_lifted(self, transaction: Transaction, person: int) -> None:
        """Delete the hashes of a contact after the end of its erasure, by its number."""
        transaction.execute("DELETE FROM lifted WHERE person = ?", (person,))
        self._lifted = _lifted(self._db)

    def _hashed(self, marks: Iterable[str]) -> set[bytes]:
        salt = self._salt
        return set() if salt is None else {_digest(mark, salt) for mark in marks}


def _lifted(db: Database) -> dict[bytes, int]:
    return {row["digest"]: row["person"] for row in db.execute("SELECT digest, person FROM lifted")}


def _digest(mark: str, salt: bytes) -> bytes:
    return blake2b(mark.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES, key=salt).digest()
