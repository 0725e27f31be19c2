"""Where each field of a connection is kept, and where it may be written, by its config (R13, R47)."""

from collections.abc import Mapping

from connectors import registry
from connectors.contact import FIELDS
from connectors.fields import FieldType
from sync.config.fields import FieldOptions, is_computed, is_mapped, types_of

Fields = Mapping[str, FieldOptions]


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


def displaced(fields: Fields, stream: str, kinds: Mapping[str, str]) -> dict[str, str]:
    """Return the standard fields that do not travel, because another field is written to their place, with its name.

    A standard field that the config names is never among them. `kinds` are the kinds of both accounts, left first.
    """
    found: dict[str, str] = {}
    for side, (account, kind) in enumerate(kinds.items()):
        written = {
            place: name
            for name, options in fields.items()
            if direction_of(options, stream)[side] and (place := options.place(account, kind))
        }
        standard = registry.system(kind).standard_places
        found |= {
            name: written[standard[name]] for name in FIELDS if name not in fields and standard.get(name) in written
        }
    return found


def mapped_at(fields: Fields, account: str, kind: str, side: int) -> dict[str, tuple[str, FieldType]]:
    """Return place and type of each field that converts by its type at an account."""
    found = {}
    for name, options in fields.items():
        key = place_at(name, options, account, kind)
        if key and is_mapped(name, options) and not (is_computed(options) and not direction_of(options, "both")[side]):
            found[name] = (key, types_of(name, options)[side])
    return found
