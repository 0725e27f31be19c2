"""Propose fields for the config: places of both accounts with one name, or with values that agree (R47).

Rules kept here:
- only places that no field of the connection uses are looked at, and only pairs that one type can be kept in;
- two places with the same name, by their letters and digits, are proposed;
- so are two places with values that agree in nearly all of the linked contacts that have both. At most SAMPLE contacts
  are read for that, each by one call at each side. A value that nearly all contacts have proves nothing;
- a place at the right is proposed once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Final

from connectors.clock import Clock
from connectors.connector import Connector
from connectors.contact import Value
from connectors.errors import RecordError
from connectors.fields import HOLDS, FieldType, MappedField, Place, squash
from connectors.values import typed
from connectors.values.text import Unknown, Unmapped
from state import connections
from state.file import StateFile
from state.links import Links
from sync.config.field_places import field_names
from sync.config.fields import OWN_NAME, TYPED
from sync.config.model import Config, Connection
from sync.engine.field_places import connected
from sync.engine.field_table import Places, field_rows
from sync.engine.runner import chosen_connections
from sync.rules.streams import CONTACTS

SAMPLE: Final = 50
ENOUGH: Final = 3
"""How many linked contacts must have a value at both places, and how many different values there must be."""
AGREEING: Final = 0.9

_SPECIFIC: Final[tuple[FieldType, ...]] = (
    "number", "money", "date", "datetime", "boolean", "email", "phone", "url", "choice", "choices", "text",
)  # fmt: skip

Values = Mapping[str, Sequence[Value]]
"""The values of the sampled contacts, in one order, by place."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A field that could be mapped, and why. `agreeing` of `compared` sampled contacts show the same value."""

    connection: str
    name: str
    left: str
    right: str
    type: FieldType
    reason: str
    agreeing: int = 0
    compared: int = 0
    direction: str | None = None


def suggest_fields(
    config: Config, warn: Callable[[str], None], names: tuple[str, ...] = (), clock: Clock | None = None
) -> list[Suggestion]:
    """Return what could be mapped. Raises UsageError, ConfigError, AuthError, TransientError."""
    found: list[Suggestion] = []
    for connection in chosen_connections(config, names):
        with connected(config, connection, warn, clock) as (left, right):
            places = left.list_places(), right.list_places()
            free = _free_places(connection, left, right, places)
        samples = _sampled(config, connection, free, clock)
        found += suggestions(connection, free, samples)
    return found


def suggestions(connection: Connection, free: Places, samples: tuple[Values, Values]) -> Iterator[Suggestion]:
    """Yield the proposals for these places, by the values of sampled contacts. Pure."""
    used: set[str] = set()
    taken = set(field_names(connection.contacts.fields))
    for left in free[0]:
        pairs = ((right, _judged(left, right, samples)) for right in free[1] if right.key not in used)
        good = [(right, *found) for right, found in pairs if found is not None]
        if not good:
            continue
        right, kind, reason, agreeing, compared = max(good, key=lambda one: (one[2] == SAME_NAME, one[3]))
        direction = _direction(left, right)
        if direction == "none":
            continue
        used.add(right.key)
        name = _name(right if right.custom else left, taken)
        taken.add(name)
        yield Suggestion(
            connection.name, name, left.key, right.key, kind, reason, agreeing, compared,
            None if direction == "both" else direction,
        )  # fmt: skip


SAME_NAME: Final = "same name"
SAME_VALUES: Final = "same values"


def _judged(left: Place, right: Place, samples: tuple[Values, Values]) -> tuple[FieldType, str, int, int] | None:
    """Return type and reason for a pair of places, None where it is not worth a proposal."""
    types = [kind for kind in _SPECIFIC if kind in HOLDS[left.type] and kind in HOLDS[right.type]]
    names = {squash(left.key), squash(left.label)} & {squash(right.key), squash(right.label)}
    if not types:
        return None
    compared = list(zip(samples[0].get(left.key, ()), samples[1].get(right.key, ()), strict=False))
    both = [(one, other) for one, other in compared if one and other]
    for kind in types if both else ():
        keys = [(_key(kind, one), _key(kind, other)) for one, other in both]
        known = [(one, other) for one, other in keys if one is not None and other is not None]
        if len(known) < len(both):
            continue
        agreeing = [one for one, other in known if one == other]
        if len(agreeing) >= AGREEING * len(both) and len(set(agreeing)) >= ENOUGH:
            return kind, SAME_NAME if names else SAME_VALUES, len(agreeing), len(both)
        if names:
            return kind, SAME_NAME, len(agreeing), len(both)
    natural = next((place.type for place in (right, left) if place.type != "text" and place.type in types), None)
    return (natural or "text", SAME_NAME, 0, len(both)) if names and not both else None


