"""The identity index: everybody ever seen on each side, so that pairing looks at the whole other system (R7).

E-mails are stored case-folded, phones in E.164, names case-folded; creation times are milliseconds.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody in the index. `linked` is the id of the person at the other side, None when nobody is linked."""

    id: str
    email: str | None
    name: str
    phones: tuple[str, ...]
    marker: str | None
    created_ms: int | None
    linked: str | None = None


class Identities:
    """The index of one side of one connection. `other` is the name of the other side."""

    def __init__(self, db: sqlite3.Connection, connection: int, side: str, stream: str = "contacts") -> None:
        self._db = db
        self._key = (connection, side)
        other = "right" if side == "left" else "left"
        self._select = (
            f"SELECT p.id, p.email, p.name, p.phones, p.marker, p.created_ms, l.{other}_id AS linked FROM person p "
            f"LEFT JOIN link l ON l.{side}_id = p.id AND l.connection = p.connection AND l.stream = '{stream}'"
            " AND l.gone IS NULL "
        )

    def put(self, people: Iterable[Known]) -> None:
        """Take people up, or bring them up to date. Call inside `atomic`."""
        for person in people:
            self._put(person)

    def drop(self, record_id: str) -> None:
        """Forget somebody who is gone. Call inside `atomic`."""
        self._drop_numbers(record_id)
        self._db.execute("DELETE FROM person WHERE connection = ? AND side = ? AND id = ?", (*self._key, record_id))

    def by_id(self, ids: Sequence[str]) -> list[Known]:
        """Return those of the ids that are known."""
        return self._find("p.id", ids)

    def by_email(self, emails: Sequence[str]) -> list[Known]:
        """Return everybody with one of the e-mails (case-folded)."""
        return self._find("p.email", emails)

    def by_marker(self, markers: Sequence[str]) -> list[Known]:
        """Return everybody whose marker names one of the ids of the other side."""
        return self._find("p.marker", markers)

    def by_phone(self, phones: Sequence[str]) -> list[Known]:
        """Return everybody who has one of the numbers."""
        found: list[Known] = []
        for chunk in _chunks(phones):
            marks = ",".join("?" * len(chunk))
            rows = self._db.execute(
                f"SELECT DISTINCT id FROM number WHERE phone IN ({marks}) AND connection = ? AND side = ?",
                (*chunk, *self._key),
            ).fetchall()
            found += self.by_id([row["id"] for row in rows])
        return found

    def _put(self, person: Known) -> None:
        row = self._db.execute(
            "SELECT phones FROM person WHERE connection = ? AND side = ? AND id = ?", (*self._key, person.id)
        ).fetchone()
        phones = json.dumps(person.phones) if person.phones else None
        if row is not None and row["phones"] != phones:
            self._drop_numbers(person.id)
        self._db.execute(
            "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*self._key, person.id, person.email, person.name, phones, person.marker, person.created_ms),
        )
        if row is None or row["phones"] != phones:
            self._db.executemany(
                "INSERT OR IGNORE INTO number VALUES (?, ?, ?, ?)",
                [(phone, *self._key, person.id) for phone in person.phones],
            )

    def _drop_numbers(self, record_id: str) -> None:
        for known in self.by_id([record_id]):
            self._db.executemany(
                "DELETE FROM number WHERE phone = ? AND connection = ? AND side = ? AND id = ?",
                [(phone, *self._key, record_id) for phone in known.phones],
            )

    def _find(self, column: str, values: Sequence[str]) -> list[Known]:
        found: list[Known] = []
        for chunk in _chunks(values):
            marks = ",".join("?" * len(chunk))
            rows = self._db.execute(
                f"{self._select} WHERE {column} IN ({marks}) AND p.connection = ? AND p.side = ?",
                (*chunk, *self._key),
            )
            found += [_known(row) for row in rows]
        return found


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _known(row: sqlite3.Row) -> Known:
    phones = tuple(json.loads(row["phones"])) if row["phones"] else ()
    return Known(row["id"], row["email"], row["name"], phones, row["marker"], row["created_ms"], row["linked"])
