"""Create and update contacts of one location.

Rules kept here: R19 (only changed fields are sent), R20 (a create that may have worked is looked up before anything
else), R21 (what the answer does not show is read), R38 (do-not-contact is not taken back against a blocked channel) and
R42 (a value that is refused by name is left out and reported).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from connectors.connector import Cache, WriteResult
from connectors.contact import PHONE_SLOTS, Fields, Value, same
from connectors.edits import refuse_if_changed, refuse_if_edited
from connectors.errors import (
    AuthError,
    ConnectorError,
    DuplicateRefused,
    LoginNeeded,
    RecordRefused,
    TransientError,
)
from connectors.growthhub import consent, refusals, write_effect
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.custom_fields import CustomFields
from connectors.growthhub.encode import EncodedWrite, encode
from connectors.growthhub.location import LocationUsers
from connectors.growthhub.mapping import EMAIL_REFUSED, NO_GROUPS, Mapper, other_name
from connectors.growthhub.places import MappedPlace
from connectors.growthhub.refusals import WriteRetry
from connectors.growthhub.source_places import MARKER, shown_source_id
from connectors.growthhub.tag_groups import TagGroups
from connectors.growthhub.wire_record import CONSENT, custom_values, tags_of
from connectors.growthhub.write_effect import EffectReader, WriteEffect
from connectors.records import Page, Raw
from connectors.refused_values import not_looked_up
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import labels, phone, text

_NEW: Raw = {}


class GrowthHubWriter:
    """Writes contacts of one location.

    `look_up` finds the contact that a refused create may have made, by its source id. `doubles` finds the records with
    the same address or number. `mapped` returns the places of the fields that convert by their type.
    """

    def __init__(
        self,
        client: GrowthHubClient,
        cache: Cache,
        *,
        custom_fields: CustomFields,
        directory: LocationUsers,
        mapper: Callable[[], Mapper],
        look_up: Callable[[Fields, str], Raw | None],
        doubles: Callable[[Fields], Iterable[Raw]],
        groups: TagGroups = NO_GROUPS,
        channels: Collection[str] = consent.DEFAULT,
        sources: SourceAccount = NO_ACCOUNT,
        mapped: Callable[[], Mapping[str, MappedPlace]] = dict,
    ) -> None:
        self._sources = sources
        self._mapped = mapped
        self._channels = channels
        self._client = client
        self._custom_fields = custom_fields
        self._directory = directory
        self._mapper = mapper
        self._look_up = look_up
        self._doubles = doubles
        self._groups = groups
        self._effects = EffectReader(client, cache)
        self._retry = WriteRetry(cache, custom_fields)

    def create(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a contact. Raises DuplicateRefused, RecordRefused, OutcomeUnknown, AuthError, TransientError."""

        def send(sending: EncodedWrite) -> Page:
            try:
                return self._client.create_contact(sending.body())
            except RecordRefused as refused:
                if refusals.is_duplicate(refused):
                    raise refusals.duplicate_error(refused) from refused
                # A 422 may have created the contact all the same: look before anything else is sent.
                try:
                    found = self._find_created(changes, marker)
                    if found is None:
                        self._refuse_double(changes, marker, refused)
                except (AuthError, LoginNeeded, TransientError) as error:
                    raise not_looked_up(refused, error) from error
                if found is None:
                    raise
                return found

        page, sending = self._retry.send_accepted("POST", lambda: self._sending(changes, marker, creating=True), send)
        written = self._effects.of_answer(_NEW, page, sending)
        try:
            return self._answer(_NEW, {}, changes, written)
        except ConnectorError:
            # The contact exists. Its id must not be lost over a reading that can be repeated.
            bare = write_effect.overlay(_NEW, page.records[0], sending)
            return self._answer(_NEW, {}, changes, replace(written, raw=bare))

    def update(self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None) -> WriteResult:
        """Set fields of a contact.

        Raises DuplicateRefused where another contact has the address or the number, RecordGone, RecordRefused,
        OutcomeUnknown, AuthError, TransientError.
        """
        kept = self._kept_consent(current, memory, changes)
        changes = {name: value for name, value in changes.items() if name not in kept}
        before = self._mapper().contact(current, memory)
        tagged = {"tags", *self._groups.names}
        is_tags_only = bool(changes) and changes.keys() <= tagged
        sent = {**changes, **other_name(current, before.fields, changes), **self._with_other_numbers(current, changes)}
        is_marked = self._is_marked(current, marker, with_changes=bool(changes))
        written = self._put(current, memory, sent, None if is_marked or is_tags_only else marker)
        failed: ConnectorError | None = None
        if not tagged.isdisjoint(changes):
            # Read before the tags change its time, which now still shows whether a user has edited the record.
            if written.raw is None:
                written = self._effects.read_record(written)
            written, failed = self._set_tags(current, self._groups.wanted(tags_of(current), changes), written)
        if failed is None:
            answer = self._answer(current, memory, changes, written)
        else:
            answer = self._without_tags(current, memory, changes, written, failed)
        return replace(answer, refused=answer.refused | kept)

    def _without_tags(
        self, current: Raw, memory: Mapping[str, Any], changes: Fields, written: WriteEffect, error: ConnectorError
    ) -> WriteResult:
        """Return the effect of an update with tags that could not be set: what the PUT wrote is reported."""
        tagged = {"tags", *self._groups.names} & changes.keys()
        rest = {name: value for name, value in changes.items() if name not in tagged}
        answer = self._answer(current, memory, rest, written)
        if isinstance(error, RecordRefused):
            rejected = {**answer.rejected, **dict.fromkeys(tagged, error.message)}
            return replace(answer, refused=answer.refused | tagged, rejected=rejected)
        return replace(answer, unwritten=frozenset(tagged), error=error)

    def _with_other_numbers(self, current: Raw, changes: Fields) -> Fields:
        """Return the changed numbers together with the other numbers in the same custom field."""
        shown = dict(custom_values(current))
        places = self._custom_fields.places
        numbers = {name: changes[name] for name in PHONE_SLOTS if name in changes and name in places}
        found = {name: text.clean_line(shown.get(places[name].id)) for name in numbers}
        return {
            name: phone.with_first(raw, number)
            for name, number in numbers.items()
            if isinstance(number, str) and isinstance(raw := found[name], str)
        }

    def _kept_consent(self, current: Raw, memory: Mapping[str, Any], changes: Fields) -> frozenset[str]:
        """Return do_not_contact where it would be taken back from a contact with a blocked channel."""
        refused = bool(memory.get(EMAIL_REFUSED))
        is_taken_back = CONSENT in changes and changes[CONSENT] is None
        is_kept = is_taken_back and consent.is_blocked(current, self._channels, refused=refused)
        return frozenset({CONSENT} if is_kept else ())

    def _is_marked(self, current: Raw, marker: str | None, *, with_changes: bool) -> bool:
        """Say whether a record carries its source id, or that of another account, which stays.

        An id alone, as earlier releases wrote it, is completed when something else is written as well.
        """
        shown, places = dict(custom_values(current)), self._custom_fields.places
        carried = {
            name: str(shown[place.id]) for name, place in places.items() if shown.get(place.id) not in (None, "")
        }
        found = shown_source_id(carried, self._sources)
        if marker is None or found == self._sources.written(marker) or self._sources.is_foreign(carried.get(MARKER)):
            return True
        return not with_changes and self._sources.read(found) == marker

    def refuse_edited(self, current: Raw, memory: Mapping[str, Any], changes: Fields) -> None:
        """Read a record.

        Raises OutcomeUnknown where a person edited a field that is to be changed, RecordGone and others.
        """
        record_id, mapper = str(current["id"]), self._mapper()
        before = mapper.contact(current, memory)
        now = mapper.contact(self._client.read_contact(record_id).records[0], memory)
        shown = {name: value for name, value in before.fields.items() if name in changes}
        refuse_if_edited(self._client.account, record_id, shown, now.fields)

    def _put(self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None) -> WriteEffect:
        tries = count()

        def send(sending: EncodedWrite) -> Page | None:
            # A second try must not overwrite what a person typed since the first.
            if next(tries) and sending:
                self.refuse_edited(current, memory, changes)
            try:
                return self._client.update_contact(str(current["id"]), sending.body()) if sending else None
            except RecordRefused as refused:
                if refusals.is_duplicate(refused):
                    raise refusals.duplicate_error(refused) from refused
                raise

        page, sending = self._retry.send_accepted("PUT", lambda: self._sending(changes, marker, creating=False), send)
        if page is None:
            return WriteEffect(str(current["id"]), current, None, sending)
        return self._empty_stuck_values(self._effects.of_answer(current, page, sending))

    def _empty_stuck_values(self, written: WriteEffect) -> WriteEffect:
        """Empty with "" what null did not empty."""
        raw, sending = written.raw or {}, written.sending
        if written.edited:
            return written
        stuck = {key: "" for key, value in sending.properties.items() if value is None and raw.get(key)}
        if not stuck:
            return written
        # It is not documented whether null or "" empties a property, so "" is tried where null left the value.
        now = self._client.read_contact(written.id).records[0]
        refuse_if_changed(self._client.account, written.id, raw, now, frozenset(stuck))
        try:
            page = self._client.update_contact(written.id, stuck)
        except RecordRefused:
            return written
        again = self._effects.of_answer(raw, page, EncodedWrite(stuck, {}, sending.names))
        return replace(again, sending=sending)

    def _set_tags(self, current: Raw, value: Value, written: WriteEffect) -> tuple[WriteEffect, ConnectorError | None]:
        """Add tags, then remove tags. Return the effect with the error that ended it where something was written."""
        expected = list(tags_of(current))
        added, gone = write_effect.tag_changes(tags_of(current), value)
        try:
            if added:
                expected += added
                reply = self._client.add_tags(str(current["id"]), added)
                written = written.with_tags(reply, write_effect.shows_tags(reply.body, expected, ()))
            if gone:
                expected = [tag for tag in expected if tag not in gone]
                # A tidied name is not found there: tags are removed in the spelling of the server.
                spelled = labels.spelled(gone, labels.spellings(current.get("tags")))
                reply = self._client.remove_tags(str(current["id"]), spelled)
                written = written.with_tags(reply, write_effect.shows_tags(reply.body, expected, gone))
        except (RecordRefused, AuthError, LoginNeeded, TransientError) as error:
            if written.served_at is None:
                raise
            return written, error
        return written, None

    def _sending(self, changes: Fields, marker: str | None, *, creating: bool) -> EncodedWrite:
        places = self._custom_fields.places
        grouped = self._groups.names & changes.keys()
        sent = {name: value for name, value in changes.items() if name not in grouped}
        if creating and grouped:
            sent["tags"] = self._groups.wanted((), changes)
        sending = encode(sent, places, self._directory.id_of, creating=creating, mapped=self._mapped())
        if marker is None or MARKER not in places:
            return sending
        custom = {**sending.custom, places[MARKER].id: self._sources.written(marker)}
        return replace(sending, custom=custom)

    def _find_created(self, changes: Fields, marker: str | None) -> Page | None:
        found = self._look_up(changes, marker) if marker is not None else None
        return self._client.read_contact(str(found["id"])) if found is not None else None

    def _refuse_double(self, changes: Fields, marker: str | None, refused: RecordRefused) -> None:
        """Raise DuplicateRefused where a refused create may have made a record and no source id can tell."""
        if marker is not None and MARKER in self._custom_fields.places:
            return
        for raw in self._doubles(changes):
            shown = text.clean_line(raw.get("email"))
            is_address = isinstance(shown, str) and same("email", shown, changes.get("email"))
            field = "email" if is_address else "phone"
            raise DuplicateRefused(refused.account, refused.message, str(raw.get("id")), field) from refused

    def _answer(self, before: Raw, memory: Mapping[str, Any], changes: Fields, written: WriteEffect) -> WriteResult:
        """Return the result of a write, after reading what its answers do not show."""
        written = self._effects.read_missing(written)
        sending, raw, served_at = written.sending, written.raw, written.served_at
        if raw is None or served_at is None:
            raise AssertionError(f"{written.id}: a reading shows neither record nor time")
        mapper = self._mapper()
        tagged = {"tags", *self._groups.names} & changes.keys()

        def wanted() -> Fields:
            shown = mapper.contact(write_effect.as_record(sending), {}).fields
            tags = self._groups.wanted((), changes)
            own = {**self._groups.values(tags), "tags": self._groups.plain(tags) or None}
            return {**shown, **{name: own[name] for name in tagged}}

        refused = sending.refused | write_effect.refusals(
            sending.carried() | tagged,
            mapper.contact(before, memory),
            wanted,
            mapper.contact(raw, memory),
        )
        # A refused field may be gone from the location: the next write reads the list again.
        if not refused.isdisjoint(self._custom_fields.places):
            self._custom_fields.forget()
        return WriteResult(
            raw, served_at, refused | sending.rejected.keys(), written.edited, sending.rejected, written.doubtful
        )
