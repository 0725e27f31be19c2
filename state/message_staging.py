"""The staging of messages: what one run read of them, and what it will do about them.

It is in the temporary database of the run, beside the staging of contacts, and deleted with it. Actions are yielded in
the order in which the messages were sent, so that copies are created in that order.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from state.database import Transaction
from state.file import StateFile

PAGE = 200

TABLES = """
CREATE TABLE stage.message (
  number INTEGER PRIMARY KEY, side TEXT NOT NULL, id TEXT NOT NULL, contact_id TEXT NOT NULL, content TEXT,
  digest BLOB, link INTEGER, UNIQUE (side, id)
);
CREATE TABLE stage.copying (
  number INTEGER PRIMARY KEY, operation TEXT NOT NULL, side TEXT NOT NULL, source_id TEXT NOT NULL,
  contact_id TEXT NOT NULL, sent_ms INTEGER NOT NULL, link INTEGER, note TEXT
);
CREATE INDEX stage.copying_by_time ON copying (operation, side, sent_ms, number);
CREATE INDEX stage.copying_by_source ON copying (source_id, side);
CREATE TABLE stage.copy (side TEXT NOT NULL, contact_id TEXT NOT NULL, content TEXT);
CREATE INDEX stage.copy_by_person ON copy (contact_id, side);
CREATE TABLE stage.taken (side TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (side, id)) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class StagedMessage:
    """A message that was read; `content` is JSON, None when nothing about it is new."""

    side: str
    id: str
    contact_id: str
    content: str | None = None
    digest: bytes | None = None
    link: int | None = None


@dataclass(frozen=True, slots=True)
class MessageAction:
    """An action about a message: `side` is where it is done, `source_id` the original's id on the other side.

    `contact_id` is the contact of the original. `note` is JSON.
    """

    operation: str
    side: str
    source_id: str
    contact_id: str
    sent_ms: int = 0
    link: int | None = None
    note: str | None = None
    number: int = 0


