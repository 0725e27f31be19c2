"""Convert shadows to text and back. A shadow is what one side showed when both sides last agreed. Pure.

A shadow is a JSON list with one value per field, in the order of the mapping in force, because field names would take
more room than the values. "" was agreed to be empty, null was unknown.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.contact import SET_FIELDS, Fields, Value

SIDES = ("left", "right")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode(shadow: Fields, fields: Sequence[str]) -> str:
    """Write a shadow under a mapping with these fields. A field that is absent from the shadow is unknown."""
    return _ENCODER.encode([shadow[name] or "" if name in shadow else None for name in fields])


def decode(text: str, fields: Sequence[str]) -> dict[str, Value]:
    """Read a shadow that was written under a mapping with these fields."""
    values = zip(fields, json.loads(text), strict=True)
    return {
        name: (tuple(value) if isinstance(value, list) else value) or None
        for name, value in values
        if value is not None
    }


def value_of(content: Any) -> Value:
    """Convert one JSON value to a field value: lists become sets."""
    return tuple(content) if isinstance(content, list) else content


def fields_of(content: Mapping[str, Any]) -> dict[str, Value]:
    """Convert JSON values to field values."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in content.items()}


def parse(name: str, text: str) -> Value:
    """Read one value of a field from JSON text. Raises ValueError for JSON that is no value of such a field.

    A field with one value shows several while it is written as tags.
    """
    content = json.loads(text)
    is_texts = isinstance(content, list) and all(isinstance(each, str) for each in content)
    if content is not None and not is_texts and (name in SET_FIELDS or not isinstance(content, str)):
        raise ValueError(f"this is no value of {name}")
    return value_of(content)


def parse_resolution(name: str, text: str) -> tuple[str, Value]:
    """Read what a user decided about a field: the winning side, or "value" and a value. Raises ValueError."""
    kind, _, value = text.partition(":")
    if kind == "value":
        return kind, parse(name, value)
    if text not in SIDES:
        raise ValueError("a decision names a side or a value")
    return kind, None


def render(value: Value) -> str:
    """Write one value as JSON text."""
    return json.dumps(value, ensure_ascii=False)
