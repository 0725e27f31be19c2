"""The causes that the command under `[notify]` was called for and that are not over, per connection and stream."""

from collections.abc import Iterable

from state.database import Database, Transaction
from state.notification_cause import NotificationCause


class NotificationStore:
    """The causes of one stream of one connection."""

    def __init__(self, db: Database, connection: str, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def all_causes(self) -> list[NotificationCause]:
        """Return every cause that is not over, or has an end that was not sent yet."""
        rows = self._db.execute(
            "SELECT * FROM told WHERE connection = ? AND stream = ? ORDER BY cause, since_ms, key", self._key
        )
        return [
            NotificationCause(row["cause"], row["key"], row["since_ms"], row["tries"], row["told_ms"])
            for row in rows.fetchall()
        ]

    def put_causes(self, transaction: Transaction, causes: Iterable[NotificationCause]) -> None:
        """Store causes as they are now."""
        transaction.executemany(
            "INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*self._key, one.cause, one.key, one.since_ms, one.tries, one.notified_ms) for one in causes],
        )

    def forget_causes(self, transaction: Transaction, causes: Iterable[NotificationCause]) -> None:
        """Delete causes that are over."""
        transaction.executemany(
            "DELETE FROM told WHERE connection = ? AND stream = ? AND cause = ? AND key = ?",
            [(*self._key, one.cause, one.key) for one in causes],
        )
