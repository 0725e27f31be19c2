"""The index of messages: every message ever listed on a side, linked or not (R6, R7).

It recognises a message by contact, time and text where it has no link, and finds the messages of a contact again that
was not synced when they were read. Texts are kept as digests only. Times are milliseconds.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from state.database import Database, Transaction

STREAM = "messages"
CHUNK = 200


@dataclass(frozen=True, slots=True)
class IndexedMessage:
    """A message in the index.

    `print` is the digest of its text, None where no listing showed it; `left_out` says that its contact is not synced.
    """

    id: str
    contact_id: str
    sent_ms: int | None
    print: bytes | None
    left_out: bool = False


class MessageIndex:
    """The messages of one side of a connection."""

    def __init__(self, db: Database, connection: int, side: str) -> None:
        self._db = db
        self._key = (connection, side)
        self._side = side

    def put_messages(self, transaction: Transaction, messages: Iterable[IndexedMessage]) -> None:
        """Store messages, or what is known of them now; a stored digest stays where none is shown."""
        transaction.executemany(
            "INSERT INTO message (connection, side, id, contact_id, sent_ms, print, left_out)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connection, side, id) DO UPDATE SET"
            " contact_id = excluded.contact_id, sent_ms = excluded.sent_ms,"
            " print = coalesce(excluded.print, print), left_out = max(left_out, excluded.left_out)",
            [(*self._key, one.id, one.contact_id, one.sent_ms, one.print, one.left_out) for one in messages],
        )

    def drop_message(self, transaction: Transaction, message_id: str) -> None:
        """Delete a message that is gone."""
        transaction.execute(
            "DELETE FROM message WHERE connection = ? AND side = ? AND id = ?", (*self._key, message_id)
        )

    def mark_left_out(self, transaction: Transaction, message_id: str, *, left_out: bool) -> None:
        """Store whether a message waits until its contact is synced."""
        transaction.execute(
            "UPDATE message SET left_out = ? WHERE connection = ? AND side = ? AND id = ?",
            (left_out, *self._key, message_id),
        )

    def message(self, message_id: str) -> IndexedMessage | None:
        """Return one message, None where it was never listed."""
        row = self._db.execute(
            "SELECT * FROM message WHERE connection = ? AND side = ? AND id = ?", (*self._key, message_id)
        ).fetchone()
        return None if row is None else _indexed(row)

    def has_originals(self, contact_id: str) -> bool:
        """Return whether a contact has a message here that is not our copy."""
        row = self._db.execute(
            "SELECT 1 FROM message m WHERE m.contact_id = ? AND m.connection = ? AND m.side = ?"
            " AND NOT EXISTS (SELECT 1 FROM link l WHERE l.connection = m.connection AND l.stream = 'messages'"
            f" AND l.{self._side}_id = m.id AND l.{self._side}_shadow = 'copy')",
            (contact_id, *self._key),
        ).fetchone()
        return row is not None

    def unlinked_near(self, contact_id: str, sent_ms: int, tolerance_ms: int) -> list[IndexedMessage]:
        """Return the unlinked messages of a contact about that time, in the order of their times."""
        rows = self._db.execute(
            "SELECT m.* FROM message m WHERE m.contact_id = ? AND m.connection = ? AND m.side = ?"
            " AND m.sent_ms BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM link l WHERE l.connection = m.connection"
            f" AND l.stream = '{STREAM}' AND l.{self._side}_id = m.id) ORDER BY m.sent_ms, m.id",
            (contact_id, *self._key, sent_ms - tolerance_ms, sent_ms + tolerance_ms),
        )
        return [_indexed(row) for row in rows.fetchall()]

    def copied_near(self, contact_id: str, sent_ms: int, tolerance_ms: int) -> list[tuple[IndexedMessage, int]]:
        """Return the originals of a contact about that time that have a copy, with the numbers of their links."""
        rows = self._db.execute(
            "SELECT m.*, l.id AS link FROM message m JOIN link l ON l.connection = m.connection"
            f" AND l.stream = '{STREAM}' AND l.{self._side}_id = m.id AND l.{self._side}_shadow = 'original'"
            " WHERE m.contact_id = ? AND m.connection = ? AND m.side = ? AND m.sent_ms BETWEEN ? AND ?"
            " ORDER BY abs(m.sent_ms - ?), m.id",
            (contact_id, *self._key, sent_ms - tolerance_ms, sent_ms + tolerance_ms, sent_ms),
        )
        return [(_indexed(row), int(row["link"])) for row in rows.fetchall()]

    def freed_messages(self, after_link: int) -> Iterator[IndexedMessage]:
        """Yield the messages that were left out before, and that have a synced contact now.

        The link of the contact is past that number, or the plan of this run is about to create it, or the contact was
        parked and is back in scope.
        """
        persons = (
            f"SELECT {self._side}_id AS person FROM link WHERE id > ? AND connection = ? AND stream = 'contacts'"
            f" UNION SELECT {self._side}_id FROM stage.step WHERE operation = 'create'"
            f" UNION SELECT {self._side}_id FROM stage.pair"
            f" UNION SELECT {self._side}_id FROM parked JOIN link ON link.id = parked.link WHERE parked.back"
        )
        query = (
            f"SELECT m.* FROM ({persons}) JOIN message m ON m.contact_id = person AND m.connection = ?"
            " AND m.side = ? WHERE m.left_out AND m.id > ? ORDER BY m.id LIMIT ?"
        )
        after = ""
        while rows := self._db.execute(query, (after_link, self._key[0], *self._key, after, CHUNK)).fetchall():
            yield from map(_indexed, rows)
            after = rows[-1]["id"]


class StreamSetup:
    """The settings that a stream of a connection was last read with, and how far it follows new links."""

    def __init__(self, db: Database, connection: int, name: str) -> None:
        self._db = db
        self._key = (connection, name)

    def fingerprint(self) -> str | None:
        """Return the fingerprint of the settings that the stream was last read with, None before the first run."""
        row = self._db.execute("SELECT fingerprint FROM stream WHERE connection = ? AND name = ?", self._key).fetchone()
        return None if row is None else str(row[0])

    def set_up(self, transaction: Transaction, fingerprint: str) -> None:
        """Store other settings of the stream; it is read again in full, since its cursors are deleted."""
        transaction.execute(
            "INSERT INTO stream VALUES (?, ?, ?, 0) ON CONFLICT (connection, name)"
            " DO UPDATE SET fingerprint = excluded.fingerprint",
            (*self._key, fingerprint),
        )
        transaction.execute("DELETE FROM cursor WHERE connection = ? AND stream = ? AND kind = 'covered'", self._key)

    def last_link(self) -> int:
        """Return the number of the last link of contacts up to which messages were read."""
        row = self._db.execute("SELECT last_link FROM stream WHERE connection = ? AND name = ?", self._key).fetchone()
        return 0 if row is None else int(row[0])

    def newest_link(self) -> int:
        """Return the number of the newest link of contacts."""
        row = self._db.execute(
            "SELECT coalesce(max(id), 0) FROM link WHERE connection = ? AND stream = 'contacts'", self._key[:1]
        ).fetchone()
        return int(row[0])

    def note_followed(self, transaction: Transaction, link_id: int) -> None:
        """Store that the messages of all contacts up to that link were read."""
        transaction.execute("UPDATE stream SET last_link = ? WHERE connection = ? AND name = ?", (link_id, *self._key))


def _indexed(row: sqlite3.Row) -> IndexedMessage:
    return IndexedMessage(row["id"], row["contact_id"], row["sent_ms"], row["print"], bool(row["left_out"]))
