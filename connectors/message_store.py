"""The contract of a message store: what the engine asks of a system that keeps messages (beside connectors.connector).

No call here reaches a person: a copy is a record and is never sent (P9). A store decides nothing about syncing. It
recognises the copy of an original by comparing both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.message import Message
from connectors.records import Page, Raw, Window


@dataclass(frozen=True, slots=True)
class CopyResult:
    """The result of writing a copy: the copy as the server shows it now, and the server's time of the answer."""

    copy: Message
    served_at: datetime


class ContactMessages(Protocol):
    """The messages of an account that shows them contact by contact alone."""

    def read_contact(self, contact_id: str) -> Page:
        """Return the messages of one contact, as far as the server shows them: one call.

        Raises RecordGone where the contact is gone, RecordRefused, AuthError, TransientError.
        """

    def active_at(self, contact: Raw) -> datetime | None:
        """Return when a contact wrote or got a message last, as far as its record says so."""


class MessageStore(Protocol):
    """The messages of one account."""

    by_contact: ContactMessages | None
    """Reads them contact by contact, where `read_window` shows none; None where it shows them."""
    takes_copies: bool
    """Whether copies can be recorded here. Else no call of this store changes anything."""
    lists_copies: bool
    """Whether `read_window` shows the copies that are made here. Other copies are seen by `copies_of`."""
    deletes_copies: bool
    """Whether a copy can be deleted here."""

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield every message of the window. The same message may come twice; the later one counts.

        Reaching the end without an error is the proof that the window is complete (R43). Pages may hold messages
        outside the window, but no activity entries. Raises IncompleteWindow, AuthError, TransientError.
        """

    def to_message(self, raw: Raw) -> Message:
        """Map a record. No call is made except, once a day, for the users."""

    def id_of(self, raw: Raw) -> str:
        """Return the id of the message that a record shows, even if nothing else of it can be mapped."""

    def read_message(self, message_id: str, contact_id: str) -> Message:
        """Return a message or a copy by its id, with its text. Raises RecordGone, AuthError, TransientError."""

    def read_listed(self, message_id: str, contact_id: str) -> Message | None:
        """Return a message by its id, None where `read_window` would not show it, or under another id.

        Raises RecordGone, AuthError, TransientError.
        """

    def with_text(self, message: Message) -> Message:
        """Return the message with its text, which costs a call where the listing leaves that out.

        Raises RecordGone, AuthError, TransientError.
        """

    def read_current(self, original: Message) -> Message | None:
        """Return an original with its text, as `with_text` does, just before its copy is written.

        None where the message failed after it was listed, so that it never reached its recipient. Raises RecordGone,
        AuthError, TransientError.
        """

    def copies_of(self, contact_id: str) -> Sequence[Message]:
        """Return the copies that a contact has here, where `read_window` does not show them: one call.

        Notes of other authors are among them. Raises RecordGone where the contact is gone, AuthError, TransientError.
        """

    def is_copy_of(self, copy: Message, original: Message) -> bool:
        """Say whether a record here is the copy of an original with its text: by its marker, else by its content. Pure.

        Without a marker, time and text must be the same (R6). Where people can type a marker, it counts only together
        with something else that only a copy shows (R31). The caller compares the contacts.
        """

    def find_copies(self, original: Message, contact_id: str, since: datetime) -> Sequence[Message]:
        """Return the copies of an original on the server itself, after a write without an answer (R20).

        `since` is when it was sent, by the server's clock. Raises AuthError, TransientError.
        """

    def record_copy(self, original: Message, contact_id: str) -> CopyResult:
        """Record a copy of a message with its text at a contact, once. It is sent to no person.

        Raises RecordGone where the contact is gone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def update_copy(self, copy: Message, original: Message) -> CopyResult:
        """Change a copy to what its original shows now.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def delete_copy(self, copy_id: str, contact_id: str) -> None:
        """Delete a copy. One that is gone already counts as deleted.

        Raises RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def count_calls(self, original: Message, *, recorded: bool) -> int:
        """Return how many calls `record_copy` makes, or `update_copy` where it is `recorded`; its text included."""
