"""The custom fields of a Whautomate record, in whatever shape they are shown. Pure.

Rules kept here:
- documented is an object of values by name; a list of objects with a name and a value, and JSON in a text (webhooks),
  are read as well. They are written in the shape in which the record shows them;
- a field is found by its key, else without regard to case. Values are written as texts;
- what is not ours stays: custom fields are merged into those that are there. An emptied one is written as "", because
  a server that merges would keep a key that is left out.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

NAMES: Final = ("name", "key", "fieldKey", "id")
"""The keys under which an object of a list may have the name of its field, the first that is there counts."""


def is_legible(raw: Any) -> bool:
    """Say whether custom fields are shown in a shape that can be read; what is not shown is not known then."""
    if raw is None or raw == "":
        return True
    content = _decoded(raw)
    if isinstance(content, list):
        return all(isinstance(row, Mapping) and _name_of(row) for row in content)
    return isinstance(content, Mapping)


def custom_values(raw: Any) -> dict[str, Any]:
    """Return the values by key."""
    content = _decoded(raw)
    if isinstance(content, Mapping):
        return dict(content)
    if isinstance(content, list):
        rows = [row for row in content if isinstance(row, Mapping)]
        return {str(row[name]): row.get("value") for row in rows if (name := _name_of(row))}
    return {}


def value_of(values: Mapping[str, Any], key: str) -> Any:
    """Return the value of a field, None where there is none."""
    return values.get(key_of(values, key))


def key_of(values: Mapping[str, Any], key: str) -> str:
    """Return the key under which a field stands, in the spelling of the record."""
    if key in values:
        return key
    return next((each for each in values if each.casefold() == key.casefold()), key)


def merged(raw: Any, changes: Mapping[str, str]) -> Any:
    """Return custom fields with changes, in the shape in which they were shown."""
    shown = custom_values(raw)
    named = {key_of(shown, key): value for key, value in changes.items()}
    content = _decoded(raw)
    if not isinstance(content, list):
        return {**shown, **named}
    rows = [
        {**row, "value": named[str(row[_name_of(row)])]} if _name_of(row) and str(row[_name_of(row)]) in named else row
        for row in content
        if isinstance(row, Mapping)
    ]
    label = next((name for row in rows if (name := _name_of(row))), NAMES[0])
    return [*rows, *({label: key, "value": value} for key, value in named.items() if key not in shown)]


def _decoded(raw: Any) -> Any:
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _name_of(row: Mapping[str, Any]) -> str:
    return next((name for name in NAMES if isinstance(row.get(name), str | int)), "")
