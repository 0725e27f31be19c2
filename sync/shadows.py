"""Shadows as text: what one side showed when both last agreed. Pure.

Most fields of most people are empty, so only values are written; what was agreed to be empty is known from the
mapping that was in force (every field of it was agreed on), and what was unknown then is named under "?".
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from connectors.contact import Fields, Value

UNKNOWN = "?"


def encode(shadow: Fields, fields: Collection[str]) -> str:
    """Write a shadow of a mapping with these fields; a field that is absent from the shadow is unknown."""
    content: dict[str, Any] = {name: value for name, value in shadow.items() if value is not None}
    unknown = [name for name in fields if name not in shadow]
    if unknown:
        content[UNKNOWN] = unknown
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def decode(text: str, fields: Collection[str]) -> dict[str, Value]:
    """Read a shadow that was written under a mapping with these fields."""
    content = json.loads(text)
    unknown = frozenset(content.pop(UNKNOWN, ()))
    return {name: value_of(content.get(name)) for name in fields if name not in unknown}


def value_of(content: Any) -> Value:
    """Read one value from its JSON: sets come as lists."""
    return tuple(content) if isinstance(content, list) else content


def fields_of(content: Mapping[str, Any]) -> dict[str, Value]:
    """Read values from their JSON."""
    return {name: value_of(value) for name, value in content.items()}


def parse(text: str) -> Value:
    """Read one value from JSON text."""
    return value_of(json.loads(text))


def render(value: Value) -> str:
    """Write one value as JSON text."""
    return json.dumps(value, ensure_ascii=False)
