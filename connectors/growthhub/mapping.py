"""Map a GrowthHub contact to the canonical shape.

Rules kept here: R16 (phone numbers; the E.164 form of a number that needed a country is remembered with the raw text,
so that a changed country changes no number), R17 (values that mean nothing elsewhere are unmapped) and R38 (consent).
An owner is unknown where users cannot be read.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from connectors.contact import FIELDS, PHONE_SLOTS, Contact, Fields, Value
from connectors.fields import Compute, compute_nothing
from connectors.growthhub import consent as wishes
from connectors.growthhub.field_readers import READERS, Read, read_line
from connectors.growthhub.places import NOT_IN_ROWS, CustomField, MappedPlace
from connectors.growthhub.source_places import shown_source_id
from connectors.growthhub.tag_groups import TagGroups
from connectors.growthhub.wire_record import (
    CONSENT,
    IDENTIFYING,
    NATIVE,
    NO_PLACES,
    TWINS,
    additional_emails,
    additional_phones,
    custom_values,
    has_legible_custom_fields,
    illegible,
    illegible_names,
    is_empty,
    is_row,
    unknown_names,
)
from connectors.records import Raw
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import consent, country, email, instant, person_name, phone, text
from connectors.values.text import UNKNOWN, Reading, Unmapped

PHONES = frozenset({"phone", *PHONE_SLOTS})

REMEMBERED = 64
EMAIL_REFUSED = "email_refused"
"""The key in a record's memory that says its address was unsubscribed or bounced when it was created.

