"""The identity index: everybody ever seen on each side, so that pairing looks at the whole other system (R7).

E-mails, phones and names are stored as they are compared; creation times are milliseconds.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from state.database import Database, Transaction
from state.indexed_contact import IndexedContact

CHUNK = 200

Value = TypeVar("Value")
_Keys = tuple[tuple[str, ...], tuple[str, ...]]


class IdentityIndex:
    """The index of one side of one connection. `other` is the name of the other side."""

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

    def put_contacts(self, transaction: Transaction, people: Iterable[IndexedContact]) -> None:
        """Take people up, or bring them up to date."""
        latest = {person.id: person for person in people}
        for chunk in _chunks(list(latest.values())):
            self._put(transaction, chunk)

    def drop_contact(self, transaction: Transaction, record_id: str) -> None:
        """Forget somebody who is gone."""
        self._drop_keys(transaction, self._keys([record_id]))
        transaction.execute("DELETE FROM person WHERE connection = ? AND side = ? AND id = ?", (*self._key, record_id))

    def by_id(self, ids: Sequence[str]) -> list[IndexedContact]:
        """Return those of the ids that are known."""
        return self._find("p.id", ids)

    def unlinked(self) -> list[str]:
        """Return the ids of all who are linked to no record of the other side."""
        rows = self._db.execute(
            f"{self._select} WHERE p.connection = ? AND p.side = ? AND l.id IS NULL", self._key
        ).fetchall()
        return [row["id"] for row in rows]

    def by_email(self, emails: Sequence[str]) -> list[IndexedContact]:
        """Return everybody whose e-mail is one of these."""
        return self._find("p.email", emails)

    def by_other_email(self, emails: Sequence[str]) -> list[IndexedContact]:
        """Return everybody who has one of the e-mails beside their own."""
        return self._by_key("address", "email", emails)

    def by_marker(self, markers: Sequence[str]) -> list[IndexedContact]:
        """Return everybody whose marker names one of the ids of the other side."""
        return self._find("p.marker", markers)

    def by_phone(self, phones: Sequence[str]) -> list[IndexedContact]:
        """Return everybody who has one of the numbers."""
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

    def _put(self, transaction: Transaction, people: Sequence[IndexedContact]) -> None:
        before = self._keys([person.id for person in people])
        changed = [person for person in people if before.get(person.id) != (person.phones, person.more_emails)]
        self._drop_keys(transaction, {person.id: before[person.id] for person in changed if person.id in before})
        transaction.executemany(
            "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *self._key,
                    p.id,
                    p.email,
                    p.name,
                    _text(p.phones),
                    p.marker,
                    p.created_ms,
                    _text(p.more_emails),
                    int(p.is_marker_bare),
                )
                for p in people
            ],
        )
        transaction.executemany(
            "INSERT OR IGNORE INTO number VALUES (?, ?, ?, ?)",
            [(phone, *self._key, person.id) for person in changed for phone in person.phones],
        )
        transaction.executemany(
            "INSERT OR IGNORE INTO address VALUES (?, ?, ?, ?)",
            [(email, *self._key, person.id) for person in changed for email in person.more_emails],
        )

    def _keys(self, ids: Sequence[str]) -> dict[str, _Keys]:
        """Return the numbers, and the further addresses, that those of the ids have who are known."""
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


def _text(keys: tuple[str, ...]) -> str | None:
    return json.dumps(keys, ensure_ascii=False) if keys else None


def _texts(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()
