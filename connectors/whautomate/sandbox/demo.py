"""The Whautomate of the demo: a connectors.sandbox.demo.DemoServer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from connectors.clock import Clock
from connectors.sandbox.demo import DemoCopy, Record
from connectors.whautomate.names import whole_name
from connectors.whautomate.sandbox.server import LOCATION, WhautomateSandbox

NATIVE: Final = {"phone": "phoneNumber", "tags": "tags", "stage": "stage"}
"""The keys of the fields that do not stand in custom fields."""
NAMES: Final = ("first_name", "last_name")


class WhautomateDemo:
    """One account with one location."""

    def __init__(self, clock: Clock) -> None:
        self.running = WhautomateSandbox(now=clock.now)

    @property
    def options(self) -> Mapping[str, str | int]:
        """Return the keys of its account in the config file."""
        return {"api_key": self.running.api_key, "location_id": LOCATION, "base_url": self.running.base_url}

    @property
    def sends(self) -> int:
        """Return how many messages it was asked to send to people."""
        return self.running.sends

    def now(self) -> datetime:
        """Return the server's time."""
        return self.running.server_now()

    def key(self, field: str) -> str:
        """Return the key of a record, or of its custom fields, that holds a canonical field."""
        return NATIVE.get(field, field)

    def contacts(self) -> list[Record]:
        """Return all contacts as the API shows them, with their custom fields beside the other keys."""
        return [
            {**record, **record["customFields"], "email": record["customFields"].get("email")}
            for record in self._people()
        ]

    def add(self, fields: Record, at: datetime) -> None:
        """Add a contact that was last changed at a time."""
        self.running.add(at=at, **self._typed(fields))

    def edit(self, record_id: str, fields: Record) -> None:
        """Change a contact now."""
        shown = self.running.person(record_id)["customFields"]
        names = {name: shown.get(name) for name in NAMES} if fields.keys() & set(NAMES) else {}
        self.running.edit(record_id, **self._typed({**names, **fields}))

    def add_message(self, contact_id: str, text: str, subject: str) -> None:
        """Add a message from the contact. WhatsApp messages have no subject."""
        self.running.add_message(contact_id, text, headerText=subject)

    def copies(self) -> list[DemoCopy]:
        """Return nothing: no messages are copied here."""
        return []

    def _people(self) -> list[dict[str, Any]]:
        return self.running.people()

    def _typed(self, fields: Record) -> dict[str, Any]:
        keys = {NATIVE[name]: value for name, value in fields.items() if name in NATIVE}
        custom = {name: value or "" for name, value in fields.items() if name not in NATIVE}
        if fields.keys() & set(NAMES):
            keys["name"] = whole_name(*(custom.get(name) for name in NAMES))
        return {**keys, "customFields": custom}