class MessageStaging:
    """The staged messages of one run; the staging of contacts is open already."""

    def __init__(self, state: StateFile) -> None:
        self._db = state.db
        for statement in TABLES.split(";"):
            self._db.execute(statement)

    def put_messages(self, transaction: Transaction, messages: Iterable[StagedMessage]) -> None:
        """Stage messages; a later reading of a message replaces an earlier one."""
        transaction.executemany(
            "INSERT INTO stage.message (side, id, contact_id, content, digest, link) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (side, id) DO UPDATE SET contact_id = excluded.contact_id, content = excluded.content,"
            " digest = excluded.digest, link = excluded.link",
            [(one.side, one.id, one.contact_id, one.content, one.digest, one.link) for one in messages],
        )

    def message(self, side: str, message_id: str) -> StagedMessage | None:
        """Return a message that was read, None when it was not."""
        row = self._db.execute("SELECT * FROM stage.message WHERE side = ? AND id = ?", (side, message_id)).fetchone()
        return None if row is None else _staged(row)

    def count_messages(self, side: str) -> int:
        """Return how many different messages of a side were read."""
        return int(self._db.execute("SELECT count(*) FROM stage.message WHERE side = ?", (side,)).fetchone()[0])

    def count_unchanged(self) -> int:
        """Return how many linked messages were read, on either side, and show nothing new."""
        row = self._db.execute(
            "SELECT count(*) FROM (SELECT link FROM stage.message WHERE link IS NOT NULL"
            " GROUP BY link HAVING count(content) = 0)"
        )
        return int(row.fetchone()[0])

    def message_pages(self, side: str) -> Iterator[list[StagedMessage]]:
        """Yield the new messages of a side in the order of reading, a page at a time."""
        number = 0
        while True:
            rows = self._db.execute(
                "SELECT * FROM stage.message WHERE number > ? AND side = ? AND content IS NOT NULL"
                " ORDER BY number LIMIT ?",
                (number, side, PAGE),
            ).fetchall()
            if not rows:
                return
            yield [_staged(row) for row in rows]
            number = rows[-1]["number"]

    def unlinked_contacts(self, side: str) -> Iterator[str]:
        """Yield the contacts of new, unlinked messages of a side, each once."""
        after = ""
        query = (
            "SELECT DISTINCT m.contact_id FROM stage.message m WHERE m.side = ? AND m.content IS NOT NULL"
            " AND m.link IS NULL AND m.contact_id > ? ORDER BY m.contact_id LIMIT ?"
        )
        while rows := self._db.execute(query, (side, after, PAGE)).fetchall():
            yield from (row[0] for row in rows)
            after = rows[-1][0]

    def put_copies(self, transaction: Transaction, side: str, contact_id: str, copies: Sequence[str]) -> None:
        """Stage the copies that a contact has (JSON texts), or that it has none."""
        transaction.executemany(
            "INSERT INTO stage.copy VALUES (?, ?, ?)", [(side, contact_id, copy) for copy in (None, *copies)]
        )

    def were_copies_read(self, side: str, contact_id: str) -> bool:
        """Return whether this run has read the copies of a contact."""
        row = self._db.execute("SELECT 1 FROM stage.copy WHERE contact_id = ? AND side = ?", (contact_id, side))
        return row.fetchone() is not None

    def copies(self, side: str, contact_id: str) -> list[str]:
        """Return the copies of a contact that this run has read."""
        rows = self._db.execute(
            "SELECT content FROM stage.copy WHERE contact_id = ? AND side = ? AND content IS NOT NULL",
            (contact_id, side),
        )
        return [row[0] for row in rows.fetchall()]

    def mark_taken(self, transaction: Transaction, side: str, message_id: str) -> None:
        """Store that this run is about to link a message."""
        transaction.execute("INSERT OR IGNORE INTO stage.taken VALUES (?, ?)", (side, message_id))

    def is_taken(self, side: str, message_id: str) -> bool:
        """Return whether this run is about to link a message."""
        row = self._db.execute("SELECT 1 FROM stage.taken WHERE side = ? AND id = ?", (side, message_id)).fetchone()
        return row is not None

    def missing(self, side: str, connection: int, after: int) -> list[tuple[int, str]]:
        """Return a page of the links of messages past number `after` with a message on a side that was not read."""
        rows = self._db.execute(
            f"SELECT l.id, l.{side}_id FROM link l WHERE l.connection = ? AND l.stream = 'messages' AND l.id > ?"
            " AND l.gone IS NULL AND NOT EXISTS"
            f" (SELECT 1 FROM stage.message m WHERE m.side = ? AND m.id = l.{side}_id) ORDER BY l.id LIMIT ?",
            (connection, after, side, PAGE),
        )
        return [(row[0], row[1]) for row in rows.fetchall()]

    def plan_action(self, transaction: Transaction, step: MessageAction) -> None:
        """Add an action to the plan."""
        transaction.execute(
            "INSERT INTO stage.copying (operation, side, source_id, contact_id, sent_ms, link, note)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (step.operation, step.side, step.source_id, step.contact_id, step.sent_ms, step.link, step.note),
        )

    def is_planned(self, side: str, source_id: str) -> bool:
        """Return whether an action is planned on a side about a message of the other."""
        row = self._db.execute(
            "SELECT 1 FROM stage.copying WHERE source_id = ? AND side = ? LIMIT 1", (source_id, side)
        ).fetchone()
        return row is not None

    def planned_actions(self, operation: str, side: str, size: int = PAGE) -> Iterator[list[MessageAction]]:
        """Yield the planned actions of an operation on a side in the order of their messages, a page at a time."""
        place = (-(1 << 62), 0)
        query = (
            "SELECT * FROM stage.copying WHERE operation = ? AND side = ? AND (sent_ms, number) > (?, ?)"
            " ORDER BY sent_ms, number LIMIT ?"
        )
        while rows := self._db.execute(query, (operation, side, *place, size)).fetchall():
            yield [_copying(row) for row in rows]
            place = (rows[-1]["sent_ms"], rows[-1]["number"])

    def drop_actions(self, numbers: Iterable[int]) -> None:
        """Take actions out of the plan."""
        self._db.executemany("DELETE FROM stage.copying WHERE number = ?", [(number,) for number in numbers])

    def count_actions(self, operation: str, side: str) -> int:
        """Return how many actions of an operation are planned on a side."""
        row = self._db.execute(
            "SELECT count(*) FROM stage.copying WHERE operation = ? AND side = ?", (operation, side)
        ).fetchone()
        return int(row[0])


def _staged(row: sqlite3.Row) -> StagedMessage:
    return StagedMessage(row["side"], row["id"], row["contact_id"], row["content"], row["digest"], row["link"])


def _copying(row: sqlite3.Row) -> MessageAction:
    return MessageAction(
        row["operation"], row["side"], row["source_id"], row["contact_id"], row["sent_ms"], row["link"], row["note"],
        row["number"],
    )  # fmt: skip
