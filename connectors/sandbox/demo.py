"""The contract of a system's sandbox for the demo: an account to connect to, and edits by its users.

Fields have canonical names (connectors.contact), so that the demo does not depend on the system. Values are passed on
as they are, dirty ones too.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

OWNER: Final = "dev@example.com"
"""The e-mail address of a user that every sandbox of the demo has."""

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DemoCopy:
    """A message that a run copied to a system: the contact's id there, and what the system shows."""

    contact_id: str
    kind: str
    subject: str
    text: str


class DemoServer(Protocol):
    """The sandbox of one system, and the edits of its users."""

    @property
    def running(self) -> AbstractContextManager[Any]:
        """Return the server, which runs within the `with` block."""

    @property
    def options(self) -> Mapping[str, str | int]:
        """Return the keys of its account in the config file. The server must be running."""

    @property
    def sends(self) -> int:
        """Return how many messages it was asked to send to people."""

    def now(self) -> datetime:
        """Return the server's time."""

    def key(self, field: str) -> str:
        """Return the key of its records that holds a canonical field."""

    def contacts(self) -> list[Record]:
        """Return all contacts as the API shows them. Each has the keys `id` and `email`."""

    def add(self, fields: Record, at: datetime) -> None:
        """Add a contact that was last changed at a time."""

    def edit(self, record_id: str, fields: Record) -> None:
        """Change a contact now."""

    def add_message(self, contact_id: str, text: str, subject: str) -> None:
        """Add a message written now. With a subject it is an e-mail."""

    def copies(self) -> list[DemoCopy]:
        """Return the messages that runs have copied here."""
