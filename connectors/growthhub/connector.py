"""The connector of one GrowthHub location: a connectors.connector."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.connector import Cache, Finding, WriteResult
from connectors.contact import Contact, Fields, same
from connectors.errors import RecordGone, RecordRefused
from connectors.fields import Compute, MappedField, Place, compute_nothing
from connectors.growthhub import check as account_check
from connectors.growthhub import consent, write_effect
from connectors.growthhub.allowed_calls import GuardedClient
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.custom_fields import CustomFields
from connectors.growthhub.encode import NEVER_EMPTY
from connectors.growthhub.location import Location, LocationUsers
from connectors.growthhub.mapping import Mapper, outline
from connectors.growthhub.messages import GrowthHubMessages, MessageStyle
from connectors.growthhub.places import NATIVE as NATIVE_PLACES
from connectors.growthhub.places import NEVER_EMPTY as NEVER_EMPTY_PROPERTIES
from connectors.growthhub.places import NOT_IN_ROWS, MappedPlace, native_place
from connectors.growthhub.search import Search
from connectors.growthhub.source_places import MARKER, is_source_place, written_ids
from connectors.growthhub.tag_groups import TagGroups
from connectors.growthhub.wire_record import NATIVE, NO_PLACES, custom_values, digest, lacks_names, tags_of
from connectors.growthhub.write import GrowthHubWriter
from connectors.health import refuse_to_tell
from connectors.http.client import HttpClient
from connectors.records import Page, Raw, UnreadableRow, Window
from connectors.refused_values import CORE, RefusedValueWriter
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import country as countries

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far `since` may be after the creation time that the server stamped."""


