"""Record copies of messages in the conversation of a contact, through a conversation provider.

Rules kept here:
- a message is recorded and never sent: `POST /conversations/messages/inbound`, in both directions (P9);
- its type is always `Custom`, because any other type belongs to the location's own provider. It is unknown whether our
  provider is one of text messages or of e-mails, so the message has what either needs: text, HTML and known addresses;
- an answer without the message is no success: whether it was recorded is looked up (R20);
- the API cannot change or delete what was recorded.
"""

import html
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.errors import ConnectorError, OutcomeUnknown, RecordGone, RecordRefused
from connectors.growthhub import notes
from connectors.growthhub.export import Export
from connectors.growthhub.message_client import MessageClient, RecordedMessage
from connectors.growthhub.message_mapping import EMAIL, EMAIL_PREFIX, MESSAGE_PREFIX
from connectors.health import refuse_to_tell
from connectors.message import Message
from connectors.message_store import CopyResult
from connectors.records import Raw, UnreadableRow, Window
from connectors.values import instant, markup, message_text

REMEMBERED: Final = 1000
"""The number of conversations with cached ids, so that the second message of a contact costs no look-up."""

_ALWAYS: Final = Window(datetime(1970, 1, 1, tzinfo=UTC))
_TOLERANCE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Conversation:
    """The conversation of a contact, and the address that it shows."""

    id: str
    address: str | None


class ConversationStore:
    """The conversations of one location, for a provider.

    `read` returns the messages of rows of the export, `get` one message by its id, with its text.
    """

    def __init__(
        self,
        client: MessageClient,
        export: Export,
        provider_id: str,
        source: str,
        *,
        read: Callable[[Raw], Iterator[Message]],
        get: Callable[[str, str], Message],
    ) -> None:
        self._client = client
        self._export = export
        self._provider_id = provider_id
        self._source = source
        self._read = read
        self._get = get
        self._known: OrderedDict[str, _Conversation] = OrderedDict()

    def record(self, original: Message, contact_id: str) -> CopyResult:
        """Record a message. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        logged = self._log(original, contact_id, self._conversation(contact_id))
        # The conversation may have been deleted since it was looked up.
        if logged is None:
            del self._known[contact_id]
            logged = self._log(original, contact_id, self._conversation(contact_id))
        if logged is None:
            raise RecordRefused(self._client.account, f"the conversation of contact {contact_id} is not known any more")
        return CopyResult(self._shown(logged, original, contact_id), logged.served_at)

    def find(self, original: Message, contact_id: str) -> Sequence[Message]:
        """Return the messages of a contact that are copies of a message. Raises AuthError, TransientError."""
        found: dict[str, Message] = {}
        unread: list[UnreadableRow] = []
        for narrowed in ({"contactId": contact_id}, {"contactId": contact_id, "channel": EMAIL}):
            for page in self._export.read(_ALWAYS, narrowed):
                unread += page.unread
                for shown in (each for row in page.records for each in self._read(row)):
                    copy = self._whole(shown, original)
                    if copy is not None and shows(copy, original):
                        found[copy.id] = copy
        if not found:
            refuse_to_tell(self._client.account, unread)
        return list(found.values())

    def refuse(self) -> RecordRefused:
        """Return the refusal to change or delete what was recorded."""
        return RecordRefused(
            self._client.account,
            "a message that is recorded in a conversation cannot be changed or deleted through the API of GrowthHub: "
            "do it there by hand",
        )

    def _conversation(self, contact_id: str) -> _Conversation:
        known = self._known.get(contact_id) or self._existing(contact_id)
        if known is None:
            try:
                made = self._client.create_conversation(contact_id)
            except RecordRefused:
                # The conversation may exist and not show in the search yet.
                made = None
            known = self._existing(contact_id) if made is None else _Conversation(str(made["id"]), None)
        if known is None:
            raise RecordRefused(
                self._client.account, f"contact {contact_id} shows no conversation, nor can one be made"
            )
        self._known[contact_id] = known
        self._known.move_to_end(contact_id)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known

    def _existing(self, contact_id: str) -> _Conversation | None:
        found = self._client.search_conversations({"contactId": contact_id})
        own = next((each for each in found if each.get("id") and each.get("contactId") == contact_id), None)
        return None if own is None else _Conversation(str(own["id"]), own.get("email") or None)

    def _log(self, original: Message, contact_id: str, conversation: _Conversation) -> RecordedMessage | None:
        """Record a message, None where the conversation does not exist. A contact that is gone can have none."""
        try:
            return self._client.record_message(self._properties(original, contact_id, conversation))
        except RecordGone:
            return None
        except OutcomeUnknown as unknown:
            hint = "conversation_provider_id may be wrong: GrowthHub answers one that it does not know like this"
            raise OutcomeUnknown(unknown.account, f"{unknown.message} ({hint})") from unknown

    def _properties(self, original: Message, contact_id: str, conversation: _Conversation) -> dict[str, Any]:
        outbound = original.flow != "inbound"
        sender, recipient = (original.owner, conversation.address)[:: 1 if outbound else -1]
        properties = {
            "type": "Custom",
            "conversationId": conversation.id,
            "contactId": contact_id,
            "conversationProviderId": self._provider_id,
            "subject": original.subject,
            "message": original.text or "",
            "html": html.escape(original.text or "", quote=False).replace("\n", "<br>\n"),
            "emailFrom": sender,
            "emailTo": recipient,
            "altId": notes.mark(self._source, original.id),
            "direction": "outbound" if outbound else "inbound",
            "date": instant.render(original.sent_at) if original.sent_at else None,
        }
        return {key: value for key, value in properties.items() if value is not None}

    def _shown(self, logged: RecordedMessage, original: Message, contact_id: str) -> Message:
        """Return what was recorded as the server shows it, else as it was sent, so that its id is not lost."""
        by_email = logged.email_id is not None
        copy_id = f"{EMAIL_PREFIX}{logged.email_id}" if by_email else f"{MESSAGE_PREFIX}{logged.message_id}"
        try:
            return self._get(copy_id, contact_id)
        except ConnectorError:
            return replace(original, id=copy_id, contact_id=contact_id, owner=None, of=original.id)

    def _whole(self, shown: Message, original: Message) -> Message | None:
        """Return a message with its text if it may be the copy, None if it cannot."""
        if shown.text is not None or shown.of == original.id:
            return shown
        if shown.of is not None or not _same_time(shown, original):
            return None
        try:
            return self._get(shown.id, shown.contact_id)
        except RecordGone:
            return None


def shows(copy: Message, original: Message) -> bool:
    """Say whether a message of a conversation is the copy of another: by its marker, else by time and text."""
    if copy.of is not None:
        return copy.of == original.id
    if copy.text is None or copy.sent_at is None or not _same_time(copy, original):
        return False
    written = original.text or ""
    return message_text.same(copy.text, written) or message_text.same(copy.text, markup.readable(written))


def _same_time(copy: Message, original: Message) -> bool:
    """Say whether two messages may have the same time. An unknown time fits any."""
    if copy.sent_at is None or original.sent_at is None:
        return True
    return abs(copy.sent_at - original.sent_at) < _TOLERANCE
