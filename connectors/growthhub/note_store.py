"""Write, read and delete copies of messages that are kept as notes of a contact.

Rules kept here:
- a note has a text, a title, and the user of the message where that user exists here. No other user is entered instead;
- a property that a refusal names (title, userId) is left out, for a day where the server does not know it at all. A
  text that is too long is cut. Before a second try the notes are searched for one that the refused call wrote, and a
  note that a person edited meanwhile is left alone (R20);
- the result is the note as the server shows it (R21).
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Any, Final

from connectors.connector import Cache
from connectors.edits import edited_between
from connectors.errors import RecordGone, RecordRefused
from connectors.growthhub import notes
from connectors.growthhub.message_client import MessageClient
from connectors.message import Message
from connectors.message_store import CopyResult
from connectors.records import Page
from connectors.values import message_text

_REFUSED: Final = "refused_note_properties"
_OPTIONAL: Final = ("title", "userId")
_TOO_LARGE: Final = 413


class NoteStore:
    """The notes of one location.

    `user_of` returns the id of a user by address, `where` the time zone of the location.
    """

    def __init__(
        self,
        client: MessageClient,
        cache: Cache,
        source: str,
        user_of: Callable[[str], str | None],
        where: Callable[[], tzinfo],
    ) -> None:
        self._client = client
        self._cache = cache
        self._source = source
        self._user_of = user_of
        self._where = where

    def of_contact(self, contact_id: str) -> Sequence[Message]:
        """Return all notes of a contact, also those of people. Raises RecordGone, AuthError, TransientError."""
        return [notes.read(raw, contact_id, self._source) for raw in self._client.list_notes(contact_id)]

    def get(self, note_id: str, contact_id: str) -> Message:
        """Return one note by its id at the wire. Raises RecordGone, AuthError, TransientError."""
        return notes.read(self._client.read_note(contact_id, note_id).records[0], contact_id, self._source)

    def find(self, original: Message, contact_id: str) -> Sequence[Message]:
        """Return the notes that are copies of a message, none for a contact that is gone."""
        where = self._where()
        try:
            return [each for each in self.of_contact(contact_id) if notes.shows(each, original, where)]
        except RecordGone:
            return []

    def record(self, original: Message, contact_id: str) -> CopyResult:
        """Write a note. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""

        def send(properties: dict[str, Any]) -> CopyResult:
            return self._recorded(self._client.create_note(contact_id, properties), contact_id)

        def made() -> CopyResult | None:
            return self._marked(original, contact_id)

        return self._send_accepted(original, send, made)

    def amend(self, note_id: str, copy: Message, original: Message) -> CopyResult:
        """Rewrite the note of a copy, which showed `copy` right before.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        contact_id = copy.contact_id

        def send(properties: dict[str, Any]) -> CopyResult:
            return self._recorded(self._client.update_note(contact_id, note_id, properties), contact_id)

        def made() -> CopyResult | None:
            return self._amended(note_id, copy, original)

        return self._send_accepted(original, send, made)

    def erase(self, note_id: str, contact_id: str) -> None:
        """Delete a note. A note that is gone already counts as deleted."""
        with suppress(RecordGone):
            self._client.delete_note(contact_id, note_id)

    def _send_accepted(
        self,
        original: Message,
        send: Callable[[dict[str, Any]], CopyResult],
        made: Callable[[], CopyResult | None],
    ) -> CopyResult:
        """Send a note, and send it again without what a refusal names."""
        properties = self._properties(original)
        while True:
            try:
                return send(properties)
            except RecordRefused as refused:
                less = self._less(original, properties, refused)
                if less is None:
                    raise
                found = made()
                if found is not None:
                    return found
                properties = less

    def _properties(self, original: Message) -> dict[str, Any]:
        properties = {"body": notes.body(original, self._source, self._where()), "title": notes.title(original)}
        user_id = self._user_of(original.owner) if original.owner else None
        refused = self._cache.get(_REFUSED) or ()
        return {key: value for key, value in {**properties, "userId": user_id}.items() if value and key not in refused}

    def _less(self, original: Message, sent: dict[str, Any], refused: RecordRefused) -> dict[str, Any] | None:
        """Return what the server may accept instead, None if nothing helps."""
        said = refused.messages or (refused.message,)
        named = [key for key in _OPTIONAL if key in sent and any(re.search(rf"\b{key}\b", each) for each in said)]
        if named:
            self._remember([key for key in named if f"property {key} should not exist" in said])
            return {key: value for key, value in sent.items() if key not in named}
        limit = notes.limit_in(("too large",) if refused.status == _TOO_LARGE else said, sent["body"])
        whole = notes.body(original, self._source, self._where())
        if limit is None or sent["body"] != whole:
            return None
        return {**sent, "body": notes.shortened(original, self._source, self._where(), limit)}

    def _remember(self, unknown: Sequence[str]) -> None:
        if unknown:
            self._cache.put(_REFUSED, sorted({*(self._cache.get(_REFUSED) or ()), *unknown}))

    def _marked(self, original: Message, contact_id: str) -> CopyResult | None:
        """Return a note that a refused call wrote all the same, by its marker and its content."""
        where, marked = self._where(), [each for each in self.of_contact(contact_id) if each.of == original.id]
        found = next((each for each in marked if notes.shows(each, original, where)), None)
        if found is None:
            return None
        return self._recorded(self._client.read_note(contact_id, found.id.removeprefix(notes.ID_PREFIX)), contact_id)

    def _amended(self, note_id: str, copy: Message, original: Message) -> CopyResult | None:
        """Return the note if a refused call wrote it all the same. Raises OutcomeUnknown if a person edited it."""
        shown = self._recorded(self._client.read_note(copy.contact_id, note_id), copy.contact_id)
        if notes.shows(shown.copy, original, self._where()):
            return shown
        if message_text.comparable(shown.copy.text or "") != message_text.comparable(copy.text or ""):
            raise edited_between(self._client.account, "note", note_id, ["body"])
        return None

    def _recorded(self, page: Page, contact_id: str) -> CopyResult:
        return CopyResult(notes.read(page.records[0], contact_id, self._source), page.served_at)
