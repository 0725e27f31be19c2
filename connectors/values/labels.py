"""Sets of short names: tags and lists, in whatever shape an API shows them.

Rules kept here:
- accepted are null, a comma string, a list of names, a list of {"name": ...}, and lists in lists (GrowthGenius
  documents no shape for `label_names` and `lists`: its samples hold null);
- names are the same without case (GrowthHub lower-cases tags); the first spelling counts; the order is alphabetical;
- no names is empty: None. A name that is dirt ("NaN") is no name; a set of nothing but dirt, or with an object without
  a name, is UNKNOWN (R4), since taking it for a smaller set would remove names.
"""

from collections.abc import Iterator, Mapping

from connectors.values import text
from connectors.values.text import UNKNOWN, Unknown

_DEEPEST = 4


class _UnreadableError(Exception):
    """An object without a name, or lists in lists without end."""


def clean(raw: object) -> tuple[str, ...] | Unknown | None:
    """Return the names without doubles, None when there are none, UNKNOWN when it cannot be told."""
    try:
        readings = [text.clean_line(name) for name in _flat(raw.split(",") if isinstance(raw, str) else raw)]
    except _UnreadableError:
        return UNKNOWN
    names = [name for name in readings if isinstance(name, str)]
    if UNKNOWN in readings and not names:
        return UNKNOWN
    return _unique(names) or None


def _unique(names: list[str]) -> tuple[str, ...]:
    spellings: dict[str, str] = {}
    for name in names:
        spellings.setdefault(name.casefold(), name)
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
