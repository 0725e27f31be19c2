"""The contract of a connector: what the engine asks of every system (R30).

A connector speaks to one account. It knows the wire format, the endpoints and their quirks. It decides nothing about
syncing. The engine passes records on as `Raw`, the decoded JSON objects, and maps them by `Connector.to_contact`.
Times are aware and UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from connectors.companies import CompanyDirectory
from connectors.contact import Contact, Fields
from connectors.errors import ConnectorError
from connectors.fields import Place
from connectors.message_store import MessageStore
from connectors.records import Page, Raw, Window

if TYPE_CHECKING:
    from connectors.bulk import BulkWriter


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of a write: the record as the server shows it now, as complete as its answers were.

    `served_at` is the server's time of the answer. `refused` are the fields that the server is known not to take or not
    to clear, whatever it answered; they were left out of the write (R17). `rejected` are those of them that the server
    refused with an error, with its words; the other fields were written (R42).
    `edited`: the record was read to find that out, and by its times a user edited it meanwhile. Then a value that
    differs from the sent one is that user's, and `served_at` is the latest moment at which the write took effect.
    `doubtful`: the record was read, and its times do not say whether a user edited it meanwhile.
    `unwritten` are fields that were not written after others were, because of `error`. They are still to be carried.
    """

    raw: Raw
    served_at: datetime
    refused: frozenset[str] = frozenset()
    edited: bool = False
    rejected: Mapping[str, str] = field(default_factory=dict)
    doubtful: bool = False
    unwritten: frozenset[str] = frozenset()
    error: ConnectorError | None = None


AT_ONCE: Final = timedelta(seconds=1)
"""How much later the time of a record may be than the `Date` of the answer to its write, which has whole seconds."""


def took_effect(updated_at: datetime | None, served_at: datetime) -> datetime:
    """Return the latest moment at which a write took effect: the record's time in the answer, else that of the answer.

    Both times are of the same server; the record's is more precise.
    """
    return served_at + AT_ONCE if updated_at is None else updated_at


