"""What the engine asks of every system: the contract that a connector keeps.

A connector speaks to one account. It knows wire shapes, endpoints and quirks; it decides nothing about syncing.
Records pass through the engine as `Raw`, the decoded JSON object of the wire, and become people by `contact`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from connectors.companies import CompanyDirectory
from connectors.contact import Contact, Fields
from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from connectors.message_store import MessageStore

Raw = Mapping[str, Any]
"""One record as the wire shows it (unwrapped: the object that holds the fields)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span `[start, end)`; `end` None means "as far as the server has anything"."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """What a list holds and does not let be read: a row that is no record, or one that makes each answer fail.

    `key` names it by where it lies, the same in each reading; `within` is the span of time in which it lies, None where
    nothing tells.
    """

    key: str
    reason: str
    within: Window | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one answer, each with an id, the server's own time of that answer (R1), and what could not be read.

    `warnings` are about the list: what a person should know of it, though it was read.
    """

    records: Sequence[Raw]
    served_at: datetime
    unread: Sequence[UnreadableRow] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write led to: the record as the server shows it now, as complete as its answers were.

    `served_at` is the server's time of the answer. `refused` are the fields that the server was known or found not to
    take or not to clear, whatever it answered (R17); they were left out of the write.
    `rejected` are those of them whose value the server refused with an error, by its words: all else was written (R42).
    `edited` says that the record had to be read to learn that, and that by its times somebody had edited it by then:
    another value than was sent is that person's, and not what the server made of ours. `served_at` is the latest moment
    at which the write took effect, then. `doubtful` says that it had to be read, and that its times do not tell whether
    somebody had edited it by then.
    `unwritten` are fields that were not written after others were, because of `error`: they are still to be carried.
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
"""What a record's time is later than its server's word of a write by at most: that word tells whole seconds."""


def took_effect(updated_at: datetime | None, served_at: datetime) -> datetime:
    """Return the latest moment at which a write took effect: the record's time in its answer, else that of the answer.

    Where both are known they are of one server, and the record's is the finer one.
    """
    return served_at + AT_ONCE if updated_at is None else updated_at


def proves_unedited(answered: datetime | None, read: datetime | None) -> bool:
    """Say whether a record that was read shows the very time of the write before it, in parts of a second."""
    return answered is not None and answered == read and bool(answered.microsecond)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `sync check`: what was tried, whether it works, and how to mend it if not.

    `fixable` tells that `--fix` would mend it. `fatal` findings make an account unusable (exit 3); the others are
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
    """Calls made so far by one account, as `requests` in the run report counts them."""

    reads: int = 0
    writes: int = 0
    retries: int = 0
    throttled: int = 0


class Cache(Protocol):
    """Settings of an account that change rarely, kept in the state for a day: custom fields, users, location."""

    def get(self, key: str) -> Any | None:
        """Return the JSON value, or None when it is absent or older than a day."""

    def put(self, key: str, value: Any) -> None:
        """Remember a JSON value from now on."""

    def forget(self, key: str) -> None:
        """Drop it, because a write was refused on account of it."""


