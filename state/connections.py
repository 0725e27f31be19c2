"""Connections and accounts: the identity of an account at its first use (R28), and the mapping in force (R18)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from state.database import Database, Transaction
from state.errors import StateError


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection and the names of its accounts."""

    id: int
    name: str
    left_account: str
    right_account: str

    def side_of(self, account: str) -> str | None:
        """Return the side of an account, None where the connection is between others."""
        return {self.right_account: "right", self.left_account: "left"}.get(account)


def remember_account(transaction: Transaction, name: str, connector: str, identity: Mapping[str, Any]) -> None:
    """Store the identity of an account: the first one, or a later one once the user accepted it."""
    transaction.execute(
        "INSERT OR REPLACE INTO account VALUES (?, ?, ?)",
        (name, connector, json.dumps(identity, sort_keys=True)),
    )


def account_identity(db: Database, name: str) -> tuple[str, dict[str, Any]] | None:
    """Return connector and identity of an account, None before its first use."""
    row = db.execute("SELECT connector, identity FROM account WHERE name = ?", (name,)).fetchone()
    return None if row is None else (row["connector"], json.loads(row["identity"]))


def connection_id(transaction: Transaction, name: str, left: str, right: str) -> int:
    """Return the number of a connection, new where needed. Raises StateError if its accounts have changed."""
    known = find_connection(transaction, name)
    if known is None:
        transaction.execute(
            "INSERT INTO connection (name, left_account, right_account) VALUES (?, ?, ?)", (name, left, right)
        )
        return int(transaction.execute("SELECT last_insert_rowid()").fetchone()[0])
    if (known.left_account, known.right_account) != (left, right):
        raise StateError(
            f"connection {name}: the state file knows it as {known.left_account} and {known.right_account}, "
            f"not {left} and {right}; "
            "give the connection another name, or set another `path` under [state] to start again"
        )
    return known.id


def find_connection(db: Database, name: str) -> StoredConnection | None:
    """Return a connection, None before its first run."""
    return next(iter(_connections(db, "WHERE name = ?", name)), None)


def all_connections(db: Database) -> list[StoredConnection]:
    """Return all connections, in the order of their numbers."""
    return _connections(db)


def connection_names(db: Database) -> list[str]:
    """Return the names of all connections; a name that is damaged is left out."""
    rows = db.execute("SELECT name FROM connection WHERE typeof(name) = 'text' ORDER BY name")
    return [row[0] for row in rows.fetchall()]


def connection_name(db: Database, connection: int) -> str:
    """Return the name of the connection of that number."""
    return str(db.execute("SELECT name FROM connection WHERE id = ?", (connection,)).fetchone()[0])


def _connections(db: Database, condition: str = "ORDER BY id", *values: str) -> list[StoredConnection]:
    query = f"SELECT id, name, left_account, right_account FROM connection {condition}"
    return [StoredConnection(*row) for row in db.execute(query, values).fetchall()]


def is_owed_checked(db: Database, connection: int) -> bool:
    """Return whether the links of a connection were checked for values that an earlier version took for empty."""
    return bool(db.execute("SELECT owed_known FROM connection WHERE id = ?", (connection,)).fetchone()[0])


def note_owed_checked(transaction: Transaction, connection: int) -> None:
    """Store that the links of a connection were checked for such values."""
    transaction.execute("UPDATE connection SET owed_known = 1 WHERE id = ?", (connection,))


def mappings(db: Database, connection: int) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Return fingerprint and fields of every mapping that was ever in force, oldest first."""
    rows = db.execute("SELECT * FROM mapping WHERE connection = ? ORDER BY id", (connection,))
    return {row["id"]: (row["fingerprint"], tuple(json.loads(row["fields"]))) for row in rows}


def add_mapping(transaction: Transaction, connection: int, fingerprint: str, fields: Sequence[str]) -> int:
    """Put another mapping of contacts in force; everything is read again, since cursors are deleted (R18)."""
    cursor = transaction.execute(
        "INSERT INTO mapping (connection, fingerprint, fields) VALUES (?, ?, ?)",
        (connection, fingerprint, json.dumps(list(fields))),
    )
    transaction.execute(
        "DELETE FROM cursor WHERE connection = ? AND stream = 'contacts' AND kind = 'covered'", (connection,)
    )
    return cursor.lastrowid or 0
