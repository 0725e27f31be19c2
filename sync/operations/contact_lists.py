"""How the contacts of a connection stand: the numbers, and the list behind each number."""

from collections.abc import Mapping
from typing import Any, Final

from state import connections, contact_lists
from state.connections import StoredConnection
from state.contact_lists import ListedRecord
from state.contact_lookup import Record, indexed_contact
from state.database import Database
from sync.output.formats import ms_text
from sync.rules.streams import CONTACTS

Document = dict[str, Any]

SHORTEST_NAME: Final = 2


def contact_counts(db: Database, name: str, status: Mapping[str, Any]) -> dict[str, int]:
    """Return the numbers of a connection, by their kind; `status` has those that `sync status` counts already."""
    found = connections.find_connection(db, name)
    number = found.id if found else 0
    return {
        "in-sync": contact_lists.count_in_sync(db, number),
        "waiting": contact_lists.count_waiting(db, number, name) if found else 0,
        "left-out": contact_lists.count_left_out(db, number),
        **{kind: status[kind] for kind in ("parked", "failures", "conflicts", "fights", "held", "deleted")},
    }


def contact_list(db: Database, name: str, kind: str, start: int, limit: int) -> list[Document]:
    """Return at most `limit` entries of a list, after the first `start`. Raises KeyError for an unknown list."""
    contact_lists.QUERIES[kind]
    found = connections.find_connection(db, name)
    if found is None:
        return []
    return [_entry(db, found, one) for one in contact_lists.listed(db, kind, found.id, start, limit)]


def named_contacts(db: Database, typed: str, limit: int) -> list[Document]:
    """Return at most `limit` contacts with this text in their name. The index keeps names folded."""
    part = " ".join(typed.casefold().split())
    if len(part) < SHORTEST_NAME:
        return []
    ends = {one.id: one for one in connections.all_connections(db)}
    found = contact_lists.named_records(db, part, limit)
    return [_entry(db, ends[number], one) | {"connection": ends[number].name} for number, one in found]


def _entry(db: Database, connection: StoredConnection, one: ListedRecord) -> Document:
    account = connection.left_account if one.side == "left" else connection.right_account
    return {
        "stream": one.stream,
        "account": account,
        "id": one.id,
        "who": _who(db, connection, account, one),
        "detail": one.detail,
        "since": ms_text(one.since_ms),
    }


def _who(db: Database, connection: StoredConnection, account: str, one: ListedRecord) -> str:
    """Return the e-mail address of a contact, else its number, else its record."""
    if one.stream == CONTACTS:
        found = indexed_contact(db, Record(connection.id, one.side, account, one.id))
        name = (found.email or next(iter(found.phones), "")) if found else ""
        if name:
            return name
    return f"{account}:{one.id}"
