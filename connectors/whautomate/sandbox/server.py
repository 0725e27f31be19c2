"""A Whautomate on loopback: the documented behaviour, and every way in which its documents can be read.

No source gives a recorded answer. So what the documents leave open is an option of `Behaviour`, and a test can try the
client against each reading. A call that would send a message is counted in `sends`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from random import Random
from typing import Any, Final
from urllib.parse import unquote

from connectors.sandbox.base import Call, Sandbox, SandboxResponse
from connectors.values import instant
from connectors.whautomate.sandbox.behaviour import STAGES, WhautomateBehaviour
from connectors.whautomate.sandbox.contacts import Record, WhautomateContacts

__all__ = ["KEY", "LOCATION", "STAGES", "WhautomateBehaviour", "WhautomateSandbox"]

KEY: Final = "wa-sandbox-key"
LOCATION: Final = "63f1c0ffee63f1c0ffee0001"
PREFIX: Final = "/v1"


class WhautomateSandbox(Sandbox):
    """The server of one account. `locations` are its locations by id, the first of them its default."""

    def __init__(
        self,
        *,
        api_key: str = KEY,
        locations: Mapping[str, str] | None = None,
        behaviour: WhautomateBehaviour | None = None,
        seed: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.api_key = api_key
        self.locations = dict(locations or {LOCATION: "Main Street"})
        self.behaviour = behaviour or WhautomateBehaviour()
        self.chance = Random(seed)  # noqa: S311 (an order for tests, no secret)
        self.before_answer: Callable[[Call], None] | None = None
        self.sends = 0
        self._contacts = WhautomateContacts(self)
        self._messages: dict[str, list[Record]] = {}
        self._number = 0

    @property
    def base_url(self) -> str:
        """The base_url for the config of an account."""
        return self.url + PREFIX

    def add(self, *, at: datetime | None = None, **fields: Any) -> str:
        """Add a contact as a user, now (server time) or earlier, and return its id.

        A `phoneNumber` of None makes a contact of another channel.
        """
        with self.lock:
            return self._contacts.add(fields, at)

    def edit(self, record_id: str, *, at: datetime | None = None, **fields: Any) -> None:
        """Change a contact as a user. Custom fields are added to those that are there."""
        with self.lock:
            self._contacts.edit(record_id, fields, at)

    def remove(self, record_id: str) -> None:
        """Delete a contact as a user."""
        with self.lock:
            del self._contacts.by_id[record_id]

    def person(self, record_id: str) -> Record:
        """Return a copy of a contact as it is stored. Raises KeyError."""
        with self.lock:
            return dict(self._contacts.by_id[record_id])

    def people(self) -> list[Record]:
        """Return copies of all contacts, the oldest first."""
        with self.lock:
            return [dict(record) for record in self._contacts.by_id.values()]

    def add_message(self, contact_id: str, text: str, *, at: datetime | None = None, **fields: Any) -> str:
        """Let a message be written now (server time) or earlier, and return its id."""
        with self.lock:
            moment = instant.render(self.server_now() if at is None else at)
            record = {
                "id": self.new_id(),
                "contact": {"id": contact_id, "channel": "Whatsapp"},
                "channel": "Whatsapp",
                "isIncoming": "true",
                "type": "text",
                "text": text,
                "status": "delivered",
                "timestamp": moment,
                "createdAt": moment,
                "updatedAt": moment,
                **fields,
            }
            self._messages.setdefault(contact_id, []).append(record)
            self._contacts.note_activity(contact_id, moment)
            return str(record["id"])

    def forget_messages(self, contact_id: str) -> None:
        """Let the messages of a contact be shown no more."""
        with self.lock:
            self._messages.pop(contact_id, None)

    def messages(self, contact_id: str) -> list[Record]:
        """Return copies of the messages of a contact."""
        with self.lock:
            return [dict(record) for record in self._messages.get(contact_id, ())]

    def new_id(self) -> str:
        """Return an id that no record has: 24 hexadecimal digits."""
        self._number += 1
        return blake2b(str(self._number).encode(), digest_size=12).hexdigest()

    def refusal(self, status: int, message: str) -> SandboxResponse:
        """Return the answer to a call that is refused."""
        if self.behaviour.errors == "ok":
            return SandboxResponse(200, {"error": message})
        return SandboxResponse(status, {"message": message})

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call."""
        if self.before_answer is not None:
            self.before_answer(call)
        if call.headers.get("x-api-key") != self.api_key:
            return SandboxResponse(403, {"message": "Forbidden"})
        return self._serve(call, unquote(call.path.removeprefix(PREFIX)))

    def _serve(self, call: Call, path: str) -> SandboxResponse:
        if path == "/contacts" or path.startswith("/contacts/"):
            return self._contacts.serve(call, path.removeprefix("/contacts").strip("/"))
        if path == "/locations":
            return SandboxResponse(200, [{"id": each, "title": title} for each, title in self.locations.items()])
        if path == "/account-info":
            return SandboxResponse(200, {"id": "acct0001", "name": "Sandbox"})
        if call.method == "GET" and path.startswith("/messages/"):
            return self._shown_messages(path.removeprefix("/messages/"))
        if call.method == "POST" and path.startswith("/messages/"):
            self.sends += 1
            return SandboxResponse(200, {"success": True})
        return SandboxResponse(404, {"message": "Not Found"})

    def _shown_messages(self, contact_id: str) -> SandboxResponse:
        if contact_id not in self._contacts.by_id:
            return self._contacts.missing()
        found = self.messages(contact_id)
        return SandboxResponse(200, found if self.behaviour.lists == "bare" else {"data": found})
