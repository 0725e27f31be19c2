"""A GrowthGenius on loopback: the documented behaviour, and every way in which the documents can be read.

Nothing is deduplicated. Contacts have the 58 documented fields, messages the eight. Look-ups of companies cost what is
documented. What the documents leave open is an option of `Behaviour`, so that a test can try the client against each
reading: the shape of lists, paging, order, caps, the ends of windows, the answer to a write, how a field is emptied.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from random import Random
from typing import Any, Final
from uuid import UUID

from connectors.growthgenius.sandbox.behaviour import Behaviour
from connectors.growthgenius.sandbox.companies import SandboxCompanies
from connectors.growthgenius.sandbox.contacts import FIELDS, OWN, Contacts
from connectors.growthgenius.sandbox.messages import MESSAGE_FIELDS, GrowthGeniusSandboxMessages
from connectors.growthgenius.sandbox.record_store import Record, RecordStore
from connectors.sandbox.base import Call, Sandbox, SandboxResponse

__all__ = ["FIELDS", "MESSAGE_FIELDS", "OWN", "Behaviour", "GrowthGeniusSandbox"]

PREFIX: Final = "/integrations/v1"


class GrowthGeniusSandbox(Sandbox):
    """The server. `users` have id, e-mail and team. The key is compared raw, without "Bearer"."""

    def __init__(
        self,
        *,
        api_key: str = "gg-sandbox-key",
        users: Sequence[Mapping[str, Any]] = (
            {"id": 78, "team_id": 1, "email": "dev@example.com", "first_name": "Okay"},
        ),
        behaviour: Behaviour | None = None,
        seed: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.api_key = api_key
        self.users = {str(user["id"]): dict(user) for user in users}
        self.behaviour = behaviour or Behaviour()
        self.before_answer: Callable[[Call], None] | None = None
        self.stores = {"contact": RecordStore(), "message": RecordStore()}
        self.chance = Random(seed)  # noqa: S311 (an order for tests, no secret)
        self._contacts = Contacts(self)
        self._messages = GrowthGeniusSandboxMessages(self)
        self.companies = SandboxCompanies()
        self._next_id = 1_102_755

    @property
    def base_url(self) -> str:
        """The base_url for the config of an account."""
        return self.url + PREFIX

    def add(self, *, at: datetime | None = None, **fields: Any) -> str:
        """Add a contact as a user, now (server time) or earlier, and return its id."""
        with self.lock:
            record = self._contacts.new_record(at) | {"technologies": "", "user_id": next(iter(self._user_ids()), None)}
            return self._contacts.put_record(record | fields, at)

    def edit(self, record_id: str, *, at: datetime | None = None, **fields: Any) -> None:
        """Change a contact as a user."""
        with self.lock:
            self._contacts.put_record(self.stores["contact"].by_id[record_id] | fields, at)

    def remove(self, record_id: str) -> None:
        """Delete a contact as a user."""
        with self.lock:
            self._contacts.delete_record(record_id)

    def person(self, record_id: str) -> Record:
        """Return a copy of a contact. Raises KeyError."""
        with self.lock:
            return dict(self.stores["contact"].by_id[record_id])

    def people(self) -> list[Record]:
        """Return copies of all contacts, the longest unchanged first."""
        with self.lock:
            return self.stores["contact"].copies()

    def add_message(self, contact_id: str, *, at: datetime | None = None, **fields: Any) -> str:
        """Add a message to a contact as a user, now (server time) or earlier, and return its id.

        It is sent at that time unless `sent_at` says otherwise, by the first user unless `user_id` does.
        """
        with self.lock:
            user = next(iter(self.users.values()), {})
            written = {
                "contact_id": self.stores["contact"].by_id.get(contact_id, {}).get("id", contact_id),
                "message_type": "sales_force_message",
                "sent_at": self.behaviour.local(self.server_now() if at is None else at),
                "user_id": user.get("id"),
                "team_id": user.get("team_id"),
            }
            return self._messages.put_record(self._messages.new_record() | written | fields, at)

    def edit_message(self, message_id: str, *, at: datetime | None = None, **fields: Any) -> None:
        """Change a message as a user."""
        with self.lock:
            self._messages.put_record(self.stores["message"].by_id[message_id] | fields, at)

    def remove_message(self, message_id: str) -> None:
        """Delete a message as a user."""
        with self.lock:
            self._messages.delete_record(message_id)

    def message(self, message_id: str) -> Record:
        """Return a copy of a message. Raises KeyError."""
        with self.lock:
            return dict(self.stores["message"].by_id[message_id])

    def messages(self) -> list[Record]:
        """Return copies of all messages, the longest unchanged first."""
        with self.lock:
            return self.stores["message"].copies()

    def new_id(self) -> Any:
        """Return an id that no record has, as this server makes them."""
        self._next_id += 1
        digest = blake2b(str(self._next_id).encode(), digest_size=16).digest()
        made: Mapping[str, Any] = {"int": self._next_id, "uuid": str(UUID(bytes=digest)), "hex": digest.hex()[:24]}
        return made[self.behaviour.ids]

    def accepted(self, noun: str, given: Record) -> Record:  # noqa: ARG002 (for servers that put_record something else)
        """Return what is stored of the given fields: all of them."""
        return given

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call."""
        if self.before_answer is not None:
            self.before_answer(call)
        if call.headers.get("Authorization") != self.api_key:
            return SandboxResponse(401, {"error": "Invalid API key"})
        path = call.path.removeprefix(PREFIX)
        if path.rstrip("/") == "/users" and call.method == "GET":
            return self._serve_users(call, path)
        if self.behaviour.needs_user and "user_id" not in call.query:
            return SandboxResponse(400, {"error": "user_id is missing"})
        if path == "/companies/find":
            return self.companies.serve(call)
        for root, collection in (("/contacts", self._contacts), ("/messages", self._messages)):
            if path == root or path.startswith(f"{root}/"):
                return collection.serve(call, path)
        return SandboxResponse(404, {"error": "Not Found"})

    def _serve_users(self, call: Call, path: str) -> SandboxResponse:
        behaviour = self.behaviour.users
        if behaviour == "hidden" or (behaviour == "one" and path == "/users"):
            return SandboxResponse(404, {"error": "Not Found"})
        if behaviour == "list":
            return SandboxResponse(200, {"users": list(self.users.values())})
        user = self.users.get(call.query.get("user_id", ""))
        return SandboxResponse(200, {"user": user}) if user else SandboxResponse(404, {"error": "Not Found"})

    def _user_ids(self) -> Iterable[Any]:
        return (user["id"] for user in self.users.values())
