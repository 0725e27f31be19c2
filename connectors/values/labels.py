"""Sets of short names: tags and lists, in any shape of an API.

Rules kept here:
- accepted are null, a comma text (a name with a comma is quoted there), a list of names, a list of {"name": ...}, and
  lists in lists, because GrowthGenius documents no shape for `label_names` and `lists` (its samples hold null);
- names compare without case (GrowthHub lower-cases tags). The first spelling counts. The order is alphabetical;
- no names is empty: None. A name that is dirt ("NaN") is no name. A set of dirt alone, or with an object without a
  name, is UNKNOWN (R4): a smaller set would remove names.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from connectors.values import text
from connectors.values.text import UNKNOWN, Unknown, Unmapped

_QUOTED: Final = re.compile('[",]')
_DEEPEST = 4


class _UnreadableError(Exception):
    """An object without a name, or lists in lists without end."""


def clean(raw: object) -> tuple[str, ...] | Unknown | None:
    """Return the names without duplicates, None when there are none, UNKNOWN when the shape does not show them."""
    try:
        readings = [text.clean_line(name) for name in _raw_names(raw)]
    except _UnreadableError:
        return UNKNOWN
    names = [name for name in readings if isinstance(name, str)]
    if UNKNOWN in readings and not names:
        return UNKNOWN
    return _unique(names) or None


def spellings(raw: object) -> Mapping[str, tuple[str, ...]]:
    """Return the spellings of each name of a raw set, by its comparable form.

    Names that are too long are under "": they are not read, and have to stay.
    """
    found: dict[str, tuple[str, ...]] = {}
    try:
        for name in _raw_names(raw):
            reading = text.clean_line(name)
            if isinstance(name, str) and isinstance(reading, str | Unmapped):
                kept = key(reading) if isinstance(reading, str) else ""
                found[kept] = (*found.get(kept, ()), name)
    except _UnreadableError:
        return {}
    return found


def spelled(names: Iterable[str], known: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return names in all their known spellings, else as they are."""
    return [spelling for name in names for spelling in known.get(key(name), (name,))]


def to_text(names: Iterable[str]) -> str:
    """Return names as one text that `clean` reads back: a name with a comma is quoted."""
    return ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' if _QUOTED.search(name) else name for name in names)


def _raw_names(raw: object) -> list[object]:
    return [*_flat(_of_text(raw) if isinstance(raw, str) else raw)]


def _of_text(raw: str) -> list[str]:
    """Return the names of a comma text. Quotation marks hold a name together if they come in pairs."""
    if '"' in raw:
        # Imported here, because few sets are texts with quotation marks.
        import csv

        with suppress(csv.Error):
            (names,) = csv.reader([raw.replace("\n", " ").replace("\r", " ")], skipinitialspace=True, strict=True)
            return [name.strip() for name in names]
    return [name.strip() for name in raw.split(",")]


def key(name: str) -> str:
    """Return the comparable form: without case, invisible characters and kinds of white space."""
    return text.comparable(name).casefold()


def _unique(names: list[str]) -> tuple[str, ...]:
    spellings: dict[str, str] = {}
    for name in names:
        spellings.setdefault(key(name), name)
    return tuple(spellings[folded] for folded in sorted(spellings))


def _flat(raw: object, depth: int = 0) -> Iterator[object]:
    if depth > _DEEPEST or (isinstance(raw, Mapping) and "name" not in raw):
        raise _UnreadableError
    if isinstance(raw, Mapping):
        yield from _flat(raw["name"], depth + 1)
    elif isinstance(raw, list | tuple):
        for element in raw:
            yield from _flat(element, depth + 1)
    else:
        yield raw
