"""The contacts of the GrowthHub sandbox, and the edits of its users.

Rules kept here: every version goes to the search index and shows there after its lag. E-mail and phone are found in the
records themselves, like the server's own look-up for duplicates. Edits by users are not checked for duplicates.
"""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

from connectors.growthhub.sandbox import records
from connectors.growthhub.sandbox.events import kind_of_change
from connectors.growthhub.sandbox.index import Record, SearchIndex
from connectors.sandbox.base import Sandbox
from connectors.values import instant

LOCATION = "ve9EPM428h8vShlRW1KT"
TOKEN = "pit-00000000-0000-4000-8000-000000000000"  # noqa: S105 (invented)

ADDITIONAL = {"email": "additionalEmails", "phone": "additionalPhones"}
"""Where a contact shows additional e-mails or numbers."""

EventListener = Callable[[str, Mapping[str, Any], datetime], None]
"""Receives events: the type, the record, and the server's time."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 20


@dataclass(slots=True)
class Quirks:
    """Behaviour of a live location that the documents do not settle.

    `index_lag` is in seconds, 12 to 60 in field reports. `drops` are properties and custom keys that writes ignore
    silently; `ignores_clears` keeps what is to be emptied, `ignores_nulls` what is to be emptied with null.
    `refuses_yet_creates` is the number of creates that answer 422 and take effect. `put_lacks` are keys that the
    answers of PUT do not show. `scopes_missing` are the scopes that the token lacks.

    For messages: `export_dates` selects the time that the export's dates mean. `message_lag` is in seconds. `total_cap`
    is where it stops counting. A cursor lives `cursor_life` seconds since its last use. E-mails of a thread are one
    message, with the `dateAdded` of the last one if `threads_move`. `provider_kind` is what the conversation provider
    makes of a recorded message. `silent_inbound` is the number of them that are answered with nothing and not kept.
    """

    index_lag: float = 0.0
    largest_page: int = 500
    silent_page_cap: int | None = None
    search_after: bool = True
    total: bool = True
    company_in_put: bool = True
    unknown_custom_refused: bool = False
    ignores_clears: bool = False
    ignores_nulls: bool = False
    tags_echo: bool = False
    refuses_yet_creates: int = 0
    drops: frozenset[str] = frozenset()
    unknown_properties: frozenset[str] = frozenset()
    put_lacks: frozenset[str] = frozenset()
    scopes_missing: frozenset[str] = frozenset()
    html_notes: bool = False
    longest_note: int | None = None
    note_lacks: frozenset[str] = frozenset()
    export_dates: Literal["dateAdded", "createdAt", "sorted"] = "dateAdded"
    export_ends_excluded: bool = False
    message_lag: float = 0.0
    export_total: bool = True
    total_cap: int | None = None
    largest_export: int = 500
    cursor_life: float | None = 120.0
    threads_move: bool = True
    alt_id_shown: bool = True
    provider_kind: Literal["SMS", "Email"] = "SMS"
    silent_inbound: int = 0


class SandboxContacts(Sandbox):
    """One location with its contacts, custom fields and users.

    `unsubscribed` and `bounced` are addresses in lower case. Only the answer to a create shows that an address is in
    them.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        location_id: str = LOCATION,
        country: str = "US",
        allow_duplicates: bool = False,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.token = token
        self.location_id = location_id
        self.country = country
        self.allow_duplicates = allow_duplicates
        self.unique_identifiers = ["email", "phone"]
        self.unsubscribed: set[str] = set()
        self.bounced: set[str] = set()
        self.users: list[dict[str, Any]] = []
        self.quirks = Quirks()
        self.fields: dict[str, records.Field] = {}
        self._records: MutableMapping[str, Record] = {}
        self._identities: dict[tuple[str, str], dict[str, None]] = {}
        self._index = SearchIndex()
        self._made = 0
        self.send_event: EventListener | None = None

    def add(self, *, custom: Mapping[str, Any] | None = None, **properties: Any) -> str:
        """Add a contact as a user, and return its id. `custom` is by fieldKey. dateAdded and dateUpdated may be set."""
        with self.lock:
            return self._add(properties, self._custom_by_key(custom or {}))

    def edit(self, record_id: str, *, custom: Mapping[str, Any] | None = None, **properties: Any) -> None:
        """Set properties of a contact as a user (tags as a whole; None empties)."""
        with self.lock:
            self._change(record_id, properties, self._custom_by_key(custom or {}))

    def remove(self, record_id: str) -> None:
        """Delete a contact as a user. Raises KeyError for an unknown one."""
        with self.lock:
            self._delete(record_id)

    def merge(self, kept: str, gone: str) -> None:
        """Merge two contacts as the user interface does.

        Blanks are filled, tags united, and the rest is kept as additional values.
        """
        with self.lock:
            winner, loser = self._records[kept], self._records[gone]
            filled = {key: value for key, value in loser.items() if value and not winner.get(key)}
            custom = {**loser["customFields"], **winner["customFields"]}
            beside = {key: _additional_values(winner, loser, one) for one, key in ADDITIONAL.items()}
            self._delete(gone)
            tags = records.lower_tags([*winner["tags"], *loser["tags"]])
            self._change(kept, {**filled, "tags": tags, **beside}, custom)

    def person(self, record_id: str) -> dict[str, Any]:
        """Return a contact as GET shows it. Raises KeyError for an unknown one."""
        with self.lock:
            return records.by_id(self._records[record_id])

    def people(self) -> list[dict[str, Any]]:
        """Return all contacts as GET shows them, in the order of their creation."""
        with self.lock:
            return [records.by_id(record) for record in self._records.values()]

    def custom(self, record_id: str, key: str) -> Any:
        """Return a contact's custom value by fieldKey, None when it is empty."""
        with self.lock:
            field = self.field(key)
            return self._records[record_id]["customFields"].get(field.id) if field else None

    def field(self, key: str) -> records.Field | None:
        """Return a custom field by fieldKey."""
        return next((each for each in self.fields.values() if each.key == key), None)

    def add_field(self, name: str, kind: str = "TEXT", key: str | None = None, options: tuple[str, ...] = ()) -> str:
        """Create a custom field and return its id.

        The key comes from the name, with a number behind it when it is taken.
        """
        with self.lock:
            slug = key or "contact." + re.sub(r"\W+", "_", name.strip().lower())
            taken = {each.key for each in self.fields.values()}
            free = slug if slug not in taken else f"{slug}_{len(taken)}"
            field = records.Field(self._new_id(), free, name, kind, 50 * len(self.fields), options)
            self.fields[field.id] = field
            return field.id

    def remove_field(self, key: str) -> None:
        """Delete a custom field, and its values."""
        with self.lock:
            field = self.field(key)
            if field is None:
                raise KeyError(key)
            del self.fields[field.id]
            for record_id, record in list(self._records.items()):
                if field.id in record["customFields"]:
                    self._change(record_id, {}, {field.id: None})

    def add_user(self, address: str, *, deleted: bool = False) -> str:
        """Add a user of the location, return the id."""
        with self.lock:
            user = {"id": self._new_id(), "name": address.partition("@")[0], "email": address, "deleted": deleted}
            self.users.append(user)
            return str(user["id"])

    def _now(self) -> int:
        return instant.to_ms(self.server_now())

    def _trace(self) -> str:
        return f"00000000-0000-4000-8000-{len(self.calls):012d}"

    def _new_id(self) -> str:
        self._made += 1
        number = int.from_bytes(blake2b(str(self._made).encode(), digest_size=16).digest())
        letters = []
        for _ in range(_ID_LENGTH):
            number, digit = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[digit])
        return "".join(letters)

    def _custom_by_key(self, custom: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for key, value in custom.items():
            field = self.field(key)
            found[field.id if field else self.add_field(key.removeprefix("contact."), key=key)] = value
        return found

    def _known(self, identifier: str, value: str | None) -> list[str]:
        return list(self._identities.get((identifier, value.lower()), ())) if value else []

    def _add(self, properties: Mapping[str, Any], custom: Mapping[str, Any]) -> str:
        now, record_id = self._now(), self._new_id()
        record = {
            "id": record_id,
            "locationId": self.location_id,
            "type": "lead",
            "dnd": False,
            "country": self.country,
            **self._by_hand(properties),
            "tags": records.lower_tags(properties.get("tags") or []),
            "customFields": {key: value for key, value in custom.items() if value not in (None, "", [])},
        }
        record["country"] = record["country"] or self.country
        self._keep({"dateAdded": now, "dateUpdated": record.get("dateAdded", now), **record})
        self._tell("ContactCreate", self._records[record["id"]])
        return record_id

    def _change(self, record_id: str, properties: Mapping[str, Any], custom: Mapping[str, Any]) -> None:
        record = self._records[record_id]
        merged = {**record["customFields"], **custom}
        changed = {
            **record,
            "dateUpdated": max(self._now(), record["dateUpdated"]),
            **self._by_hand(properties),
            "customFields": {key: value for key, value in merged.items() if value not in (None, "", [])},
        }
        changed["tags"] = records.lower_tags(changed["tags"] or [])
        changed["id"] = record_id
        self._forget_identity(record)
        self._keep(changed)
        self._tell(kind_of_change(record, changed), changed)

    def _by_hand(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return properties as they are stored: possible numbers as E.164, times in milliseconds."""
        kept = dict(properties)
        if kept.get("phone"):
            with suppress(ValueError):
                # Users import values that are no numbers.
                kept["phone"] = records.e164(kept["phone"], kept.get("country") or self.country)
        for key in ("dateAdded", "dateUpdated"):
            if key in kept:
                kept[key] = _milliseconds(kept[key])
        return kept

    def _tell(self, kind: str, record: Mapping[str, Any]) -> None:
        """Report an event, if there is a listener."""
        if self.send_event is not None:
            self.send_event(kind, record, self.server_now())

    def _keep(self, record: Record) -> None:
        self._records[record["id"]] = record
        for key in _identities(record):
            self._identities.setdefault(key, {})[record["id"]] = None
        self._index.put(self._due(), record["id"], record)

    def _delete(self, record_id: str) -> None:
        record = self._records.pop(record_id)
        self._forget_identity(record)
        self._index.put(self._due(), record_id, None)
        self._tell("ContactDelete", record)

    def _forget_identity(self, record: Record) -> None:
        for key in _identities(record):
            self._identities.get(key, {}).pop(record["id"], None)

    def _due(self) -> int:
        return self._now() + round(self.quirks.index_lag * 1000)


def _identities(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the values that identify a contact. An additional e-mail counts too, as it does for an upsert."""
    emails = [record.get("email"), *(each["email"] for each in record.get("additionalEmails") or ())]
    yield from (("email", str(email).lower()) for email in emails if email)
    if record.get("phone"):
        yield "phone", str(record["phone"]).lower()


def _additional_values(winner: Record, loser: Record, identifier: str) -> list[dict[str, Any]]:
    """Return what a merged contact keeps besides its own e-mail or number."""
    beside = [*(winner.get(ADDITIONAL[identifier]) or ()), *(loser.get(ADDITIONAL[identifier]) or ())]
    own, other = winner.get(identifier), loser.get(identifier)
    return [*beside, {identifier: other}] if own and other and own != other else beside


def _milliseconds(moment: Any) -> int:
    if isinstance(moment, int):
        return moment
    found = moment if isinstance(moment, datetime) else instant.parse(moment)
    if found is None:
        raise ValueError(f"no time: {moment!r}")
    return instant.to_ms(found)
