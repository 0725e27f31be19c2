"""Find what is wrong between the keys of `contacts.fields` that are right by themselves (R47, R48).

Rules kept here:
- a field of the user's own has a place at each side; a computed one has a place where it is written;
- a transform that cannot be inverted goes with a direction that needs no way back;
- no two fields are written to one place;
- what no account of the connection can do is refused (R30).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from connectors import registry
from connectors.contact import FIELDS, SET_FIELDS
from connectors.fields import FieldType
from sync.config.error_lines import ConfigMistake
from sync.config.field_places import Fields, direction_of, displaced, field_names, writers
from sync.config.fields import (
    CONSENT,
    EXCLUSIVE,
    FIELD_KEYS,
    ONE_WAY,
    TYPED,
    WORDED,
    FieldOptions,
    is_computed,
    types_of,
)
from sync.config.value_types import suggest

Path = tuple[str, ...]

TYPES_OF_TRANSFORMS: Final[Mapping[str, tuple[FieldType, ...]]] = {
    "map": ("text", "choice", "choices"),
    "lookup": ("text", "choice", "choices"),
    "case": ("text", "choice"),
    "strip": ("text", "choice"),
    "prefix": ("text", "choice"),
    "join": ("choices",),
    "split": ("text",),
}
"""The types of fields that a transform can change."""


def check_fields(fields: Fields, direction: str, kinds: Mapping[str, str], place: Path) -> Iterator[ConfigMistake]:
    """Yield the mistakes. `direction` is that of the stream, `kinds` are the kinds of both accounts, left first."""
    for name, options in fields.items():
        field_place = (*place, name)
        unknown = list(_check_name(name, options, kinds, field_place))
        if unknown:
            yield from unknown
            continue
        yield from _check_places(name, options, kinds, field_place)
        yield from _check_values(name, options, field_place)
        yield from _check_transform(name, options, direction, field_place)
        yield from _check_capabilities(name, options, kinds, field_place)
    yield from _check_names_of_templates(fields, place)
    yield from _check_shared_places(fields, direction, kinds, place)


def _check_name(name: str, options: FieldOptions, kinds: Mapping[str, str], place: Path) -> Iterator[ConfigMistake]:
    """Yield what is wrong with a name that is neither a standard field nor has the places of a field of its own."""
    if name in FIELDS:
        return
    if not options.places:
        meant = suggest(name, FIELDS)
        yield ConfigMistake(place, f"{meant}; a field of your own needs a place at {_listed(kinds)}", unknown=True)
        return
    placed = [account for account, kind in kinds.items() if options.place(account, kind)]
    needed = [] if is_computed(options) and placed else [each for each in kinds if each not in placed]
    for account in needed if placed else ():
        yield ConfigMistake(
            (*place, account), f"the place of {name} at {account}: a key, or a custom field", missing=True
        )


def _check_places(name: str, options: FieldOptions, kinds: Mapping[str, str], place: Path) -> Iterator[ConfigMistake]:
    known = dict.fromkeys((*FIELD_KEYS, *kinds, *kinds.values()))
    for key in options.places:
        if key not in known:
            yield ConfigMistake((*place, key), suggest(key, known), unknown=True)
    for account, kind in kinds.items():
        system, found = registry.system(kind), options.place(account, kind)
        own = system.standard_places.get(name)
        if name in system.fixed_fields and found and not (own and system.place_form(found) == system.place_form(own)):
            allowed = f"no place: {name} has one of its own at {kind}; map {found} as a field with another name"
            yield ConfigMistake((*place, account if account in options.places else kind), allowed, found)


def _check_values(name: str, options: FieldOptions, place: Path) -> Iterator[ConfigMistake]:
    if options.map is not None and name in FIELDS and name not in WORDED:
        yield ConfigMistake((*place, "map"), f"for {', '.join(sorted(WORDED))}, or a field of your own", None)
    if options.type is not None and name in FIELDS and name not in TYPED:
        yield ConfigMistake((*place, "type"), "for custom1 to custom9 and fields of your own only", options.type)
    if options.conflicts is not None and name in SET_FIELDS:
        allowed = "for every field but tags and lists, which are merged one by one and know no conflict"
        yield ConfigMistake((*place, "conflicts"), allowed, options.conflicts)
    if options.loosen and name != CONSENT:
        yield ConfigMistake((*place, "loosen"), f"true for {CONSENT} only", found=True)


def _check_transform(name: str, options: FieldOptions, stream: str, place: Path) -> Iterator[ConfigMistake]:
    transform = options.transform
    if transform is None:
        return
    if name in EXCLUSIVE and transform == "prefix":
        yield ConfigMistake(place, 'prefix beside as = "tags", and not without it')
        return
    if transform != "map" and name in FIELDS and (name not in WORDED or name in EXCLUSIVE):
        allowed = f"for {', '.join(sorted(WORDED - EXCLUSIVE))}, or a field of your own"
        yield ConfigMistake((*place, transform), allowed, None)
    yield from _check_type_of_transform(name, options, transform, place)
    yield from _check_way_back(options, stream, transform, place)


def _check_type_of_transform(name: str, options: FieldOptions, transform: str, place: Path) -> Iterator[ConfigMistake]:
    possible = TYPES_OF_TRANSFORMS.get(transform, ())
    left, _ = types_of(name, options)
    if (
        possible
        and (name not in FIELDS or name in TYPED)
        and (left not in possible or options.type not in {None, *possible})
    ):
        yield ConfigMistake((*place, transform), f"for a field of type {_listed(possible)}", None)


def _check_way_back(options: FieldOptions, stream: str, transform: str, place: Path) -> Iterator[ConfigMistake]:
    """Yield the directions in which a transform has no result."""
    both = all(direction_of(options, stream))
    if transform in ONE_WAY and (both or (is_computed(options) and options.direction in {None, "both"})):
        needed = 'beside direction = "left_to_right" or "right_to_left", because it has no way back'
        yield ConfigMistake((*place, transform), needed, None)
    to_left, _ = direction_of(options, stream)
    ambiguous = options.lookup.ambiguous if options.lookup is not None else None
    if ambiguous is not None and to_left:
        allowed = (
            f'a file in which each value of the right stands once ("{ambiguous}" has two rows), or '
            'direction = "left_to_right"'
        )
        yield ConfigMistake((*place, transform), allowed, None)


def _check_capabilities(
    name: str, options: FieldOptions, kinds: Mapping[str, str], place: Path
) -> Iterator[ConfigMistake]:
    """Yield what no account of the connection can do (R30)."""
    able = registry.kinds_with("tag_fields")
    if options.as_ == "tags" and name not in EXCLUSIVE:
        yield ConfigMistake((*place, "as"), f"tags only for {' and '.join(sorted(EXCLUSIVE))}", "tags")
    elif options.as_ == "tags" and (options.places or not {*able} & {*kinds.values()}):
        yield ConfigMistake((*place, "as"), f"tags only at {_listed(able)}, and not beside the key of a field", "tags")
    blocking = registry.kinds_with("consent_channels")
    if options.channels is not None and (name != CONSENT or not {*blocking} & {*kinds.values()}):
        allowed = f"for {CONSENT} of an account at {_listed(blocking)} only"
        yield ConfigMistake((*place, "channels"), allowed, list(options.channels))


def _check_names_of_templates(fields: Fields, place: Path) -> Iterator[ConfigMistake]:
    """Yield names in templates that no field has. A computed field cannot be made of another computed one."""
    known = [name for name in field_names(fields) if name not in fields or not is_computed(fields[name])]
    for name, options in fields.items():
        for read in sorted(options.template.names - set(known)) if options.template else ():
            yield ConfigMistake(
                (*place, name, "template"), f"a text with known fields; there is no {read}: {suggest(read, known)}"
            )


def _check_shared_places(fields: Fields, stream: str, kinds: Mapping[str, str], place: Path) -> Iterator[ConfigMistake]:
    """Yield fields that are written to the place of another one, unless that is a displaced standard field."""
    yielding = displaced(fields, stream, kinds)
    for side, (account, kind) in enumerate(kinds.items()):
        for names in writers(fields, stream, kinds, side).values():
            written = [name for name in names if name not in yielding]
            first = written[0] if written else ""
            for name in written[1:]:
                ours, theirs = (name, first) if name in fields and fields[name].place(account, kind) else (first, name)
                key = account if account in fields[ours].places else kind
                allowed = f"another place than that of {theirs}, which is written there too"
                yield ConfigMistake((*place, ours, key), allowed, fields[ours].place(account, kind))


def _listed(names: Iterable[str]) -> str:
    return " or ".join(names)
