"""Places of standard fields that are read in a config and not used, because earlier releases did not use them either.

Those releases ignored a place for a field that a system keeps in a key of its own (`native_fields`), whatever it said.
Rules kept here:
- a config that loaded then loads now: such a place is a warning, and never a mistake;
- a place that is the field's own anyway is no warning;
- one that no config can give the field, or that another standard field of the config is written to, stays ignored;
- any other is used, but not by an upgrade alone: a connection that was synced while it was ignored would take the
  values of another key for edits, and replace those of the other side. So it stays ignored there (R18).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors import registry
from connectors.contact import FIELDS
from connectors.system import System
from state.earlier_mapping import fields_in_force
from sync.config.field_places import Fields, writers

_MEND = "remove it, or map that place as a field with a name of your own"


@dataclass(frozen=True, slots=True)
class NativePlace:
    """A place in use that a config gives a standard field, and that earlier releases ignored."""

    name: str
    account: str
    kind: str
    written: str

    @property
    def system(self) -> System[Any]:
        """Return the system of the account."""
        return registry.system(self.kind)

    @property
    def is_own(self) -> bool:
        """Say whether the field is kept there without a config, too."""
        own = self.system.standard_places.get(self.name)
        return own is not None and self.system.place_form(self.written) == self.system.place_form(own)


def native_places(fields: Fields, kinds: Mapping[str, str]) -> list[NativePlace]:
    """Return the places in use that earlier releases ignored. `kinds` are the kinds of both accounts, left first."""
    return [
        NativePlace(name, account, kind, written)
        for name, options in fields.items()
        for account, kind in kinds.items()
        if name in FIELDS and (written := options.place(account, kind)) and name in registry.system(kind).native_fields
    ]


def ignore_unusable(fields: Fields, stream: str, kinds: Mapping[str, str]) -> None:
    """Mark the places that a field has anyway, that it cannot have, and that another field has."""
    for one in native_places(fields, kinds):
        if one.is_own:
            fields[one.name].ignore(one.account, "")
        elif one.name in one.system.fixed_fields:
            _ignore(fields, one, f"{one.name} has a place of its own there")
    others = [(one, _other_writer(fields, stream, kinds, one)) for one in native_places(fields, kinds)]
    for one, other in others:
        if other is not None:
            _ignore(fields, one, f"{other} is written there, too")


def ignore_as_before(fields: Fields, kinds: Mapping[str, str], state: Path, connection: str) -> None:
    """Mark the places that were ignored when a connection was synced last.

    The state file is read only for a config with such a place. Raises StateError where it cannot be read.
    """
    native = native_places(fields, kinds)
    stored = fields_in_force(state, connection) if native else ()
    for one in native:
        if stored_form(one.name, fields[one.name].places) in stored:
            _ignore(fields, one, "an earlier release ignored it, and an upgrade alone moves no field")


def stored_form(name: str, places: Mapping[str, str]) -> str:
    """Return a field with its places as the state has it where they were ignored (sync.rules.mapping)."""
    return f"{name} {json.dumps(dict(places), sort_keys=True)}"


def used_form(stored: str, kinds: Mapping[str, str]) -> str:
    """Return a field as the state has it, without the places that were ignored: they never moved it.

    A stored place of a native field that was used has another form (sync.rules.mapping).
    """
    name, _, text = stored.partition(" ")
    if not text.startswith("{"):
        return stored
    systems = {**{kind: kind for kind in kinds.values()}, **kinds}
    places = json.loads(text)
    used = {
        key: place
        for key, place in places.items()
        if not (key in systems and name in registry.system(systems[key]).native_fields)
    }
    return stored_form(name, used) if used else name


def ignored_lines(fields: Fields) -> Iterator[tuple[str, str]]:
    """Yield each field with an ignored place, and a sentence about it."""
    for name, options in fields.items():
        yield from ((name, text) for text in options.ignored.values() if text)


def _ignore(fields: Fields, one: NativePlace, reason: str) -> None:
    fields[one.name].ignore(
        one.account, f"{one.account}: the place {one.written} is ignored, because {reason}; {_MEND}"
    )


def _other_writer(fields: Fields, stream: str, kinds: Mapping[str, str], one: NativePlace) -> str | None:
    """Return another standard field of the config that is written to a place, None where there is none."""
    for names in writers(fields, stream, kinds, list(kinds).index(one.account)).values():
        others = [name for name in names if name != one.name and name in fields and name in FIELDS]
        if one.name in names and others:
            return others[0]
    return None
