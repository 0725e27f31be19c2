"""Creating and updating contacts, with what GrowthHub refuses on the way.

Rules kept here:
- a create is one call with everything in it; after a refusal it is looked up before anything else, since a 422
  may have created (#64): whoever bears our marker is the answer. Where there is no place for a marker, a record with
  the same address or number may be what it made: then it is not sent again, nor after a conflict (409);
- a property that the server does not know ("property X should not exist", `companyName` in a PUT) is left out,
  the rest is sent again; the cache remembers it for a day, per method;
- a refusal over a custom field reads the list of fields again, and is repeated once if the list has changed;
- a value that the server finds fault with by name is left out and reported, the rest is sent again (R42); no contact
  is made without a "do not contact" or the tags that were to go along;
- do-not-contact is not taken back where a channel that counts is blocked: that is the person's own word (R38);
- before a second try of a PUT the record is read: it is not written over what a person typed since the first one;
- tags go by their own calls, each only if there is something to add or to take away. Where they fail, what the PUT
  before them wrote is reported all the same;
- an answer that lacks what was sent is made up for by reading the record once. So is one that lacks what was emptied,
  until a reading has proven, for a day, that this property can be emptied: answers show no empty ones.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any, TypeVar

from connectors.connector import Cache, Page, Raw, WriteResult, proves_unedited, took_effect
from connectors.contact import PHONE_SLOTS, Fields, Value, same
from connectors.edits import refuse_if_changed, refuse_if_edited
from connectors.errors import (
    AuthError,
    ConnectorError,
    DuplicateRefused,
    LoginNeeded,
    RecordError,
    RecordRefused,
    TransientError,
)
from connectors.growthhub import consent, write_result
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.custom_fields import MARKER, CustomFields
from connectors.growthhub.encode import CUSTOM, EncodedWrite, encode
from connectors.growthhub.location import LocationUsers
from connectors.growthhub.mapping import (
    CONSENT,
    EMAIL_REFUSED,
    NATIVE,
    NO_GROUPS,
    Mapper,
    custom_values,
    other_name,
    tags_of,
)
from connectors.growthhub.tag_groups import TagGroups
from connectors.http.client import Reply
from connectors.refused_values import CONFLICT, REFUSALS, not_looked_up
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import instant, labels, phone, text

_KNOWN = "refused_properties"
_EMPTIED = "emptied_properties"
_NOBODY: Raw = {}
_IDENTITY = frozenset({"email", "phone", "firstName", "lastName", "companyName"})
_NEVER_LEFT_OUT = frozenset({NATIVE["do_not_contact"], NATIVE["tags"]})
"""What a create is not sent without: it keeps workflows from contacting the person."""
_VALIDATION = 422
_UNKNOWN_PROPERTY = re.compile(r"^property (\w+) should not exist")
_AT_FAULT = re.compile(r"^(\w+) (?:must|should|is|has|cannot|can't)\b")

_NO_FIELD = re.compile(r"not found|does not exist|unknown", re.IGNORECASE)

Sent = TypeVar("Sent")


@dataclass(frozen=True, slots=True)
class _WriteProgress:
    """How far a write has come.

    `raw` is None where the answers do not show what they led to, `served_at` is None before the first of them: then the
    record has to be read. `effect_at` is the latest moment at which the last of the writes took effect. `edited` says
    that what was read had been edited since, `doubtful` that nobody can tell. `tags_unread` tells that only the tags
    are still to be read. `answered` is the record's own time in the answer to the last of the writes.
    """

    id: str
    raw: Raw | None
    served_at: datetime | None
    sending: EncodedWrite
    effect_at: datetime | None = None
    edited: bool = False
    tags_unread: bool = False
    answered: datetime | None = None
    doubtful: bool = False


class GrowthHubWriter:
    """Writes contacts of one location. `look_up` finds whom a refused create may have made, by its marker.

    `doubles` finds the records with the same address or number.
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
    ) -> None:
        self._sources = sources
        self._channels = channels
        self._client = client
        self._cache = cache
        self._custom_fields = custom_fields
        self._directory = directory
        self._mapper = mapper
        self._look_up = look_up
        self._doubles = doubles
        self._groups = groups

    def create(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a person. Raises DuplicateRefused, RecordRefused, OutcomeUnknown, AuthError, TransientError."""

        def send(sending: EncodedWrite) -> Page:
            try:
                return self._client.create(sending.body())
            except RecordRefused as refused:
                if _is_duplicate(refused):
                    raise _duplicate(refused) from refused
                try:
                    found = self._created(changes, marker)
                    if found is None:
                        self._refuse_double(changes, marker, refused)
                except (AuthError, LoginNeeded, TransientError) as error:
                    raise not_looked_up(refused, error) from error
                if found is None:
                    raise
                return found

        page, sending = self._insist("POST", lambda: self._sending(changes, marker, creating=True), send)
        written = self._shown(_NOBODY, page, sending)
        try:
            return self._answer(_NOBODY, {}, changes, written)
        except ConnectorError:  # it exists: its id must not be lost over a question that can be asked again
            bare = write_result.overlay(_NOBODY, page.records[0], sending)
            return self._answer(_NOBODY, {}, changes, replace(written, raw=bare))

    def update(self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None) -> WriteResult:
        """Set fields of a person.

        Raises DuplicateRefused where an address or a number is somebody else's, RecordGone, RecordRefused,
        OutcomeUnknown, AuthError, TransientError.
        """
        kept = self._not_loosened(current, memory, changes)
        changes = {name: value for name, value in changes.items() if name not in kept}
        before = self._mapper().contact(current, memory)
        tagged = {"tags", *self._groups.names}
        is_tags_only = bool(changes) and changes.keys() <= tagged
        sent = {**changes, **other_name(current, before.fields, changes), **self._beside(current, changes)}
        is_marked = self._is_marked(current, marker, with_changes=bool(changes))
        written = self._put(current, memory, sent, None if is_marked or is_tags_only else marker)
        if not tagged.isdisjoint(changes):
            if written.raw is None:  # now, while its time still tells whether somebody has edited it
                written = self._read(written)
            try:
                written = self._set_tags(current, self._groups.wanted(tags_of(current), changes), written)
            except (RecordRefused, AuthError, LoginNeeded, TransientError) as error:
                if written.served_at is None:
                    raise
                return self._without_tags(current, memory, changes, written, kept, error)
        answer = self._answer(current, memory, changes, written)
        return replace(answer, refused=answer.refused | kept)

    def _without_tags(
        self,
        current: Raw,
        memory: Mapping[str, Any],
        changes: Fields,
        written: _WriteProgress,
        kept: frozenset[str],
        error: ConnectorError,
    ) -> WriteResult:
        """Return what a PUT led to whose tags could not be set: what it wrote is known, and must be remembered."""
        tagged = {"tags", *self._groups.names} & changes.keys()
        rest = {name: value for name, value in changes.items() if name not in tagged}
        answer = self._answer(current, memory, rest, written)
        answer = replace(answer, refused=answer.refused | kept)
        if isinstance(error, RecordRefused):
            rejected = {**answer.rejected, **dict.fromkeys(tagged, error.message)}
            return replace(answer, refused=answer.refused | tagged, rejected=rejected)
        return replace(answer, unwritten=frozenset(tagged), error=error)

    def _beside(self, current: Raw, changes: Fields) -> Fields:
        """Return the numbers among the changes with those that stand beside them in the same field."""
        shown = dict(custom_values(current))
        places = self._custom_fields.places
        numbers = {name: changes[name] for name in PHONE_SLOTS if name in changes and name in places}
        found = {name: text.clean_line(shown.get(places[name].id)) for name in numbers}
        return {
            name: phone.with_first(raw, number)
            for name, number in numbers.items()
            if isinstance(number, str) and isinstance(raw := found[name], str)
        }

    def _not_loosened(self, current: Raw, memory: Mapping[str, Any], changes: Fields) -> frozenset[str]:
        """Return do_not_contact where it is to be taken back from a person with a blocked channel."""
        is_taken_back = CONSENT in changes and changes[CONSENT] is None
        refused = bool(memory.get(EMAIL_REFUSED))
        if is_taken_back and consent.is_blocked(current, self._channels, refused=refused):
            return frozenset({CONSENT})
        return frozenset()

    def _is_marked(self, current: Raw, marker: str | None, *, with_changes: bool) -> bool:
        """Say whether a record carries its source id, or that of another account, which stays.

        An id alone, as earlier releases wrote it, is made whole where something else is written as well.
        """
        place = self._custom_fields.places.get(MARKER)
        shown = dict(custom_values(current)).get(place.id) if place is not None else None
        carried = str(shown) if shown not in (None, "") else None
        if marker is None or carried == self._sources.written(marker) or self._sources.is_foreign(carried):
            return True
        return not with_changes and self._sources.read(carried) == marker

    def refuse_edited(self, current: Raw, memory: Mapping[str, Any], changes: Fields) -> None:
        """Read a record. Raises OutcomeUnknown where a person edited what is to be changed, and as `contact`."""
        record_id, mapper = str(current["id"]), self._mapper()
        before, now = (
            mapper.contact(current, memory),
            mapper.contact(self._client.contact(record_id).records[0], memory),
        )
        shown = {name: value for name, value in before.fields.items() if name in changes}
        refuse_if_edited(self._client.account, record_id, shown, now.fields)

    def _put(self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None) -> _WriteProgress:
        tries = count()

        def send(sending: EncodedWrite) -> Page | None:
            if next(tries) and sending:
                self.refuse_edited(current, memory, changes)
            try:
                return self._client.update(str(current["id"]), sending.body()) if sending else None
            except RecordRefused as refused:
                if _is_duplicate(refused):
                    raise _duplicate(refused) from refused
                raise

        page, sending = self._insist("PUT", lambda: self._sending(changes, marker, creating=False), send)
        if page is None:
            return _WriteProgress(str(current["id"]), current, None, sending)
        return self._blanked(self._shown(current, page, sending))

    def _blanked(self, written: _WriteProgress) -> _WriteProgress:
        """Empty with "" what still shows after null: which of them a server takes is not documented."""
        raw, sending = written.raw or {}, written.sending
        if written.edited:
            return written
        stuck = {key: "" for key, value in sending.properties.items() if value is None and raw.get(key)}
        if not stuck:
            return written
        now = self._client.contact(written.id).records[0]
        refuse_if_changed(self._client.account, written.id, raw, now, frozenset(stuck))
        try:
            page = self._client.update(written.id, stuck)
        except RecordRefused:
            return written
        again = self._shown(raw, page, EncodedWrite(stuck, {}, sending.names))
        return replace(again, sending=sending)

    def _shown(self, before: Raw, page: Page, sending: EncodedWrite) -> _WriteProgress:
        answer = page.records[0]
        raw = None if write_result.lacks(answer, sending) else write_result.overlay(before, answer, sending)
        effect_at = took_effect(_updated_at(answer), page.served_at)
        answered = _updated_at(answer)
        written = _WriteProgress(str(answer["id"]), raw, page.served_at, sending, effect_at, answered=answered)
        silent = write_result.silent(before, answer, sending) - set(self._cache.get(_EMPTIED) or ())
        if not silent:
            return written
        written = self._read(written)
        self._learn_emptied(silent, written.raw or {})
        return written

    def _learn_emptied(self, silent: frozenset[str], raw: Raw) -> None:
        """Remember which of a record's properties turned out to be emptied."""
        emptied = {key for key in silent if key != CUSTOM and not raw.get(key)}
        if emptied:
            self._cache.put(_EMPTIED, sorted({*(self._cache.get(_EMPTIED) or ()), *emptied}))

    def _read(self, written: _WriteProgress) -> _WriteProgress:
        """Read the record that a write led to; by its time somebody may have edited it since."""
        page = self._client.contact(written.id)
        raw, effect_at = page.records[0], written.effect_at
        updated_at = _updated_at(raw)
        edited = effect_at is not None and updated_at is not None and updated_at > effect_at
        doubtful = not edited and not proves_unedited(written.answered, updated_at)
        served_at = effect_at if edited else page.served_at
        return replace(written, raw=raw, served_at=served_at, edited=edited, doubtful=doubtful)

    def _set_tags(self, current: Raw, value: Value, written: _WriteProgress) -> _WriteProgress:
        expected = list(tags_of(current))
        added, gone = write_result.tag_changes(tags_of(current), value)
        if added:
            expected += added
            reply = self._client.add_tags(str(current["id"]), added)
            written = _with_tags(written, reply, write_result.shows_tags(reply.body, expected, ()))
        if gone:
            expected = [tag for tag in expected if tag not in gone]
            spelled = labels.spelled(gone, labels.spellings(current.get("tags")))  # a tidied name is not found there
            reply = self._client.remove_tags(str(current["id"]), spelled)
            written = _with_tags(written, reply, write_result.shows_tags(reply.body, expected, gone))
        return written

    def _insist(
        self, method: str, prepare: Callable[[], EncodedWrite], send: Callable[[EncodedWrite], Sent]
    ) -> tuple[Sent, EncodedWrite]:
        """Send, and send again without what the server does not take, as long as it names something that is sent."""
        sending = prepare().without(self._known(method))
        creates = method == "POST"
        renewed = False
        while True:
            try:
                return send(sending), sending
            except RecordRefused as refused:
                if creates and refused.status == CONFLICT:
                    raise
                named = self._unknown(method, refused, sending)
                if named:
                    if creates and not _may_be_made(sending.without(named), named):
                        raise
                    sending = sending.without(named)
                    continue
                if not renewed and _is_about_custom_fields(refused, sending):
                    renewed = True
                    self._custom_fields.forget()
                    again = prepare().without(self._known(method)).without_rejected(sending)
                    if again.custom != sending.custom:
                        sending = again
                        continue
                faulty = self._at_fault(refused, sending)
                rest = sending.rejecting(faulty, refused.message)
                if not faulty or (creates and not _may_be_made(rest, faulty)):
                    raise
                sending = rest

    def _sending(self, changes: Fields, marker: str | None, *, creating: bool) -> EncodedWrite:
        places = self._custom_fields.places
        grouped = self._groups.names & changes.keys()
        sent = {name: value for name, value in changes.items() if name not in grouped}
        if creating and grouped:
            sent["tags"] = self._groups.wanted((), changes)
        sending = encode(sent, places, self._directory.id_of, creating=creating)
        if marker is None or MARKER not in places:
            return sending
        custom = {**sending.custom, places[MARKER].id: self._sources.written(marker)}
        return replace(sending, custom=custom)

    def _unknown(self, method: str, refused: RecordRefused, sending: EncodedWrite) -> frozenset[str]:
        """Return, and remember, the sent properties that the server says it does not know at all."""
        if refused.status != _VALIDATION:
            return frozenset()
        said = (_UNKNOWN_PROPERTY.match(each) for each in refused.messages)
        unknown = frozenset(found[1] for found in said if found) & sending.body().keys()
        if unknown:
            known = dict(self._cache.get(_KNOWN) or {})
            self._cache.put(_KNOWN, {**known, method: sorted({*known.get(method, ()), *unknown})})
        return unknown

    def _at_fault(self, refused: RecordRefused, sending: EncodedWrite) -> frozenset[str]:
        """Return the sent properties and custom fields whose values the refusal finds fault with, by their names."""
        if refused.status not in REFUSALS:
            return frozenset()
        said = refused.messages or (refused.message,)
        faulty = {found[1] for each in said if (found := _AT_FAULT.match(each))} & sending.properties.keys()
        by_name = {field.id: (field.id, field.key, field.name) for field in self._custom_fields.places.values()}
        faulty |= {key for key in sending.custom if any(_names(each, by_name.get(key, (key,))) for each in said)}
        return frozenset(faulty)

    def _known(self, method: str) -> frozenset[str]:
        known = frozenset((self._cache.get(_KNOWN) or {}).get(method, ()))
        return known - _NEVER_LEFT_OUT if method == "POST" else known

    def _created(self, changes: Fields, marker: str | None) -> Page | None:
        found = self._look_up(changes, marker) if marker is not None else None
        return self._client.contact(str(found["id"])) if found is not None else None

    def _refuse_double(self, changes: Fields, marker: str | None, refused: RecordRefused) -> None:
        """Raise DuplicateRefused where a record may be what a refused create made, and no marker can tell."""
        if marker is not None and MARKER in self._custom_fields.places:
            return
        for raw in self._doubles(changes):
            shown = text.clean_line(raw.get("email"))
            is_address = isinstance(shown, str) and same("email", shown, changes.get("email"))
            field = "email" if is_address else "phone"
            raise DuplicateRefused(refused.account, refused.message, str(raw.get("id")), field) from refused

    def _answer(self, before: Raw, memory: Mapping[str, Any], changes: Fields, written: _WriteProgress) -> WriteResult:
        """Say what a write led to; where its answers do not, read the record."""
        if written.raw is None or written.served_at is None:
            written = self._read(written)
        elif written.tags_unread:
            page = self._client.contact(written.id)
            written = replace(written, raw={**written.raw, "tags": page.records[0].get("tags")})
        sending, raw, served_at = written.sending, written.raw, written.served_at
        if raw is None or served_at is None:
            raise AssertionError(f"{written.id}: a reading shows neither record nor time")
        mapper = self._mapper()

        tagged = {"tags", *self._groups.names} & changes.keys()

        def wanted() -> Fields:
            shown = mapper.contact(write_result.as_record(sending), {}).fields
            tags = self._groups.wanted((), changes)
            own = {**self._groups.values(tags), "tags": self._groups.plain(tags) or None}
            return {**shown, **{name: own[name] for name in tagged}}

        refused = sending.refused | write_result.refusals(
            sending.carried() | tagged,
            mapper.contact(before, memory),
            wanted,
            mapper.contact(raw, memory),
        )
        if not refused.isdisjoint(self._custom_fields.places):
            self._custom_fields.forget()  # it may be gone from the location
        return WriteResult(
            raw, served_at, refused | sending.rejected.keys(), written.edited, sending.rejected, written.doubtful
        )


def _with_tags(written: _WriteProgress, reply: Reply, tags: list[str] | None) -> _WriteProgress:
    """Take in the answer to a call about tags; the rest is as the write before it left it, whoever has edited it since.

    The time of an edit that was seen stays after that of the write.
    """
    raw = written.raw if tags is None else {**(written.raw or {}), "tags": tags}
    served_at = written.served_at if written.edited else reply.served_at
    return replace(written, raw=raw, served_at=served_at, tags_unread=tags is None)


def _updated_at(raw: Raw) -> datetime | None:
    return instant.parse(raw.get("dateUpdated"))


def _is_duplicate(refused: RecordRefused) -> bool:
    return "duplicated contact" in " ".join((*refused.messages, refused.message)).casefold() or bool(
        _meta(refused).get("contactId")
    )


def _duplicate(refused: RecordRefused) -> RecordError:
    meta = _meta(refused)
    other, field = meta.get("contactId"), meta.get("matchingField")
    return DuplicateRefused(
        refused.account, refused.message, str(other) if other else None, str(field) if field else None
    )


def _meta(refused: RecordRefused) -> Mapping[str, Any]:
    meta = refused.body.get("meta") if isinstance(refused.body, Mapping) else None
    return meta if isinstance(meta, Mapping) else {}


def _may_be_made(sending: EncodedWrite, rejected: frozenset[str]) -> bool:
    """Say whether a contact may be made without what was refused: its tags and its block are in the rest."""
    return _NEVER_LEFT_OUT.isdisjoint(rejected) and not _IDENTITY.isdisjoint(sending.properties)


def _names(said: str, names: Iterable[str]) -> bool:
    """Say whether a complaint names a custom field, by id, key or name, and does not say that there is none."""
    if _NO_FIELD.search(said):
        return False
    return any(name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in names)


def _is_about_custom_fields(refused: RecordRefused, sending: EncodedWrite) -> bool:
    said = " ".join((*refused.messages, refused.message))
    return "custom" in said.casefold() or any(field_id in said for field_id in sending.custom)
