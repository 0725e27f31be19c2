"""The places of a Whautomate contact: any custom field by its name, the notes, and what can only be read (R47).

Rules kept here:
- a custom field needs no creation and holds any text;
- names, number, stage and tags are written by their standard fields alone. As a place of another field they can be
  read;
- `notes` is one text. It does not travel unless a field of the config has its place there.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.contact import FIELDS, PHONE_SLOTS
from connectors.fields import Place
from connectors.records import Raw
from connectors.whautomate.custom_fields import custom_values, value_of

NAMES: Final = ("first_name", "last_name")
NATIVE: Final = frozenset({*NAMES, "phone", "stage", "tags"})
"""The standard fields that have a place besides the custom fields."""
HOMELESS: Final = frozenset({*PHONE_SLOTS, "owner", "do_not_contact"}) - {"first_phone"}
"""The standard fields that Whautomate has no place for."""
CARRIED: Final = frozenset(FIELDS) - HOMELESS
CUSTOM: Final = tuple(name for name in FIELDS if name in CARRIED - NATIVE or name in NAMES)
"""The standard fields that stand in custom fields. The names are there too, beside the one name."""

STANDARD: Final[Mapping[str, str]] = {name: name for name in CUSTOM}
"""The custom field of each standard field that has one. The config may move those that are not fixed."""
FIXED: Final = frozenset({*NATIVE, *HOMELESS, "first_phone"})
"""The standard fields that a config cannot move."""

NOTES: Final = "notes"
_SHOWN: Final[Mapping[str, Place]] = {
    NOTES: Place(NOTES, "notes"),
    **{key: Place(key, key, writable=False) for key in ("id", "name", "channel", "stage")},
    "phoneNumber": Place("phoneNumber", "phone number", "phone", writable=False),
    "tags": Place("tags", "tags", "choices", writable=False),
    **{key: Place(key, key, "datetime", writable=False) for key in ("createdAt", "updatedAt", "lastActivity")},
}


def place_of(key: str) -> Place:
    """Return the place that a config names: a key of the record, else a custom field."""
    return _SHOWN.get(key) or Place(key, key, custom=True, writable=key.casefold() not in NAMES)


def places_of(records: Iterable[Raw]) -> list[Place]:
    """Return every place that records show."""
    keys = sorted({key for raw in records for key in custom_values(raw.get("customFields"))})
    return [*_SHOWN.values(), *(place_of(key) for key in keys if key not in _SHOWN)]


def shown(raw: Raw, custom: Mapping[str, Any], place: Place) -> Any:
    """Return what a record shows at a place, None for nothing."""
    value = value_of(custom, place.key) if place.custom else raw.get(place.key)
    return None if value == "" else value
