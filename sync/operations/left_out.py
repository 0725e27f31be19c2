"""Say why a contact without a link is not carried, as far as its entry in the identity index shows (R37)."""

from typing import Any

from connectors import registry
from connectors.system import System
from state import connections, contact_lookup
from state.contact_lookup import FoundContact, Record
from state.database import Database
from sync.config.model import Config


def why_left_out(db: Database, config: Config, person: FoundContact) -> str:
    """Return the reason, "" for a contact that is linked, or that is carried as far as is known."""
    connection = config.connections.get(connections.connection_name(db, person.connection))
    if person.link is not None or connection is None:
        return ""
    (record, *_) = person.records
    own, other = (connection.left, connection.right) if record.side == "left" else (connection.right, connection.left)
    return _left_out_by_its_own(db, config, record, own) or _lacks_key(db, config, record, other)


def _left_out_by_its_own(db: Database, config: Config, record: Record, account: str) -> str:
    """Return why the system of a record leaves it out: such a record is indexed without address and number."""
    entry, system = contact_lookup.indexed_contact(db, record), _system(config, account)
    is_anonymous = entry is not None and not (entry.email or entry.phones)
    return system.left_out if system is not None and is_anonymous else ""


def _lacks_key(db: Database, config: Config, record: Record, account: str) -> str:
    """Return what a record lacks to be created at the other account."""
    entry, system = contact_lookup.indexed_contact(db, record), _system(config, account)
    if entry is None or system is None:
        return ""
    return system.missing_key({"first_name": entry.name or None, "phone": next(iter(entry.phones), None)})


def _system(config: Config, account: str) -> System[Any] | None:
    options = config.accounts.get(account)
    return None if options is None else registry.system(options.connector)
