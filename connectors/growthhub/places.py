"""The places of a GrowthHub contact: native properties, and custom fields of every type (R47).

Rules kept here:
- a property that is read together with others (names, numbers, tags, owner, country) is written by its standard field
  alone. As a place of another field it can be read;
- `type`, `gender` and `address2` are shown, and their writing is not documented for every call. A row of a search does
  not show gender and address2, so there an absent key is unknown, not empty. In a record read by id it is empty;
- a custom field holds the types of fields that its own type can show again. A kind that is not known is read as a text;
- a place for dates shows a number of milliseconds in the rows of a search, and a text elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.contact import PHONE_SLOTS, Value
from connectors.fields import FieldType, Place, squash
from connectors.growthhub.source_places import EARLIER, MARKER
from connectors.values import calendar_date, typed
from connectors.values.text import UNKNOWN

PREFIX: Final = "contact."
CUSTOM: Final[Mapping[str, str]] = {
    MARKER: EARLIER,
    "title": "contact.job_title",
    **{
        name: PREFIX + name
        for name in (
            *("linkedin_url", "twitter_url", "facebook_url", "industry", "employee_count", "annual_revenue"),
            *("keywords", "technologies", "lists", "stage", "status", "email_status", "email_confidence"),
            *(f"custom{number}" for number in range(1, 10)),
            *PHONE_SLOTS,
        )
    },
}
"""The key of the custom field of each standard field without a property, where the config names no other."""

PROPERTIES: Final[Mapping[str, str]] = {
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
"""The wire property of each standard field that has one."""

STANDARD: Final[Mapping[str, str]] = {**CUSTOM, **PROPERTIES}
FIXED: Final = frozenset({"first_name", "last_name", "email", "phone", "tags", "owner", "country", "do_not_contact"})
"""The standard fields with values that are read together with others."""

_WRITABLE: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(
        ("companyName", "website", "address1", "city", "state", "postalCode", "source", "timezone"), "text"
    ),
    "dateOfBirth": "date",
}
_READ_ONLY: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(("id", "firstName", "lastName", "contactName", "assignedTo", "businessId", "businessName"), "text"),
    **dict.fromkeys(("type", "gender", "country"), "choice"),
    **dict.fromkeys(("dateAdded", "dateUpdated"), "datetime"),
    "address2": "text",
    "email": "email",
    "phone": "phone",
    "tags": "choices",
    "dnd": "boolean",
}
NATIVE: Final[Mapping[str, Place]] = {
    **{key: Place(key, key, kind) for key, kind in _WRITABLE.items()},
    **{key: Place(key, key, kind, writable=False) for key, kind in _READ_ONLY.items()},
}
"""The native places, by their property."""

NOT_IN_ROWS: Final = frozenset({"gender", "address2"})
"""Properties that a row of a search does not show."""

NEVER_EMPTY: Final = frozenset({"postalCode"})
"""Writable properties that cannot be emptied."""

KINDS: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(("TEXT", "LARGE_TEXT", "FILE_UPLOAD"), "text"),
    **dict.fromkeys(("CHECKBOX", "MULTIPLE_OPTIONS"), "choices"),
    **dict.fromkeys(("SINGLE_OPTIONS", "RADIO"), "choice"),
    "NUMERICAL": "number",
    "MONETORY": "money",
    "DATE": "date",
    "PHONE": "phone",
    "EMAIL": "email",
}
"""The type of a place, by the dataType of its custom field."""

CREATED: Final[Mapping[FieldType, str]] = {
    "number": "NUMERICAL",
    "money": "MONETORY",
    "date": "DATE",
    "phone": "PHONE",
    "choices": "LARGE_TEXT",
}
"""The dataType of a custom field that is created for a field of a type; TEXT for every other one.

No field with options is created: which options it needs is not known.
"""

FILES: Final = "FILE_UPLOAD"


@dataclass(frozen=True, slots=True)
class CustomField:
    """One custom field of contacts. `key` is its fieldKey, `kind` its dataType, `options` its picklistOptions."""

    id: str
    key: str
    name: str
    kind: str
    options: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Return it as a place."""
        kind, is_known = KINDS.get(self.kind, "text"), self.kind in KINDS
        is_writable = is_known and self.kind != FILES
        return Place(
            self.key, self.name, kind, self.options, writable=is_writable, custom=True, kind=self.kind, id=self.id
        )


@dataclass(frozen=True, slots=True)
class MappedPlace:
    """The place of a field that converts by its type: a property, or else a custom field with an id."""

    type: FieldType
    place: Place
    id: str = ""
    _decode: Callable[[Any, tuple[str, ...]], typed.Decoded] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_decode", typed.decoder(self.type))

    def decode(self, value: Any) -> typed.Decoded:
        """Return the canonical value of a raw one."""
        if self.place.type == "date":
            value = calendar_date.from_milliseconds(value)
        return self._decode(files_of(value) if self.place.kind == FILES else value, ())

    def encode(self, value: Value) -> Any:
        """Return what to write for a value; an empty one as the kind of place needs it."""
        if value is None and self.place.custom:
            return [] if self.place.type == "choices" else ""
        return typed.encode(self.type, value, self.place)


def place_form(written: str) -> str:
    """Return what the spellings of one place have in common: a property is exact, a custom field is not."""
    return written if written in NATIVE else PREFIX + squash(written)


def custom_place(written: str) -> str:
    """Return the place that a text means where no property is meant: `city` is the custom field contact.city."""
    return PREFIX + written if written in NATIVE else written


def native_place(key: str, field_type: FieldType) -> MappedPlace | None:
    """Return the native place that a config names, None where there is none that can hold the type."""
    place = NATIVE.get(key)
    if place is None or not (place.holds(field_type) or (not place.writable and field_type == "text")):
        return None
    return MappedPlace(field_type, place)


def digested(raw: Mapping[str, Any], natives: Mapping[str, MappedPlace]) -> list[object]:
    """Return what a record shows in native places, the same for both shapes of a record.

    A place that rows do not show may have changed with every change of the record.
    """
    shown = [one for one in natives.values() if one.place.key not in NOT_IN_ROWS]
    values: list[object] = [one.decode(raw.get(one.place.key) or None) for one in shown]
    return values if len(shown) == len(natives) else [*values, raw.get("dateUpdated")]


def files_of(value: Any) -> Any:
    """Return the addresses of uploaded files, which are shown as an object of objects."""
    if not isinstance(value, Mapping):
        return value
    found = [each.get("url") for each in value.values() if isinstance(each, Mapping)]
    return ", ".join(url for url in found if isinstance(url, str)) or UNKNOWN
