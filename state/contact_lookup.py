"""Find contacts in the state by record, e-mail address or phone number.

A contact is known if it is in the identity index, linked, listed as a failure, or in the history. The caller passes
the function by which addresses are compared (`fold`). Numbers are E.164. A look-up may scan whole tables: it answers
questions of users and is not used by runs.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from state.database import Database
from state.history import History, HistoryLine, history_lines
from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact

STREAM = "contacts"
FORMER = "(folded(json_extract(old, '$')), folded(json_extract(new, '$')))"
"""The addresses in a line of the history that is about one."""

Fold = Callable[[str], str]
"""Returns the form of an address that is compared."""


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """A record in one connection. `side` is 'left' or 'right', `account` the name of that side's account."""

    connection: int
    side: str
    account: str
    id: str


@dataclass(frozen=True, slots=True)
class FoundContact:
    """A contact in one connection: one record, or two linked ones. `link` is the number of the link."""

    records: tuple[Record, ...]
    link: int | None

    @property
    def connection(self) -> int:
        """Return the number of the connection."""
        return self.records[0].connection

    @property
    def ids(self) -> Mapping[str, str]:
        """Return the ids by account, left first."""
        return {record.account: record.id for record in self.records}


def account_names(db: Database) -> list[str]:
    """Return the names of all accounts of all connections."""
    rows = db.execute("SELECT left_account FROM connection UNION SELECT right_account FROM connection")
    return [row[0] for row in rows]


def by_record(db: Database, account: str, record_id: str) -> list[Record]:
    """Return the record in every connection that knows it."""
    found = []
    for row in db.execute("SELECT * FROM connection ORDER BY id").fetchall():
        for side in ("left", "right"):
            record = Record(row["id"], side, account, record_id)
            if row[f"{side}_account"] == account and _is_known(db, record):
                found.append(record)
    return found


def by_email(db: Database, email: str, fold: Fold) -> list[Record]:
    """Return the records that have the address (folded), or had it when we deleted them."""
    add_fold_function(db, fold)
    return _records(
        db,
        {
            "SELECT connection, side, id FROM person WHERE email = ?": (email,),
            "SELECT connection, side, record_id FROM failure WHERE stream = 'contacts' AND folded(who) = ?": (email,),
            f"{_DELETED} AND folded(json_extract(h.old, '$.email')) = ?": (email,),
        },
    )


def by_other_email(db: Database, email: str) -> list[Record]:
    """Return the records that have the address (folded) as a further one."""
    return _records(db, {"SELECT connection, side, id FROM address WHERE email = ?": (email,)})


def by_former_email(db: Database, email: str, fold: Fold) -> list[Record]:
    """Return the records that had the address (folded) before, according to the history."""
    add_fold_function(db, fold)
    return _records(db, {f"{_FIELDS} AND h.field = 'email' AND ? IN {FORMER}": (email,)})


def by_phone(db: Database, phone: str) -> list[Record]:
    """Return the records that have the number, or had it when we deleted them."""
    return _records(
        db,
        {
            "SELECT connection, side, id FROM number WHERE phone = ?": (phone,),
            "SELECT connection, side, record_id FROM failure WHERE stream = 'contacts' AND who = ?": (phone,),
            f"{_DELETED} AND ? IN (SELECT value FROM json_each(h.old))": (phone,),
        },
    )


def by_former_phone(db: Database, phone: str) -> list[Record]:
    """Return the records that had the number before, according to the history."""
    return _records(db, {f"{_FIELDS} AND h.field LIKE '%phone' AND ? IN (h.old, h.new)": (json.dumps(phone),)})


def found_contacts(db: Database, records: Iterable[Record]) -> list[FoundContact]:
    """Return the contacts that the records belong to, each once, with both records where they are linked."""
    found: dict[tuple[Record, ...], FoundContact] = {}
    for record in sorted(set(records)):
        row = _link(db, record)
        both = record, *([_other(db, record, row)] if row else [])
        ends = tuple(sorted(both))
        found[ends] = FoundContact(ends, row["id"] if row else None)
    return list(found.values())


def by_marker(db: Database, record: Record) -> list[Record]:
    """Return the records of the other side with a marker that names this record."""
    query = "SELECT connection, side, id FROM person WHERE marker = ? AND side <> ?"
    found = _records(db, {query: (record.id, record.side)})
    return [each for each in found if each.connection == record.connection]


def indexed_contact(db: Database, record: Record) -> IndexedContact | None:
    """Return the entry of a record in the identity index, None where it has none."""
    found = IdentityIndex(db, record.connection, record.side).by_id([record.id])
    return found[0] if found else None


def contact_history(db: Database, person: FoundContact) -> list[HistoryLine]:
    """Return everything that was written to the records of a contact and to its messages, oldest first."""
    records = [(record.account, record.id) for record in person.records]
    found = History(db, person.connection, STREAM).of_records(records)
    for account, record_id in records:
        condition = "h.person = ? AND h.account = ? AND h.connection = ?"
        found += history_lines(db, condition, (record_id, account, person.connection))
    return sorted(found, key=lambda line: line.id)


_DELETED = (
    "SELECT h.connection, CASE h.account WHEN c.left_account THEN 'left' ELSE 'right' END, h.record_id"
    " FROM history h JOIN connection c ON c.id = h.connection"
    " WHERE h.stream = 'contacts' AND h.field = '*' AND json_valid(h.old)"
)
_FIELDS = _DELETED.replace("h.field = '*' AND json_valid(h.old)", "h.field <> '*'")


def _records(db: Database, queries: Mapping[str, tuple[str, ...]]) -> list[Record]:
    return sorted({record for query, values in queries.items() for record in _found(db, query, values)})


def _found(db: Database, query: str, values: tuple[str, ...]) -> Iterator[Record]:
    for connection, side, record_id in db.execute(query, values).fetchall():
        yield Record(connection, side, _account(db, connection, side), record_id)


def _account(db: Database, connection: int, side: str) -> str:
    row = db.execute(f"SELECT {side}_account FROM connection WHERE id = ?", (connection,)).fetchone()
    return str(row[0])


def _link(db: Database, record: Record) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        f"SELECT id, left_id, right_id FROM link WHERE {record.side}_id = ? AND connection = ? AND stream = ?",
        (record.id, record.connection, STREAM),
    ).fetchone()
    return row


def _other(db: Database, record: Record, link: sqlite3.Row) -> Record:
    side = "right" if record.side == "left" else "left"
    return Record(record.connection, side, _account(db, record.connection, side), link[f"{side}_id"])


def _is_known(db: Database, record: Record) -> bool:
    key = (record.connection, record.side, record.id)
    return (
        _link(db, record) is not None
        or _has(db, "person WHERE connection = ? AND side = ? AND id = ?", *key)
        or _has(db, "failure WHERE connection = ? AND side = ? AND record_id = ? AND stream = 'contacts'", *key)
        or _has(
            db,
            "history WHERE record_id = ? AND account = ? AND connection = ? AND stream = 'contacts'",
            record.id,
            record.account,
            record.connection,
        )
    )


def _has(db: Database, condition: str, *values: object) -> bool:
    return db.execute(f"SELECT 1 FROM {condition} LIMIT 1", values).fetchone() is not None


def add_fold_function(db: Database, fold: Fold) -> None:
    """Add the SQL function `folded` to a database connection; it returns the form of a text that is compared."""
    db.create_function("folded", 1, lambda text: fold(text) if isinstance(text, str) else None, deterministic=True)
