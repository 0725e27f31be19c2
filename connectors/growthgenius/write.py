"""Write a contact, and find out what the write did.

Rules kept here:
- only the given fields are sent, wrapped as `{"contact": {}}`. Where the answer shows that none of them arrived, or
  400/422 says that they are missing, they are sent once more, flat, by PATCH. The style that works is cached for a day;
- before a second try of an update the record is read, so that a person's edit is not overwritten (R19);
- a create is sent once (R20), and once more in the other style only if it is refused because fields are missing, since
  nothing was created then. An answer without an id is OutcomeUnknown;
- an answer that does not show what was sent (one documented answer has five fields) is followed by a read (R21);
- null empties a field. Where the old value stays, "" is tried once: the documents do not say which of them does;
- a value that the server silently did not take is refused (R17), not an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from connectors.connector import WriteResult, proves_unedited, took_effect
from connectors.contact import Fields, alike, same
from connectors.edits import refuse_if_changed
from connectors.errors import ConnectorError, OutcomeUnknown, RecordRefused
from connectors.growthgenius.body_style import Styles, names_missing, other, styled
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.growthgenius.encode import NEW, EncodedUpdate, WriteEncoder
from connectors.growthgenius.envelope import identity
from connectors.growthgenius.mapping import (
    ContactReader,
)
from connectors.growthgenius.users import UserDirectory
from connectors.records import Raw, RecordResponse
from connectors.values import instant, text


@dataclass(frozen=True, slots=True)
class _WriteSoFar:
    """The record as far as it is known, the server's time of it, and the changes that were not taken (`stale`).

    `edited` says that the record had to be read and was edited since the write; `served_at` is the time of the write
    then. `doubtful` says that it was read, and that it is unknown whether it was edited by then.
    """

    raw: Raw
    served_at: datetime
    stale: frozenset[str]
    edited: bool = False
    doubtful: bool = False


class GrowthGeniusWriter:
    """Creates and updates the contacts of one account."""

    def __init__(self, client: GrowthGeniusClient, reader: ContactReader, users: UserDirectory, styles: Styles) -> None:
        self._client = client
        self._reader = reader
        self._styles = styles
        self.encoder = WriteEncoder(reader, users)

    def create(self, changes: Fields) -> WriteResult:
        """Create a contact. Raises RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        order = self.encoder.encode(NEW, {}, {name: value for name, value in changes.items() if value is not None})
        shown, style = self._styles.send_in_either_style("contact", order.body, partial(self._created, order.body))
        if shown.raw is None or not self._may_be_made_of(shown.raw, changes):
            message = "a contact was sent, but the answer shows no id for it"
            message = message if shown.raw is None else f"a create was answered with contact {identity(shown.raw)}"
            raise OutcomeUnknown(self._client.account, message, accepted=True)
        unproven = {key: value for key, value in shown.raw.items() if key not in order.body}
        try:
            return self._answer(order, self._finished(order, self._complete(order, shown.raw, shown), style))
        except ConnectorError:
            # The record exists. Its id must not be lost over a reading that can be repeated.
            return WriteResult(unproven, shown.served_at, order.impossible)

    def filled_in(self, sent: Fields) -> Fields:
        """Return what a contact shows besides what it is created with: its owner is the user that creates it."""
        body = self.encoder.encode(NEW, {}, {name: value for name, value in sent.items() if value is not None}).body
        made = {"user_id": self._client.user_for(body), **body, "id": ""}
        shown = self._reader.contact(made, {}).fields
        return {name: value for name, value in shown.items() if value is not None and name not in sent}

    def update(self, current: Raw, memory: Mapping[str, Any], changes: Fields) -> WriteResult:
        """Set fields of a contact. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        self.encoder.learn_label_shape(current)
        order = self.encoder.encode(current, self._reader.phones(current, memory).memory, changes)
        if not order.body:
            shown = self._client.contacts.read_record(identity(current))
            return self._answer(order, self._known(current, order, shown))
        style = self._styles.current()
        try:
            written = self._patched(order, current, order.body, style)
        except RecordRefused as refused:
            if not names_missing(refused):
                raise
            self._look_again(order, order.body)
            style = other(style)
            written = self._patched(order, current, order.body, style)
            self._styles.prove(style)
        return self._answer(order, self._finished(order, written, style))

    def refuse_edited(self, current: Raw, memory: Mapping[str, Any], changes: Fields) -> None:
        """Read a record. Raises OutcomeUnknown where a person edited what is to be changed, RecordGone and others."""
        order = self.encoder.encode(current, self._reader.phones(current, memory).memory, changes)
        if order.body:
            self._look_again(order, order.body)

    def _finished(self, order: EncodedUpdate, written: _WriteSoFar, style: str) -> _WriteSoFar:
        """Write again what did not arrive, as far as another way of writing may help."""
        is_in_vain = self._nothing_arrived(order, written) and not self._styles.proven(style)
        if is_in_vain and order.before is not NEW and (written.edited or self._is_typed_over(order, written)):
            message = f"contact {identity(written.raw)} was edited between two tries to write it"
            raise OutcomeUnknown(self._client.account, message)
        if written.edited:
            return written
        if is_in_vain:
            written, style = self._restyled(order, written, style)
        if order.body and not self._nothing_arrived(order, written):
            self._styles.prove(style)
        blanks = {
            key: _blank(written.raw[key]) for key in order.body if order.body[key] is None and written.raw.get(key)
        }
        if not (blanks and written.stale):
            return written
        self._look_again(order, blanks)
        return self._patched(order, written.raw, blanks, style)

    def _look_again(self, order: EncodedUpdate, body: Mapping[str, Any]) -> None:
        """Read the record before a second try. Raises OutcomeUnknown where it shows an edit since the first one."""
        self._refuse_edited(order, self._client.contacts.read_record(identity(order.before)), body)

    def _refuse_edited(self, order: EncodedUpdate, shown: RecordResponse, body: Mapping[str, Any]) -> None:
        record_id = identity(order.before)
        refuse_if_changed(self._client.account, record_id, order.before, shown.raw or {}, frozenset(body))

    def _restyled(self, order: EncodedUpdate, written: _WriteSoFar, style: str) -> tuple[_WriteSoFar, str]:
        """Write in the other style too.

        If the server cannot read that, it reads the first style and did not want the values.
        """
        shown = self._client.contacts.read_record(identity(written.raw))
        seen = replace(self._known(written.raw, order, shown), doubtful=True)
        # The write arrived after all: its answer showed the record from before it.
        if not self._nothing_arrived(order, seen):
            return seen, style
        if order.before is not NEW:
            self._refuse_edited(order, shown, order.body)
        body = {key: value for key, value in order.body.items() if not self._is_typed(order, seen, key)}
        try:
            again = self._patched(order, written.raw, body, other(style))
        except RecordRefused as refused:
            if names_missing(refused):
                self._styles.prove(style)
            return written, style
        again = replace(again, edited=again.edited or len(body) < len(order.body))
        return again, style if self._nothing_arrived(order, again) else other(style)

    def _is_typed(self, order: EncodedUpdate, written: _WriteSoFar, key: str) -> bool:
        """Say whether a person filled a blank of a new contact before the second try."""
        return order.before is NEW and key != "user_id" and bool(written.raw.get(key))

    def _is_typed_over(self, order: EncodedUpdate, written: _WriteSoFar) -> bool:
        """Say whether a changed field shows neither the sent value nor the old one.

        A server may show no empty fields: a value where none was shown before is an edit too.
        """
        before = self._reader.settled(order.before, order.memory, order.changes)
        after = self._reader.settled(written.raw, order.memory, order.changes)
        return any(not same(name, value, before.get(name)) for name, value in after.items())

    def _nothing_arrived(self, order: EncodedUpdate, written: _WriteSoFar) -> bool:
        """Say whether no field shows what was sent.

        A field that could not be read before and cannot now did not arrive.

        A field that shows another value than before proves nothing: a person may have edited the record meanwhile.
        """
        before = self._reader.settled(order.before, order.memory, order.changes)
        after = self._reader.settled(written.raw, order.memory, order.changes)
        wanted = {
            name
            for name, value in order.changes.items()
            if name not in order.impossible and not same(name, before.get(name), value)
        }
        # The server makes the creating user the owner, so the owner does not show that the body arrived.
        if order.before is NEW:
            wanted -= {"owner"}
        arrived = {name for name in wanted & after.keys() if alike(name, after[name], order.changes[name])}
        return bool(order.body and wanted) and not arrived

    def _created(self, fields: Mapping[str, Any], body: Mapping[str, Any]) -> RecordResponse:
        return self._client.contacts.create_record(body, self._client.user_for(fields))

    def _may_be_made_of(self, raw: Raw, changes: Fields) -> bool:
        """Say whether a record may be the result of a create: it shows the address that was sent, if it shows any."""
        wanted, shown = changes.get("email"), self._reader.without_owner().contact(raw, {}).fields.get("email")
        return not wanted or not shown or same("email", wanted, shown)

    def _patched(self, order: EncodedUpdate, known: Raw, body: Mapping[str, Any], style: str) -> _WriteSoFar:
        user, record_id = self._client.user_for(known), identity(known)
        shown = self._client.contacts.patch_record(record_id, styled("contact", body, style), user)
        return self._complete(order, known, shown)

    def _complete(self, order: EncodedUpdate, known: Raw, shown: RecordResponse) -> _WriteSoFar:
        """Combine the answer with what was known, and read the record where the answer leaves out what was sent."""
        if shown.raw is not None and self._shows_all(order, shown.raw):
            return self._known(known, order, shown)
        read = self._client.contacts.read_record(identity(known))
        found = {**known, **(shown.raw or {}), **(read.raw or {})}
        for key, value in order.body.items():
            if read.raw is None or key not in read.raw:
                found.pop(key, None)
                found |= {key: None} if value is None else {}
        written = self._silenced(order, self._known({}, order, RecordResponse(found, read.served_at)))
        effect_at = took_effect(_updated_at(shown.raw), shown.served_at)
        updated_at = _updated_at(read.raw)
        if updated_at is None or updated_at <= effect_at:
            return replace(written, doubtful=not proves_unedited(_updated_at(shown.raw), updated_at))
        return replace(written, served_at=effect_at, edited=True)

    def _shows_all(self, order: EncodedUpdate, raw: Raw) -> bool:
        """Say whether an answer shows what was sent, and no text in a form that says nothing."""
        texts = {key for key, value in order.body.items() if value is None or isinstance(value, str)}
        return self._needed(order) <= raw.keys() and not any(text.is_illegible(raw[key]) for key in texts)

    def _needed(self, order: EncodedUpdate) -> set[str]:
        return {*order.body, "updated_at"} if order.before is NEW else set(order.body)

    def _known(self, known: Raw, order: EncodedUpdate, shown: RecordResponse) -> _WriteSoFar:
        raw = {**known, **(shown.raw or {})}
        before = self._reader.settled(order.before, order.memory, order.changes)
        after = self._reader.settled(raw, order.memory, order.changes)
        stale = {
            name
            for name, value in after.items()
            if not same(name, value, order.changes[name]) and same(name, value, before.get(name))
        }
        return _WriteSoFar(raw, shown.served_at, frozenset(stale) - order.impossible)

    def _silenced(self, order: EncodedUpdate, written: _WriteSoFar) -> _WriteSoFar:
        """Treat a value that was sent into a blank and is not shown at all as not taken.

        Some servers show no empty fields. Where another value was before, it may still be there.
        """
        before = self._reader.settled(order.before, order.memory, order.changes)
        shown = self._reader.settled(written.raw, order.memory, order.changes)
        sent = {name for name, value in order.changes.items() if value is not None and before.get(name) is None}
        silent = sent - shown.keys()
        return replace(written, stale=written.stale | (silent - order.impossible))

    def _answer(self, order: EncodedUpdate, written: _WriteSoFar) -> WriteResult:
        refused = order.impossible | written.stale
        return WriteResult(written.raw, written.served_at, refused, written.edited, doubtful=written.doubtful)


def _updated_at(raw: Raw | None) -> datetime | None:
    return None if raw is None else instant.parse(raw.get("updated_at"))


def _blank(value: Any) -> Any:
    return [] if isinstance(value, list) else ""
