"""Read what both accounts of a connection have for values of a contact, for `sync fields` and `sync check` (R47)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace

from connectors.clock import Clock, SystemClock
from connectors.connector import Connector, Finding
from connectors.errors import ConnectorError
from connectors.fields import MappedField
from state import connections
from state.disk import raising_unwritable
from state.file import StateFile
from state.links import Links
from sync.config.model import Config, Connection
from sync.config.secret import reveal
from sync.engine.accounts import connect
from sync.engine.check_resources import shared_resources
from sync.engine.field_table import FieldRow, Places, field_rows, open_problems
from sync.engine.runner import chosen_connections
from sync.oauth.token_sources import token_sources_of
from sync.rules import shadow_codec
from sync.rules.streams import CONTACTS
from sync.streams.cell_checks import raising_damage

Counts = Mapping[str, Counter[str]]
"""How many linked contacts have a value in each field, by side."""


@dataclass(frozen=True, slots=True)
class ConnectionFields:
    """The fields of one connection, and how many linked contacts have a value in each."""

    connection: Connection
    rows: list[FieldRow]
    counts: Counts
    places: Places


def read_fields(
    config: Config, warn: Callable[[str], None], names: tuple[str, ...] = (), clock: Clock | None = None
) -> list[ConnectionFields]:
    """Return the fields of the named connections, or of all.

    Raises UsageError, ConfigError, AuthError, TransientError.
    """
    found = []
    for connection in chosen_connections(config, names):
        with connected(config, connection, warn, clock) as (left, right):
            places = (left.list_places(), right.list_places())
            rows = field_rows(connection, left, right, places)
        found.append(ConnectionFields(connection, rows, value_counts(config, connection), places))
    return found


@contextmanager
def connected(
    config: Config,
    connection: Connection,
    warn: Callable[[str], None],
    clock: Clock | None = None,
    *,
    mapped: Mapping[str, Mapping[str, MappedField]] | None = None,
) -> Iterator[tuple[Connector, Connector]]:
    """Connect both accounts of a connection, left first. `mapped` are fields by account, instead of the config's."""
    sides, time = (connection.left, connection.right), clock or SystemClock()
    credentials = reveal(config, sides, warn)
    tokens = token_sources_of(config, sides, warn, time)
    with raising_unwritable(config.state.path), raising_damage(config.state.path), ExitStack() as stack:
        shared = replace(shared_resources(config, stack, time), token_sources=tokens)
        accounts = [
            connect(name, config.accounts[name], credentials[name], connection, shared, mapped=(mapped or {}).get(name))
            for name in sides
        ]
        for account in accounts:
            stack.callback(account.close)
        yield accounts[0].connector, accounts[1].connector


def value_counts(config: Config, connection: Connection) -> Counts:
    """Return how many linked contacts have a value in each field at each side, as both last agreed."""
    counts: dict[str, Counter[str]] = {"left": Counter(), "right": Counter()}
    if not config.state.path.exists():
        return counts
    with closing(StateFile.open(config.state.path)) as state:
        known = connections.find_connection(state.db, connection.name)
        if known is None:
            return counts
        mappings = connections.mappings(state.db, known.id)
        for link in Links(state.db, known.id, CONTACTS).all_links():
            fields = [name.partition(" ")[0] for name in mappings[link.mapping][1]]
            for side, counter in counts.items():
                shown = shadow_codec.decode(link.side(side).shadow, fields)
                counter.update(name for name, value in shown.items() if value is not None)
    return counts


def field_findings(connection: Connection, left: Connector, right: Connector) -> dict[str, list[Finding]]:
    """Return, by account, what is wrong with the fields that the config of a connection names."""
    found: dict[str, list[Finding]] = {left.account: [], right.account: []}
    if not connection.contacts.fields:
        return found
    try:
        rows = field_rows(connection, left, right, (left.list_places(), right.list_places()))
    except ConnectorError:
        return found  # what cannot be read has a finding of its own
    for row in rows:
        for problem in open_problems(row, connection.contacts.fields):
            names = (end.account for end in row.ends if problem.startswith((f"{end.account}:", f"{end.account} ")))
            account = next(names, left.account)
            what = f"field {row.name} of connection {connection.name} travels as the config says"
            mend = f"correct [connections.{connection.name}.contacts.fields] {row.name}, or the place at the account"
            text = problem.removeprefix(f"{account}: ")
            found[account].append(Finding(what, ok=False, problem=text, mend=mend, fatal=False))
    return found
