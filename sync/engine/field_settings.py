"""Turn the `fields` table of a connection into what connectors and rules work by (R47, R48)."""

from collections.abc import Mapping

from connectors.account_options import AccountOptions
from connectors.contact import FIELDS
from connectors.fields import Compute, MappedField, compute_nothing
from sync.config.field_places import mapped_at
from sync.config.fields import FieldOptions, computed_at, is_mapped, types_of
from sync.config.model import Connection
from sync.rules.computed_fields import ComputedField, ComputedFields
from sync.rules.transforms import CASES, Join, OneWay, Prefix, Transform, Words, stripped
from sync.rules.translation import Translation, terms
from sync.rules.typed_fields import TypedField

SIDES = ("left", "right")


def mapped_fields(connection: Connection, name: str, account: AccountOptions) -> dict[str, MappedField]:
    """Return the fields of an account that convert by their type."""
    side = SIDES.index(side_of(connection, name))
    found = mapped_at(connection.contacts.fields, name, account.connector, side)
    return {field: MappedField(field, place, kind) for field, (place, kind) in found.items()}


def moved_places(connection: Connection, name: str, account: AccountOptions) -> dict[str, str]:
    """Return the configured places of the standard fields of an account that keep their own conversion."""
    fields = connection.contacts.fields
    places = {
        field: options.place(name, account.connector)
        for field, options in fields.items()
        if not is_mapped(field, options)
    }
    return {field: place for field, place in places.items() if place}


def computed_names(connection: Connection, name: str) -> frozenset[str]:
    """Return the fields that are made of others at an account."""
    side = side_of(connection, name)
    return frozenset(field for field, one in connection.contacts.fields.items() if computed_at(one) == side)


def compute_of(connection: Connection, name: str) -> Compute:
    """Return what adds the computed fields to the contacts of an account."""
    names = computed_names(connection, name)
    fields = [
        ComputedField(field, types_of(field, one)[0], one.template, one.value or "")
        for field, one in connection.contacts.fields.items()
        if field in names
    ]
    return ComputedFields(fields) if fields else compute_nothing


def own_names(connection: Connection) -> tuple[str, ...]:
    """Return the fields of the user's own, in the order of the config."""
    return tuple(name for name in connection.contacts.fields if name not in FIELDS)


def exchange_of(name: str, options: FieldOptions, stream: str, *, grouped: bool) -> Translation | None:
    """Return what translates a field between the sides, None where its values travel as they are.

    `stream` is the direction of the stream. A field that is `grouped` is kept as tags.
    """
    if not is_mapped(name, options) and options.transform in {None, "map"}:
        return terms(options.map) if options.map or grouped else None
    left, right = types_of(name, options)
    backwards = "right_to_left" in {options.direction, stream}
    return TypedField(left, right, transform_of(options), backwards)


def transform_of(options: FieldOptions) -> Transform | None:
    """Return the transform of a field, None where it has none."""
    if options.map is not None:
        return Words(terms(options.map))
    if options.lookup is not None:
        return Words(terms(dict(options.lookup.pairs)))
    if options.case is not None:
        return OneWay(CASES[options.case])
    if options.strip is not None:
        return OneWay(stripped(options.strip))
    if options.join is not None or options.split is not None:
        return Join(options.join or options.split or "", splits=options.split is not None)
    return Prefix(options.prefix) if options.prefix is not None and options.as_ != "tags" else None


def fingerprint_settings(fields: Mapping[str, FieldOptions]) -> dict[str, str]:
    """Return, by field, the settings that make its values other ones: then it is a first meeting again (R18).

    A `map` is not among them: its values are known by their words.
    """
    found = {}
    for name, options in fields.items():
        keys = [key for key in ("type", *options.transforms) if key != "map" and getattr(options, key) is not None]
        if keys:
            found[name] = " ".join(f"{key}={_text(getattr(options, key))}" for key in keys)
    return found


def side_of(connection: Connection, name: str) -> str:
    """Return the side of an account in a connection."""
    return "left" if name == connection.left else "right"


def _text(value: object) -> str:
    return str(getattr(value, "text", value))
