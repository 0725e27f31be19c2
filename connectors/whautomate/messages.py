"""The messages of one Whautomate account: a connectors.message_store that only reads, contact by contact.

Rules kept here:
- a contact's messages are what one call shows of them. No page and no order is documented;
- nothing is ever written here. A call that sends is on no list of allowed calls (P9).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NoReturn

from connectors.errors import CallRefused, IncompleteWindow, RecordGone
from connectors.message import Message
from connectors.message_store import ContactMessages, CopyResult
from connectors.records import Page, Raw, UnreadableRow, Window
from connectors.values import instant
from connectors.whautomate import message_mapping
from connectors.whautomate.client import WhautomateClient

ACTIVE: Final = "lastActivity"


class WhautomateMessages:
    """The messages of the contacts of one account."""

    takes_copies = False
    lists_copies = False
    deletes_copies = False

    def __init__(self, client: WhautomateClient) -> None:
        self._client = client
        self.by_contact: ContactMessages | None = self

    def read_contact(self, contact_id: str) -> Page:
        """Return the messages of one contact: one call.

        Raises RecordGone, RecordRefused, AuthError, TransientError.
        """
        found = self._client.read_messages(contact_id)
        rows = [{**raw, message_mapping.CONTACT: contact_id} for raw in found.rows.records]
        reason = f"{found.rows.broken} message(s) of contact {contact_id} are no records"
        unread = (UnreadableRow(contact_id, reason),) if found.rows.broken else ()
        return Page([raw for raw in rows if message_mapping.is_wanted(raw)], found.served_at, unread)

    def active_at(self, contact: Raw) -> datetime | None:
        """Return when a contact was active last, as far as its record says so."""
        return instant.parse(contact.get(ACTIVE))

    def read_window(self, window: Window) -> Iterator[Page]:  # noqa: ARG002 (there are no windows)
        """Raise IncompleteWindow: no list shows the messages of all contacts."""
        raise IncompleteWindow(self._client.account, "its messages are shown contact by contact alone")

    def to_message(self, raw: Raw) -> Message:
        """Map a record."""
        return message_mapping.message(raw)

    def id_of(self, raw: Raw) -> str:
        """Return the id of a record."""
        return str(raw.get("id", ""))

    def read_message(self, message_id: str, contact_id: str) -> Message:
        """Return a message out of those of its contact. Raises RecordGone, AuthError, TransientError."""
        for raw in self.read_contact(contact_id).records:
            if str(raw["id"]) == message_id:
                return message_mapping.message(raw)
        raise RecordGone(self._client.account, f"contact {contact_id} shows no message {message_id}")

    def read_listed(self, message_id: str, contact_id: str) -> Message | None:
        """Return a message out of those of its contact. Raises RecordGone, AuthError, TransientError."""
        return self.read_message(message_id, contact_id)

    def with_text(self, message: Message) -> Message:
        """Return the message: its text is always shown."""
        return message

    def read_current(self, original: Message) -> Message | None:
        """Return an original as it was read in this run."""
        return original

    def copies_of(self, contact_id: str) -> Sequence[Message]:  # noqa: ARG002 (whoever it is)
        """Return nothing: no copies are recorded here."""
        return ()

    def is_copy_of(self, copy: Message, original: Message) -> bool:  # noqa: ARG002 (whatever they show)
        """Say no: no copies are recorded here."""
        return False

    def find_copies(self, original: Message, contact_id: str, since: datetime) -> Sequence[Message]:  # noqa: ARG002
        """Return nothing: no copies are recorded here."""
        return ()

    def record_copy(self, original: Message, contact_id: str) -> CopyResult:  # noqa: ARG002 (no copy is written)
        """Raise CallRefused."""
        self._refuse()

    def update_copy(self, copy: Message, original: Message) -> CopyResult:  # noqa: ARG002 (no copy is written)
        """Raise CallRefused."""
        self._refuse()

    def delete_copy(self, copy_id: str, contact_id: str) -> None:  # noqa: ARG002 (no copy is written)
        """Raise CallRefused."""
        self._refuse()

    def count_calls(self, original: Message, *, recorded: bool) -> int:  # noqa: ARG002 (no copy is written)
        """Return 0: no copies are recorded here."""
        return 0

    def _refuse(self) -> NoReturn:
        raise CallRefused(self._client.account, "its messages are only read, so that none is ever sent to a person")
