"""The shape of a JSON value: which keys it has, how they nest, and the types of its values.

Rules kept here: the elements of a list have one shape together, and an empty list says nothing of its elements; where
only null was recorded, any type will do, but not that the key is not there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

NULL: Final = "null"
OBJECT: Final = "object"
_TYPES: Final[Mapping[type, str]] = {
    str: "text", int: "number", float: "number", bool: "boolean", type(None): NULL, dict: OBJECT, list: "list"
}  # fmt: skip

Shape = dict[str, set[str]]
"""The types that are found at each path, like "contact.tags[]"."""


def shape(value: Any, path: str = "") -> Shape:
    """Return the shape of a JSON value that stands at a path."""
    found: Shape = {path: {_TYPES[type(value)]}}
    inside: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inside = [(f"{path}.{key}".removeprefix("."), each) for key, each in value.items()]
    elif isinstance(value, list):
        inside = [(f"{path}[]", each) for each in value]
    for where, each in inside:
        for key, kinds in shape(each, where).items():
            found.setdefault(key, set()).update(kinds)
    return found


def differences(recorded: Any, served: Any) -> Iterator[tuple[str, str]]:
    """Yield each path at which two values differ in shape, and how: "missing", "added", or "this type, not that"."""
    result, shown = shape(recorded), shape(served)
    yield from ((path, "missing") for path in _only(result, shown))
    yield from ((path, "added") for path in _only(shown, result))
    for path in result.keys() & shown.keys():
        wrong = shown[path] - result[path]
        if wrong and result[path] != {NULL}:
            yield path, f"{' or '.join(sorted(wrong))}, not {' or '.join(sorted(result[path]))}"


def _only(one: Shape, other: Shape) -> Iterator[str]:
    """Yield the keys that only the one has, in objects that both have."""
    for path in one.keys() - other.keys():
        above = path.rpartition(".")[0]
        if not path.endswith("[]") and OBJECT in other.get(above, ()):
            yield path
