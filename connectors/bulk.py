"""The contract of bulk writing: what the engine asks of a system that takes many contacts in one call (R34).

The engine stores an intent of each contact before the call, and takes one result or one error for each: a call without
an answer leaves every contact of it unknown, and each is looked for before anything is sent again (R20).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from connectors.connector import WriteResult
from connectors.contact import Fields
from connectors.errors import ConnectorError
from connectors.records import Raw

Outcome = WriteResult | ConnectorError
"""What became of one contact: what the record shows then, or the error that `Connector.create_contact` would raise."""


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to be created, with its source id."""

    changes: Fields
    marker: str | None


@dataclass(frozen=True, slots=True)
class ChangedContact:
    """Changes to the record that `current` shows. `memory` is that of its last mapping."""

    current: Raw
    changes: Fields
    marker: str | None
    memory: Mapping[str, Any] = field(default_factory=dict)


class BulkWriter(Protocol):
    """Writes many contacts of one account at once."""

    size: int
    """The largest number of contacts in one call, and of one wave of the engine."""

    def create_contacts(self, contacts: Sequence[NewContact]) -> list[Outcome]:
        """Create contacts in as few calls as possible; return what became of each, in the same order."""

    def update_contacts(self, contacts: Sequence[ChangedContact]) -> list[Outcome]:
        """Update contacts in as few calls as possible; return what became of each, in the same order."""

    def changed_since(self, since: datetime) -> Mapping[str, Raw]:
        """Return the records that changed since a moment of the server's clock, as they are now, by id.

        It stands for reading each of them by id before an update (R19). Raises AuthError, TransientError.
        """

    def record_of(self, record_id: str, fields: Fields, memory: Mapping[str, Any]) -> Raw:
        """Return a record that shows these values, and nothing else: what an unchanged one is known to hold."""

    def count_calls(self, creates: Sequence[Fields], updates: Sequence[tuple[Raw, Fields]]) -> int:
        """Return how many writing calls these creates and updates take: the price of a plan."""