class Connector(Protocol):
    """One account of one system."""

    account: str  # the name in the config file
    system: str  # the kind of connector: "growthgenius", "growthhub"
    mappable_fields: frozenset[
        str
    ]  # canonical fields that this system can have a place for, whatever the account's scopes
    fields: frozenset[str]  # those of them that the account has a place for, as far as is known now
    fields_to_create: frozenset[str]  # fields whose place is not there by nature, but has to be made (R23)
    place_scope: str  # what a token needs to make places; "" where none are made
    write_scope: str  # what a token needs to write contacts; "" where no scopes are documented
    read_only: frozenset[str]  # those that it can show but not take
    never_empty: frozenset[str]  # those that can be set but not emptied (R17)
    consent_fields: frozenset[
        str
    ]  # fields that tell do_not_contact by "Do Not Contact", where it has no place of its own
    has_markers: bool  # whether its records carry a marker with the id at the other system
    call_counts: CallCounts

    @property
    def message_store(self) -> "MessageStore":
        """Its messages."""

    @property
    def companies(self) -> CompanyDirectory | None:
        """What it knows of companies; None where it is not asked for any."""

    @property
    def fields_without_place(self) -> frozenset[str]:
        """Return the fields that no record shows now: their place is still to be made, or cannot be read."""

    @property
    def owner_emails(self) -> frozenset[str] | None:
        """Return the addresses, in lower case, of whom a record can be given to, as far as is known without a call.

        None before they were asked for, which `missing_places` of "owner" does.
        """

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this account itself (location, users), as JSON, without a call (R28)."""

    def clock_offset(self) -> float:
        """Return seconds by which the server's clock is ahead of ours, 0.0 before the first answer (R1, R14)."""

    def read_window(self, window: Window) -> Iterator[Page]:
        """Yield every record changed in the window; the same record may come twice, the later one counts.

        To run to the end without an error *is* the proof that the window is complete. Pages may hold records outside
        the window. Raises IncompleteWindow when the proof fails, and AuthError, TransientError.
        """

    def read_record(self, record_id: str) -> Page:
        """Return one record by id, as a page of one. Raises RecordGone, AuthError, TransientError."""

    def to_contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Map a record to the canonical shape.

        `memory` is what an earlier mapping of it left, or empty. No call is made except, once a day, for the settings
        that the mapping needs (users, custom fields).
        """

    def to_outline(self, raw: Raw) -> Contact:
        """Map only what tells who a record is: addresses, names, numbers. No call is made.

        It is for records that cannot be read as a whole: their contact is known all the same (R7).
        """

    def digest(self, raw: Raw) -> bytes:
        """Return 16 bytes that change when the record changes, times and search positions left out."""

    def create_contact(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a person with these values (unknown and empty ones are left out), one call where the API allows it.

        Raises DuplicateRefused, RecordRefused, OutcomeUnknown, AuthError, TransientError (the last two and
        the refusals mean: surely not created).
        """

    def update_contact(
        self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None
    ) -> WriteResult:
        """Set only these fields of the record that `current` shows.

        None empties a field, sets are given as they shall be.

        Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def delete_contact(self, record_id: str) -> None:
        """Delete a record; one that is gone already is deleted.

        Raises RecordRefused, OutcomeUnknown, AuthError, TransientError.
        """

    def values_after_write(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> Fields:
        """Return, for each field of `changes`, what the server holds in the place that was written (R21).

        It differs from `contact` only where a write moves another value into view: clearing the number that was
        `phone` at GrowthGenius promotes the next one, which is an observation of its own, not the answer to what was
        sent.
        """

    def filled_in(self, sent: Fields) -> Fields:
        """Return what the server itself fills in where a record is created with these values, as far as is known.

        No call is made except, once a day, for the settings that this needs (users, location).
        """

    def find_candidates(self, sent: Fields, marker: str | None, since: datetime | None) -> Sequence[Raw]:
        """Look for a person on the server itself, not in what was read.

        Before a create, and after one whose answer never came. `since` is when that create was sent (server's time),
        None before a first try. Records are candidates; the caller decides. Raises AuthError, TransientError.
        """

    def create_places(self, names: frozenset[str]) -> Sequence[str]:
        """Make the custom fields that values of these canonical fields need (R23); return the keys that were made.

        Fields whose place cannot be made (no scope) leave `fields` from then on.
        """

    def recheck_places(self, *, retry: bool) -> None:
        """Ask again what the account has a place for, since a value is owed to it (R41). Raises TransientError.

        With `retry`, the next `prepare` tries again to make what could not be made before.
        """

    def missing_places(self, names: frozenset[str]) -> Sequence[str]:
        """Return the keys that `prepare` would make, without making them."""

    def count_write_calls(self, current: Raw | None, changes: Fields) -> int:
        """Return how many writing calls `create` (no current) or `update` would make; for the price of a plan."""

    def count_lookups(self, sent: Fields, *, asked: bool) -> int:
        """Return how many calls `find` makes before a first create; `asked` when it was called in this run already."""

    def check_account(self, fix: bool) -> Sequence[Finding]:
        """Try the account: credentials, scopes, custom fields. Changes nothing unless `fix`."""

    def check_writing(self) -> Finding:
        """Say whether contacts may be written, as far as the server tells it without anything being written."""

    def close(self) -> None:
        """Give the connections back."""