Only the answer to the create shows that.
"""
_VALUES = (str, tuple)
NO_GROUPS = TagGroups({})


class Owners(Protocol):
    """Finds users by their id, which `assignedTo` holds."""

    def is_readable(self) -> bool:
        """Say whether any user is known."""

    def email_of(self, user_id: str) -> str | None:
        """Return the address of a user, None for an unknown one."""


class NoOwners:
    """Knows no users and makes no calls."""

    def is_readable(self) -> bool:
        """Say that no user is known."""
        return False

    def email_of(self, user_id: str) -> str | None:  # noqa: ARG002 - nothing is known of any user
        """Return None, because no user is known."""
        return None


class Mapper:
    """Maps contacts of one location.

    `names` are the fields that it may show, `region` is the country of the connection (alpha-2). `groups` are fields
    that are stored as tags. `channels` are those in which a block means "do not contact". `sources` is the account of
    source ids.
    """

    def __init__(
        self,
        region: str,
        places: Mapping[str, CustomField],
        names: frozenset[str],
        owners: Owners,
        groups: TagGroups = NO_GROUPS,
        *,
        channels: Collection[str] = wishes.DEFAULT,
        sources: SourceAccount = NO_ACCOUNT,
        mapped: Mapping[str, MappedPlace] = NO_PLACES,
        compute: Compute = compute_nothing,
    ) -> None:
        self._sources = sources
        self._compute = compute
        self._region = region
        self._channels = channels
        self._groups = groups
        self._owners = owners
        self._names = names
        self._blank: dict[str, Value] = {name: None for name in FIELDS if name in names}
        self._blank |= {name: None for name, one in mapped.items() if one.id or one.place.key not in NOT_IN_ROWS}
        self._natives = {name: one.place.key for name, one in mapped.items() if not one.id}
        self._shown_only = frozenset(mapped) - self._blank.keys()
        self._recent: dict[int, tuple[Raw, Mapping[str, Any], Contact]] = {}
        self._place_names: dict[str, list[str]] = {}
        for name, field in places.items():
            self._place_names.setdefault(field.id, []).append(name)
        self._readers: dict[str, Read | None] = {name: READERS.get(name, read_line) for name in (*NATIVE, *places)}
        self._readers |= {"owner": self._owner} | dict.fromkeys(PHONES)
        self._readers |= {name: None if one.type == "phone" else one.decode for name, one in mapped.items()}

    def contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Return the contact that a record shows.

        The last few are cached, because a write looks at a record several times.
        """
        known = self._recent.get(id(raw))
        if known is not None and known[0] is raw and known[1] == memory:
            return known[2]
        contact = self._map(raw, memory)
        if len(self._recent) >= REMEMBERED:
            self._recent.clear()
        self._recent[id(raw)] = raw, memory, contact
        return contact

    def _map(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        values = self._values(raw)
        refused = bool(memory.get(EMAIL_REFUSED)) or wishes.is_refused_at_creation(raw)
        if wishes.forbids(raw, self._channels, refused=refused):
            values[CONSENT] = consent.SET
        code = country.to_alpha2(str(values["country"])) if "country" in values else None
        numbers = _Numbers((code, self._region), _remembered_numbers(memory))
        fields, unmapped = self._read_values(values, numbers)
        if self._shown_only and not is_row(raw):
            fields |= {name: None for name in self._shown_only if name not in fields and name not in unmapped}
        _tidy_names(fields)
        for name in (*unknown_names(raw), *illegible_names(raw), *self._unread_places(raw)):
            if name != CONSENT or fields.get(name) is None:
                fields.pop(name, None)
        if self._groups.names:
            self._split_off_groups(fields)
        numbers.extend(additional_phones(raw))
        source_id = shown_source_id(values, self._sources)
        contact = Contact(
            id=str(raw.get("id")),
            fields=fields,
            created_at=instant.parse(raw.get("dateAdded")),
            updated_at=instant.parse(raw.get("dateUpdated")),
            marker=self._sources.read(source_id),
            is_marker_bare=self._sources.is_bare(source_id),
            phones=tuple(numbers.possible),
            unmapped=unmapped,
            memory={
                **({"e164": numbers.derived} if numbers.derived else {}),
                **({EMAIL_REFUSED: True} if refused else {}),
            },
            emails=tuple(each for found in (raw.get("email"), *additional_emails(raw)) for each in email.all_in(found)),
            illegible=illegible(raw),
        )
        return self._compute(contact)

    def _read_values(self, values: Mapping[str, Any], numbers: "_Numbers") -> tuple[dict[str, Value], dict[str, str]]:
        """Return the readable fields, blanks included, and the raw texts of the unmapped ones."""
        fields, unmapped = dict(self._blank), dict[str, str]()
        for name, value in values.items():
            read = self._readers[name]
            reading = numbers.read(value, pairs=name in PHONES) if read is None else read(value)
            if name not in fields and name not in self._shown_only:
                continue
            if reading is None or isinstance(reading, _VALUES):
                fields[name] = reading
                continue
            fields.pop(name, None)
            if isinstance(reading, Unmapped):
                unmapped[name] = reading.raw
        return fields, unmapped

    def _unread_places(self, raw: Raw) -> Iterable[str]:
        """Return the fields with a custom field where a record does not show its custom fields as a list."""
        if has_legible_custom_fields(raw):
            return ()
        return (name for names in self._place_names.values() for name in names)

    def _split_off_groups(self, fields: dict[str, Value]) -> None:
        """Turn the tags of a group into its field. Where the tags are unknown, so are the fields."""
        tags = fields.get("tags")
        if "tags" not in fields:
            for name in self._groups.names:
                fields.pop(name, None)
        elif isinstance(tags, tuple):
            fields |= {**self._groups.values(tags), "tags": self._groups.plain(tags) or None}

    def _values(self, raw: Raw) -> dict[str, Any]:
        """Return the raw value of every field that is not empty."""
        keys = ((name, key) for name, key in NATIVE.items() if name != CONSENT)
        values = {name: value for name, key in keys if not is_empty(value := raw.get(key))}
        if not raw.get("address1") and raw.get("address"):
            values["address"] = raw["address"]
        for name, key in self._natives.items():
            if not is_empty(value := raw.get(key)):
                values[name] = value
            else:
                values.pop(name, None)
        for field_id, value in custom_values(raw):
            for name in self._place_names.get(field_id, ()):
                values[name] = value
        return values

    def _owner(self, user_id: Any) -> Reading:
        if not self._owners.is_readable():
            return UNKNOWN
        owner = str(user_id)
        return self._owners.email_of(owner) or text.too_long(owner) or Unmapped(owner)


def _remembered_numbers(memory: Mapping[str, Any]) -> dict[str, str]:
    """Return the E.164 form by raw number; what is damaged is left out, since the record teaches it."""
    found = memory.get("e164")
    pairs = found.items() if isinstance(found, dict) else ()
    return {raw: number for raw, number in pairs if isinstance(number, str)}


class _Numbers:
    """The numbers of one record, in the order of reading."""

    def __init__(self, regions: tuple[str | None, ...], remembered: Mapping[str, str]) -> None:
        self._regions = tuple(dict.fromkeys(region for region in regions if region))
        self._remembered = remembered
        self.possible: dict[str, None] = {}
        self.derived: dict[str, str] = {}

    def read(self, value: Any, *, pairs: bool = True) -> Reading:
        """Return a number; with `pairs` it is one by which contacts are paired."""
        raw = text.clean_line(value)
        if not isinstance(raw, str):
            return raw
        numbers = phone.all_in(raw, self._regions)
        number = phone.to_e164(self._remembered.get(raw, ""), ()) or next(iter(numbers), None)
        if number is None:
            return Unmapped(raw)
        if pairs:
            self.possible |= dict.fromkeys((number, *numbers[1:]))
        if not raw.startswith("+"):
            self.derived[raw] = number
        return number

    def extend(self, values: Iterable[Any]) -> None:
        for value in values:
            self.read(value)


def outline(raw: Raw, region: str) -> Contact:
    """Return what identifies a record, without calls for custom fields and users."""
    names = frozenset({"first_name", "last_name", "email", "phone"})
    shown = {key: raw[key] for key in (*IDENTIFYING, *(NATIVE[name] for name in TWINS)) if key in raw}
    return Mapper(region, {}, names, NoOwners()).contact(shown, {})


def other_name(raw: Raw, meant: Fields, changes: Fields) -> Fields:
    """Return the other name, where a record shows both names in one field and one of them is written."""
    first, last = (_text_or_none(raw.get(NATIVE[name])) for name in TWINS)
    read = [_string(meant.get(name)) for name in TWINS]
    return dict(person_name.completed(changes, (first, last), (read[0], read[1])))


def _tidy_names(fields: dict[str, Value]) -> None:
    """Tidy the first and the last name, and split a full name that stands in one of them."""
    fields |= {name: person_name.named(_string(fields[name])) for name in TWINS if name in fields}
    if "first_name" in fields and "last_name" in fields:
        fields |= zip(TWINS, person_name.apart(*(_string(fields[name]) for name in TWINS)), strict=True)


def _string(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _text_or_none(value: Any) -> str | None:
    found = text.clean_line(value)
    return found if isinstance(found, str) else None
