"""A connector that keeps its contacts in memory, for tests of what the engine does with them.

It keeps the whole contract of connectors.connector, without HTTP and without a wire format of its own: a record is a
JSON object with the canonical names. `fail` lets the next call of one kind end in an error.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from connectors.clock import Clock
from connectors.connector import CallCounts, Finding, WriteResult
from connectors.contact import FIELDS, PHONE_SLOTS, Contact, Fields, Value
from connectors.errors import ConnectorError, OutcomeUnknown, RecordGone
from connectors.fields import Place
from connectors.records import Page, Raw, Window
from tests.memory_messages import MemoryMessageStore

if TYPE_CHECKING:
    from connectors.bulk import BulkWriter
    from connectors.companies import CompanyDirectory
    from connectors.message_store import MessageStore

ALL_FIELDS: Final = frozenset(FIELDS)
PAGE: Final = 3


class MemoryConnector:
    """One account. `records` are its contacts by id; `calls` are the calls that were made: name and record id."""

    system = "memory"
    can_delete = True
    guessed: frozenset[str] = frozenset()
    bulk: "BulkWriter | None" = None
    read_only: frozenset[str] = frozenset()
    consent_fields: frozenset[str] = frozenset()
    place_scope = ""
    write_scope = ""
    companies: "CompanyDirectory | None" = None
    lists_only = False
    derived: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    """The fields that no row of `read_window` shows."""
    needed: str = ""
    """The field without which no contact can be created here."""

    def __init__(self, account: str, clock: Clock, *, markers: bool = False) -> None:
        self.account = account
        self.has_markers = markers
        self.mappable_fields = self.fields = ALL_FIELDS
        self.fields_to_create: frozenset[str] = frozenset()
        self.fields_without_place: frozenset[str] = frozenset()
        self.never_empty: frozenset[str] = frozenset()
        self.mapped_places: Mapping[str, Place] = {}
        self.owner_emails: frozenset[str] | None = None
        self.call_counts = CallCounts()
        self.records: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.message_store: MessageStore = MemoryMessageStore(account, clock, lists_copies=not markers)
        self._clock = clock
        self._errors: dict[str, list[ConnectorError]] = {}
        self._ids = count(1)

    def add(self, **fields: Value) -> str:
        """Let a user create a contact; return its id."""
        return self._store(f"{self.account}-{next(self._ids)}", fields)

    def edit(self, record_id: str, **fields: Value) -> None:
        """Let a user change a contact."""
        self._store(record_id, fields)

    def fail(self, call: str, error: ConnectorError) -> None:
        """Let the next call of a kind ("read_record", "update_contact") end in an error.

        A write with an unknown outcome takes effect all the same.
        """
        self._errors.setdefault(call, []).append(error)

    def shown(self, record_id: str) -> dict[str, Value]:
        """Return the fields of a record, without empty ones."""
        return {name: value for name, value in self.to_contact(self.records[record_id], {}).fields.items() if value}

    def place_ids(self) -> Mapping[str, str]:
        """Return nothing: a place has one key."""
        return {}

    def list_places(self) -> Sequence[Place]:
        return [Place(name, name) for name in FIELDS]

    def identity(self) -> Mapping[str, Any]:
        return {"account": self.account}

    def clock_offset(self) -> float:
        return 0.0

    def read_window(self, window: Window) -> Iterator[Page]:
        self._call("read_window")
        found = [raw for raw in self.records.values() if self.lists_only or _is_within(window, raw)]
        for start in range(0, max(1, len(found)), PAGE):
            yield Page([{**raw, "row": True} for raw in found[start : start + PAGE]], self._clock.now())

    def read_record(self, record_id: str) -> Page:
        self._call("read_record", record_id)
        return Page([dict(self._record(record_id))], self._clock.now())

    def to_contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        hidden = {*self.fields_without_place, *(self.hidden if raw.get("row") else ()), *raw.get("illegible", ())}
        fields = {name: _value(raw.get(name)) for name in self.fields - hidden}
        phones = {fields.get(name) for name in ("phone", *PHONE_SLOTS)}
        address = fields.get("email")
        return Contact(
            str(raw["id"]), fields, _time(raw, "created_at"), _time(raw, "updated_at"), raw.get("marker"),
            tuple(sorted(each for each in phones if isinstance(each, str))),
            emails=(address,) if isinstance(address, str) else (), left_out=raw.get("left_out", ""),
            illegible=tuple(raw.get("illegible", ())),
        )  # fmt: skip

    def to_outline(self, raw: Raw) -> Contact:
        return self.to_contact(raw, {})

    def digest(self, raw: Raw) -> bytes:
        shown = {
            name: value for name, value in raw.items() if name not in {"updated_at", "created_at", "row"} and value
        }
        return blake2b(json.dumps(shown, sort_keys=True).encode(), digest_size=16).digest()

    def missing_key(self, fields: Fields) -> str:
        return f"it needs {self.needed}" if self.needed and not fields.get(self.needed) else ""

    def create_contact(self, changes: Fields, marker: str | None) -> WriteResult:
        lost = self._write_call("create_contact")
        record_id = self._store(f"{self.account}-{next(self._ids)}", changes, marker)
        return self._answer(record_id, lost)

    def update_contact(
        self,
        current: Raw,
        memory: Mapping[str, Any],
        changes: Fields,
        marker: str | None,
    ) -> WriteResult:
        record_id = str(current["id"])
        lost = self._write_call("update_contact", record_id)
        self._record(record_id)
        self._store(record_id, changes, marker)
        return self._answer(record_id, lost)

    def delete_contact(self, record_id: str) -> None:
        lost = self._write_call("delete_contact", record_id)
        self.records.pop(record_id, None)
        if lost is not None:
            raise lost

    def values_after_write(self, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> Fields:
        shown = self.to_contact(raw, memory).fields
        return {name: shown[name] for name in changes if name in shown}

    def filled_in(self, sent: Fields) -> Fields:
        return {}

    def find_candidates(self, sent: Fields, marker: str | None, since: datetime | None) -> Sequence[Raw]:
        self._call("find_candidates")
        keys = [("email", sent.get("email")), ("phone", sent.get("phone")), ("marker", marker)]
        return [dict(raw) for raw in self.records.values() if any(key and raw.get(name) == key for name, key in keys)]

    def create_places(self, names: frozenset[str]) -> Sequence[str]:
        created = sorted(names & self.fields_without_place)
        self.fields_without_place -= names
        return created

    def recheck_places(self, *, retry: bool) -> None:
        pass

    def missing_places(self, names: frozenset[str]) -> Sequence[str]:
        return sorted(names & self.fields_without_place)

    def count_write_calls(self, current: Raw | None, changes: Fields) -> int:
        return 1 if changes else 0

    def count_lookups(self, sent: Fields, *, asked: bool) -> int:
        return 1

    def check_account(self, fix: bool) -> Sequence[Finding]:
        return [Finding("the account is in memory", ok=True)]

    def check_writing(self) -> Finding:
        return Finding("contacts may be written", ok=True)

    def close(self) -> None:
        pass

    def _call(self, name: str, record_id: str = "") -> None:
        self.calls.append((name, record_id))
        self.call_counts.reads += 1
        if errors := self._errors.get(name):
            raise errors.pop(0)

    def _write_call(self, name: str, record_id: str = "") -> ConnectorError | None:
        """Note a write; return the error that ends it after it took effect. Raises the one that prevents it."""
        self.calls.append((name, record_id))
        self.call_counts.writes += 1
        error = self._errors[name].pop(0) if self._errors.get(name) else None
        if error is not None and not isinstance(error, OutcomeUnknown):
            raise error
        return error

    def _record(self, record_id: str) -> dict[str, Any]:
        if record_id not in self.records:
            raise RecordGone(self.account, f"{record_id} does not exist")
        return self.records[record_id]

    def _store(self, record_id: str, fields: Fields, marker: str | None = None) -> str:
        now = self._clock.now().isoformat()
        old = self.records.get(record_id, {"id": record_id, "created_at": now})
        marked = {"marker": marker} if marker is not None else {}
        shown = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
        self.records[record_id] = {**old, **shown, **marked, "updated_at": now}
        return record_id

    def _answer(self, record_id: str, lost: ConnectorError | None) -> WriteResult:
        if lost is not None:
            raise lost
        return WriteResult(dict(self.records[record_id]), self._clock.now() + timedelta(seconds=1))


def _value(content: Any) -> Value:
    return tuple(content) or None if isinstance(content, list) else content


def _time(raw: Raw, name: str) -> datetime | None:
    return datetime.fromisoformat(raw[name]) if raw.get(name) else None


def _is_within(window: Window, raw: Raw) -> bool:
    changed = datetime.fromisoformat(raw["updated_at"])
    return window.start <= changed and (window.end is None or changed < window.end)
