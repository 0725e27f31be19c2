"""The rules of the fields of a connection, from config and accounts, and the mapping in force (R13, R18)."""

from collections.abc import Mapping

from connectors.connector import Connector
from state import connections
from state.database import Transaction
from sync.config.field_places import displaced
from sync.config.fields import computed_at
from sync.config.ignored_places import native_places, used_form
from sync.config.model import Connection
from sync.engine.field_settings import computed_names, exchange_of, fingerprint_settings, own_names
from sync.rules import mapping
from sync.rules.sets import reservation_of


def rules_of(connection: Connection, left: Connector, right: Connector) -> dict[str, mapping.FieldRule]:
    """Return the rule of every field that both sides know."""
    places = [_places(connection, one) for one in (left, right)]
    kinds = {connection.left: left.system, connection.right: right.system}
    return mapping.rules(places[0], places[1], connection.contacts.direction, _options(connection, kinds))


def mapping_in_force(
    transaction: Transaction, number: int, rules: mapping.Rules, connection: Connection, kinds: Mapping[str, str]
) -> tuple[dict[int, tuple[str, ...]], int]:
    """Return the fields of every earlier mapping by its number, and the number of the one in force (R18).

    A mapping that changed gets a new number. A field that moved to another place counts as another field, because its
    value at the new place was never agreed on. `number` is that of the connection, `kinds` are those of both accounts.
    """
    settings = _settings(connection, kinds)
    fingerprint, fields_with_places = mapping.fingerprint(rules, settings), mapping.fields_with_places(rules, settings)
    known = connections.mappings(transaction, number)
    in_force = max(known, default=0)
    if not known or known[in_force][0] != fingerprint:
        in_force = connections.add_mapping(transaction, number, fingerprint, tuple(fields_with_places))
        known = connections.mappings(transaction, number)
    names = {used_form(stored, kinds): name for stored, name in fields_with_places.items()}
    table = {
        key: tuple(names.get(used_form(each, kinds), f"{each}, moved") for each in fields)
        for key, (_, fields) in known.items()
    }
    return table, in_force


def _places(connection: Connection, connector: Connector) -> mapping.Places:
    """Return what an account has: its fields, and those that are computed from them, which cannot be written."""
    computed = computed_names(connection, connector.account)
    return mapping.Places(
        connector.mappable_fields | computed,
        connector.read_only | computed,
        connector.consent_fields,
        connector.derived,
    )


def _options(connection: Connection, kinds: Mapping[str, str]) -> mapping.Options:
    """Return the options of the fields in the config. `kinds` are the kinds of both accounts, left first."""
    fields, groups = connection.contacts.fields, connection.contacts.tag_prefixes
    stream = connection.contacts.direction
    exchanges = {name: exchange_of(name, one, stream, grouped=name in groups) for name, one in fields.items()}
    return mapping.Options(
        directions={
            **dict.fromkeys(displaced(fields, stream, kinds), "none"),
            **{name: option.direction for name, option in fields.items()},
        },
        exchanges={name: exchange for name, exchange in exchanges.items() if exchange is not None},
        loosen=any(option.loosen for option in fields.values()),
        reserved=(
            *(prefix.casefold() for prefix in groups.values()),
            *map(reservation_of, connection.contacts.create_tags),
        ),
        conflicts={name: option.conflicts or computed_at(option) for name, option in fields.items()},
        names=own_names(connection),
    )


def _settings(connection: Connection, kinds: Mapping[str, str]) -> Mapping[str, object]:
    """Return the other settings that decide which contacts and values travel. `kinds` are those of both accounts."""
    contacts = connection.contacts
    places: dict[str, object] = {name: dict(option.places) for name, option in contacts.fields.items() if option.places}
    places |= {name: {"tags": prefix} for name, prefix in contacts.tag_prefixes.items()}
    for name, conversion in fingerprint_settings(contacts.fields).items():
        places[name] = [places.get(name, {}), conversion]
    settings = {
        "create": contacts.create,
        "only": {"left": contacts.only.left.fingerprint, "right": contacts.only.right.fingerprint},
        "places": places,
    }
    optional = {
        "maps": {name: option.map for name, option in contacts.fields.items() if option.map},
        "loosen": any(option.loosen for option in contacts.fields.values()),
        "channels": None if contacts.consent_channels is None else sorted(contacts.consent_channels),
        "enrich": contacts.enrich,
        "native_places": sorted({one.name for one in native_places(contacts.fields, kinds)}),
    }
    return settings | {key: value for key, value in optional.items() if value or value == []}
