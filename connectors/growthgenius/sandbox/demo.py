"""The GrowthGenius of the demo: a connectors.sandbox.demo.DemoServer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from connectors.clock import Clock
from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.sandbox.demo import OWNER, DemoCopy, Record

KEYS: Final = {"company": "company_name", "tags": "label_names"}
"""The keys that differ from the canonical names."""


class GrowthGeniusDemo:
    """One account, seen as its first user."""

    def __init__(self, clock: Clock) -> None:
        user = {"id": 78, "team_id": 1, "email": OWNER, "first_name": "Okay"}
        self.running = GrowthGeniusSandbox(now=clock.now, users=(user,))
        self.sends = 0  # its API sends nothing

    @property
    def options(self) -> Mapping[str, str | int]:
        """Return the keys of its account in the config file."""
        return {"api_key": self.running.api_key, "user_id": 78, "base_url": self.running.base_url}

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
        self.running.add(at=at, **{self.key(name): value for name, value in fields.items()})

    def edit(self, record_id: str, fields: Record) -> None:
        """Change a contact now."""
        self.running.edit(record_id, **{self.key(name): value for name, value in fields.items()})

    def add_message(self, contact_id: str, text: str, subject: str) -> None:
        """Add a message from the user to the contact."""
        self.running.add_message(contact_id, rendered_copy=text, rendered_subject=subject)

    def copies(self) -> list[DemoCopy]:
        """Return the messages that have the type of a copy."""
        return [
            DemoCopy(str(one["contact_id"]), one["message_type"], one["rendered_subject"] or "", one["rendered_copy"])
            for one in self.running.messages()
            if one["message_type"] in {"sms", "email"}
        ]
