"""From a contact of GrowthHub to the canonical shape, and its digest.

Rules kept here:
- search rows and records by id come out the same: the one has `address`, explicit nulls and lower-case twins,
  the other `address1` and no empty keys; absent is empty (R4). A row that has only the lower-case twin of a
  name leaves it unknown;
- numbers are read in the contact's own country, then the connection's; the E.164 form of one that needed a
  country is remembered with the raw text, so that editing the country changes no number (R16);
- what means nothing elsewhere is unmapped (R17); an owner is unknown where users cannot be read;
- `dnd` and the blocked channels say together who may not be contacted (connectors.growthhub.consent); what only the
  answer to a create tells of it is remembered with the record;
- the digest covers what the mapping uses, and no times, search positions, twins or attribution.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any, Protocol

from connectors.connector import Raw
from connectors.contact import FIELDS, PHONE_SLOTS, Contact, Fields, Value
from connectors.growthhub import consent as wishes
from connectors.growthhub.custom_fields import MARKER, CustomField
from connectors.growthhub.tag_groups import TagGroups
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import consent, country, email, instant, labels, person_name, phone, text, web
from connectors.values.text import UNKNOWN, Reading, Unmapped

NATIVE: Mapping[str, str] = {
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "phone": "phone",
    "company": "companyName",
    "website": "website",
    "address": "address1",
    "city": "city",
    "state": "state",
    "country": "country",
    "postal_code": "postalCode",
    "owner": "assignedTo",
    "tags": "tags",
    "do_not_contact": "dnd",
}
"""The wire property of each canonical field that has one."""

PHONES = frozenset({"phone", *PHONE_SLOTS})

TWINS: Mapping[str, str] = {"first_name": "firstNameLowerCase", "last_name": "lastNameLowerCase"}
"""Properties that show a name in lower case, and never in its own spelling."""

LEGIBLE = ("email", "phone", *TWINS)
"""Fields that tell who a contact is: each is one text."""

_DIGESTED = tuple(key for key in NATIVE.values() if key not in {"address1", "tags", "dnd"})
WHO = ("id", "email", "phone", "additionalEmails", "additionalPhones", "country", "dateAdded", *TWINS.values())
"""The properties that tell who a contact is, beside the names."""

REMEMBERED = 64
CONSENT = "do_not_contact"
EMAIL_REFUSED = "email_refused"
"""Under which the memory of a record keeps that its address had unsubscribed or bounced when it was created."""
_VALUES = (str, tuple)
_SEPARATOR = "\n"
NO_GROUPS = TagGroups({})

Read = Callable[[Any], Reading | tuple[str, ...]]


class Owners(Protocol):
    """Whose id `assignedTo` is."""

    def is_readable(self) -> bool:
        """Say whether anything is known about users."""

    def email_of(self, user_id: str) -> str | None:
        """Return the address of a user, None for a stranger."""


class NoOwners:
    """No users, and no question for them."""

    def is_readable(self) -> bool:
        """Say that nothing is known about users."""
        return False

    def email_of(self, user_id: str) -> str | None:  # noqa: ARG002 - nothing is known of any user
        """Return None: every user is a stranger."""
        return None


class Mapper:
    """Maps contacts of one location. `names` are the fields it may show, `region` is the connection's country.

    `groups` are fields that are tags, `channels` those in which a block means "do not contact".
    `sources` is the account that source ids are read for.
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
    ) -> None:
        self._sources = sources
        self._region = region
        self._channels = channels
        self._groups = groups
        self._owners = owners
        self._names = names
        self._blank: dict[str, Value] = {name: None for name in FIELDS if name in names}
        self._recent: dict[int, tuple[Raw, Mapping[str, Any], Contact]] = {}
        self._place_names: dict[str, list[str]] = {}
        for name, field in places.items():
            self._place_names.setdefault(field.id, []).append(name)
        self._readers: dict[str, Read | None] = {name: _READERS.get(name, _line) for name in (*NATIVE, *places)}
        self._readers |= {"owner": self._owner} | dict.fromkeys(PHONES)

    def contact(self, raw: Raw, memory: Mapping[str, Any]) -> Contact:
        """Return the person that a record shows. The last few are remembered, since a write is looked at repeatedly."""
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
        numbers = _Numbers((code, self._region), memory.get("e164") or {})
        fields, unmapped = dict(self._blank), {}
        for name, value in values.items():
            read = self._readers[name]
            reading = numbers.read(value) if read is None else read(value)
            if name not in fields:
                continue
            if reading is None or isinstance(reading, _VALUES):
                fields[name] = reading
                continue
            del fields[name]
            if isinstance(reading, Unmapped):
                unmapped[name] = reading.raw
        fields |= {name: person_name.named(_string(fields[name])) for name in TWINS if name in fields}
        if "first_name" in fields and "last_name" in fields:
            fields |= zip(TWINS, person_name.apart(*(_string(fields[name]) for name in TWINS)), strict=True)
        for name in (*_unknown_names(raw), *_illegible(raw)):
            fields.pop(name, None)
        if self._groups.names:
            self._tell_apart(fields)
        numbers.extend(_additional_phones(raw))
        source_id = _text_or_none(values.get(MARKER))
        return Contact(
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
            emails=tuple(
                each for found in (raw.get("email"), *_additional_emails(raw)) for each in email.all_in(found)
            ),
        )

    def _tell_apart(self, fields: dict[str, Value]) -> None:
        """Make fields of those tags that are some; where the tags are unknown, so are they."""
        tags = fields.get("tags")
        if "tags" not in fields:
            for name in self._groups.names:
                fields.pop(name, None)
        elif isinstance(tags, tuple):
            fields |= {**self._groups.values(tags), "tags": self._groups.plain(tags) or None}

    def _values(self, raw: Raw) -> dict[str, Any]:
        """Return the raw value of every field that is not empty."""
        keys = ((name, key) for name, key in NATIVE.items() if name != CONSENT)
        values = {name: value for name, key in keys if not _is_empty(value := raw.get(key))}
        if not raw.get("address1") and raw.get("address"):
            values["address"] = raw["address"]
        for field_id, value in custom_values(raw):
            for name in self._place_names.get(field_id, ()):
                values[name] = value
        return values

    def _owner(self, user_id: Any) -> Reading:
        if not self._owners.is_readable():
            return UNKNOWN
        owner = str(user_id)
        return self._owners.email_of(owner) or text.too_long(owner) or Unmapped(owner)


