"""Sets of short names, merged element by element and without case (R12). Pure."""

from collections.abc import Collection, Mapping
from typing import Final

from connectors.contact import Value
from connectors.values import labels

_END: Final = "\0"
"""What stands in no element, and so ends one that is reserved as a whole."""


def changes_of(base: Value, now: Value, reserved: tuple[str, ...] = ()) -> tuple[dict[str, str], frozenset[str]]:
    """Return the elements that a set gained (by their case-folded form) and lost since it was last agreed on.

    Those that begin with one of `reserved` are none of its elements.
    """
    before, after = (elements(without(value, reserved)) for value in (base, now))
    gained = {key: text for key, text in after.items() if key not in before}
    return gained, frozenset(key for key in before if key not in after)


def apply_changes(value: Value, gained: Mapping[str, str], lost: frozenset[str]) -> Value:
    """Return the set with those elements added and taken away, in a stable order; an empty set is None."""
    united = {**gained, **elements(value)}
    kept = {key: text for key, text in united.items() if key not in lost}
    return tuple(kept[key] for key in sorted(kept)) or None


def without(value: Value, reserved: tuple[str, ...]) -> Value:
    """Return a set without the elements that begin with one of `reserved` (folded)."""
    if not reserved or not isinstance(value, tuple):
        return value
    return tuple(element for element in value if not reserving(element).startswith(reserved)) or None


def reserving(element: str) -> str:
    """Return what reserves this element alone, and none that begins with it."""
    return labels.key(element) + _END


def with_all(value: Value, more: Collection[str]) -> Value:
    """Return the set with these elements added."""
    return apply_changes(value, elements(tuple(more)), frozenset())


def elements(value: Value) -> dict[str, str]:
    """Return the elements of a set by their case-folded form; anything else has none."""
    return {labels.key(element): element for element in value} if isinstance(value, tuple) else {}