def _key(kind: FieldType, value: Value) -> Value:
    found = typed.decode(kind, list(value) if isinstance(value, tuple) else value)
    return None if isinstance(found, Unknown | Unmapped) else typed.key(kind, found)


def _direction(left: Place, right: Place) -> str:
    if left.writable and right.writable:
        return "both"
    if not left.writable and not right.writable:
        return "none"
    return "left_to_right" if right.writable else "right_to_left"


def _name(place: Place, taken: set[str]) -> str:
    """Return a name for the field of a place that no other field has."""
    words = "_".join(filter(None, "".join(sign if sign.isalnum() else " " for sign in place.label.lower()).split()))
    base = words if OWN_NAME.fullmatch(words) else "field"
    numbered = (f"{base[:37]}_{number}" for number in range(2, 1000))
    return base if base not in taken else next(name for name in numbered if name not in taken)


def _free_places(connection: Connection, left: Connector, right: Connector, places: Places) -> Places:
    """Return the places that no field of the connection uses: custom1 to custom9 too, while one side has no place."""
    rows = [
        row
        for row in field_rows(connection, left, right, places)
        if row.name not in TYPED or row.name in connection.contacts.fields or all(end.place for end in row.ends)
    ]
    used = [{row.ends[side].written for row in rows if row.direction != "none"} for side in (0, 1)]
    known = [{place.key for place in (row.ends[side].place for row in rows) if place} & used[side] for side in (0, 1)]
    free = [
        [place for place in listed if place.key not in known[side] and place.key not in used[side]]
        for side, listed in enumerate(places)
    ]
    return free[0], free[1]


def _sampled(config: Config, connection: Connection, free: Places, clock: Clock | None) -> tuple[Values, Values]:
    """Return the values of linked contacts in the free places of both sides."""
    pairs = _linked(config, connection)
    found: tuple[dict[str, list[Value]], dict[str, list[Value]]] = (defaultdict(list), defaultdict(list))
    if not pairs or not all(free):
        return found
    names = [{f"p{number}": place for number, place in enumerate(listed)} for listed in free]
    mapped = {
        account: {name: MappedField(name, place.id or place.key, place.type) for name, place in names[side].items()}
        for side, account in enumerate((connection.left, connection.right))
    }
    with connected(config, connection, lambda _line: None, clock, mapped=mapped) as connectors:
        for ids in pairs:
            shown = [_shown(connector, record_id) for connector, record_id in zip(connectors, ids, strict=True)]
            if None in shown:
                continue
            for side, fields in enumerate(shown):
                for name, place in names[side].items():
                    found[side][place.key].append((fields or {}).get(name))
    return found


def _shown(connector: Connector, record_id: str) -> Mapping[str, Value] | None:
    """Return the fields of a record, None where it is gone or cannot be read."""
    try:
        page = connector.read_record(record_id)
    except RecordError:
        return None
    return connector.to_contact(page.records[0], {}).fields if page.records else None


def _linked(config: Config, connection: Connection) -> list[tuple[str, str]]:
    """Return the ids of the last linked contacts of a connection, at most SAMPLE of them."""
    if not config.state.path.exists():
        return []
    with closing(StateFile.open(config.state.path)) as state:
        known = connections.find_connection(state.db, connection.name)
        if known is None:
            return []
        links = Links(state.db, known.id, CONTACTS).all_links()
        return [(link.left.id, link.right.id) for link in islice((one for one in links if one.gone is None), SAMPLE)]
