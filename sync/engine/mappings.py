"""The rules of the fields of a connection, from config and accounts, and the mapping in force (R13, R18)."""

from collections.abc import Mapping

from connectors.connector import Connector
from state import connections
from state.database import Transaction
from sync.config.model import Connection
from sync.rules import mapping
from sync.rules.sets import reservation_of
from sync.rules.translation import terms


def rules_of(connection: Connection, left: Connector, right: Connector) -> dict[str, mapping.FieldRule]:
    """Return the rule of every field that both sides know."""
    places = [
        mapping.Places(one.mappable_fields, one.read_only, one.consent_fields, one.derived) for one in (left, right)
    ]
    return mapping.rules(places[0], places[1], connection.contacts.direction, _options(connection))


def mapping_in_force(
    transaction: Transaction, number: int, rules: mapping.Rules, connection: Connection
) -> tuple[dict[int, tuple[str, ...]], int]:
    """Return the fields of every earlier mapping by its number, and the number of the one in force (R18).

    A mapping that changed gets a new number. A field that moved to another place counts as another field, because its
    value at the new place was never agreed on. `number` is that of the connection.
    """
    settings = _settings(connection)
    fingerprint, fields_with_places = mapping.fingerprint(rules, settings), mapping.fields_with_places(rules, settings)
    known = connections.mappings(transaction, number)
    in_force = max(known, default=0)
    if not known or known[in_force][0] != fingerprint:
        in_force = connections.add_mapping(transaction, number, fingerprint, tuple(fields_with_places))
        known = connections.mappings(transaction, number)
    table = {
        key: tuple(fields_with_places.get(each, f"{each}, moved") for each in fields)
        for key, (_, fields) in known.items()
    }
    return table, in_force


def _options(connection: Connection) -> mapping.Options:
    """Return the options of the fields in the config."""
    fields, groups = connection.contacts.fields, connection.contacts.tag_prefixes
    return mapping.Options(
        directions={name: option.direction for name, option in fields.items()},
        exchanges={name: terms(option.map) for name, option in fields.items() if option.map or name in groups},
        loosen=any(option.loosen for option in fields.values()),
        reserved=(
            *(prefix.casefold() for prefix in groups.values()),
            *map(reservation_of, connection.contacts.create_tags),
        ),
        conflicts={name: option.conflicts for name, option in fields.items()},
    )


def _settings(connection: Connection) -> Mapping[str, object]:
    """Return the other settings that decide which contacts and values travel."""
    contacts = connection.contacts
    places: dict[str, object] = {name: dict(option.places) for name, option in contacts.fields.items() if option.places}
    places |= {name: {"tags": prefix} for name, prefix in contacts.tag_prefixes.items()}
    settings = {"create": contacts.create, "only": contacts.only.model_dump(), "places": places}
    optional = {
        "maps": {name: option.map for name, option in contacts.fields.items() if option.map},
        "loosen": any(option.loosen for option in contacts.fields.values()),
        "channels": None if contacts.consent_channels is None else sorted(contacts.consent_channels),
        "enrich": contacts.enrich,
    }
    return settings | {key: value for key, value in optional.items() if value or value == []}