def proves_unedited(answered: datetime | None, read: datetime | None) -> bool:
    """Say whether a record that was read shows exactly the time of the write before it, in fractions of a second."""
    return answered is not None and answered == read and bool(answered.microsecond)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `sync check`: what was tried, whether it works, and in `mend` how to correct it.

    `fixable` says that `--fix` corrects it. With a `fatal` finding the account cannot be used (exit 3); the others are
    advice.
    """

    what: str
    ok: bool
    problem: str = ""
    mend: str = ""
    fixable: bool = False
    fatal: bool = True


@dataclass(slots=True)
class CallCounts:
    """The calls of one account so far, as `requests` in the run report counts them."""

    reads: int = 0
    writes: int = 0
    retries: int = 0
    throttled: int = 0


class Cache(Protocol):
    """Settings of an account that change rarely (custom fields, users, location), kept in the state for a day."""

    def get(self, key: str) -> Any | None:
        """Return the JSON value, None when it is absent or older than a day."""

    def put(self, key: str, value: Any) -> None:
        """Store a JSON value."""

    def forget(self, key: str) -> None:
        """Remove a value, because a write was refused on account of it."""


class Connector(Protocol):
    """One account of one system. What the system cannot do, the attributes say (R30)."""

    account: str
    """The name of the account in the config file."""
    system: str
    """The kind of system, as the registry names it (connectors.registry)."""
    mappable_fields: frozenset[str]
    """The canonical fields that this system can hold, whatever the account's scopes."""
    fields_to_create: frozenset[str]
    """The fields that need a custom field, which has to be created first (R23)."""
    never_empty: frozenset[str]
    """The fields that can be set but not emptied (R17)."""
    consent_fields: frozenset[str]
    """The fields that say do_not_contact by the value "Do Not Contact", where that has no place of its own."""
    lists_only: bool
    """Whether it has no windows: `read_window` yields everything, whatever the window, and the digest alone shows what
    changed (R32)."""
    derived: frozenset[str]
    """The fields that it derives from another one: they fill blanks of the other side, and replace nothing (R36)."""
    has_markers: bool
    """Whether its records have a place for a marker, the source id of the counterpart (R31)."""
    guessed: frozenset[str]
    """The fields that the server may fill with values of its own when a contact is created (R35)."""
    can_delete: bool
    """Whether the API deletes contacts."""
    place_scope: str
    """The scope that a token needs to create places; "" where none are created."""
    write_scope: str
    """The scope that a token needs to write contacts; "" where no scopes are documented."""
    unlisted: frozenset[str]
    """The fields that no row of a list shows, though the record does. The digest changes with any change then (R39)."""
    call_counts: CallCounts

    @property
    def fields(self) -> frozenset[str]:
        """Return those mappable fields that the account has a place for, as far as is known now."""

    @property
    def read_only(self) -> frozenset[str]:
        """Return the fields that the system shows but does not take."""

    @property
    def mapped_places(self) -> Mapping[str, Place]:
        """Return the places of the fields that convert by their type, as far as they are known without a call (R47).

        The same object as long as nothing changed.
        """

    def place_ids(self) -> Mapping[str, str]:
        """Return the id of the custom field of each field that has one, {} where keys name a place in one way alone.

        Raises TransientError.
        """

    def list_places(self) -> Sequence[Place]:
        """Return every place that the account has for a value of a contact. Raises AuthError, TransientError."""

    @property
    def message_store(self) -> MessageStore:
        """Return its messages."""

    @property
    def bulk(self) -> "BulkWriter | None":
        """Return its bulk writer, None where it takes contacts one by one (R34)."""

    @property
    def companies(self) -> CompanyDirectory | None:
        """Return its look-up of companies, None where it has none."""

    @property
    def fields_without_place(self) -> frozenset[str]:
        """Return the fields that no record shows now: their place does not exist yet, or cannot be read (R41)."""

    @property
    def owner_emails(self) -> frozenset[str] | None:
        """Return the e-mail addresses, in lower case, of the users that can own a record. No call is made.

        None before they were read, which `missing_places` of "owner" does.
        """

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this account itself (location, users), as JSON, without a call (R28)."""

    def clock_offset(self) -> float:
        """Return by how many seconds the server's clock is ahead of ours, 0.0 before the first answer (R1, R14)."""

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield every record changed in the window. The same record may come twice; the later one counts.

        Reaching the end without an error is the proof that the window is complete (R43). Pages may hold records outside
        the window. Raises IncompleteWindow when the proof fails, and AuthError, TransientError.
        """

    def read_record(self, record_id: str) -> Page:
        """Return one record by id, as a page of one. Raises RecordGone, AuthError, TransientError."""

    def to_contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Map a record to the canonical shape, with the fields that are computed from others (R48).

        `memory` is that of an earlier mapping of the record, or empty. No call is made except, once a day, for the
        settings that the mapping needs (users, custom fields).
        """

    def to_outline(self, raw: Raw) -> Contact:
        """Map only what identifies a contact: addresses, names, numbers. No call is made.

        It serves for records that cannot be mapped as a whole, so that pairing knows their contact (R7).
        """

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes that change when the record changes, without its times and search positions."""

    def missing_key(self, fields: Fields) -> str:
        """Return why no contact with these values can be created here, "" where it can (R37).

        The text completes "left out: ", like "no phone number, which Whautomate needs".
        """

    def create_contact(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a contact with these values, in one call where the API allows it. Empty values are left out.

        Raises OutcomeUnknown; and DuplicateRefused, RecordRefused, AuthError, TransientError, after which the contact
        surely does not exist.
        """

    def update_contact(
        self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None
    ) -> WriteResult:
        """Set only these fields of the record that `current` shows. None empties a field; sets are complete.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def delete_contact(self, record_id: str) -> None:
        """Delete a record. One that is gone already counts as deleted.

        Raises RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def values_after_write(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> Fields:
        """Return, for each field of `changes`, what the server holds in the place that was written (R21).

        Besides, what it makes by itself of other fields because of that (R36): a state that it infers from a city.

        It differs from `to_contact` only where a write changes which value a field shows: where the number that was
        `phone` is cleared, the next number becomes `phone`. That is an observation, not the answer to what was sent.
        """

    def filled_in(self, sent: Fields) -> Fields:
        """Return what the server itself fills in when a record is created with these values, as far as is known (R35).

        No call is made except, once a day, for the settings that this needs (users, location).
        """

    def find_candidates(self, sent: Fields, marker: str | None, since: datetime | None) -> Sequence[Raw]:
        """Look for a contact on the server itself: before a create, and after one without an answer (R20).

        `since` is when that create was sent (server's time), None before a first try. The caller decides which of the
        records is the contact. Raises AuthError, TransientError.
        """

    def create_places(self, names: frozenset[str]) -> Sequence[str]:
        """Create the custom fields that values of these canonical fields need (R23); return the created keys.

        Fields that get no place, because a scope is missing, leave `fields` from then on.
        """

    def recheck_places(self, *, retry: bool) -> None:
        """Ask again what the account has a place for, because a value is owed to it (R41). Raises TransientError.

        With `retry`, the next `create_places` tries again what failed before.
        """

    def missing_places(self, names: frozenset[str]) -> Sequence[str]:
        """Return the keys that `create_places` would create, without creating them."""

    def count_write_calls(self, current: Raw | None, changes: Fields) -> int:
        """Return how many writing calls an update of `current` makes, or a create without it: the price of a plan."""

    def count_lookups(self, sent: Fields, *, asked: bool) -> int:
        """Return how many calls `find_candidates` makes before a first create; `asked`: it ran in this run already."""

    def check_account(self, fix: bool) -> Sequence[Finding]:
        """Try the account: credentials, scopes, custom fields. Change nothing unless `fix`."""

    def check_writing(self) -> Finding:
        """Say whether contacts may be written, as far as the server shows that without a write."""

    def close(self) -> None:
        """Close the HTTP connections."""
