"""Check the shape of JSON content: what kind of value stands where. Pure.

A shape is a function that says whether content fits. `true` and `false` are no numbers here, though Python counts them
as such.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

Shape = Callable[[Any], bool]


def is_anything(_content: Any) -> bool:
    """Accept any content."""
    return True


def is_text(content: Any) -> bool:
    """Say whether content is a text."""
    return isinstance(content, str)


def is_whole_number(content: Any) -> bool:
    """Say whether content is a whole number."""
    return isinstance(content, int) and not isinstance(content, bool)


def is_flag(content: Any) -> bool:
    """Say whether content is true or false."""
    return isinstance(content, bool)


def is_object(content: Any) -> bool:
    """Say whether content is an object, whatever it holds."""
    return isinstance(content, dict)


def or_null(shape: Shape) -> Shape:
    """Accept null as well."""
    return lambda content: content is None or shape(content)


def either(*shapes: Shape) -> Shape:
    """Accept what fits one of the shapes."""
    return lambda content: any(shape(content) for shape in shapes)


def list_of(shape: Shape) -> Shape:
    """Accept a list of such elements."""
    return lambda content: isinstance(content, list) and all(map(shape, content))


def row_of(*shapes: Shape, at_least: int | None = None) -> Shape:
    """Accept a list with one element for each shape; the last ones may be missing past `at_least` elements."""
    fewest = len(shapes) if at_least is None else at_least
    return lambda content: (
        isinstance(content, list)
        and fewest <= len(content) <= len(shapes)
        and all(shape(each) for shape, each in zip(shapes, content, strict=False))
    )


def by_name(shape: Shape) -> Shape:
    """Accept an object with such values, under any names."""
    return lambda content: isinstance(content, dict) and all(map(shape, content.values()))


def with_keys(needed: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """Accept an object with the needed keys, the optional ones, and any others."""
    known = {**needed, **(optional or {})}
    return lambda content: (
        isinstance(content, dict)
        and needed.keys() <= content.keys()
        and all(shape(content[key]) for key, shape in known.items() if key in content)
    )


def text_of(shape: Shape) -> Shape:
    """Accept a text that holds JSON of such content."""

    def fits(content: Any) -> bool:
        try:
            return isinstance(content, str) and shape(json.loads(content))
        except (ValueError, RecursionError):
            return False

    return fits
