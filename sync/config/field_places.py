"""Where each field of a connection is kept, and where it may be written, by its config (R13, R47)."""

from collections.abc import Mapping
from typing import Final

from connectors import registry
from connectors.contact import FIELDS
from connectors.fields import FieldType
from sync.config.fields import CONSENT, FieldOptions, is_computed, is_mapped, types_of

Fields = Mapping[str, FieldOptions]

NEVER_DISPLACED: Final = frozenset({"email", CONSENT})
"""The standard fields that no other field stops: contacts are known by their address, and consent is never dropped."""


def field_names(fields: Fields) -> tuple[str, ...]:
    """Return the names of all fields of a connection: the standard ones, then those of the user."""
    return (*FIELDS, *(name for name in fields if name not in FIELDS))


def direction_of(options: FieldOptions | None, stream: str) -> tuple[bool, bool]:
    """Return whether a field may be written at the left and at the right, by the directions of field and stream."""
    set_to = (stream, options.direction if options else None)
    if "none" in set_to:
        return False, False
    return "left_to_right" not in set_to, "right_to_left" not in set_to


def place_at(name: str, options: FieldOptions | None, account: str, kind: str) -> str | None:
    """Return the place of a field at an account: that of the config, else the system's own, None where it has none."""
    configured = options.place(account, kind) if options else None
    return configured or registry.system(kind).standard_places.get(name)


def meant_place(name: str, options: FieldOptions | None, account: str, kind: str) -> str | None:
    """Return the place that a field is kept in, where a system may understand the text of the config in another way.

    For a standard field that converts by no type, the name of a property may be that of a custom field.
    """
    place, system = place_at(name, options, account, kind), registry.system(kind)
    converts = name not in FIELDS or (options is not None and is_mapped(name, options))
    return place if place is None or converts or name in system.native_fields else system.custom_place(place)


def displaced(fields: Fields, stream: str, kinds: Mapping[str, str]) -> dict[str, str]:
    """Return the standard fields that do not travel, because another field is written to their place, with its name.

    A standard field that the config names is never among them, nor one that pairs contacts or says who may be
    contacted. `kinds` are the kinds of both accounts, left first.
    """
    found: dict[str, str] = {}
    for side in range(len(kinds)):
        for names in writers(fields, stream, kinds, side).values():
            configured = [name for name in names if name in fields]
            yielding = [name for name in names if name not in fields and name not in NEVER_DISPLACED]
            found |= dict.fromkeys(yielding, configured[-1]) if configured else {}
    return found


def writers(fields: Fields, stream: str, kinds: Mapping[str, str], side: int) -> dict[str, list[str]]:
    """Return the fields that are written to each place at a side, 0 for the left. Places are in their common form.

    The place of a fixed field is written by that field alone; others only read it.
    """
    account, kind = list(kinds.items())[side]
    system = registry.system(kind)
    standard = {name: system.place_form(place) for name, place in system.standard_places.items()}
    owners = {standard[name]: name for name in system.fixed_fields & standard.keys()}
    found: dict[str, list[str]] = {}
    for name in field_names(fields):
        options = fields.get(name)
        place = meant_place(name, options, account, kind)
        form = system.place_form(place) if place and direction_of(options, stream)[side] else None
        if form is not None and owners.get(form, name) == name:
            found.setdefault(form, []).append(name)
    return found


def mapped_at(fields: Fields, account: str, kind: str, side: int) -> dict[str, tuple[str, FieldType]]:
    """Return place and type of each field that converts by its type at an account."""
    found = {}
    for name, options in fields.items():
        key = place_at(name, options, account, kind)
        if key and is_mapped(name, options) and not (is_computed(options) and not direction_of(options, "both")[side]):
            found[name] = (key, types_of(name, options)[side])
    return found
