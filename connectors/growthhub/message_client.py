"""The endpoints of GrowthHub for messages: the export, single messages, notes, conversations.

Rules kept here:
- nothing here sends (P9), and connectors.growthhub.allowed_calls would not let it out;
- conversations use an older version of the API than contacts and notes, set in the `Version` header;
- an answer without its record ("message", "emailMessage", "note" or bare) is ServerTrouble;
- the id in an answer is compared with the id that was asked for, and so is the contact of a note;
- a call that creates a note or records a message is never repeated here (R20).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from connectors.errors import OutcomeUnknown, RecordGone, RecordRefused, ServerTrouble
from connectors.growthhub.allowed_calls import GuardedClient
from connectors.growthhub.client import gone_or, is_of, is_record, other_record
from connectors.http.allowed_calls import is_usable_id, may_refer
from connectors.http.call import Reply
from connectors.records import Page, Raw

CONVERSATIONS: Final = {"Version": "2021-04-15"}

_ABSENT: Final = re.compile(
    r"\bnot found\b|\bno \w+ found\b|\bis deleted\b|\b(?:does not|no longer) exists?\b", re.IGNORECASE
)
"""How the server may say that something does not exist. The words are documented for contacts alone."""


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """The answer to the recording of a message: its id, the id of the e-mail if it became one, and the time."""

    message_id: str
    email_id: str | None
    served_at: datetime


class MessageClient:
    """The messages and notes of one location."""

    def __init__(self, calls: GuardedClient, location_id: str) -> None:
        self.calls = calls
        self.account = calls.account
        self.location_id = location_id

    def export_messages(self, asked: Mapping[str, str], *, splittable: bool = True, once: bool = False) -> Reply:
        """Ask GET /conversations/messages/export. Raises AnswerTooLarge where less should be asked for."""
        params = {"locationId": self.location_id, **asked}
        path = "/conversations/messages/export"
        return self.calls.send_query(
            "GET", path, params=params, headers=CONVERSATIONS, splittable=splittable, once=once
        )

    def read_message(self, message_id: str) -> Raw:
        """Return one message. Raises RecordGone."""
        return self._one(f"/conversations/messages/{_segment(message_id)}", "message", message_id)

    def read_email(self, email_id: str) -> Raw:
        """Return one e-mail with its text. Raises RecordGone."""
        return self._one(f"/conversations/messages/email/{_segment(email_id)}", "emailMessage", email_id)

    def list_notes(self, contact_id: str) -> list[Raw]:
        """Return all notes of a contact. There are no pages. Raises RecordGone where the contact is gone."""
        path = _notes_path(contact_id)
        found = self._ask(path, {}).body
        notes = found.get("notes") if isinstance(found, Mapping) else None
        if not isinstance(notes, list):
            raise ServerTrouble(self.account, f"GET {path} was answered without notes")
        found_here = self._each(notes, f"GET {path}", "a note")
        if found_here and not any(_is_with(each, contact_id) for each in found_here):
            raise other_record(self.account, f"GET {path}", found_here[0])
        return found_here

    def read_note(self, contact_id: str, note_id: str) -> Page:
        """Return one note. Raises RecordGone."""
        path = f"{_notes_path(contact_id)}/{_segment(note_id)}"
        reply = self._ask(path, {})
        return Page([self._unwrapped(reply, "note", path, note_id)], reply.served_at)

    def create_note(self, contact_id: str, properties: Mapping[str, Any]) -> Page:
        """Write a note. Raises RecordGone, RecordRefused, OutcomeUnknown."""
        reply = self._write("POST", _notes_path(contact_id), properties, repeatable=False)
        note = _record(reply.body, "note")
        if note is None:
            raise OutcomeUnknown(self.account, "a note was answered without the note")
        if not _is_with(note, contact_id):
            raise OutcomeUnknown(self.account, f"a note was answered with a note of contact {note.get('contactId')}")
        return Page([note], reply.served_at)

    def update_note(self, contact_id: str, note_id: str, properties: Mapping[str, Any]) -> Page:
        """Set properties of a note and return it, from the answer or else by id.

        Raises RecordGone, RecordRefused, OutcomeUnknown.
        """
        path = f"{_notes_path(contact_id)}/{_segment(note_id)}"
        reply = self._write("PUT", path, properties, repeatable=True, overwrites=True)
        note = _record(reply.body, "note")
        return Page([note], reply.served_at) if note and is_of(note, note_id) else self.read_note(contact_id, note_id)

    def delete_note(self, contact_id: str, note_id: str) -> None:
        """Delete a note. Raises RecordGone, RecordRefused, OutcomeUnknown."""
        self._write("DELETE", f"{_notes_path(contact_id)}/{_segment(note_id)}", None, repeatable=True)

    def search_conversations(self, asked: Mapping[str, str]) -> list[Raw]:
        """Return a page of conversations."""
        params = {"locationId": self.location_id, **asked}
        body = self._ask("/conversations/search", CONVERSATIONS, params).body
        found = body.get("conversations") if isinstance(body, Mapping) else None
        if not isinstance(found, list):
            raise ServerTrouble(self.account, "GET /conversations/search was answered without conversations")
        return self._each(found, "GET /conversations/search", "a conversation")

    def create_conversation(self, contact_id: str) -> Raw | None:
        """Create an empty conversation, which sends nothing. None where the answer does not show it.

        A contact has one at most, so the call may be repeated. Raises RecordGone, RecordRefused, OutcomeUnknown.
        """
        sent = {"locationId": self.location_id, "contactId": contact_id}
        reply = self._write("POST", "/conversations/", sent, repeatable=True, headers=CONVERSATIONS)
        made = _record(reply.body, "conversation")
        return made if made is not None and _is_with(made, contact_id) else None

    def record_message(self, properties: Mapping[str, Any]) -> RecordedMessage:
        """Record a message, in either direction. Nothing is sent.

        Raises RecordGone, RecordRefused, OutcomeUnknown.
        """
        path = "/conversations/messages/inbound"
        reply = self._write("POST", path, properties, repeatable=False, headers=CONVERSATIONS)
        answer = reply.body if isinstance(reply.body, Mapping) else {}
        message_id, email_id = answer.get("messageId"), answer.get("emailMessageId")
        # An unusable conversation provider is answered with 201 and no message.
        if not is_usable_id(message_id) or not may_refer(email_id):
            raise OutcomeUnknown(self.account, "recording a message was answered without the message")
        return RecordedMessage(str(message_id), str(email_id) if email_id else None, reply.served_at)

    def _each(self, rows: Sequence[Any], asked: str, noun: str) -> list[Raw]:
        """Return the rows of a list.

        Raises ServerTrouble for an illegible row: it may be the one that is wanted (R20).
        """
        records = [each for each in rows if is_record(each)]
        if len(records) < len(rows):
            raise ServerTrouble(self.account, f"{asked} was answered with {noun} without a usable id")
        return records

    def _one(self, path: str, key: str, record_id: str) -> Raw:
        record = self._unwrapped(self._ask(path, CONVERSATIONS), key, path, record_id)
        if record.get("deleted") is True:
            raise RecordGone(self.account, f"GET {path} shows what is deleted")
        if not may_refer(record.get("contactId")):
            raise ServerTrouble(self.account, f"GET {path} was answered with a contact without a usable id")
        return record

    def _unwrapped(self, reply: Reply, key: str, path: str, record_id: str) -> Raw:
        record = _record(reply.body, key)
        if record is None:
            raise ServerTrouble(self.account, f"GET {path} was answered without a record")
        if not is_of(record, record_id):
            raise other_record(self.account, f"GET {path}", record)
        return record

    def _ask(self, path: str, headers: Mapping[str, str], params: Mapping[str, str] | None = None) -> Reply:
        try:
            return self.calls.send_query("GET", path, params=params, headers=headers)
        except RecordRefused as refused:
            if any(map(_ABSENT.search, refused.messages)):
                raise RecordGone(refused.account, refused.message) from refused
            raise

    def _write(
        self,
        method: str,
        path: str,
        properties: Mapping[str, Any] | None,
        *,
        repeatable: bool,
        overwrites: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        sent = None if properties is None else dict(properties)
        try:
            return self.calls.send_change(
                method, path, json=sent, repeatable=repeatable, overwrites=overwrites, headers=headers
            )
        except RecordRefused as refused:
            raise gone_or(refused) from refused


def _record(body: Any, key: str) -> Raw | None:
    """Return the record of an answer, under a key or bare. None without an id."""
    found = body.get(key, body) if isinstance(body, Mapping) else None
    return found if is_record(found) else None


def _is_with(record: Raw, contact_id: str) -> bool:
    """Say whether a record belongs to a contact, as far as it says."""
    return str(record.get("contactId") or contact_id) == contact_id


def _segment(record_id: str) -> str:
    return quote(record_id, safe="")


def _notes_path(contact_id: str) -> str:
    return f"/contacts/{_segment(contact_id)}/notes"
