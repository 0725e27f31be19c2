"""The messages of one GrowthHub location: a connectors.message_store.

Rules kept here:
- messages come from the export, in two readings, because it leaves e-mails out of the other. Copies are kept as notes,
  or recorded in conversations, as `MessageStyle` says;
- an id says its kind, "note:", "message:" or "email:", so that a note can be changed or deleted under any style.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from connectors.connector import Cache
from connectors.errors import RecordError
from connectors.growthhub import conversations, message_mapping, notes
from connectors.growthhub.allowed_calls import GuardedClient
from connectors.growthhub.conversations import ConversationStore
from connectors.growthhub.email_threads import EmailThreads
from connectors.growthhub.export import Export
from connectors.growthhub.location import Location, LocationUsers
from connectors.growthhub.message_client import MessageClient
from connectors.growthhub.message_mapping import EMAIL, EMAIL_PREFIX, MESSAGE_PREFIX
from connectors.growthhub.note_store import NoteStore
from connectors.message import Message
from connectors.message_store import ContactMessages, CopyResult
from connectors.records import Page, Raw, Window


@dataclass(frozen=True, slots=True)
class MessageStyle:
    """How copies are kept here, and which channels are read. `source` is the kind of system of the originals.

    `provider_id` is the conversation provider that records copies where they are no notes. Raises ValueError where it
    is missing then.
    """

    as_note: bool = True
    provider_id: str | None = None
    channels: tuple[str, ...] = ("Email", "SMS", "WhatsApp")
    source: str = "growthgenius"

    def __post_init__(self) -> None:
        if not self.as_note and not self.provider_id:
            raise ValueError("messages are recorded in conversations through a provider: provider_id is missing")


class GrowthHubMessages:
    """The messages of one location."""

    by_contact: ContactMessages | None = None
    takes_copies = True

    def __init__(
        self,
        calls: GuardedClient,
        location_id: str,
        style: MessageStyle,
        *,
        location: Location,
        directory: LocationUsers,
        cache: Cache,
    ) -> None:
        self.style = style
        self.lists_copies = not style.as_note
        self.deletes_copies = style.as_note
        self.client = MessageClient(calls, location_id)
        self.export = Export(self.client)
        self._threads = EmailThreads(self.client, cache)
        self._location = location
        self._directory = directory
        self._zone: tzinfo | None = None
        self._channels = frozenset(style.channels)
        self._notebook = NoteStore(self.client, cache, style.source, directory.id_of, self._where)
        self._conversations = ConversationStore(
            self.client, self.export, style.provider_id or "", style.source, read=self._read, get=self.read_message
        )

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield the messages of the wanted channels, e-mails one by one. Without a channel, a page without records.

        An e-mail of a thread with others costs a call when it is first seen.

        Raises IncompleteWindow, AuthError, TransientError.
        """
        self._directory.renew()
        self._threads.renew()
        try:
            for channel in self.streams():
                narrowed = {} if channel is None else {"channel": channel}
                for page in self.export.read(window, narrowed):
                    yield replace(page, records=[each for row in page.records for each in self._wanted(row)])
        finally:
            self._threads.keep()

    def streams(self) -> tuple[str | None, ...]:
        """Return the channels that the export is read for, None for all but e-mails.

        It is not known which channel our provider gives a recorded copy, so copies are looked for in both.
        """
        others = self._channels - {EMAIL} or not self.style.as_note
        emails = EMAIL in self._channels or not self.style.as_note
        return (*((None,) if others else ()), *((EMAIL,) if emails else ()))

    def to_message(self, raw: Raw) -> Message:
        """Map a row that `read_window` has shown."""
        return message_mapping.message(raw, self._directory.email_of, self.style.source)

    def read_message(self, message_id: str, contact_id: str) -> Message:
        """Return a note, a message or an e-mail by its id. Raises RecordGone, AuthError, TransientError."""
        prefix, wire_id = _split_id(message_id)
        if prefix == notes.ID_PREFIX:
            self._where()
            return self._notebook.get(wire_id, contact_id)
        if prefix == EMAIL_PREFIX:
            return message_mapping.email(
                self.client.read_email(wire_id), contact_id, self._directory.email_of, self.style.source
            )
        record = self.client.read_message(wire_id)
        return message_mapping.with_text(record, self.to_message({"contactId": contact_id, **record}))

    def read_listed(self, message_id: str, contact_id: str) -> Message | None:
        """Return a message or an e-mail by its id, None where the export does not list it as one (yet).

        Raises RecordGone, AuthError, TransientError.
        """
        prefix, wire_id = _split_id(message_id)
        if prefix == EMAIL_PREFIX:
            return self._listed_email(wire_id, contact_id)
        row = {"contactId": contact_id, **self.client.read_message(wire_id)}
        emails = message_mapping.email_ids(row)
        # Earlier releases listed unreadable messages by the id of their row.
        if not prefix and len(emails) == 1:
            return self._listed_email(emails[0], contact_id)
        if message_mapping.channel_of(row) == EMAIL or not self._is_wanted(row):
            return None
        return message_mapping.with_text(row, self.to_message(row))

    def with_text(self, message: Message) -> Message:
        """Return an e-mail with its text, for one call.

        Raises RecordGone, AuthError, TransientError.
        """
        if message.text is not None:
            return message
        return _completed(message, self.read_message(message.id, message.contact_id))

    def read_current(self, original: Message) -> Message | None:
        """Return an e-mail with its text, None where its delivery failed since it was listed.

        Raises RecordGone, AuthError, TransientError.
        """
        prefix, wire_id = _split_id(original.id)
        if original.text is not None or prefix != EMAIL_PREFIX:
            return self.with_text(original)
        record = self.client.read_email(wire_id)
        if record.get("deleted") is True or message_mapping.has_failed(record):
            return None
        source = self.style.source
        shown = message_mapping.email(record, original.contact_id, self._directory.email_of, source)
        return _completed(original, shown)

    def id_of(self, raw: Raw) -> str:
        """Return the id of the message, or of the e-mail, that a row shows."""
        return message_mapping.id_of(raw)

    def copies_of(self, contact_id: str) -> Sequence[Message]:
        """Return all notes of a contact. Copies in conversations are listed, and cost no call.

        Raises RecordGone, AuthError, TransientError.
        """
        if self.lists_copies:
            return ()
        self._where()
        return self._notebook.of_contact(contact_id)

    def is_copy_of(self, copy: Message, original: Message) -> bool:
        """Say whether a note, or a message of a conversation, is the copy of a message."""
        if copy.id.startswith(notes.ID_PREFIX):
            return notes.shows(copy, original, self._where())
        return conversations.shows(copy, original)

    def find_copies(self, original: Message, contact_id: str, since: datetime) -> Sequence[Message]:  # noqa: ARG002
        """Return the copies that a contact has of a message, however old. Raises AuthError, TransientError."""
        if self.style.as_note:
            return self._notebook.find(original, contact_id)
        return self._conversations.find(original, contact_id)

    def record_copy(self, original: Message, contact_id: str) -> CopyResult:
        """Write a copy. No message is sent.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        keeper = self._notebook if self.style.as_note else self._conversations
        return keeper.record(original, contact_id)

    def update_copy(self, copy: Message, original: Message) -> CopyResult:
        """Rewrite a note. A copy in a conversation cannot be changed: RecordRefused.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        if not copy.id.startswith(notes.ID_PREFIX):
            raise self._conversations.refuse()
        return self._notebook.amend(copy.id.removeprefix(notes.ID_PREFIX), copy, original)

    def delete_copy(self, copy_id: str, contact_id: str) -> None:
        """Delete a note. A copy in a conversation cannot be deleted: RecordRefused.

        Raises RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        if copy_id.startswith((MESSAGE_PREFIX, EMAIL_PREFIX)):
            raise self._conversations.refuse()
        self._notebook.erase(copy_id.removeprefix(notes.ID_PREFIX), contact_id)

    def count_calls(self, original: Message, *, recorded: bool) -> int:
        """Return 1 for a note, new or not, and 2 to record in a conversation; 1 more to read a text.

        A contact's first message costs 1 more, or 2 where there is no conversation yet.
        """
        calls = 1 if recorded or self.style.as_note else 2
        return calls + (original.text is None)

    def _wanted(self, row: Raw) -> Iterator[Raw]:
        if self._is_wanted(row):
            yield from self._threads.messages_in(row)

    def _is_wanted(self, row: Raw) -> bool:
        style = self.style
        return message_mapping.is_wanted(row, self._channels, style.provider_id, style.source)

    def _listed_email(self, email_id: str, contact_id: str) -> Message | None:
        """Return an e-mail by its own id, once it was delivered and where its channel is listed."""
        record = self.client.read_email(email_id)
        gone_or_to_come = record.get("deleted") is True or record.get("status") in message_mapping.NOT_YET
        if gone_or_to_come or message_mapping.has_failed(record) or EMAIL not in self._channels:
            return None
        if self._has_failed_alone(record):
            return None
        return message_mapping.email(record, contact_id, self._directory.email_of, self.style.source)

    def _has_failed_alone(self, record: Raw) -> bool:
        """Say whether the message of this e-mail alone has failed: only the export shows its status."""
        try:
            row = self.client.read_message(str(record["threadId"])) if record.get("threadId") else {}
        except RecordError:
            return False
        emails = message_mapping.email_ids(row)
        return emails == (str(record["id"]),) and message_mapping.has_failed(row)

    def _read(self, row: Raw) -> Iterator[Message]:
        if row.get("id") and row.get("contactId"):
            yield from map(self.to_message, message_mapping.messages_in(row))

    def _where(self) -> tzinfo:
        """Return the zone of the location. It is asked for once."""
        if self._zone is None:
            self._zone = notes.zone(self._location.settings().get("timezone"))
        return self._zone


def _split_id(message_id: str) -> tuple[str, str]:
    """Return the prefix of a message id ('' for the bare id of a row), and the id at the server (colons allowed)."""
    prefixes = (notes.ID_PREFIX, EMAIL_PREFIX, MESSAGE_PREFIX)
    prefix = next((each for each in prefixes if message_id.startswith(each)), "")
    return prefix, message_id.removeprefix(prefix)


def _completed(listed: Message, shown: Message) -> Message:
    """Return a message of a listing with what a reading by its id adds."""
    return replace(
        listed,
        text=shown.text,
        subject=shown.subject or listed.subject,
        sent_at=shown.sent_at or listed.sent_at,
        flow=shown.flow or listed.flow,
        owner=shown.owner or listed.owner,
        of=shown.of or listed.of,
    )
