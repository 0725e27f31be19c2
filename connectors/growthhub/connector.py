"""The connector of one GrowthHub location: a connectors.connector."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.connector import Cache, Finding, WriteResult
from connectors.contact import Contact, Fields
from connectors.errors import RecordGone
from connectors.fields import Compute, MappedField, Place, compute_nothing
from connectors.growthhub import check as account_check
from connectors.growthhub import consent, write_effect
from connectors.growthhub.allowed_calls import GuardedClient
from connectors.growthhub.candidates import GrowthHubCandidates
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.current_mapper import CurrentMapper
from connectors.growthhub.custom_fields import CustomFields
from connectors.growthhub.encode import NEVER_EMPTY
from connectors.growthhub.location import Location, LocationUsers
from connectors.growthhub.mapping import outline
from connectors.growthhub.messages import GrowthHubMessages, MessageStyle
from connectors.growthhub.native_fields import NativeFields
from connectors.growthhub.places import NATIVE as NATIVE_PLACES
from connectors.growthhub.scopes import SCOPES
from connectors.growthhub.search import Search
from connectors.growthhub.search_reading import read_window
from connectors.growthhub.source_places import MARKER, is_source_place
from connectors.growthhub.tag_groups import TagGroups
from connectors.growthhub.wire_record import NATIVE, custom_values, digest, lacks_names
from connectors.growthhub.write import GrowthHubWriter
from connectors.http.client import HttpClient
from connectors.records import Page, Raw, Window
from connectors.refused_values import CORE, RefusedValueWriter
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import country as countries


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
    write_scope = SCOPES["write"]
    place_scope = SCOPES["make fields"]
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
        self._native = NativeFields.of(mapped or {})
        self.read_only = self._native.read_only
        self.never_empty = (NEVER_EMPTY - self._native.places.keys()) | self._native.never_empty
        self.unlisted = self._native.unlisted
        self.login = login
        self.account = account
        self.call_counts = wire.traffic
        calls = GuardedClient(wire)
        self.client = GrowthHubClient(calls, location_id)
        self.groups = TagGroups(groups or {})
        customs = {name: one for name, one in (mapped or {}).items() if name not in self._native.names}
        elsewhere = self.groups.names | self._native.names
        self.custom_fields = CustomFields(self.client, cache, places or {}, elsewhere, mapped=customs, sources=sources)
        self.location = Location(self.client, cache)
        self.directory = LocationUsers(self.client, cache, self.location)
        self.search = Search(self.client)
        style = messages or MessageStyle()
        self.message_store = GrowthHubMessages(
            calls, location_id, style, location=self.location, directory=self.directory, cache=cache
        )
        self.has_messages = messages is not None
        named = {*NATIVE, *self.custom_fields.keys, *self.groups.names, *self._native.names}
        self.mappable_fields = frozenset(name for name in named if not is_source_place(name))
        self.fields_to_create = self.mappable_fields & self.custom_fields.keys.keys()
        self.fields = self.mappable_fields
        self._country = country
        self._noted: tuple[frozenset[str], Mapping[str, Place], bool] | None = None
        self._mapper = CurrentMapper(
            country, self.custom_fields, self._native, self.groups, self.directory,
            channels=channels, sources=sources, compute=compute, rebuilt=self._note_fields,
        )  # fmt: skip
        self._candidates = GrowthHubCandidates(
            self.client, self.search, self.custom_fields, self._mapper.current, sources
        )
        self._writer = GrowthHubWriter(
            self.client, cache, custom_fields=self.custom_fields, directory=self.directory, groups=self.groups,
            mapper=self._mapper.current, look_up=self._candidates.bearing, doubles=self._candidates.duplicates,
            channels=channels, sources=sources, mapped=self._mapper.placed,
        )  # fmt: skip
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
        for page in read_window(self.search, window):
            yield replace(page, records=[self._with_names(row) for row in page.records])

    def read_record(self, record_id: str) -> Page:
        """Return one record by id."""
        return self.client.read_contact(record_id)

    def to_contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Map a record. Asks for custom fields and users where the cache does not know them."""
        self.custom_fields.learn({field_id for field_id, _ in custom_values(raw)})
        return self._mapper.current().contact(raw, memory)

    def to_outline(self, raw: Raw) -> Contact:
        """Map only what identifies a record, without its source id, which may need a call."""
        return outline(raw, self._country)

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes over what the mapping uses."""
        return digest(raw, self._native.places)

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
        return self._candidates.find(sent, marker, since)

    @property
    def fields_without_place(self) -> frozenset[str]:
        """Return the fields that have no custom field now, so that no record shows them."""
        return (self.fields_to_create - self.custom_fields.placed()) | self._native.unfit

    @property
    def mapped_places(self) -> Mapping[str, Place]:
        """Return the places of the mapped fields, as far as they are known without a call."""
        return self._mapper.mapped_places()

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
        self._mapper.current()

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
        """Return 1 for a create, else the calls for properties and tags."""
        return 1 if current is None else write_effect.update_calls(self.groups, current, changes)

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
        known, places, ownerless = self.custom_fields.known(), self.mapped_places, self.owner_emails == frozenset()
        # This is asked with each write, and the answer hardly ever changes.
        if self._noted is not None and self._noted[0] is known and self._noted[1:] == (places, ownerless):
            return
        self._noted = known, places, ownerless
        named = {*NATIVE, *known, *self.groups.names, *self._native.places} - self._native.unfit
        shown_only = {name for name, place in places.items() if not place.writable}
        fields = {name for name in named - shown_only if not is_source_place(name)}
        self.fields = frozenset(fields - ({"owner"} if ownerless else set()))
