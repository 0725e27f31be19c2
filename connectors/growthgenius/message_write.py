"""Write the copy of a message, and find out what the write did. A copy is a record: no message is sent (P9).

Rules kept here:
- a copy is written by one POST. It is repeated only in the other style, after a refusal because something is missing
  (R20). An answer without an id is OutcomeUnknown;
- where the answer shows that nothing arrived, the same record is written once more, by PATCH, in the other style
  (connectors.growthgenius.body_style);
- an answer that does not show what was sent is followed by a read. Before a second try the record is read, so that a
  person's edit is not overwritten (R19).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from connectors.edits import edited_between
from connectors.errors import ConnectorError, OutcomeUnknown, RecordError, RecordGone, RecordRefused
from connectors.growthgenius import message_mapping
from connectors.growthgenius.body_style import Styles, names_missing, other, styled
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.growthgenius.envelope import identity
from connectors.growthgenius.users import User, UserDirectory
from connectors.message import Message
from connectors.records import Raw, RecordResponse

Body = Mapping[str, Any]
TEXT = "rendered_copy"


@dataclass(frozen=True, slots=True)
class WrittenMessage:
    """The record as far as the server showed it, and the server's time of it. `is_read` says that it was read by id."""

    raw: Raw
    served_at: datetime
    is_read: bool = False


class MessageWriter:
    """Writes the copies of messages into one account."""

    def __init__(self, client: GrowthGeniusClient, users: UserDirectory, styles: Styles) -> None:
        self._client = client
        self._users = users
        self._styles = styles

    def record(self, original: Message, contact_id: str) -> WrittenMessage:
        """Write a copy, once.

        Raises RecordGone where the contact is gone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        owner = self._owner(original)
        body = {"contact_id": message_mapping.wire_id(contact_id), **message_mapping.body(original, owner)}
        shown, style = self._styles.send_in_either_style("message", body, partial(self._posted, owner, contact_id))
        if shown.raw is None or str(shown.raw.get("contact_id") or contact_id) != contact_id:
            raise OutcomeUnknown(self._client.account, "a message was sent, but the answer does not show it")
        try:
            written = self._complete(identity(shown.raw), shown, body)
            return self._finished(message_mapping.NOTHING, written, body, style)
        except ConnectorError:
            # The record exists. Its id must not be lost over a reading that can be repeated.
            return WrittenMessage({"id": shown.raw["id"], "contact_id": contact_id}, shown.served_at)

    def amend(self, copy: Message, original: Message) -> WrittenMessage:
        """Overwrite a copy with its original. May be repeated.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        body = message_mapping.body(original, self._owner(original))
        style = self._styles.current()
        try:
            written = self._patched(copy.id, body, style)
        except RecordRefused as refused:
            if not names_missing(refused):
                raise
            self._refuse_edited(message_mapping.known(copy), self._client.messages.read_record(copy.id))
            style = other(style)
            written = self._patched(copy.id, body, style)
        return self._finished(message_mapping.known(copy), written, body, style)

    def _owner(self, original: Message) -> User | None:
        return None if original.owner is None else self._users.user_of(original.owner)

    def _posted(self, owner: User | None, contact_id: str, body: Body) -> RecordResponse:
        user = self._client.user_for({"user_id": owner.id} if owner else None)
        try:
            return self._client.messages.create_record(body, user)
        except RecordError as refused:
            with suppress(RecordRefused):
                # A refusal says nothing about whether the contact exists.
                self._client.contacts.read_record(contact_id)
            if isinstance(refused, RecordGone):
                message = f"it takes no messages: {refused.message}"
                raise RecordRefused(self._client.account, message, status=404) from refused
            raise

    def _patched(self, message_id: str, body: Body, style: str) -> WrittenMessage:
        shown = self._client.messages.patch_record(
            message_id, styled("message", body, style), self._client.user_for(body)
        )
        return self._complete(message_id, shown, body)

    def _complete(self, message_id: str, shown: RecordResponse, body: Body) -> WrittenMessage:
        """Return the record as the answer shows it, or read it where the answer leaves out what was sent."""
        is_read = shown.raw is None or not {"contact_id", *body} <= shown.raw.keys()
        if is_read:
            shown = self._client.messages.read_record(message_id)
        return WrittenMessage(shown.raw or {"id": message_id}, shown.served_at, is_read)

    def _finished(self, before: Raw, written: WrittenMessage, body: Body, style: str) -> WrittenMessage:
        """Write again what did not arrive, where the style may be the reason."""
        news = message_mapping.news(before, body)
        if message_mapping.arrived(news, written.raw, body):
            self._styles.prove(style)
        elif news and not self._styles.proven(style):
            self._refuse_edited(before, RecordResponse(written.raw, written.served_at))
            written = self._restyled(before, written, body, other(style))
        return self._without_edit(before, written, body)

    def _without_edit(self, before: Raw, written: WrittenMessage, body: Body) -> WrittenMessage:
        """Return a record as it was written, where a person edited it before it was read.

        It then shows neither the sent text nor the old one. If that counted as ours, the next write would overwrite it.
        """
        shown = written.raw.get(TEXT)
        known = [each[TEXT] for each in (before, body) if each.get(TEXT)]
        if not written.is_read or not shown or TEXT not in body:
            return written
        if any(message_mapping.arrived([TEXT], written.raw, {TEXT: each}) for each in known):
            return written
        return replace(written, raw={**written.raw, TEXT: body[TEXT]})

    def _refuse_edited(self, before: Raw, shown: RecordResponse) -> None:
        """Raise OutcomeUnknown where a record shows something else than before the first try."""
        edited = [] if shown.raw is None else message_mapping.news(before, shown.raw)
        if before is not message_mapping.NOTHING and shown.raw is not None and edited:
            raise edited_between(self._client.account, "message", identity(shown.raw), edited)

    def _restyled(self, before: Raw, written: WrittenMessage, body: Body, style: str) -> WrittenMessage:
        """Write once more, in the other style, what a reading shows to be missing and unedited."""
        news = message_mapping.news(before, body)
        shown = self._client.messages.read_record(identity(written.raw))
        seen = WrittenMessage({**written.raw, **(shown.raw or {})}, shown.served_at, is_read=True)
        is_typed = before is message_mapping.NOTHING and bool(seen.raw.get(TEXT))
        if message_mapping.arrived(news, seen.raw, body) or is_typed:
            return seen
        self._refuse_edited(before, shown)
        try:
            again = self._patched(identity(written.raw), body, style)
        except RecordRefused:
            # The server does not read that style either, so the record is as it was read.
            return written
        if message_mapping.arrived(news, again.raw, body):
            self._styles.prove(style)
        return again
