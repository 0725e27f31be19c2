"""The table of the fields of a connection: where each is kept, where it travels, and what cannot be carried (R47, R48).

Pure: the places of both accounts are passed in. `sync fields` shows the table, `sync check` what is wrong in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from connectors.connector import Connector
from connectors.fields import STANDARD_TYPES, FieldType, Place, find_place
from connectors.values import typed
from sync.config.field_places import displaced, field_names, meant_place, place_at
from sync.config.fields import FieldOptions, computed_at, is_mapped, types_of
from sync.config.model import Connection
from sync.config.value_types import suggest
from sync.engine.field_settings import exchange_of
from sync.engine.mappings import rules_of
from sync.rules.mapping import FieldRule, Rules
from sync.rules.translation import NO_TRANSLATION

SIDES: Final = ("left", "right")
MOST_OPTIONS: Final = 20
"""The number of options that a message lists."""

Places = tuple[Sequence[Place], Sequence[Place]]
"""Every place of the left account and of the right one."""


@dataclass(frozen=True, slots=True)
class FieldEnd:
    """One side of a field: its type there, and its place, None where the account has none.

    A value that is `computed` is made from the records of this side. `missing` says what becomes of a missing place.
    """

    account: str
    written: str | None
    type: FieldType
    place: Place | None
    computed: bool = False
    missing: str = ""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field. `direction` is where it travels in fact. `problems` say what cannot be carried, and why."""

    name: str
    left: FieldEnd
    right: FieldEnd
    direction: str
    conflicts: str
    transform: str
    problems: tuple[str, ...] = field(default=())

    @property
    def ends(self) -> tuple[FieldEnd, FieldEnd]:
        """Return both sides, left first."""
        return self.left, self.right


def field_rows(connection: Connection, left: Connector, right: Connector, places: Places) -> list[FieldRow]:
    """Return a row for each field of the connection, in the order in which runs treat them."""
    contacts = connection.contacts
    rules = rules_of(connection, left, right)
    kinds = {left.account: left.system, right.account: right.system}
    taken = displaced(contacts.fields, contacts.direction, kinds)
    rows = []
    for name in field_names(contacts.fields):
        options = contacts.fields.get(name, FieldOptions())
        ends = [_end(name, options, one, side, places[side]) for side, one in enumerate((left, right))]
        rule = rules.get(name)
        problems = [f"its place is that of {taken[name]}"] if name in taken else list(_problems(rule, options, ends))
        problems += filter(None, options.ignored.values())
        conflicts = options.conflicts or computed_at(options) or contacts.conflicts
        transform = _transform_text(options)
        rows.append(FieldRow(name, ends[0], ends[1], _direction(rule), conflicts, transform, tuple(problems)))
    return [_with_shared_places(row, rows, rules) for row in rows]


def _with_shared_places(row: FieldRow, rows: Sequence[FieldRow], rules: Rules) -> FieldRow:
    """Add the places that another field is written to as well: the config may name one place in several ways."""
    shared = [
        f"{end.account}: {end.place.label} is written by {other.name} too"
        for side, end in enumerate(row.ends)
        for other in rows
        if other is not row and end.place is not None and other.ends[side].place == end.place
        if all(one.name in rules and rules[one.name].to(SIDES[side]) for one in (row, other))
    ]
    return replace(row, problems=(*row.problems, *shared)) if shared else row


def open_problems(row: FieldRow, fields: Mapping[str, FieldOptions]) -> tuple[str, ...]:
    """Return what is wrong with a field that the config names. The places of the others are the connectors' own."""
    return row.problems if row.name in fields and fields[row.name].direction != "none" else ()


