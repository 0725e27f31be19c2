"""Convert canonical changes to the body of a write.

Rules kept here:
- only changes are sent (R19). A PUT never carries tags, because it would replace them all;
- a native property is emptied with null where the specification allows it. `country` and `postalCode` cannot be emptied
  and are refused without a call. A custom field is emptied with "" (a choice: with an empty list);
- a custom field gets the JSON type of its kind. A field of numbers refuses a text that is no number;
- an owner is sent as the id of the user with that address, and refused where there is no such user (R17).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from connectors.contact import Fields, Value
from connectors.growthhub.custom_fields import CHOICE_KINDS, NUMBER_KINDS
from connectors.growthhub.field_readers import join_set
from connectors.growthhub.places import NEVER_EMPTY as NEVER_EMPTY_PROPERTIES
from connectors.growthhub.places import CustomField, MappedPlace
from connectors.growthhub.wire_record import NATIVE, NO_PLACES

CUSTOM = "customFields"
NEVER_EMPTY = frozenset({"country", "postal_code"})

_NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class EncodedWrite:
    """The content of one write: native properties, and custom values by field id.

    `names` is the canonical field of each property and field id (the source id has none). `refused` are fields that
    were left out, `rejected` those with a value that the server refused, with its words.
    """

    properties: Mapping[str, Any]
    custom: Mapping[str, Any]
    names: Mapping[str, str]
    refused: frozenset[str] = frozenset()
    rejected: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.properties or self.custom)

    def body(self) -> dict[str, Any]:
        """Return the JSON object of the call."""
        if not self.custom:
            return dict(self.properties)
        values = [{"id": each, "field_value": value} for each, value in self.custom.items()]
        return {**self.properties, CUSTOM: values}

    def without(self, names: frozenset[str]) -> "EncodedWrite":
        """Return the write without these wire properties. Their fields are refused."""
        if not names:
            return self
        gone = names | (self.custom.keys() if CUSTOM in names else set())
        return replace(
            self,
            properties={key: value for key, value in self.properties.items() if key not in gone},
            custom={key: value for key, value in self.custom.items() if key not in gone},
            refused=self.refused | {self.names[key] for key in gone if key in self.names},
        )

    def rejecting(self, keys: frozenset[str], reason: str) -> "EncodedWrite":
        """Return the write without these properties or custom fields, which the server refused for that reason."""
        return replace(
            self,
            properties={key: value for key, value in self.properties.items() if key not in keys},
            custom={key: value for key, value in self.custom.items() if key not in keys},
            rejected={**self.rejected, **{self.names[key]: reason for key in keys if key in self.names}},
        )

    def without_rejected(self, other: "EncodedWrite") -> "EncodedWrite":
        """Return the write without the fields that another write found to be refused."""
        keys = frozenset(key for key, name in self.names.items() if name in other.rejected)
        return replace(self.rejecting(keys, ""), rejected=other.rejected)

    def carried(self) -> frozenset[str]:
        """Return the canonical fields that are sent."""
        sent = (*self.properties, *self.custom)
        return frozenset(self.names[key] for key in sent if key in self.names)


def encode(
    changes: Fields,
    places: Mapping[str, CustomField],
    owner_id: Callable[[str], str | None],
    *,
    creating: bool,
    mapped: Mapping[str, MappedPlace] = NO_PLACES,
) -> EncodedWrite:
    """Return the write that carries the changes.

    A create has tags and no empty values, an update has empty values and no tags. `mapped` are the fields that convert
    by their type.
    """
    properties: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    names: dict[str, str] = {}
    refused: set[str] = set()
    for name, value in changes.items():
        if (creating and not value) or (name == "tags" and not creating):
            continue
        if name in mapped:
            one = mapped[name]
            key, wire, into = one.id or one.place.key, _mapped(one, value), custom if one.id else properties
        elif name in NATIVE:
            key, wire, into = NATIVE[name], _native(name, value, owner_id), properties
        elif name in places:
            key, wire, into = places[name].id, _custom(places[name].kind, value), custom
        else:
            refused.add(name)
            continue
        if wire is _IMPOSSIBLE:
            refused.add(name)
            continue
        into[key] = wire
        names[key] = name
    return EncodedWrite(properties, custom, names, frozenset(refused))


_IMPOSSIBLE = object()


def _mapped(mapped: MappedPlace, value: Value) -> Any:
    place = mapped.place
    if not place.writable or (value is None and place.key in NEVER_EMPTY_PROPERTIES and not place.custom):
        return _IMPOSSIBLE
    wire = mapped.encode(value)
    return _IMPOSSIBLE if wire is None and value is not None else wire


def _native(name: str, value: Value, owner_id: Callable[[str], str | None]) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if name == "do_not_contact":
        return value is not None
    if value is None:
        return _IMPOSSIBLE if name in NEVER_EMPTY else None
    if name == "owner":
        return owner_id(value) or _IMPOSSIBLE
    return value


def _custom(kind: str, value: Value) -> Any:
    if value is None:
        return [] if kind in CHOICE_KINDS else ""
    if kind in CHOICE_KINDS:
        return list(value) if isinstance(value, tuple) else [part.strip() for part in value.split(",")]
    plain = join_set(value) if isinstance(value, tuple) else value
    return _number(plain) if kind in NUMBER_KINDS else plain


def _number(value: str) -> Any:
    if not _NUMBER.fullmatch(value):
        return _IMPOSSIBLE
    number = Decimal(value.replace(",", ""))
    return int(number) if number == number.to_integral_value() else float(number)
