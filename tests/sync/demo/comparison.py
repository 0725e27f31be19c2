"""Whether both sides are equal under the mapping: every contact read again from both, and compared field by field.

The engine's merge has no part in this. What the contract counts as agreeing is named with its excuse: values that mean
nothing on the other side, and a number that is another contact's there (R9, R17). Fields that go one way are not
compared (R13); what a server fills in by itself where the other side has nothing is no difference (R11).
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Final

from connectors.clock import Clock
from connectors.connector import Connector
from connectors.contact import PHONE_SLOTS, Contact, Fields, Value, same
from connectors.http.rate_limiter import MemoryCallLogStore
from connectors.records import Raw, Window
from state.file import StateFile
from sync.config.model import Config, Connection
from sync.config.secret import reveal
from sync.engine.accounts import SharedResources, connect
from sync.engine.check_resources import MemorySettings
from sync.rules.contact_codec import display_name

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
PHONES: Final = frozenset({"phone", *PHONE_SLOTS})
NO_MEANING: Final = "no meaning there"
TAKEN: Final = "another contact's there"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that both sides show otherwise; `excuse` says why that counts as agreeing, '' where it does not."""

    who: str
    field: str
    left: Value
    right: Value
    excuse: str = ""


@dataclass(slots=True)
class Agreement:
    """How many contacts and fields were compared, what differs, and who is on one side only."""

    people: int = 0
    fields: int = 0
    differences: list[Difference] = field(default_factory=list)
    only: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Return whether both sides are equal."""
        return not self.only and all(one.excuse for one in self.differences)


@dataclass(frozen=True, slots=True)
class _Side:
    """An account, and every contact's record by id."""

    connector: Connector
    records: Mapping[str, Raw]

    def contact(self, record_id: str, memory: str | None) -> Contact:
        """Map a record with what an earlier mapping of it left."""
        return self.connector.to_contact(self.records[record_id], json.loads(memory) if memory else {})

    def numbers(self) -> dict[str, set[str]]:
        """Return the ids of those who have each number as their `phone`."""
        found: dict[str, set[str]] = {}
        for record_id in self.records:
            number = self.contact(record_id, None).fields.get("phone")
            if isinstance(number, str):
                found.setdefault(number, set()).add(record_id)
        return found


def compare(config: Config, connection: Connection, fills: Fields, clock: Clock) -> Agreement:
    """Read both sides of a connection in full and compare who is linked. `fills` are the values that servers fill in.

    Raises ConnectorError.
    """
    with ExitStack() as stack:
        left, right = (_read(config, connection, name, clock, stack) for name in (connection.left, connection.right))
        links = [
            row
            for row in _links(config, connection)
            if row["left_id"] in left.records and row["right_id"] in right.records
        ]
        agreement = Agreement(people=len(links))
        pairs = RecordComparison(left.connector, right.connector, fills, right.numbers())
        for link in links:
            one = left.contact(link["left_id"], link["left_memory"])
            other = right.contact(link["right_id"], link["right_memory"])
            agreement.fields += len(pairs.compared(one, other))
            agreement.differences += pairs.differences(one, other)
        agreement.only += _alone(connection.left, left, {row["left_id"] for row in links})
        agreement.only += _alone(connection.right, right, {row["right_id"] for row in links})
        return agreement


@dataclass(frozen=True, slots=True)
class RecordComparison:
    """Compares two records of one contact. `taken` are the ids on the right that have each number."""

    left: Connector
    right: Connector
    fills: Fields
    taken: Mapping[str, set[str]]

    def compared(self, one: Contact, other: Contact) -> list[str]:
        """Return the fields that go both ways and that both sides have a place for and tell something about."""
        one_way = self.left.read_only | self.right.read_only
        both = (self.left.fields & self.right.fields) - one_way
        return sorted(both & {*one.fields, *one.unmapped} & {*other.fields, *other.unmapped})

    def differences(self, one: Contact, other: Contact) -> Iterator[Difference]:
        """Yield the fields that are not the same, with their excuses."""
        person = display_name("", one.id, one.fields)
        for name in self.compared(one, other):
            left, right = one.fields.get(name), other.fields.get(name)
            unmapped = one.unmapped.get(name, other.unmapped.get(name))
            if unmapped is not None:
                shown = (one.unmapped.get(name, left), other.unmapped.get(name, right))
                yield Difference(person, name, *shown, NO_MEANING)
            elif not same(name, left, right) and not _is_filled_in(left, right, self.fills.get(name)):
                yield Difference(person, name, left, right, self._excuse(name, (left, right), other.id))

    def _excuse(self, name: str, values: tuple[Value, Value], right_id: str) -> str:
        strangers = any(self.taken.get(str(value), set()) - {right_id} for value in values)
        return TAKEN if name in PHONES and strangers else ""


def _read(config: Config, connection: Connection, name: str, clock: Clock, stack: ExitStack) -> _Side:
    credentials = reveal(config, [name], lambda _note: None)
    edges = SharedResources(MemoryCallLogStore(), clock, lambda _name: MemorySettings())
    account = connect(name, config.accounts[name], credentials[name], connection, edges)
    stack.callback(account.close)
    pages = account.connector.read_window(Window(EPOCH))
    return _Side(account.connector, {str(raw["id"]): raw for page in pages for raw in page.records})


def _links(config: Config, connection: Connection) -> list[Row]:
    state = StateFile.open_copy(config.state.path)
    try:
        query = "SELECT l.* FROM link l JOIN connection c ON c.id = l.connection WHERE c.name = ? AND l.gone IS NULL"
        return state.db.execute(query, (connection.name,)).fetchall()
    finally:
        state.close()


def _is_filled_in(left: Value, right: Value, fill: Value) -> bool:
    return fill is not None and {left, right} == {None, fill}


def _alone(account: str, side: _Side, linked: set[str]) -> Iterator[str]:
    """Yield who is on this side only."""
    for record_id in side.records.keys() - linked:
        yield display_name(account, record_id, side.contact(record_id, None).fields)