def _end(name: str, options: FieldOptions, connector: Connector, side: int, places: Sequence[Place]) -> FieldEnd:
    written = place_at(name, options, connector.account, connector.system)
    kind = types_of(name, options)[side] if is_mapped(name, options) else STANDARD_TYPES.get(name, "text")
    computed = computed_at(options) == SIDES[side]
    if options.as_ == "tags" and name not in connector.fields_to_create:
        written = f"tags {options.prefix or name + ':'}"
    if computed or name not in connector.mappable_fields:
        return FieldEnd(connector.account, None, kind, None, computed)
    meant = meant_place(name, options, connector.account, connector.system) if written else None
    place = find_place(places, meant) if meant else None
    missing = "" if place or written is None else _missing(name, written, connector, places)
    return FieldEnd(connector.account, written, kind, place, missing=missing)


def _missing(name: str, written: str, connector: Connector, places: Sequence[Place]) -> str:
    """Say what becomes of a place that the account does not have."""
    if name in connector.fields_to_create:
        return " yet; a custom field is created with its first value"
    return f"; allowed is {suggest(written, [place.key for place in places])}"


def _direction(rule: FieldRule | None) -> str:
    ways = (rule.to_left, rule.to_right) if rule is not None else (False, False)
    return {(True, True): "both", (False, True): "left_to_right", (True, False): "right_to_left"}.get(ways, "none")


def _problems(rule: FieldRule | None, options: FieldOptions, ends: Sequence[FieldEnd]) -> Iterator[str]:
    """Yield what cannot be carried between the ends of a field."""
    for end in ends:
        if rule is None and options.direction != "none" and end.written is None and not end.computed:
            yield f"{end.account} has no place for it"
    for side, end in enumerate(ends) if rule is not None else ():
        writes = rule is not None and rule.to(SIDES[side])
        yield from _problems_of_place(end, options, writes=writes)
    if rule is not None:
        for side, end in enumerate(ends):
            if rule.to(SIDES[1 - side]):
                yield from _lacking_choices(rule, options, end, ends[1 - side], SIDES[1 - side])


def _problems_of_place(end: FieldEnd, options: FieldOptions, *, writes: bool) -> Iterator[str]:
    if end.written is None or end.computed:
        return
    configured = any(end.written == each for each in options.places.values())
    if end.place is None:
        if configured:
            yield f"{end.account}: there is no {end.written}{end.missing}"
        return
    if configured and not end.place.holds(end.type) and (end.place.writable or end.place.custom):
        held = f"{end.place.type} ({end.place.kind})" if end.place.kind else end.place.type
        yield f"{end.account}: {end.written} holds {held}, and cannot hold a field of type {end.type}"
    elif configured and not end.place.writable:
        only = f"{end.account}: {end.written} can only be read"
        if writes or options.direction in {None, "both"}:
            yield f"{only}, so nothing is written there"


def _lacking_choices(
    rule: FieldRule, options: FieldOptions, source: FieldEnd, target: FieldEnd, to: str
) -> Iterator[str]:
    """Yield the choices of one side that the place of the other one lacks."""
    if source.place is None or target.place is None or not source.place.options or not target.place.options:
        return
    exchange = rule.exchange or exchange_of(rule.name, options, "both", grouped=False)
    lacking = []
    for option in source.place.options:
        value = typed.decode(source.type, option if source.type != "choices" else [option])
        changed = exchange.carried(value, to) if exchange is not None and isinstance(value, str | tuple) else option
        try:
            fitting = changed is not NO_TRANSLATION and typed.fit(target.type, changed, target.place)
        except ValueError:
            fitting = False
        lacking += [] if fitting else [option]
    if lacking:
        yield (
            f"{target.account}: {target.written} lacks {_listed(lacking)} of {source.account}; "
            f"it has {_listed(target.place.options)}"
        )


def _transform_text(options: FieldOptions) -> str:
    key = options.transform
    if key is None:
        return ""
    value = getattr(options, key)
    if key == "map":
        return f"map of {len(value)}"
    if key == "lookup":
        return f"lookup of {len(value.pairs)}"
    return f'{key} "{getattr(value, "text", value)}"'


def _listed(options: Sequence[str]) -> str:
    more = len(options) - MOST_OPTIONS
    return ", ".join([*options[:MOST_OPTIONS], *([f"{more} more"] if more > 0 else [])])
