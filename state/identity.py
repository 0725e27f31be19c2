"""The identity index: everybody ever seen on each side, so that pairing looks at the whole other system (R7).

E-mails are stored case-folded, phones in E.164, names case-folded; creation times are milliseconds.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

CHUNK = 200

Value = TypeVar("Value")


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
        latest = {person.id: person for person in people}
        for chunk in _chunks(list(latest.values())):
            self._put(chunk)

    def drop(self, record_id: str) -> None:
        """Forget somebody who is gone. Call inside `atomic`."""
        self._drop_numbers(self._phones([record_id]))
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

    def _put(self, people: Sequence[Known]) -> None:
        before = self._phones([person.id for person in people])
        changed = [person for person in people if before.get(person.id) != person.phones]
        self._drop_numbers({person.id: before[person.id] for person in changed if person.id in before})
        self._db.executemany(
            "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(*self._key, p.id, p.email, p.name, _text(p.phones), p.marker, p.created_ms) for p in people],
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO number VALUES (?, ?, ?, ?)",
            [(phone, *self._key, person.id) for person in changed for phone in person.phones],
        )

    def _phones(self, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the numbers that those of the ids have who are known."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT id, phones FROM person WHERE connection = ? AND side = ? AND id IN ({marks})", (*self._key, *ids)
        )
        return {row["id"]: _numbers(row["phones"]) for row in rows}

    def _drop_numbers(self, numbers: Mapping[str, Sequence[str]]) -> None:
        self._db.executemany(
            "DELETE FROM number WHERE phone = ? AND connection = ? AND side = ? AND id = ?",
            [(phone, *self._key, record_id) for record_id, phones in numbers.items() for phone in phones],
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


def _chunks(values: Sequence[Value]) -> Iterable[Sequence[Value]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _known(row: sqlite3.Row) -> Known:
    phones = _numbers(row["phones"])
    return Known(row["id"], row["email"], row["name"], phones, row["marker"], row["created_ms"], row["linked"])


def _text(phones: tuple[str, ...]) -> str | None:
    return json.dumps(phones) if phones else None


def _numbers(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()
