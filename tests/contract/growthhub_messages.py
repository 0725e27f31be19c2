"""GrowthHub's messages under the contract: copies as notes and in conversations, as documented and as else they can be.

What users write there are text messages where it behaves as documented, e-mails where it does otherwise.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from connectors.connector import Connector
from connectors.growthhub.allowed_calls import CALLS
from connectors.growthhub.client import headers
from connectors.growthhub.connector import GrowthHub
from connectors.growthhub.messages import MessageStyle
from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.growthhub.sandbox.server import LOCATION, Quirks
from connectors.message import Message
from connectors.message_store import MessageStore
from tests.connectors.clocks import FakeClock
from tests.contract.growthhub import OTHERWISE, GrowthHubPlace
from tests.contract.message_subject import MessageSubject, Post
from tests.contract.sample_messages import LETTER
from tests.contract.subject import ACCOUNT

NOTES: Final = MessageStyle()
LOGGED: Final = MessageStyle(as_note=False, provider_id=PROVIDER)


class GrowthHubPost(GrowthHubPlace, Post):
    """Copies lie among the notes of a contact, or among its messages."""

    def __init__(self, clock: FakeClock, quirks: Quirks, style: MessageStyle, kind: str) -> None:
        super().__init__(clock, quirks)
        self.style = style
        self.kind = kind
        self.recorded_at = r"/notes$" if style.as_note else r"/inbound$"

    def a_contact(self) -> str:
        contact_id = super().a_contact()
        self.discard(self.post.record_copy(LETTER, contact_id).copy.id)
        return contact_id

    def letters(self, account: Connector) -> MessageStore:
        assert isinstance(account, GrowthHub)
        return account.message_store

    def write(self, contact_id: str, letter: Message, *, at: datetime | None = None) -> str:
        text, flow = letter.text or "", letter.flow or "outbound"
        users = (user["id"] for user in self.sandbox.users if user["email"] == letter.owner)
        more = {key: value for key, value in (("userId", next(users, None)), ("subject", letter.subject)) if value}
        return self._id(self.sandbox.add_message(contact_id, self.kind, flow, text, at=at, **more))

    def rewrite(self, message_id: str, text: str) -> None:
        self.sandbox.edit_message(message_id.partition(":")[2], body=text)

    def withdraw(self, message_id: str) -> None:
        self.sandbox.remove_message(message_id.partition(":")[2])

    def discard(self, copy_id: str) -> None:
        if not self.style.as_note:
            self.withdraw(copy_id)
            return
        note_id = copy_id.partition(":")[2]
        for contact_id in self.ids():
            if note_id in [note["id"] for note in self.sandbox.notes(contact_id)]:
                self.sandbox.remove_note(contact_id, note_id)

    def kept(self) -> set[str]:
        if self.style.as_note:
            return {f"note:{note['id']}" for contact_id in self.ids() for note in self.sandbox.notes(contact_id)}
        return {
            self._id(message["id"])
            for contact_id in self.ids()
            for message in (*self.sandbox.messages(contact_id), *self.sandbox.emails(contact_id))
            if "meta" not in message
        }

    def _id(self, wire_id: str) -> str:
        return f"email:{wire_id}" if wire_id in self.sandbox._emails else f"message:{wire_id}"

    def _connector(self, secret: str, timeout: tuple[float, float], *, elsewhere: bool) -> Connector:
        wire = self.wire(self.sandbox.url, headers(secret), secret, timeout, CALLS)
        location = "anotherLocation00001" if elsewhere else LOCATION
        return GrowthHub(ACCOUNT, wire, location_id=location, cache=self.cache, country="US", messages=self.style)


def _open(quirks: Quirks, style: MessageStyle, kind: str, clock: FakeClock) -> GrowthHubPost:
    return GrowthHubPost(clock, replace(quirks), style, kind)


OTHERWISE_HERE: Final = replace(
    OTHERWISE,
    message_lag=30.0,
    largest_export=100,
    export_ends_excluded=True,
    html_notes=True,
    note_lacks=frozenset({"title"}),
    alt_id_shown=False,
    provider_kind="Email",
)

SUBJECTS: Final = tuple(
    MessageSubject(name, partial(_open, quirks, style, kind), page, priced, rewrites=False, amends=style.as_note)
    for name, quirks, style, kind, page, priced in (
        ("growthhub-notes", Quirks(), NOTES, "SMS", 500, True),
        ("growthhub-conversations", Quirks(), LOGGED, "SMS", 500, True),
        ("growthhub-notes-otherwise", OTHERWISE_HERE, NOTES, "Email", 100, False),
        ("growthhub-conversations-otherwise", OTHERWISE_HERE, LOGGED, "Email", 100, False),
    )
)
