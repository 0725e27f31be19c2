"""The Apollo of the demo: a connectors.sandbox.demo.DemoServer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from connectors.apollo.sandbox.server import ApolloSandbox
from connectors.clock import Clock
from connectors.http.rate_headers import RateLimit
from connectors.sandbox.demo import OWNER, DemoCopy, Record

BASIC: Final = RateLimit(200, 60.0, 2000, ((3600.0, 400), (86_400.0, 2000)))
"""The limits of the Basic plan."""
KEYS: Final = {"company": "organization_name", "phone": "mobile_phone", "tags": "label_names"}
"""The keys that differ from the canonical names."""
PLACE: Final = ("city", "state", "country")


class ApolloDemo:
    """One team, with a key for every endpoint."""

    def __init__(self, clock: Clock) -> None:
        self.running = ApolloSandbox(now=clock.now, rate=BASIC)
        self.running.add_user(OWNER)

    @property
    def options(self) -> Mapping[str, str | int]:
        """Return the keys of its account in the config file."""
        return {"api_key": self.running.key, "base_url": self.running.base_url}

    @property
    def sends(self) -> int:
        """Return 0: the API sends no messages."""
        return 0

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
        self.running.add(self._typed(fields, {}), at)

    def edit(self, record_id: str, fields: Record) -> None:
        """Change a contact now."""
        shown = next(each for each in self.running.people() if each["id"] == record_id)
        self.running.edit(record_id, self._typed(fields, shown))

    def add_message(self, contact_id: str, text: str, subject: str) -> None:
        """Raise NotImplementedError: Apollo keeps no messages."""
        raise NotImplementedError("Apollo keeps no messages")

    def copies(self) -> list[DemoCopy]:
        """Return nothing: no messages are copied here."""
        return []

    def _typed(self, fields: Record, shown: Record) -> dict[str, Any]:
        """Return what a user types: a place is one address there."""
        body = {self.key(name): value or "" for name, value in fields.items() if name not in PLACE}
        if fields.keys() & set(PLACE):
            parts = (fields.get(name, shown.get(name)) for name in PLACE)
            body["present_raw_address"] = ", ".join(filter(None, parts))
        return body
