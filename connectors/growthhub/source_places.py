"""The custom fields of a location that hold source ids, and the source id that they show (R31). Pure.

Rules kept here:
- a location that several connections share has a field for each of them, so that no source id replaces another one;
- the first connection to a system has the field named after it (`contact.growthgenius_id`), each further one a field
  that ends with the mark of its account (`contact.growthgenius_id_5f0c1b7a92`);
- all fields in which an account may have written are read. An id alone counts only in the field named after the system,
  and only for the first connection: elsewhere it could be of any account.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from connectors.source_id import SourceAccount
from connectors.values import text

MARKER: Final = "source id"
"""The name of the place that source ids are written to. No field can have this name."""

EARLIER: Final = "contact.growthgenius_id"
"""The place that earlier releases wrote to, whatever the system of the other account."""

_ALSO: Final = "source id "


def source_keys(sources: SourceAccount, prefix: str) -> dict[str, str]:
    """Return the key of each place of source ids: of MARKER, which is written, and of places that are only read."""
    keys = dict.fromkeys([*(prefix + name for name in sources.fields), EARLIER])
    written, *others = keys
    return {MARKER: written, **{f"{_ALSO}{number}": key for number, key in enumerate(others)}}


def is_source_place(name: str) -> bool:
    """Say whether a place holds source ids, and no canonical field."""
    return name == MARKER or name.startswith(_ALSO)


def written_ids(names: Collection[str], record_id: str, sources: SourceAccount) -> list[tuple[str, str]]:
    """Return every place of these, with every spelling of a source id that may stand in it."""
    found = [(name, each) for name in names if is_source_place(name) for each in sources.spellings(record_id)]
    return [(name, each) for name, each in found if not sources.is_bare(each) or _counts_bare(name, sources)]


def shown_source_id(values: Mapping[str, Any], sources: SourceAccount) -> str | None:
    """Return the source id of this account that a record shows in its places, as it is written there."""
    shown = ((name, text.clean_line(values[name])) for name in values if is_source_place(name))
    for name, value in sorted(shown, key=lambda one: one[0] != MARKER):
        if not isinstance(value, str) or sources.is_foreign(value):
            continue
        if not sources.is_bare(value) or _counts_bare(name, sources):
            return value
    return None


def _counts_bare(name: str, sources: SourceAccount) -> bool:
    return name == MARKER and not sources.has_own_field
