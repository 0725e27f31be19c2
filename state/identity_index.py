"""The identity index: every contact ever read on each side, so that pairing looks at the whole other system (R7).

E-mail addresses, numbers and names are stored as they are compared; creation times are milliseconds.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from state.database import Database, Transaction
from state.indexed_contact import IndexedContact

CHUNK = 200

Value = TypeVar("Value")
_Keys = tuple[tuple[str, ...], tuple[str, ...]]


class IdentityIndex:
    """The index of one side of one connection."""

    def __init__(self, db: Database, connection: int, side: str, stream: str = "contacts") -> None:
        self._db = db
        self._key = (connection, side)
        other = "right" if side == "left" else "left"
        self._select = (
            f"SELECT p.id, p.email, p.name, p.phones, p.marker, p.created_ms, p.more_emails, p.bare_marker,"
            f" l.{other}_id AS linked FROM person p "
            f"LEFT JOIN link l ON l.{side}_id = p.id AND l.connection = p.connection AND l.stream = '{stream}'"
            " AND l.gone IS NULL "
        )

    def put_contacts(self, transaction: Transaction, contacts: Iterable[IndexedContact]) -> None:
        """Add contacts, or update them."""
        latest = {contact.id: contact for contact in contacts}
        for chunk in _chunks(list(latest.values())):
            self._put(transaction, chunk)

    def drop_contact(self, transaction: Transaction, record_id: str) -> None:
        """Delete a contact that is gone."""
        self._drop_keys(transaction, self._keys([record_id]))
        transaction.execute("DELETE FROM person WHERE connection = ? AND side = ? AND id = ?", (*self._key, record_id))

    def by_id(self, ids: Sequence[str]) -> list[IndexedContact]:
        """Return the contacts with these ids."""
        return self._find("p.id", ids)

    def unlinked(self) -> list[str]:
        """Return the ids of all contacts that are linked to no record of the other side."""
        rows = self._db.execute(
            f"{self._select} WHERE p.connection = ? AND p.side = ? AND l.id IS NULL", self._key
        ).fetchall()
        return [row["id"] for row in rows]

    def by_email(self, emails: Sequence[str]) -> list[IndexedContact]:
        """Return the contacts that have one of these addresses as their first one."""
        return self._find("p.email", emails)

    def by_other_email(self, emails: Sequence[str]) -> list[IndexedContact]:
        """Return the contacts that have one of these addresses as a further one."""
        return self._by_key("address", "email", emails)

    def by_marker(self, markers: Sequence[str]) -> list[IndexedContact]:
        """Return the contacts with a marker that names one of these ids of the other side."""
        return self._find("p.marker", markers)

    def by_phone(self, phones: Sequence[str]) -> list[IndexedContact]:
        """Return the contacts that have one of these numbers."""
        return self._by_key("number", "phone", phones)

    def _by_key(self, table: str, column: str, keys: Sequence[str]) -> list[IndexedContact]:
        found: list[IndexedContact] = []
        for chunk in _chunks(keys):
            marks = ",".join("?" * len(chunk))
            rows = self._db.execute(
                f"SELECT DISTINCT id FROM {table} WHERE {column} IN ({marks}) AND connection = ? AND side = ?",
                (*chunk, *self._key),
            ).fetchall()
            found += self.by_id([row["id"] for row in rows])
        return found

    def _put(self, transaction: Transaction, contacts: Sequence[IndexedContact]) -> None:
        before = self._keys([contact.id for contact in contacts])
        changed = [contact for contact in contacts if before.get(contact.id) != (contact.phones, contact.more_emails)]
        self._drop_keys(transaction, {contact.id: before[contact.id] for contact in changed if contact.id in before})
        transaction.executemany(
            "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*self._key, *_row(contact)) for contact in contacts],
        )
        transaction.executemany(
            "INSERT OR IGNORE INTO number VALUES (?, ?, ?, ?)",
            [(phone, *self._key, contact.id) for contact in changed for phone in contact.phones],
        )
        transaction.executemany(
            "INSERT OR IGNORE INTO address VALUES (?, ?, ?, ?)",
            [(email, *self._key, contact.id) for contact in changed for email in contact.more_emails],
        )

    def _keys(self, ids: Sequence[str]) -> dict[str, _Keys]:
        """Return the numbers and further addresses of the contacts with these ids, by id."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT id, phones, more_emails FROM person WHERE connection = ? AND side = ? AND id IN ({marks})",
            (*self._key, *ids),
        )
        return {row["id"]: (_texts(row["phones"]), _texts(row["more_emails"])) for row in rows}

    def _drop_keys(self, transaction: Transaction, keys: Mapping[str, _Keys]) -> None:
        for place, (table, column) in enumerate((("number", "phone"), ("address", "email"))):
            transaction.executemany(
                f"DELETE FROM {table} WHERE {column} = ? AND connection = ? AND side = ? AND id = ?",
                [(key, *self._key, record_id) for record_id, known in keys.items() for key in known[place]],
            )

    def _find(self, column: str, values: Sequence[str]) -> list[IndexedContact]:
        found: list[IndexedContact] = []
        for chunk in _chunks(values):
            marks = ",".join("?" * len(chunk))
            rows = self._db.execute(
                f"{self._select} WHERE {column} IN ({marks}) AND p.connection = ? AND p.side = ?",
                (*chunk, *self._key),
            )
            found += [_known(row) for row in rows]
        return found


def _chunks(values: Sequence[Value]) -> Iterable[Sequence[Value]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _known(row: sqlite3.Row) -> IndexedContact:
    phones, more = _texts(row["phones"]), _texts(row["more_emails"])
    about = (row["marker"], row["created_ms"], row["linked"])
    return IndexedContact(row["id"], row["email"], row["name"], phones, *about, more, bool(row["bare_marker"]))


def _row(contact: IndexedContact) -> tuple[Any, ...]:
    """Return a contact as a row of `person`, without the key of its side."""
    return (
        contact.id, contact.email, contact.name, _text(contact.phones), contact.marker, contact.created_ms,
        _text(contact.more_emails), int(contact.is_marker_bare),
    )  # fmt: skip


def _text(keys: tuple[str, ...]) -> str | None:
    return json.dumps(keys, ensure_ascii=False) if keys else None


def _texts(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()
