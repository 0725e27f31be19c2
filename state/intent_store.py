"""The table of intents, one stream of one connection at a time; every list is in the order of storing."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

from state.database import Database, Transaction
from state.intent_codec import decode_contact_intent, decode_message_intent, encode_intent
from state.intents import (
    AmendmentIntent,
    CopyDeletionIntent,
    CopyIntent,
    CreateIntent,
    DeletionIntent,
    Intent,
    RemovalIntent,
    UpdateIntent,
)

Kind = TypeVar("Kind", bound=Intent)


class IntentStore(ABC, Generic[Kind]):
    """The intents of one stream of one connection."""

    def __init__(self, db: Database, connection: int, stream: str) -> None:
        self._db = db
        self._key = (connection, stream)

    def add_intent(self, transaction: Transaction, intent: Kind, run: str) -> None:
        """Store a write before it is sent; one that is sent again replaces its earlier intent."""
        transaction.execute(
            "INSERT OR REPLACE INTO intent (run, connection, stream, side, source_id, sent_ms, sent, source)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (run, *self._key, intent.side, intent.source_id, intent.sent_ms, *encode_intent(intent)),
        )

    def remove_intents(self, transaction: Transaction, side: str, *source_ids: str) -> None:
        """Remove intents, since their outcome is known and stored."""
        transaction.executemany(
            "DELETE FROM intent WHERE connection = ? AND stream = ? AND side = ? AND source_id = ?",
            [(*self._key, side, source_id) for source_id in source_ids],
        )

    def of_record(self, side: str, source_id: str) -> Kind | None:
        """Return the write on a side for a record of the other side, None where none is open."""
        found = self._find("AND side = ? AND source_id = ?", side, source_id)
        return found[0] if found else None

    def _find(self, condition: str = "", *values: str) -> list[Kind]:
        query = f"SELECT * FROM intent WHERE connection = ? AND stream = ? {condition} ORDER BY id"
        return [
            self._decode(
                {"side": row["side"], "source_id": row["source_id"], "sent_ms": row["sent_ms"]},
                row["sent"],
                row["source"],
            )
            for row in self._db.execute(query, (*self._key, *values)).fetchall()
        ]

    @abstractmethod
    def _decode(self, place: Mapping[str, Any], sent: str, source: str) -> Kind:
        """Return an intent from its place and its JSON."""


class ContactIntents(IntentStore[CreateIntent | UpdateIntent | DeletionIntent | RemovalIntent]):
    """The intents of contacts."""

    _decode = staticmethod(decode_contact_intent)

    def mark_accepted(self, transaction: Transaction, side: str, source_id: str) -> None:
        """Store that the server accepted a create without showing the record."""
        intent = self.of_record(side, source_id)
        if isinstance(intent, CreateIntent):
            transaction.execute(
                "UPDATE intent SET source = ? WHERE connection = ? AND stream = ? AND side = ? AND source_id = ?",
                (encode_intent(replace(intent, accepted=True))[1], *self._key, side, source_id),
            )

    def open_creates(self) -> list[CreateIntent]:
        """Return the creates with an unknown outcome."""
        return [one for one in self._find() if isinstance(one, CreateIntent)]

    def open_updates(self) -> list[UpdateIntent | DeletionIntent]:
        """Return the updates and deletions with an unknown outcome."""
        return [one for one in self._find() if isinstance(one, UpdateIntent | DeletionIntent)]

    def open_removals(self) -> list[RemovalIntent]:
        """Return the removals with an unknown outcome."""
        return [one for one in self._find() if isinstance(one, RemovalIntent)]


class MessageIntents(IntentStore[CopyIntent | AmendmentIntent | CopyDeletionIntent]):
    """The intents of messages."""

    _decode = staticmethod(decode_message_intent)

    def open_creates(self) -> list[CopyIntent]:
        """Return the copies with an unknown outcome."""
        return [one for one in self._find() if isinstance(one, CopyIntent)]

    def open_updates(self) -> list[AmendmentIntent | CopyDeletionIntent]:
        """Return the amendments and deletions of copies with an unknown outcome."""
        return [one for one in self._find() if not isinstance(one, CopyIntent)]
