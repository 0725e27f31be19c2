"""What the command under `[notify]` was told and is not over yet, per connection and stream.

A cause may have several keys (each open conflict is one), or the single key ''. Instants are milliseconds.
"""

from collections.abc import Iterable

from state.database import Database, Transaction
from state.notification_cause import NotificationCause


class NotificationStore:
    """The causes of one stream of one connection."""

    def __init__(self, db: Database, connection: str, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def all_causes(self) -> list[NotificationCause]:
        """Return every cause that is not over, or whose end was not told yet."""
        rows = self._db.execute(
            "SELECT * FROM told WHERE connection = ? AND stream = ? ORDER BY cause, since_ms, key", self._key
        )
        return [
            NotificationCause(row["cause"], row["key"], row["since_ms"], row["tries"], row["told_ms"])
            for row in rows.fetchall()
        ]

    def put_causes(self, transaction: Transaction, causes: Iterable[NotificationCause]) -> None:
        """Remember causes as they are now."""
        transaction.executemany(
            "INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*self._key, one.cause, one.key, one.since_ms, one.tries, one.notified_ms) for one in causes],
        )

    def forget_causes(self, transaction: Transaction, causes: Iterable[NotificationCause]) -> None:
        """Drop causes that are over."""
        transaction.executemany(
            "DELETE FROM told WHERE connection = ? AND stream = ? AND cause = ? AND key = ?",
            [(*self._key, one.cause, one.key) for one in causes],
        )
