"""A message store that keeps its messages in memory: the contract of connectors.message_store without HTTP.

Copies have the text, the time and the kind of their original. With `lists_copies` a window shows them, as conversations
do; else they are notes with a marker, which only `copies_of` shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from connectors.clock import Clock
from connectors.errors import ConnectorError, OutcomeUnknown, RecordGone
from connectors.message import Message
from connectors.message_store import ContactMessages, CopyResult
from connectors.records import Page, Raw, Window


class MemoryMessageStore:
    """The messages of one account, by id. `calls` are the calls that were made: name and id."""

    by_contact: ContactMessages | None = None
    takes_copies = True
    deletes_copies = True

    def __init__(self, account: str, clock: Clock, *, lists_copies: bool) -> None:
        self.account = account
        self.lists_copies = lists_copies
        self.messages: dict[str, Message] = {}
        self.calls: list[tuple[str, str]] = []
        self._copies: set[str] = set()
        self._clock = clock
        self._errors: dict[str, list[ConnectorError]] = {}
        self._ids = count(1)

    def write(self, contact_id: str, text: str, at: datetime | None = None) -> str:
        """Let a user send a message to a contact; return its id."""
        message_id = f"{self.account}-message-{next(self._ids)}"
        sent_at = at or self._clock.now()
        self.messages[message_id] = Message(message_id, contact_id, text, None, sent_at, "email", "Email", "outbound")
        return message_id

    def edit(self, message_id: str, text: str) -> None:
        """Let a user change the text of a message or a copy."""
        self.messages[message_id] = replace(self.messages[message_id], text=text)

    def copies(self) -> list[Message]:
        """Return all copies, in the order in which they were created."""
        return [self.messages[copy_id] for copy_id in self.messages if copy_id in self._copies]

    def fail(self, call: str, error: ConnectorError) -> None:
        """Let the next call of a kind end in an error; a write with an unknown outcome takes effect all the same."""
        self._errors.setdefault(call, []).append(error)

    def read_window(self, window: Window) -> Iterator[Page]:
        self._call("read_window")
        shown = [one for one in self.messages.values() if _is_within(window, one) and self._is_listed(one)]
        yield Page([{"id": one.id, "contactId": one.contact_id} for one in shown], self._clock.now())

    def to_message(self, raw: Raw) -> Message:
        return self.messages[str(raw["id"])]

    def id_of(self, raw: Raw) -> str:
        return str(raw["id"])

    def read_message(self, message_id: str, contact_id: str) -> Message:
        self._call("read_message", message_id)
        return self._message(message_id)

    def read_listed(self, message_id: str, contact_id: str) -> Message | None:
        self._call("read_listed", message_id)
        message = self._message(message_id)
        return message if self._is_listed(message) else None

    def with_text(self, message: Message) -> Message:
        return message if message.text is not None else self._message(message.id)

    def read_current(self, original: Message) -> Message | None:
        self._call("read_current", original.id)
        return self._message(original.id)

    def copies_of(self, contact_id: str) -> Sequence[Message]:
        self._call("copies_of", contact_id)
        return [copy for copy in self.copies() if copy.contact_id == contact_id]

    def is_copy_of(self, copy: Message, original: Message) -> bool:
        is_same = copy.sent_at == original.sent_at and copy.text == original.text
        return copy.of == original.id or is_same

    def find_copies(self, original: Message, contact_id: str, since: datetime) -> Sequence[Message]:
        self._call("find_copies", original.id)
        return [one for one in self.copies() if one.contact_id == contact_id and self.is_copy_of(one, original)]

    def record_copy(self, original: Message, contact_id: str) -> CopyResult:
        lost = self._write_call("record_copy", original.id)
        copy_id = f"{self.account}-copy-{next(self._ids)}"
        marker = None if self.lists_copies else original.id
        self.messages[copy_id] = replace(original, id=copy_id, contact_id=contact_id, flow=None, of=marker)
        self._copies.add(copy_id)
        return self._answer(copy_id, lost)

    def update_copy(self, copy: Message, original: Message) -> CopyResult:
        lost = self._write_call("update_copy", copy.id)
        self.messages[copy.id] = replace(self._message(copy.id), text=original.text)
        return self._answer(copy.id, lost)

    def delete_copy(self, copy_id: str, contact_id: str) -> None:
        lost = self._write_call("delete_copy", copy_id)
        self.messages.pop(copy_id, None)
        if lost is not None:
            raise lost

    def count_calls(self, original: Message, *, recorded: bool) -> int:
        return 1

    def _is_listed(self, message: Message) -> bool:
        return self.lists_copies or message.id not in self._copies

    def _message(self, message_id: str) -> Message:
        if message_id not in self.messages:
            raise RecordGone(self.account, f"{message_id} does not exist")
        return self.messages[message_id]

    def _call(self, name: str, record_id: str = "") -> None:
        self.calls.append((name, record_id))
        if errors := self._errors.get(name):
            raise errors.pop(0)

    def _write_call(self, name: str, record_id: str) -> ConnectorError | None:
        """Note a write; return the error that ends it after it took effect. Raises the one that prevents it."""
        self.calls.append((name, record_id))
        error = self._errors[name].pop(0) if self._errors.get(name) else None
        if error is not None and not isinstance(error, OutcomeUnknown):
            raise error
        return error

    def _answer(self, copy_id: str, lost: ConnectorError | None) -> CopyResult:
        if lost is not None:
            raise lost
        return CopyResult(self.messages[copy_id], self._clock.now())


def _is_within(window: Window, message: Message) -> bool:
    sent = message.sent_at
    return sent is not None and window.start <= sent and (window.end is None or sent < window.end)
