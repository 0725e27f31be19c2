"""The messages of one GrowthGenius account: a connectors.message_store.

Rules kept here:
- several user_ids are read one by one. The reader of the pages unites them by id;
- copies are ordinary records: they are listed, and can be deleted;
- whether a write without an answer took effect is looked up in what was updated since. Windows may go by the sent time,
  so the time of the message is searched too (R20).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from connectors.clock import Clock
from connectors.connector import Finding
from connectors.errors import ConnectorError, RecordGone
from connectors.growthgenius import message_mapping, read_windows
from connectors.growthgenius.body_style import Styles
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.growthgenius.envelope import identity
from connectors.growthgenius.message_write import MessageWriter, WrittenMessage
from connectors.growthgenius.read_windows import GrowthGeniusWindowReader
from connectors.growthgenius.records import UserId
from connectors.growthgenius.users import UserDirectory
from connectors.health import refuse_to_tell
from connectors.message import Message
from connectors.message_store import ContactMessages, CopyResult
from connectors.records import Page, Raw, Window

LATE: Final = timedelta(minutes=5)
RECENT: Final = timedelta(minutes=15)


class GrowthGeniusMessages:
    """The messages that the users of one account see."""

    by_contact: ContactMessages | None = None
    takes_copies = True
    lists_copies = True
    deletes_copies = True

    def __init__(self, client: GrowthGeniusClient, users: UserDirectory, styles: Styles, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._feed = read_windows.messages(client)
        self._mapping = message_mapping.MessageReader(users.email_of)
        self._writer = MessageWriter(client, users, styles)

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield every message updated in the window. Reaching the end is the proof that none is missing."""
        for user in self._client.user_ids:
            yield from self._read_as(user, window)

    def to_message(self, raw: Raw) -> Message:
        """Map a record to the canonical shape."""
        return self._mapping.message(raw)

    def read_message(self, message_id: str, contact_id: str) -> Message:  # noqa: ARG002 (ids are the account's)
        """Return a message by id. A record without a text has none. Raises RecordGone, AuthError, TransientError."""
        raw = self._client.messages.read_record(message_id).raw or {}
        return self.to_message({"rendered_copy": None, **raw})

    def read_listed(self, message_id: str, contact_id: str) -> Message | None:
        """Return a message by id. All are listed here. Raises RecordGone, AuthError, TransientError."""
        return self.read_message(message_id, contact_id)

    def with_text(self, message: Message) -> Message:
        """Return the message with its text, by a call where the list left it out.

        Raises RecordGone, AuthError, TransientError.
        """
        return message if message.text is not None else self.read_message(message.id, message.contact_id)

    def read_current(self, original: Message) -> Message | None:
        """Return an original with its text. Raises RecordGone, AuthError, TransientError."""
        return self.with_text(original)

    def id_of(self, raw: Raw) -> str:
        """Return the id of a record."""
        return str(raw.get("id", ""))

    def copies_of(self, contact_id: str) -> Sequence[Message]:  # noqa: ARG002 (whoever it is)
        """Return nothing, without a call: every copy here is listed."""
        return ()

    def is_copy_of(self, copy: Message, original: Message) -> bool:
        """Say whether a record is the copy of an original: the same time and the same text."""
        return message_mapping.shows(copy, original)

    def find_copies(self, original: Message, contact_id: str, since: datetime) -> Sequence[Message]:
        """Return the records of this contact that show the original, updated since then or sent when it was."""
        found = self._showing(Window(since - LATE), original, contact_id)
        sent_at = original.sent_at
        if found or sent_at is None or sent_at >= since - LATE:
            return found
        about = Window(sent_at - message_mapping.TOLERANCE, sent_at + 2 * message_mapping.TOLERANCE)
        return self._showing(about, original, contact_id)

    def record_copy(self, original: Message, contact_id: str) -> CopyResult:
        """Write a copy, by one POST.

        Raises RecordGone where the contact is gone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        return self._recorded(self._writer.record(original, contact_id))

    def update_copy(self, copy: Message, original: Message) -> CopyResult:
        """Overwrite a copy with its original, by PATCH.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        return self._recorded(self._writer.amend(copy, original))

    def delete_copy(self, copy_id: str, contact_id: str) -> None:  # noqa: ARG002 (ids are the account's)
        """Delete a copy. Raises RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        with suppress(RecordGone):
            self._client.messages.delete_record(copy_id)

    def count_calls(self, original: Message, *, recorded: bool) -> int:  # noqa: ARG002
        """Return 1: each write is one call, where the server answers as documented."""
        return 1

    def check(self) -> Sequence[Finding]:
        """Try to read messages as each user. A failure is advice only, because contacts travel all the same."""
        return [self._check_window(user) for user in self._client.user_ids]

    def _read_as(self, user: UserId, window: Window) -> Iterator[Page]:
        return GrowthGeniusWindowReader(self._client, self._clock, self._feed).read(user, window)

    def _showing(self, window: Window, original: Message, contact_id: str) -> list[Message]:
        cheap = self._mapping.without_owner()
        pages = list(self.read_window(window))
        united = {identity(raw): raw for page in pages for raw in page.records}
        likely = [
            raw
            for raw in united.values()
            if (copy := cheap.message(raw)).contact_id == contact_id and message_mapping.same_time(copy, original)
        ]
        found = [copy for copy in self._wholes(likely) if self.is_copy_of(copy, original)]
        if not found:
            refuse_to_tell(self._client.account, [each for page in pages for each in page.unread])
        return found

    def _wholes(self, raws: Iterable[Raw]) -> Iterator[Message]:
        for raw in raws:
            with suppress(RecordGone):
                # The record was deleted since it was listed.
                yield self.with_text(self.to_message(raw))

    def _recorded(self, written: WrittenMessage) -> CopyResult:
        try:
            copy = self.to_message(written.raw)
        except ConnectorError:
            # The users cannot be read now. The id of what was written must not be lost over that.
            copy = self._mapping.without_owner().message(written.raw)
        return CopyResult(copy, written.served_at)

    def _check_window(self, user: UserId) -> Finding:
        what = f"messages as user {user}"
        now = self._clock.now() + timedelta(seconds=self._client.wire.clock_offset())
        try:
            for _ in self._read_as(user, Window(now - RECENT)):
                pass
        except ConnectorError as error:
            mend = "messages do not travel; ask GrowthGenius whether the key may read them"
            return Finding(what, ok=False, problem=error.message, mend=mend, fatal=False)
        return Finding(what, ok=True)
