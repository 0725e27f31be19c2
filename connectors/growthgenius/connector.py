"""The connector of one GrowthGenius account: a connectors.connector.

Rules kept here:
- several user_ids are read one by one. The reader of the pages unites them by id;
- users are asked for when an owner matters, so a window without changes costs one call per user;
- `read_window` begins a run;
- there are no custom fields to create (custom1 to custom9 exist) and there is no source id.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

from connectors.clock import Clock, SystemClock
from connectors.connector import AT_ONCE, Cache, Finding, WriteResult
from connectors.contact import Contact, Fields
from connectors.errors import AuthError, ConnectorError, RecordGone, RecordRefused
from connectors.fields import Compute, MappedField, Place, compute_nothing
from connectors.growthgenius import mapping, read_windows
from connectors.growthgenius.body_style import Styles
from connectors.growthgenius.candidates import RECENT, GrowthGeniusCandidates
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.growthgenius.companies import GrowthGeniusCompanies
from connectors.growthgenius.messages import GrowthGeniusMessages
from connectors.growthgenius.places import NATIVE, wire_key
from connectors.growthgenius.read_windows import GrowthGeniusWindowReader
from connectors.growthgenius.records import UserId
from connectors.growthgenius.users import UserDirectory
from connectors.growthgenius.write import GrowthGeniusWriter
from connectors.http.client import HttpClient
from connectors.records import Page, Raw, Window
from connectors.refused_values import RefusedValueWriter

BASE_URL: Final = "https://api.growthgenius.com/integrations/v1"
DIGEST_BYTES: Final = 16
ABSENT: Final = ...
NO_CONTACT: Final = "0"
"""An id that no contact has."""
FORBIDDEN: Final = 403
ONLY_PROBE: Final = "whether it may, only `sync check --probe` can tell"


class GrowthGenius:
    """The contacts of one account, seen as each of its `user_ids`. `country` (alpha-2) is for numbers without one.

    `message_store` holds the messages. `messages` says that they travel, so that `check_account` tries them as well.
    """

    system = "growthgenius"
    has_markers = False
    lists_only = False
    derived: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()
    can_delete = True
    guessed: frozenset[str] = frozenset()
    bulk = None
    place_scope = ""
    write_scope = ""
    fields_to_create: frozenset[str] = frozenset()
    never_empty: frozenset[str] = frozenset()
    consent_fields = frozenset(mapping.CONSENT_IN)

    def __init__(
        self,
        account: str,
        wire: HttpClient,
        *,
        user_ids: Sequence[UserId],
        cache: Cache,
        country: str,
        clock: Clock | None = None,
        messages: bool = False,
        mapped: Mapping[str, MappedField] | None = None,
        compute: Compute = compute_nothing,
    ) -> None:
        self.account = account
        self._mapped = mapped or {}
        placed = mapping.mapped_places(self._mapped)
        self.mapped_places = {name: one.place for name, one in placed.items()}
        self.fields_without_place = frozenset(self._mapped.keys() - placed.keys())
        self.mappable_fields = mapping.CARRIED | self._mapped.keys()
        self.fields = self.mappable_fields - self.fields_without_place
        shown_only = {name for name, place in self.mapped_places.items() if not place.writable}
        self.read_only = (mapping.READ_ONLY - self._mapped.keys()) | shown_only
        self._digested = (*mapping.KEYS, *sorted({wire_key(place.key) for place in self.mapped_places.values()}))
        self.call_counts = wire.traffic
        self._wire = wire
        self._clock = clock or SystemClock()
        self._client = GrowthGeniusClient(wire, user_ids)
        self.companies = GrowthGeniusCompanies(self._client)
        self._users = UserDirectory(self._client, cache)
        self._mapping = mapping.ContactReader(country, self._users.email_of, placed, compute)
        self._feed = read_windows.contacts(self._client)
        styles = Styles(cache)
        self._writer = GrowthGeniusWriter(self._client, self._mapping, self._users, styles)
        self.message_store = GrowthGeniusMessages(self._client, self._users, styles, self._clock)
        self._checks_messages = messages
        self._refused_values = RefusedValueWriter()
        self._candidates = GrowthGeniusCandidates(self._client, self._mapping, self._reader, self._server_now)

    @property
    def owner_emails(self) -> frozenset[str] | None:
        """Return the addresses of the users that the account can read, None before they were asked for."""
        return self._users.known()

    def identity(self) -> Mapping[str, Any]:
        """Return the users that the account is seen as, independent of their order in the config file."""
        return {"user_ids": sorted(str(user) for user in self._client.user_ids)}

    def clock_offset(self) -> float:
        """Return the seconds by which the server's clock is ahead of ours."""
        return self._wire.clock_offset()

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield every contact updated in the window. Reaching the end is the proof that none is missing."""
        self._candidates.forget()
        for user in self._client.user_ids:
            yield from self._reader().read(user, window)

    def read_record(self, record_id: str) -> Page:
        """Return one contact. Raises RecordGone, AuthError, TransientError."""
        shown = self._client.contacts.read_record(record_id)
        return Page([shown.raw] if shown.raw is not None else [], shown.served_at)

    def to_contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Map a record to the canonical shape."""
        self._writer.encoder.learn_label_shape(raw)
        return self._mapping.contact(raw, memory)

    def to_outline(self, raw: Raw) -> Contact:
        """Map only what identifies a record."""
        return self._mapping.outline(raw)

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes over all that the mapping reads, without the update time."""
        shown = repr([raw.get(key, ABSENT) for key in self._digested])
        return blake2b(shown.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest()

    def missing_key(self, fields: Fields) -> str:  # noqa: ARG002 (any contact can be created)
        """Return "": a contact needs no certain value here."""
        return ""

    def create_contact(self, changes: Fields, marker: str | None) -> WriteResult:  # noqa: ARG002 (GrowthGenius carries no marker)
        """Create a contact. GrowthGenius finds no duplicates.

        Raises RecordRefused, OutcomeUnknown, and the errors of `read_window`.
        """
        write, start = self._writer, self._server_now() - AT_ONCE
        return self._refused_values.create(
            write.create,
            lambda raw, rest: write.update(raw, {}, rest),
            changes,
            lambda: self._candidates.refuse_double(changes, start),
            lambda raw, part: write.refuse_edited(raw, {}, part),
        )

    def update_contact(
        self,
        current: Raw,
        memory: Mapping[str, Any],
        changes: Fields,
        marker: str | None,  # noqa: ARG002 - no place for it
    ) -> WriteResult:
        """Set only these fields. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        return self._refused_values.update(
            lambda raw, part: self._writer.update(raw, memory, part),
            current,
            changes,
            lambda raw, part: self._writer.refuse_edited(raw, memory, part),
        )

    def delete_contact(self, record_id: str) -> None:
        """Delete a contact. Raises RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        with suppress(RecordGone):
            self._client.contacts.delete_record(record_id)

    def values_after_write(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> Fields:
        """Return what the server holds in the changed fields. `memory` is the one given to `update_contact`."""
        return self._mapping.settled(raw, memory, changes)

    def filled_in(self, sent: Fields) -> Fields:
        """Return the owner, and what follows from what is sent: "do not contact" as a stage, a first number."""
        return self._writer.filled_in(sent)

    def find_candidates(self, sent: Fields, marker: str | None, since: datetime | None) -> Sequence[Raw]:  # noqa: ARG002
        """Return the contacts created lately that show the e-mail, a number or the full name of what was sent."""
        return self._candidates.find(sent, since)

    def create_places(self, names: frozenset[str]) -> Sequence[str]:  # noqa: ARG002 (nothing to be made)
        """Create nothing: every field exists at GrowthGenius."""
        return []

    def recheck_places(self, *, retry: bool) -> None:
        """Do nothing: every field exists at GrowthGenius."""

    def missing_places(self, names: frozenset[str]) -> Sequence[str]:
        """Return nothing: every field exists at GrowthGenius.

        For owners, load the users, who decide whether owners are written.
        """
        if "owner" in names:
            self._users.readable()
        return []

    def count_write_calls(self, current: Raw | None, changes: Fields) -> int:  # noqa: ARG002
        """Return 1: a create and an update are one call each, where the server answers as documented."""
        return 1

    def count_lookups(self, sent: Fields, *, asked: bool) -> int:  # noqa: ARG002
        """Return 1 for the window of the last minutes, which a run asks for once."""
        return 0 if asked else len(self._client.user_ids)

    def place_ids(self) -> Mapping[str, str]:
        """Return nothing: a place has one key."""
        return {}

    def list_places(self) -> Sequence[Place]:
        """Return the documented keys. No call is made."""
        return tuple(NATIVE.values())

    def check_account(self, fix: bool) -> Sequence[Finding]:  # noqa: ARG002 (there is nothing to mend from here)
        """Try the key, a window, the users and, where they travel, the messages."""
        findings = [self._check_window(user) for user in self._client.user_ids]
        if not all(finding.ok for finding in findings):
            return findings
        messages = self.message_store.check() if self._checks_messages else []
        return [*findings, *messages, self._check_users()]

    def check_writing(self) -> Finding:
        """Try to change a contact that does not exist: a key that may not write is refused before that is noticed."""
        what = "key may write contacts"
        try:
            self._client.contacts.patch_record(NO_CONTACT, {"contact": {}}, self._client.user_ids[0])
        except AuthError as error:
            return Finding(what, ok=False, problem=error.message, mend="ask for a key that may write contacts")
        except RecordRefused as error:
            if error.status == FORBIDDEN:
                return Finding(what, ok=False, problem=error.message, mend="ask for a key that may write contacts")
        except RecordGone:
            pass
        except ConnectorError as error:
            return Finding(what, ok=False, problem=error.message, mend=ONLY_PROBE, fatal=False)
        return Finding(what, ok=True)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _reader(self) -> GrowthGeniusWindowReader:
        return GrowthGeniusWindowReader(self._client, self._clock, self._feed)

    def _server_now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.clock_offset())

    def _check_window(self, user: UserId) -> Finding:
        what = f"contacts as user {user}"
        now = self._server_now()
        try:
            for _ in self._reader().read(user, Window(now - RECENT)):
                pass
        except AuthError as error:
            return Finding(what, ok=False, problem=error.message, mend="put a valid api_key into the config file")
        except ConnectorError as error:
            return Finding(what, ok=False, problem=error.message, mend="look at base_url and user_id; try again later")
        return Finding(what, ok=True)

    def _check_users(self) -> Finding:
        what = "users, for the owners of contacts"
        self._users.forget()
        try:
            readable = self._users.readable()
        except ConnectorError as error:
            return Finding(what, ok=False, problem=error.message, mend="try again later", fatal=False)
        if readable:
            return Finding(what, ok=True)
        mend = "owners do not travel; ask GrowthGenius to enable integrations for the user"
        return Finding(what, ok=False, problem="no user can be read", mend=mend, fatal=False)
