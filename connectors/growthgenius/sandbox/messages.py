"""The messages of the sandbox: eight documented fields, and an update time that does not show."""

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
    """Messages: nothing is deduplicated, and nothing is sent."""

    noun = "message"
    fields = MESSAGE_FIELDS
    own = frozenset({"id"})

    def new_record(self, at: datetime | None = None) -> Record:  # noqa: ARG002 (it shows only when it was sent)
        """Return a message without values."""
        return dict.fromkeys(MESSAGE_FIELDS) | {"id": self._host.new_id()}

    def put_record(self, record: Record, at: datetime | None = None) -> str:
        """Store a message as updated at a moment (None: now). It is shown with its time in the server's zone."""
        behaviour, updated = self._host.behaviour, self._host.server_now() if at is None else at
        sent = instant.parse(record["sent_at"])
        if sent is not None:
            record["sent_at"] = behaviour.local(sent)
        moment = updated if behaviour.windows_of_messages == "updated" else sent or updated
        self.store.put(str(record["id"]), record, instant.to_ms(behaviour.stamp(moment)))
        return str(record["id"])

    def short_form(self, record: Record) -> Record:
        """Return the id: the documents show five fields of a contact here, and a message has only that one."""
        return {"id": record["id"]}

    def refusal_of(self, record: Record) -> SandboxResponse | None:
        """Refuse a message without a known contact, as the server does."""
        strangers = self._host.behaviour.strangers
        if strangers == "taken" or str(record["contact_id"]) in self._host.stores["contact"].by_id:
            return None
        return (
            SandboxResponse(404)
            if strangers == "not_found"
            else SandboxResponse(422, {"errors": ["Contact must exist"]})
        )