class GrowthHub:
    """One location. `country` is the region of numbers without one, `places` the configured custom field keys.

    `mapped` are the fields that convert by their type, `compute` adds those that are made of others.
    `channels` are those in which a block means "do not contact". `groups` has the beginning of the tags of each field
    that is stored as one tag. `messages` is how messages are kept, None where none travel: nothing is asked for their
    sake then. `sources` is the account of source ids. `login` is the command that gets another token, '' where a person
    creates one at GrowthHub.

    The source id has a place besides the canonical fields (connectors.growthhub.source_places): each call of
    `create_places` creates it, and writes before that go without. `close` closes the connections.
    """

    system = "growthhub"
    has_markers = True
    lists_only = False
    derived: frozenset[str] = frozenset()
    can_delete = True
    guessed: frozenset[str] = frozenset()
    bulk = None
    write_scope = account_check.SCOPES["write"]
    place_scope = account_check.SCOPES["make fields"]
    companies = None
    consent_fields: frozenset[str] = frozenset()

    def __init__(
        self,
        account: str,
        wire: HttpClient,
        *,
        location_id: str,
        cache: Cache,
        country: str,
        places: Mapping[str, str] | None = None,
        groups: Mapping[str, str] | None = None,
        channels: Collection[str] = consent.DEFAULT,
        messages: MessageStyle | None = None,
        login: str = "",
        sources: SourceAccount = NO_ACCOUNT,
        mapped: Mapping[str, MappedField] | None = None,
        compute: Compute = compute_nothing,
    ) -> None:
        natives = {
            name: native_place(one.place, one.type)
            for name, one in (mapped or {}).items()
            if one.place in NATIVE_PLACES
        }
        self._natives = {name: place for name, place in natives.items() if place is not None}
        self._compute = compute
        self._unfit = natives.keys() - self._natives.keys()
        self.read_only = frozenset(name for name, one in self._natives.items() if not one.place.writable)
        emptied = (name for name, one in self._natives.items() if one.place.key not in NEVER_EMPTY_PROPERTIES)
        self.never_empty = (NEVER_EMPTY | self._natives.keys()).difference(emptied)
        self.unlisted = frozenset(name for name, one in self._natives.items() if one.place.key in NOT_IN_ROWS)
        self.login = login
        self._sources = sources
        self.account = account
        self.call_counts = wire.traffic
        calls = GuardedClient(wire)
        self.client = GrowthHubClient(calls, location_id)
        self.groups = TagGroups(groups or {})
        customs = {name: one for name, one in (mapped or {}).items() if name not in natives}
        elsewhere = self.groups.names | natives.keys()
        self.custom_fields = CustomFields(self.client, cache, places or {}, elsewhere, mapped=customs, sources=sources)
        self.location = Location(self.client, cache)
        self.directory = LocationUsers(self.client, cache, self.location)
        self.search = Search(self.client)
        style = messages or MessageStyle()
        self.message_store = GrowthHubMessages(
            calls, location_id, style, location=self.location, directory=self.directory, cache=cache
        )
        self.has_messages = messages is not None
        named = {*NATIVE, *self.custom_fields.keys, *self.groups.names, *natives}
        self.mappable_fields = frozenset(name for name in named if not is_source_place(name))
        self.fields_to_create = self.mappable_fields & self.custom_fields.keys.keys()
        self.fields = self.mappable_fields
        self._country = country
        self._channels = channels
        self._mapped: tuple[Mapping[str, Any], Mapper] | None = None
        self._places: tuple[Mapping[str, Any], Mapping[str, MappedPlace], Mapping[str, Place]] | None = None
        self._writer = GrowthHubWriter(
            self.client,
            cache,
            custom_fields=self.custom_fields,
            directory=self.directory,
            mapper=self._mapper,
            look_up=self._bearing,
            doubles=self._duplicates,
            groups=self.groups,
            channels=channels,
            sources=sources,
            mapped=self._placed,
        )
        self._refused_values = RefusedValueWriter(CORE | self.groups.names)
        self._note_fields()

    @property
    def owner_emails(self) -> frozenset[str] | None:
        """Return the addresses of the present users, None before they were asked for."""
        return self.directory.known()

    def identity(self) -> Mapping[str, Any]:
        """Return the location (R28)."""
        return {"location": self.client.location_id}

    def clock_offset(self) -> float:
        """Return the seconds by which the server's clock is ahead of ours."""
        return self.client.calls.clock_offset()

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield the contacts with a `dateUpdated` in the window. A row with lower-case names alone is read by id."""
        self._renew()
        for page in self.search.read(window):
            yield replace(page, records=[self._with_names(row) for row in page.records])

    def read_record(self, record_id: str) -> Page:
        """Return one record by id."""
        return self.client.read_contact(record_id)

    def to_contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Map a record. Asks for custom fields and users where the cache does not know them."""
        self.custom_fields.learn({field_id for field_id, _ in custom_values(raw)})
        return self._mapper().contact(raw, memory)

    def to_outline(self, raw: Raw) -> Contact:
        """Map only what identifies a record, without its source id, which may need a call."""
        return outline(raw, self._country)

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes over what the mapping uses."""
        return digest(raw, self._natives)

    def missing_key(self, fields: Fields) -> str:  # noqa: ARG002 (any contact can be created)
        """Return "": a contact needs no certain value here."""
        return ""

    def create_contact(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a contact in one call, with source id and tags."""
        answer = self._refused_values.create(
            lambda made: self._writer.create(made, marker),
            lambda raw, rest: self._writer.update(raw, {}, rest, marker),
            changes,
            look=lambda raw, part: self._writer.refuse_edited(raw, {}, part),
        )
        self._note_fields()
        return answer

    def update_contact(
        self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None
    ) -> WriteResult:
        """Set fields by PUT, tags by their own calls. Without changes, only the source id is set."""
        answer = self._refused_values.update(
            lambda raw, part: self._writer.update(raw, memory, part, marker),
            current,
            changes,
            lambda raw, part: self._writer.refuse_edited(raw, memory, part),
        )
        self._note_fields()
        return answer

    def delete_contact(self, record_id: str) -> None:
        """Delete a contact. Raises RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        with suppress(RecordGone):
            self.client.delete_contact(record_id)

    def values_after_write(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> Fields:
        """Return what the answer shows for each changed field."""
        shown = self.to_contact(raw, memory).fields
        return {name: shown[name] for name in changes if name in shown}

    def filled_in(self, sent: Fields) -> Fields:
        """Return the country: a contact that is created without one gets that of the location."""
        country = countries.to_alpha2(str(self.location.settings().get("country") or ""))
        return {"country": country} if country and not sent.get("country") else {}

    def find_candidates(self, sent: Fields, marker: str | None, since: datetime | None) -> Sequence[Raw]:
        """Ask the server's own look-up for duplicates. After a lost create, search as well."""
        found = {str(raw.get("id")): raw for raw in self._duplicates(sent)}
        if since is not None:
            found |= {str(raw.get("id")): raw for raw in self._marked(marker)}
            if not sent.get("email") and not sent.get("phone"):
                found |= {str(raw.get("id")): raw for raw in self._added(since)}
        return list(found.values())

    @property
    def fields_without_place(self) -> frozenset[str]:
        """Return the fields that have no custom field now, so that no record shows them."""
        return (self.fields_to_create - self.custom_fields.placed()) | self._unfit

    @property
    def mapped_places(self) -> Mapping[str, Place]:
        """Return the places of the mapped fields, as far as they are known without a call."""
        if self.custom_fields.has_mapped and not self.custom_fields.is_loaded:
            return {}
        self._placed()
        return {} if self._places is None else self._places[2]

    def place_ids(self) -> Mapping[str, str]:
        """Return the id of the custom field of each field that has one."""
        return {name: each.id for name, each in self.custom_fields.places.items() if not is_source_place(name)}

    def list_places(self) -> Sequence[Place]:
        """Return the native properties, and the custom fields of the location, by one call."""
        return (*NATIVE_PLACES.values(), *(each.place for each in self.custom_fields.read()))

    def recheck_places(self, *, retry: bool) -> None:
        """Read the custom fields again, by one call.

        With `retry`, fields that could not be created may be tried again.
        """
        self.custom_fields.reconsider(retry=retry)
        self._mapper()

    def create_places(self, names: frozenset[str]) -> Sequence[str]:
        """Create the custom fields that these canonical fields and the source id lack.

        Without a name, only that of the source id.
        """
        made = self.custom_fields.make(names | {MARKER}) if not names or self._have_a_place(names) else []
        self._note_fields()
        return made

    def missing_places(self, names: frozenset[str]) -> Sequence[str]:
        """Return the keys that `create_places` would create."""
        return self.custom_fields.missing(names | {MARKER}) if not names or self._have_a_place(names) else []

    def _have_a_place(self, names: frozenset[str]) -> bool:
        """Say whether any of the fields can be written here. For owners the users are loaded, who decide it."""
        if "owner" in names:
            self.directory.users()
            self._note_fields()
        return not names.isdisjoint(self.fields)

    def count_write_calls(self, current: Raw | None, changes: Fields) -> int:
        """Return 1 for a create. Else 1 for the PUT, if there is one, and 1 each for tags added and removed."""
        if current is None:
            return 1
        sent = {name for name, value in changes.items() if value is not None or name not in NEVER_EMPTY}
        tagged = {"tags", *self.groups.names}
        put = bool(sent - tagged) or not changes
        if tagged.isdisjoint(changes):
            return int(put)
        before = tags_of(current)
        added, gone = write_effect.tag_changes(before, self.groups.wanted(before, changes))
        return put + bool(added) + bool(gone)

    def count_lookups(self, sent: Fields, *, asked: bool) -> int:  # noqa: ARG002
        """Return one look-up by e-mail and one by number."""
        return bool(sent.get("email")) + bool(sent.get("phone"))

    def check_account(self, fix: bool) -> Sequence[Finding]:
        """Try the token, the search, custom fields and users."""
        findings = account_check.findings(self, fix=fix)
        self._note_fields()
        return findings

    def check_writing(self) -> Finding:
        """Say whether the token may write contacts, without writing anything."""
        return account_check.writing(self)

    def close(self) -> None:
        """Close the connections."""
        self.client.calls.close()

    def _with_names(self, row: Raw) -> Raw:
        if not lacks_names(row):
            return row
        try:
            return self.client.read_contact(str(row.get("id"))).records[0]
        except RecordGone:
            # The contact was deleted since the search.
            return row

    def _renew(self) -> None:
        self.custom_fields.renew()
        self.directory.renew()
        self._note_fields()

    def _note_fields(self) -> None:
        named = {*NATIVE, *self.custom_fields.known(), *self.groups.names, *self._natives} - self._unfit
        shown_only = {name for name, place in self.mapped_places.items() if not place.writable}
        fields = {name for name in named - shown_only if not is_source_place(name)}
        self.fields = frozenset(fields - ({"owner"} if self.owner_emails == frozenset() else set()))

    def _placed(self) -> Mapping[str, MappedPlace]:
        """Return the places of the mapped fields, loading the custom fields where one of them needs that."""
        places: Mapping[str, Any] = self.custom_fields.places if self.custom_fields.has_mapped else NO_PLACES
        if self._places is None or self._places[0] is not places:
            found = {**self._natives, **(self.custom_fields.mapped_places() if places else {})}
            self._places = places, found, {name: one.place for name, one in found.items()}
        return self._places[1]

    def _mapper(self) -> Mapper:
        places, mapped = self.custom_fields.places, self._mapped
        if mapped is None or mapped[0] is not places:
            names = frozenset({*NATIVE, *places, *self.groups.names}) - self._unfit
            mapped = self._mapped = (
                places,
                Mapper(
                    self._country,
                    places,
                    names,
                    self.directory,
                    self.groups,
                    channels=self._channels,
                    sources=self._sources,
                    mapped=self._placed(),
                    compute=self._compute,
                ),
            )
            self._note_fields()
        return mapped[1]

    def _duplicates(self, sent: Fields) -> Iterator[Raw]:
        for field, identifier in (("email", "email"), ("phone", "number")):
            value = sent.get(field)
            if not isinstance(value, str):
                continue
            try:
                found = self.client.find_duplicate(**{identifier: value})
            except RecordRefused:
                # The look-up does not accept every value that a contact may hold, but the search does.
                yield from self.search.having(field, value)
                continue
            if found is not None:
                yield found

    def _marked(self, marker: str | None) -> Sequence[Raw]:
        if marker is None:
            return []
        places = self.custom_fields.places
        asked = [(f"customFields.{places[name].id}", each) for name, each in written_ids(places, marker, self._sources)]
        return [raw for field, each in dict.fromkeys(asked) for raw in self.search.having(field, each)]

    def _added(self, since: datetime) -> Iterator[Raw]:
        unread: list[UnreadableRow] = []
        for page in self.search.read(Window(since - CLOCK_TOLERANCE), by="dateAdded"):
            yield from page.records
            unread += page.unread
        refuse_to_tell(self.account, unread)

    def _bearing(self, sent: Fields, marker: str) -> Raw | None:
        """Return the record with this source id, of those that a refused create may have created.

        A record that shows nothing of what was sent has a source id that a person typed.
        """
        mapper = self._mapper()
        candidates = (*self._duplicates(sent), *self._marked(marker))
        shown = ((raw, mapper.contact(raw, {})) for raw in candidates)
        return next((raw for raw, each in shown if each.marker == marker and _shows_any(each.fields, sent)), None)


def _shows_any(shown: Fields, sent: Fields) -> bool:
    """Say whether a record shows the name, the address or the number that was sent, where any was sent."""
    telling = [name for name in ("email", "phone", "first_name", "last_name") if sent.get(name)]
    return not telling or any(name in shown and same(name, shown[name], sent[name]) for name in telling)
