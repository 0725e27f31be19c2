"""The messages of the sandbox: eight documented fields, and a time of the last update that does not show."""

from datetime import datetime
from typing import Final

from connectors.growthgenius.sandbox.collection import Collection
from connectors.growthgenius.sandbox.record_store import Record
from connectors.sandbox.base import SandboxResponse
from connectors.values import instant

MESSAGE_FIELDS: Final = (
    "id", "contact_id", "message_type", "rendered_copy", "rendered_subject", "sent_at", "team_id", "user_id",
)  # fmt: skip
"""The documented keys of a message, in the documented order."""


class GrowthGeniusSandboxMessages(Collection):
    """Messages: nothing is deduplicated, and nothing is sent to anybody."""

    noun = "message"
    fields = MESSAGE_FIELDS
    own = frozenset({"id"})

    def born(self, at: datetime | None = None) -> Record:  # noqa: ARG002 (it shows only when it was sent)
        """Return a message without a value."""
        return dict.fromkeys(MESSAGE_FIELDS) | {"id": self._host.new_id()}

    def keep(self, record: Record, at: datetime | None = None) -> str:
        """Keep a message as updated at a moment, None being now; it is shown with its time in the server's zone."""
        behaviour, updated = self._host.behaviour, self._host.server_now() if at is None else at
        sent = instant.parse(record["sent_at"])
        if sent is not None:
            record["sent_at"] = behaviour.local(sent)
        moment = updated if behaviour.windows_of_messages == "updated" else sent or updated
        self.shelf.put(str(record["id"]), record, instant.to_ms(behaviour.stamp(moment)))
        return str(record["id"])

    def mini(self, record: Record) -> Record:
        """Return the least: the documents show a contact's five fields here, of which a message has one."""
        return {"id": record["id"]}

    def objection(self, record: Record) -> SandboxResponse | None:
        """Refuse a message with nobody, as the server treats such."""
        strangers = self._host.behaviour.strangers
        if strangers == "taken" or str(record["contact_id"]) in self._host.shelves["contact"].by_id:
            return None
        return (
            SandboxResponse(404)
            if strangers == "not_found"
            else SandboxResponse(422, {"errors": ["Contact must exist"]})
        )
