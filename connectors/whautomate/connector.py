"""The connector of one Whautomate account: a connectors.connector.

Rules kept here:
- it can only list (R32): a window is answered with everything, and what changed is told by the digest;
- before a create and after one without an answer the number is looked for, then, after a lost one, the whole list, once
  per run (R20). `read_window` begins a run;
- custom fields need no creation.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from connectors.clock import Clock, SystemClock
from connectors.connector import Finding, WriteResult
from connectors.contact import Contact, Fields
from connectors.errors import RecordGone
from connectors.fields import Compute, MappedField, Place, compute_nothing
from connectors.health import refuse_to_tell
from connectors.http.client import HttpClient
from connectors.records import Page, Raw, UnreadableRow, Window
from connectors.refused_values import RefusedValueWriter
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import email
from connectors.whautomate import check, mapping, places
from connectors.whautomate.client import LIMIT, WhautomateClient
from connectors.whautomate.envelope import identity
from connectors.whautomate.listing import ContactListing
from connectors.whautomate.messages import WhautomateMessages
from connectors.whautomate.write import WhautomateWriter, missing_key


class Whautomate:
    """The contacts of one location. `country` (alpha-2) is for numbers without a country code.

    `messages` says that messages travel, so that `check_account` tries them as well.
    """

    system = "whautomate"
    has_markers = True
    can_delete = True
    guessed: frozenset[str] = frozenset()
    bulk = None
    lists_only = True
    derived = mapping.DERIVED
    place_scope = ""
    write_scope = ""
    companies = None
    owner_emails: frozenset[str] | None = None
    fields_to_create: frozenset[str] = frozenset()
    fields_without_place: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()
    never_empty = frozenset({"phone", "stage"})
    consent_fields: frozenset[str] = frozenset()

    def __init__(
        self,
        account: str,
        wire: HttpClient,
        *,
        location_id: str,
        country: str,
        clock: Clock | None = None,
        mapped: Mapping[str, MappedField] | None = None,
        compute: Compute = compute_nothing,
        sources: SourceAccount = NO_ACCOUNT,
        other_channels: bool = False,
        messages: bool = False,
    ) -> None:
        self.account = account
        fields = mapped or {}
        self._mapping = mapping.ContactMapping(location_id, country, fields, sources, other_channels, compute)
        self.mapped_places = {name: places.place_of(one.place) for name, one in fields.items()}
        self.mappable_fields = self.fields = self._mapping.carried
        self.read_only = frozenset(name for name in self.fields if not self._mapping.is_writable(name))
        self.call_counts = wire.traffic
        self._wire = wire
        self._clock = clock or SystemClock()
        self._client = WhautomateClient(wire)
        self._writer = WhautomateWriter(self._client, self._mapping, self._with_number)
        self._refused_values = RefusedValueWriter(needed=frozenset({"phone"}))
        self.message_store = WhautomateMessages(self._client)
        self._checks_messages = messages
        self._listed: list[Raw] | None = None
        self._listed_lock = threading.Lock()

    def identity(self) -> Mapping[str, Any]:
        """Return the location (R28)."""
        return {"location": self._mapping.location_id}

    def clock_offset(self) -> float:
        """Return the seconds by which the server's clock is ahead of ours."""
        return self._wire.clock_offset()

    def read_window(self, window: Window) -> Iterator[Page]:  # noqa: ARG002 (there are no windows)
        """Yield every contact. Reaching the end is the proof that none is missing."""
        self._listed = None
        yield from self._listing().read_all()

    def read_record(self, record_id: str) -> Page:
        """Return one contact. Raises RecordGone, AuthError, TransientError."""
        return self._client.read_contact(record_id)

    def to_contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:  # noqa: ARG002 (nothing is remembered)
        """Map a record to the canonical shape."""
        return self._mapping.contact(raw)

    def to_outline(self, raw: Raw) -> Contact:
        """Map only what identifies a record."""
        return self._mapping.contact(raw)

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes over all that a record shows, without its times."""
        return self._mapping.digest(raw)

    def missing_key(self, fields: Fields) -> str:
        """Return why no contact with these values can be created, "" where it can (R37)."""
        return missing_key(fields)

    def create_contact(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a contact with a number that no contact has. Raises DuplicateRefused where one has it."""
        return self._refused_values.create(
            lambda made: self._writer.create(made, marker),
            lambda raw, rest: self._writer.update(raw, rest, marker),
            changes,
            look=self._writer.refuse_edited,
        )

    def update_contact(
        self,
        current: Raw,
        memory: Mapping[str, Any],  # noqa: ARG002 (nothing is remembered)
        changes: Fields,
        marker: str | None,
    ) -> WriteResult:
        """Set only these fields. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        return self._refused_values.update(lambda raw, part: self._writer.update(raw, part, marker), current, changes)

    def delete_contact(self, record_id: str) -> None:
        """Delete a contact. Raises RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        with suppress(RecordGone):
            self._client.delete_contact(record_id)

    def values_after_write(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> Fields:  # noqa: ARG002
        """Return what the answer shows for each changed field."""
        shown = self._mapping.contact(raw).fields
        return {name: shown[name] for name in changes if name in shown}

    def filled_in(self, sent: Fields) -> Fields:
        """Return the stage that a contact is created with where none is sent."""
        return {} if sent.get("stage") else {"stage": mapping.STAGES[0]}

    def find_candidates(self, sent: Fields, marker: str | None, since: datetime | None) -> Sequence[Raw]:
        """Ask for the number and the address. After a lost create, look through the whole list as well."""
        found = {identity(raw): raw for raw in self._searched(sent)}
        if since is not None:
            found |= {identity(raw): raw for raw in self._all_listed() if self._resembles(raw, sent, marker)}
        return list(found.values())

    def place_ids(self) -> Mapping[str, str]:
        """Return nothing: a place has one key."""
        return {}

    def list_places(self) -> Sequence[Place]:
        """Return the keys of a record, and the custom fields that the newest contacts show. One call is made."""
        return places.places_of(self._client.list_page(1, LIMIT).rows.records)

    def create_places(self, names: frozenset[str]) -> Sequence[str]:  # noqa: ARG002 (nothing to be made)
        """Create nothing: any custom field can be written."""
        return []

    def recheck_places(self, *, retry: bool) -> None:
        """Do nothing: any custom field can be written."""

    def missing_places(self, names: frozenset[str]) -> Sequence[str]:  # noqa: ARG002 (nothing to be made)
        """Return nothing: any custom field can be written."""
        return []

    def count_write_calls(self, current: Raw | None, changes: Fields) -> int:
        """Return 1 for a create and for a PUT; tags alone take one call to add and one to remove."""
        return 1 if current is None else self._writer.count_calls(current, changes)

    def count_lookups(self, sent: Fields, *, asked: bool) -> int:  # noqa: ARG002 (each contact is looked for)
        """Return how many searches are made before a first create."""
        return len(self._terms(sent))

    def check_account(self, fix: bool) -> Sequence[Finding]:  # noqa: ARG002 (there is nothing to mend from here)
        """Try the key, the contacts and the location."""
        return list(check.check_account(self._client, self._mapping.location_id, messages=self._checks_messages))

    def check_writing(self) -> Finding:
        """Say whether contacts may be written, as far as the server shows that without a write."""
        return check.check_writing(self._client)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _listing(self) -> ContactListing:
        return ContactListing(self._client, self._mapping.digest)

    def _all_listed(self) -> Sequence[Raw]:
        with self._listed_lock:
            if self._listed is None:
                records: dict[str, Raw] = {}
                unread: list[UnreadableRow] = []
                for page in self._listing().read_all():
                    records |= {identity(raw): raw for raw in page.records}
                    unread += page.unread
                refuse_to_tell(self.account, unread)
                self._listed = list(records.values())
            return self._listed

    def _searched(self, sent: Fields) -> Iterator[Raw]:
        for term in self._terms(sent):
            for raw in self._client.search(term):
                if self._resembles(raw, sent, None):
                    yield raw

    def _with_number(self, number: str) -> Sequence[Raw]:
        """Return the contacts that show a number, as far as the server's search finds them."""
        wanted = mapping.digits(number)
        return [raw for raw in self._client.search(wanted) if mapping.digits(raw.get("phoneNumber")) == wanted]

    @staticmethod
    def _terms(sent: Fields) -> list[str]:
        number, address = sent.get("phone"), sent.get("email")
        return [*([mapping.digits(number)] if number else []), *([address] if isinstance(address, str) else [])]

    def _resembles(self, raw: Raw, sent: Fields, marker: str | None) -> bool:
        shown = self._mapping.contact(raw)
        if marker is not None and shown.marker == marker:
            return True
        number, address = sent.get("phone"), sent.get("email")
        if number and mapping.digits(raw.get("phoneNumber")) == mapping.digits(number):
            return True
        return isinstance(address, str) and email.key(address) in map(email.key, shown.emails)