class _Numbers:
    """The numbers of one record, in the order in which they were met."""

    def __init__(self, regions: tuple[str | None, ...], remembered: Mapping[str, str]) -> None:
        self._regions = tuple(dict.fromkeys(region for region in regions if region))
        self._remembered = remembered
        self.possible: dict[str, None] = {}
        self.derived: dict[str, str] = {}

    def read(self, value: Any) -> Reading:
        raw = text.clean_line(value)
        if not isinstance(raw, str):
            return raw
        numbers = phone.all_in(raw, self._regions)
        number = phone.to_e164(self._remembered.get(raw, ""), ()) or next(iter(numbers), None)
        if number is None:
            return Unmapped(raw)
        self.possible |= dict.fromkeys((number, *numbers[1:]))
        if not raw.startswith("+"):
            self.derived[raw] = number
        return number

    def extend(self, values: Iterable[Any]) -> None:
        for value in values:
            self.read(value)


def outline(raw: Raw, region: str) -> Contact:
    """Return what tells who a record is; it asks for no custom fields and no users."""
    names = frozenset({"first_name", "last_name", "email", "phone"})
    shown = {key: raw[key] for key in (*WHO, *(NATIVE[name] for name in TWINS)) if key in raw}
    return Mapper(region, {}, names, NoOwners()).contact(shown, {})


def custom_values(raw: Raw) -> list[tuple[str, Any]]:
    """Return id and value of each custom field that is not empty."""
    found = raw.get("customFields")
    if not isinstance(found, list):
        return []
    return [
        (str(each.get("id")), value)
        for each in found
        if isinstance(each, dict) and not _is_empty(value := each.get("value"))
    ]


