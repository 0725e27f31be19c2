"""Fields and their places: what an account can hold, and what a user mapped there (R47).

A field has a name, a type, and a place at each side. A place is what one account has for it: a key of the system, or a
custom field. The standard fields (connectors.contact.FIELDS) have places that each connector knows; every other field,
and a standard one that the config moves, is a MappedField. All of it is light data: every command reads it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from connectors.contact import PHONE_SLOTS, Contact

FieldType = Literal[
    "text", "number", "money", "date", "datetime", "boolean", "choice", "choices", "url", "email", "phone"
]
TYPES: Final[tuple[FieldType, ...]] = get_args(FieldType)

HOLDS: Final[Mapping[FieldType, frozenset[FieldType]]] = {
    "text": frozenset(TYPES),
    "number": frozenset({"number", "money"}),
    "money": frozenset({"number", "money"}),
    "choice": frozenset({"choice", "boolean"}),
    "choices": frozenset({"choices", "choice", "boolean"}),
    **{each: frozenset({each}) for each in ("date", "datetime", "boolean", "url", "email", "phone")},
}
"""The types of fields that a place of each type can hold."""

STANDARD_TYPES: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(("phone", *PHONE_SLOTS), "phone"),
    **dict.fromkeys(("website", "linkedin_url", "twitter_url", "facebook_url"), "url"),
    **dict.fromkeys(("tags", "lists"), "choices"),
    **dict.fromkeys(("email", "owner"), "email"),
    **dict.fromkeys(("country", "stage", "status"), "choice"),
    "do_not_contact": "boolean",
}
"""The types of the standard fields; every other one is text."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place at an account: how the config names it, its name for users, and what it holds.

    `kind` is the account's own word for its type. `options` are the only values that it takes, () where any is taken.
    A place that is not `writable` can only be read. A `custom` place is a custom field, which a user may rename or
    delete; `id` is that of the field.
    """

    key: str
    label: str
    type: FieldType = "text"
    options: tuple[str, ...] = ()
    writable: bool = True
    custom: bool = False
    kind: str = ""
    id: str = ""

    def holds(self, field_type: FieldType) -> bool:
        """Say whether a field of that type can be kept here."""
        return field_type in HOLDS[self.type]


@dataclass(frozen=True, slots=True)
class MappedField:
    """A field that the config maps to a place of one account. `place` is a key, an id or a name, as in the config."""

    name: str
    place: str
    type: FieldType


def find_place(places: Sequence[Place], written: str) -> Place | None:
    """Return the place that a config names: by its key, else by the id, the key or the name of a custom field.

    Keys and names of custom fields are compared by their letters and digits.
    """
    custom = [place for place in places if place.custom]
    ways: tuple[Callable[[Place], bool], ...] = (
        lambda place: written == place.key,
        lambda place: place.id != "" and written == place.id,
        lambda place: place.custom and squash(written) == squash(place.key),
        lambda place: place.custom and squash(written) == squash(place.label),
    )
    return next((place for way in ways for place in (places if way is ways[0] else custom) if way(place)), None)


def squash(name: str) -> str:
    """Return the comparable form of a key or a name: letters and digits, without a model before a dot ("contact.")."""
    return _SIGNS.sub("", _MODEL.sub("", name.casefold()))


_MODEL: Final = re.compile(r"^[a-z_]+\.(?=\w)")
_SIGNS: Final = re.compile(r"[\W_]")


def moved_fields(places: Mapping[str, str]) -> dict[str, MappedField]:
    """Return standard fields that the config moves to other places, by their own types."""
    return {name: MappedField(name, place, STANDARD_TYPES.get(name, "text")) for name, place in places.items()}


Compute = Callable[[Contact], Contact]
"""Adds the fields of a contact that are computed from its other fields (R48)."""


def compute_nothing(contact: Contact) -> Contact:
    """Return the contact as it is, where no field is computed."""
    return contact
