"""What the engine asks of a system that keeps messages: the contract beside connectors.connector.

Nothing here may reach a person: a copy is a record, never a send. A connector decides nothing about syncing; what it
calls a copy of an original it must be able to tell by looking at both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.connector import Page, Raw, Window
from connectors.message import Message


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What writing a copy led to: the copy as the server shows it now, and the server's time of the answer."""

    copy: Message
    served_at: datetime


class MessageStore(Protocol):
    """The messages of one account."""

    lists_copies: (
        bool  # whether the copies that are made here show up in `read`; those that do not are seen by `of_contact`
    )
    deletes_copies: bool  # whether a copy can be deleted here

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield every message of the window; the same may come twice, the later one counts.

        To run to the end without an error *is* the proof that the window is complete. Pages may hold messages outside
        the window, and none that are not messages between people (activity entries). Raises IncompleteWindow,
        AuthError, TransientError.
        """

    def to_message(self, raw: Raw) -> Message:
        """Map a record. No call is made except, once a day, for the users."""

    def read_message(self, message_id: str, contact_id: str) -> Message:
        """Return a message or a copy by its id, with its text.

        Raises RecordGone, AuthError, TransientError.
        """

    def read_listed(self, message_id: str, contact_id: str) -> Message | None:
        """Return a message by its id, None where `read` would not show it, or would show it under another id.

        Raises RecordGone, AuthError, TransientError.
        """

    def with_text(self, message: Message) -> Message:
        """Return it with its text, which costs a call where the listing left it out.

        Raises RecordGone, AuthError, TransientError.
        """

    def read_current(self, original: Message) -> Message | None:
        """Return an original with its text, as `whole` does, right before its copy is written.

        None where reading the text shows that it never reached the person: it failed after it was listed. Raises
        RecordGone, AuthError, TransientError.
        """

    def id_of(self, raw: Raw) -> str:
        """Return the id of the message that a record of `read` shows, also where nothing else of it can be mapped."""

    def copies_of(self, contact_id: str) -> Sequence[Message]:
        """Return the copies that a person has here, where they are not listed: one call.

        Notes of others are among them. Raises RecordGone where the person is gone, AuthError, TransientError.
        """

    def is_copy_of(self, copy: Message, original: Message) -> bool:
        """Say whether a record here is, by what it shows, the copy of a whole original: its marker, else its content.

        Without a marker: the same time and the same text (R6). Where people can type a marker, it counts only beside
        something else that only a copy shows (R31). Pure; the person is the caller's affair.
        """

    def find_copies(self, original: Message, contact_id: str, since: datetime) -> Sequence[Message]:
        """Return what on the server itself `shows` the original, after a write whose answer never came.

        `since` is when it was sent, by the server's clock. Raises AuthError, TransientError.
        """

    def record_copy(self, original: Message, contact_id: str) -> CopyResult:
        """Keep a copy of a whole message with a person of this system, once; nobody is sent anything.

        Raises RecordGone where the person is gone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def update_copy(self, copy: Message, original: Message) -> CopyResult:
        """Make a copy show its original as that is now.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def delete_copy(self, copy_id: str, contact_id: str) -> None:
        """Delete a copy; one that is gone already is deleted.

        Raises RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def count_calls(self, original: Message, *, recorded: bool) -> int:
        """Return how many calls `record` makes, or `amend` where it is `recorded`, the reading of its text included."""
