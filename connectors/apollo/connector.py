"""The connector of one Apollo team: a connectors.connector."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

from connectors.apollo import check as account_check
from connectors.apollo import directory
from connectors.apollo.bulk import ApolloBulkWriter
from connectors.apollo.client import ApolloClient
from connectors.apollo.custom_fields import MARKER, ApolloCustomFields
from connectors.apollo.encode import NEVER_EMPTY, NEW
from connectors.apollo.mapping import GUESSED, NATIVE, READ_ONLY, SLOTS, ApolloMapper
from connectors.apollo.search_reading import ApolloSearch
from connectors.apollo.write import ApolloWriter
from connectors.clock import Clock, SystemClock
from connectors.connector import Cache, Finding, WriteResult
from connectors.contact import Contact, Fields, alike
from connectors.errors import RecordRefused
from connectors.fields import Compute, MappedField, Place, compute_nothing
from connectors.health import refuse_to_tell
from connectors.http.client import HttpClient
from connectors.message_store import MessageStore
from connectors.records import Page, Raw, UnreadableRow, Window
from connectors.refused_values import RefusedValueWriter
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import phone
from connectors.values.text import unaccented

LATE: Final = timedelta(minutes=5)
RECENT: Final = timedelta(minutes=15)


class Apollo:
    """The contacts of one team. `country` (alpha-2) is for numbers without one.

    `mapped` are the fields with a custom field of the user's choice, `compute` adds those that are made of others.
    `sources` is the account of source ids. `legacy_key` is the key where it goes into body and query (form of 2020).
    A create is looked up among the newest contacts, read once per run before creates; `read_window` begins a run.
    """

    system = "apollo"
    has_markers = True
    can_delete = False
    guessed = GUESSED
    lists_only = False
    derived: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()
    companies = None
    place_scope = account_check.SCOPES["make fields"]
    write_scope = account_check.SCOPES["write"]
    never_empty = NEVER_EMPTY
    consent_fields = frozenset({"stage"})

    def __init__(
        self,
        account: str,
        wire: HttpClient,
        *,
        cache: Cache,
        country: str,
        mapped: Mapping[str, MappedField] | None = None,
        compute: Compute = compute_nothing,
        sources: SourceAccount = NO_ACCOUNT,
        identity: Mapping[str, Any] | None = None,
        legacy_key: str = "",
        clock: Clock | None = None,
    ) -> None:
        self.account = account
        self.call_counts = wire.traffic
        self.client = ApolloClient(wire, legacy_key)
        self.custom_fields = ApolloCustomFields(self.client, cache, mapped or {}, sources)
        self.stages = directory.stages(self.client, cache)
        self.users = directory.users(self.client, cache)
        self.lists = directory.lists(self.client, cache)
        self.client.on_labels = lambda rows: self.lists.learn(directory.named_rows(rows))
        self.search = ApolloSearch(self.client, self.stages, self.lists)
        self.mapper = ApolloMapper(country, self.stages, self.users, self.lists, self.custom_fields, sources, compute)
        self.writer = ApolloWriter(self.client, self.mapper)
        self.bulk = ApolloBulkWriter(
            self.client, self.mapper, self.writer, self.search, self.create_contact, self.update_contact
        )
        self.mappable_fields = frozenset({*NATIVE, *self.custom_fields.labels}) - {MARKER}
        self.fields_to_create = self.mappable_fields & self.custom_fields.labels.keys()
        self._identity = dict(identity or {"team": account})
        self._clock = clock or SystemClock()
        self._refused_values = RefusedValueWriter()
        self._recent: list[Raw] | None = None
        self._lock = threading.Lock()

    @property
    def fields(self) -> frozenset[str]:
        """Return the fields that the account has a place for, as far as is known now."""
        mapped = self.custom_fields.mapped.keys()
        return (NATIVE - mapped) | (self.mappable_fields & self.custom_fields.known())

    @property
    def read_only(self) -> frozenset[str]:
        """Return the fields that Apollo shows but does not take."""
        shown_only = {name for name, place in self.mapped_places.items() if not place.writable}
        return (READ_ONLY - self.custom_fields.mapped.keys()) | shown_only

    @property
    def mapped_places(self) -> Mapping[str, Place]:
        """Return the places of the mapped fields, as far as they are known without a call."""
        return self.custom_fields.mapped_places()

    def place_ids(self) -> Mapping[str, str]:
        """Return the id of the custom field of each field that has one."""
        return {name: field.id for name, field in self.custom_fields.places.items() if name != MARKER}

    def list_places(self) -> Sequence[Place]:
        """Return the custom fields, by one call. The keys of a contact hold standard fields alone."""
        return [field.place for field in self.custom_fields.read()]

    @property
    def fields_without_place(self) -> frozenset[str]:
        """Return the fields that no record shows now, because their custom field does not exist yet."""
        return self.fields_to_create - self.custom_fields.placed()

    @property
    def owner_emails(self) -> frozenset[str] | None:
        """Return the addresses of the present users, None before they were asked for."""
        return self.users.known()

    @property
    def message_store(self) -> MessageStore:
        """Apollo keeps no messages that could be written."""
        self._has_no("messages")

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this account itself (R28)."""
        return self._identity

    def clock_offset(self) -> float:
        """Return the seconds by which the server's clock is ahead of ours."""
        return self.client.wire.clock_offset()

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield every contact updated in the window, and newer ones. Reaching the end is the proof."""
        self._recent = None
        self.bulk.begin_run()
        for each in (self.custom_fields, self.stages, self.users, self.lists):
            each.renew()
        yield from self.search.window(window)

    def read_record(self, record_id: str) -> Page:
        """Return one record by id. Raises RecordGone, RecordRefused, AuthError, TransientError."""
        return self.client.read_contact(record_id)

    def to_contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Map a record. Asks for stages, users, lists and custom fields where the cache does not know them."""
        return self.mapper.contact(raw, memory)

    def to_outline(self, raw: Raw) -> Contact:
        """Map only what identifies a record."""
        return self.mapper.outline(raw)

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes over what the mapping uses."""
        return self.mapper.digest(raw)

    def missing_key(self, fields: Fields) -> str:  # noqa: ARG002 (Apollo needs none)
        """Return "": any contact can be created."""
        return ""

    def create_contact(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a contact with its source id. Apollo finds no duplicates.

        Raises RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """
        return self._refused_values.create(
            lambda made: self.writer.create(made, marker),
            lambda raw, rest: self.writer.update(raw, {}, rest, marker),
            changes,
            look=lambda raw, part: self.writer.refuse_edited(raw, {}, part),
        )

    def update_contact(
        self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None
    ) -> WriteResult:
        """Set only these fields. Without changes, only the source id is set."""
        return self._refused_values.update(
            lambda raw, part: self.writer.update(raw, memory, part, marker),
            current,
            changes,
            lambda raw, part: self.writer.refuse_edited(raw, memory, part),
        )

    def delete_contact(self, record_id: str) -> NoReturn:
        """Raise RecordRefused: the API of Apollo deletes no contacts."""
        raise RecordRefused(self.account, f"contact {record_id} stays: the API of Apollo deletes no contacts")

    def values_after_write(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> Fields:
        """Return what the server holds in the changed fields. `memory` is the one given to `update_contact`."""
        return self.mapper.settled(raw, memory, changes)

    def filled_in(self, sent: Fields) -> Fields:
        """Return what follows from what is sent: "do not contact" is a stage here. What Apollo guesses is not known."""
        order = self.writer.encoded(NEW, {}, {name: value for name, value in sent.items() if value}, None)
        shown = self.mapper.contact({"id": "", "contact_stage_id": order.body.get("contact_stage_id")}, {}).fields
        return {name: value for name, value in shown.items() if value is not None and name not in sent}

    def find_candidates(self, sent: Fields, marker: str | None, since: datetime | None) -> Sequence[Raw]:
        """Return the contacts created lately that show source id, address, a number or the name of what was sent.

        After a create that may have been carried out (`since`), a list with an unreadable part proves nothing.
        """
        unread: list[UnreadableRow] = []
        if since is None:
            with self._lock:
                if self._recent is None:
                    self._recent = self._created_since(self._server_now() - RECENT, [])
                candidates = self._recent
        else:
            candidates = self._created_since(since - LATE, unread)
        found = [raw for raw in candidates if self._resembles(raw, sent, marker)]
        if not found:
            refuse_to_tell(self.account, unread)
        return [self._whole(raw) for raw in found]

    def create_places(self, names: frozenset[str]) -> Sequence[str]:
        """Create the custom fields that these fields need, and that of the source id."""
        return self.custom_fields.make(names | {MARKER})

    def recheck_places(self, *, retry: bool) -> None:
        """Read the custom fields again."""
        self.custom_fields.reconsider(retry=retry)

    def missing_places(self, names: frozenset[str]) -> Sequence[str]:
        """Return the labels that `create_places` would create. For owners, load the users."""
        if "owner" in names:
            self.users.is_readable()
        return self.custom_fields.missing(names | {MARKER})

    def count_write_calls(self, current: Raw | None, changes: Fields) -> int:
        """Return how many writing calls it takes, without a call: PATCH, bulk_update of one, or both."""
        sent = {name for name in changes if changes[name] is not None or name not in NEVER_EMPTY}
        if changes and not sent:
            return 0
        only_bulk = {"owner", "linkedin_url"} & sent
        if current is None:
            return 1 + bool({name for name in only_bulk if changes[name]})
        by_patch = {"website", "tags", "stage", "do_not_contact", "phone", *SLOTS} & sent
        return int(not only_bulk or bool(by_patch)) + bool(only_bulk)

    def count_lookups(self, sent: Fields, *, asked: bool) -> int:  # noqa: ARG002 (one list for all)
        """Return 1 for the list of the newest contacts, which a run reads once."""
        return 0 if asked else 1

    def check_account(self, fix: bool) -> Sequence[Finding]:
        """Try the key, the search, stages, users, lists and custom fields. Change nothing unless `fix`."""
        return account_check.findings(self, fix=fix)

    def check_writing(self) -> Finding:
        """Say whether contacts may be written, by a change of a contact that does not exist."""
        return account_check.writing(self)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _has_no(self, what: str) -> NoReturn:
        raise NotImplementedError(f"{self.account}: Apollo has no {what}")

    def _server_now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.clock_offset())

    def _created_since(self, since: datetime, unread: list[UnreadableRow]) -> list[Raw]:
        found: dict[str, Raw] = {}
        for page in self.search.created_since(since):
            found |= {str(raw["id"]): raw for raw in page.records}
            unread += page.unread
        return list(found.values())

    def _whole(self, raw: Raw) -> Raw:
        """Return a candidate as a reading by id shows it, where its row lacks the places."""
        return raw if "city" in raw else {**raw, **self.client.read_contact(str(raw["id"])).records[0]}

    def _resembles(self, raw: Raw, sent: Fields, marker: str | None) -> bool:
        shown = self.mapper.contact(raw, {})
        if marker is not None and shown.marker == marker:
            return True
        wanted = [value for name in ("email", "phone", *SLOTS, "first_phone") if (value := sent.get(name))]
        keys = {str(value).casefold() for value in wanted} | {phone.key(str(value)) for value in wanted}
        own = {each.casefold() for each in shown.emails} | {phone.key(number) for number in shown.phones}
        if keys & own or (_full_name(sent) == _full_name(shown.fields) != ""):
            return True
        if wanted or _full_name(sent):
            return False
        return any(value and alike(name, value, sent[name]) for name, value in shown.fields.items() if name in sent)


def _full_name(fields: Fields) -> str:
    names = (fields.get(name) for name in ("first_name", "last_name"))
    return unaccented(" ".join(name for name in names if isinstance(name, str)).casefold())
