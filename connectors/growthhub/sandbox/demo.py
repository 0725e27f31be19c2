"""The GrowthHub of the demo: a connectors.sandbox.demo.DemoServer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from connectors.clock import Clock
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.http.rate_headers import RateLimit
from connectors.sandbox.demo import OWNER, DemoCopy, Record

PACE: Final = RateLimit(1000, 10.0, 200_000)
"""Ten times what the real one allows, so that the demo is quick. The engine learns it from the answers."""

KEYS: Final = {"first_name": "firstName", "last_name": "lastName", "company": "companyName"}
"""The keys that differ from the canonical names."""


class GrowthHubDemo:
    """One location, with a private integration token."""

    def __init__(self, clock: Clock) -> None:
        self.running = GrowthHubSandbox(now=clock.now, rate=PACE)
        self.running.add_user(OWNER)

    @property
    def options(self) -> Mapping[str, str | int]:
        """Return the keys of its account in the config file."""
        return {"token": self.running.token, "location_id": self.running.location_id, "base_url": self.running.url}

    @property
    def sends(self) -> int:
        """Return how many messages it was asked to send to people."""
        return self.running.sends

    def now(self) -> datetime:
        """Return the server's time."""
        return self.running.server_now()

    def key(self, field: str) -> str:
        """Return the key of a record that holds a canonical field."""
        return KEYS.get(field, field)

    def contacts(self) -> list[Record]:
        """Return all contacts as the API shows them."""
        return list(self.running.people())

    def add(self, fields: Record, at: datetime) -> None:
        """Add a contact that was last changed at a time."""
        named = {self.key(name): value for name, value in fields.items()}
        self.running.add(dateAdded=at, dateUpdated=at, **named)

    def edit(self, record_id: str, fields: Record) -> None:
        """Change a contact now."""
        self.running.edit(record_id, **{self.key(name): value for name, value in fields.items()})

    def add_message(self, contact_id: str, text: str, subject: str) -> None:
        """Add a message from the contact: an e-mail where it has a subject, else an SMS."""
        if subject:
            self.running.add_message(contact_id, "Email", "inbound", text, subject=subject)
        else:
            self.running.add_message(contact_id, "SMS", "inbound", text)

    def copies(self) -> list[DemoCopy]:
        """Return the notes of all contacts."""
        return [
            DemoCopy(contact["id"], "note", "", note["body"])
            for contact in self.running.people()
            for note in self.running.notes(contact["id"])
        ]
