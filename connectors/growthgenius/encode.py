"""Encode what is to be written to a contact: the wire fields of some changes, and which of them cannot be written.

Rules kept here:
- numbers are sent to the slots that they have, or to a free one (R16); labels in the shape that the server shows;
- an owner who is no user of the account cannot be written (R23);
- "do not contact" is set last, so that no stage in the same body undoes it (P9).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors import phone_slots as phones
from connectors.contact import PHONE_SLOTS, Fields, Value
from connectors.growthgenius.mapping import (
    CARRIED,
    READ_ONLY,
    ContactReader,
    consent_body,
    label_shape,
    other_name,
    wire_number,
    wire_value,
)
from connectors.growthgenius.places import PLACES
from connectors.growthgenius.users import UserDirectory
from connectors.records import Raw
from connectors.values import typed

NEW: Final[Raw] = {"id": "", **dict.fromkeys(PHONE_SLOTS)}
"""The record before a create."""
ALONE: Final = frozenset({"phone", "do_not_contact", *PHONE_SLOTS})
"""Fields that are not written one by one: numbers together, consent after all others."""


@dataclass(frozen=True, slots=True)
class EncodedUpdate:
    """What is to be written: `before` and `memory` are the record as it was, `body` the wire fields of `changes`."""

    before: Raw
    memory: Mapping[str, Any]
    changes: Fields
    body: Mapping[str, Any]
    impossible: frozenset[str]


class WriteEncoder:
    """Encodes the writes of one account, and knows in which shape its server shows labels."""

    def __init__(self, reader: ContactReader, users: UserDirectory) -> None:
        self._reader = reader
        self._users = users
        self._shape: str | None = None

    def learn_label_shape(self, raw: Raw) -> None:
        """Learn from a record in which shape this server shows labels."""
        self._shape = label_shape(raw.get("label_names")) or self._shape

    def encode(self, before: Raw, memory: Mapping[str, Any], changes: Fields) -> EncodedUpdate:
        """Return the wire fields of some changes."""
        numbers = self._reader.phones(before, memory)
        slots, impossible = phones.plan(numbers, changes)
        body: dict[str, Any] = {
            slot: value if isinstance(value, tuple) else wire_number(value, before.get(slot))
            for slot, value in slots.items()
            if numbers.slots.get(slot, "") != value
        }
        mapped = self._reader.mapped
        refused = set(impossible) | {name for name in changes if not self._is_written(name)}
        for name, value in changes.items():
            if name in refused:
                continue
            if name in mapped:
                one = mapped[name]
                body[one.place.key] = typed.encode(one.type, value, one.place)
            elif name == "owner":
                refused |= self._put_owner(body, value)
            elif name not in ALONE:
                shape = label_shape(before.get("label_names")) or self._shape
                body[PLACES[name]] = wire_value(name, value, before, shape)
        body |= {PLACES[name]: value for name, value in other_name(before, changes).items()}
        # Set this last, so that no stage in the same body undoes it.
        if "do_not_contact" in changes:
            body |= consent_body(before, body, changes["do_not_contact"])
        return EncodedUpdate(before, memory, changes, body, frozenset(refused))

    def _is_written(self, name: str) -> bool:
        """Say whether a field has a place that can be written."""
        mapped = self._reader.mapped.get(name)
        return mapped.place.writable if mapped is not None else name in CARRIED - READ_ONLY

    def _put_owner(self, body: dict[str, Any], value: Value) -> set[str]:
        user = self._users.id_of(value) if isinstance(value, str) else None
        if value is not None and user is None:
            return {"owner"}
        body["user_id"] = user
        return set()