def other_name(raw: Raw, meant: Fields, changes: Fields) -> Fields:
    """Return the other name, where a record shows both in one field and one of them is written."""
    first, last = (_text_or_none(raw.get(NATIVE[name])) for name in TWINS)
    read = [_string(meant.get(name)) for name in TWINS]
    return dict(person_name.completed(changes, (first, last), (read[0], read[1])))


def tags_of(raw: Raw) -> tuple[str, ...]:
    """Return the tags of a record, tidied."""
    found = labels.clean(raw.get("tags") or None)
    return found if isinstance(found, tuple) else ()


def digest(raw: Raw) -> bytes:
    """Return 16 bytes over what the mapping uses, the same for both shapes of a record."""
    tags = raw.get("tags")
    used = [
        [raw.get(key) or None for key in _DIGESTED],
        raw.get("address1") or raw.get("address") or None,
        sorted(str(tag).casefold() for tag in tags) if isinstance(tags, list) else tags,
        sorted(custom_values(raw), key=lambda pair: pair[0]),
        sorted(map(str, _additional_phones(raw))),
        bool(raw.get("dnd")),
        *wishes.digested(raw),
    ]
    if more := _additional_emails(raw):
        used.append(sorted(map(str, more)))
    used[2] = used[2] or None
    return blake2b(repr(used).encode(errors="surrogatepass"), digest_size=16).digest()


def lacks_names(raw: Raw) -> bool:
    """Say whether a row shows a name in lower case alone (#10)."""
    return any(True for _ in _unknown_names(raw))


def join_set(value: tuple[str, ...]) -> str:
    """Return the text in which a set is kept in a custom field: one element per line, since names hold commas."""
    return _SEPARATOR.join(value)


def _set(value: Any) -> tuple[str, ...] | Reading:
    return labels.clean(value.split(_SEPARATOR) if isinstance(value, str) else value)


def _text(value: Any) -> Reading:
    return text.clean(", ".join(map(str, value)) if isinstance(value, list) else value)


def _line(value: Any) -> Reading:
    return text.clean_line(", ".join(map(str, value)) if isinstance(value, list) else value)


def _country(value: Any) -> Reading:
    found = text.clean_line(value)
    return country.to_alpha2(found) or Unmapped(found) if isinstance(found, str) else found


_READERS: Mapping[str, Read] = {
    "email": email.clean,
    "website": web.website,
    "linkedin_url": lambda value: web.profile(value, "linkedin"),
    "twitter_url": lambda value: web.profile(value, "twitter"),
    "facebook_url": lambda value: web.profile(value, "facebook"),
    "country": _country,
    "tags": labels.clean,
    "lists": _set,
    CONSENT: lambda value: value,
    **dict.fromkeys(("address", "keywords", "technologies", *(f"custom{n}" for n in range(1, 10))), _text),
}


def _is_empty(value: Any) -> bool:
    return not value and not isinstance(value, int | float)


def _string(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _text_or_none(value: Any) -> str | None:
    found = text.clean_line(value)
    return found if isinstance(found, str) else None


def _unknown_names(raw: Raw) -> Iterable[str]:
    return (name for name, twin in TWINS.items() if NATIVE[name] not in raw and raw.get(twin))


def _illegible(raw: Raw) -> Iterable[str]:
    """Return what is unknown, and not empty: a list or an object, be it an empty one, is no address and no name."""
    return (name for name in LEGIBLE if isinstance(raw.get(NATIVE[name]), dict | list))


def _additional_phones(raw: Raw) -> list[Any]:
    return _additional(raw, "additionalPhones", "phone")


def _additional_emails(raw: Raw) -> list[Any]:
    return _additional(raw, "additionalEmails", "email")


def _additional(raw: Raw, key: str, inner: str) -> list[Any]:
    found = raw.get(key)
    if not isinstance(found, list):
        return []
    return [each.get(inner) if isinstance(each, dict) else each for each in found]
