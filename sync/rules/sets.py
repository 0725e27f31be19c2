"""Merge sets of short names element by element, without case (R12). Pure."""

from collections.abc import Collection, Mapping
from typing import Final

from connectors.contact import Value
from connectors.values import labels

_END: Final = "\0"
"""A character that no element contains: it ends the reservation of one whole element."""


def changes_of(base: Value, now: Value, reserved: tuple[str, ...] = ()) -> tuple[dict[str, str], frozenset[str]]:
    """Return the elements that a set gained since `base` (by case-folded form) and the forms of those that it lost.

    Elements that begin with one of `reserved` do not count.
    """
    before, after = (elements(without(value, reserved)) for value in (base, now))
    gained = {key: text for key, text in after.items() if key not in before}
    return gained, frozenset(key for key in before if key not in after)


def apply_changes(value: Value, gained: Mapping[str, str], lost: frozenset[str]) -> Value:
    """Return the set with these elements added and removed, in a stable order. An empty set is None."""
    united = {**gained, **elements(value)}
    kept = {key: text for key, text in united.items() if key not in lost}
    return tuple(kept[key] for key in sorted(kept)) or None


def without(value: Value, reserved: tuple[str, ...]) -> Value:
    """Return a set without the elements that begin with one of `reserved` (case-folded)."""
    if not reserved or not isinstance(value, tuple):
        return value
    return tuple(element for element in value if not reservation_of(element).startswith(reserved)) or None


def reservation_of(element: str) -> str:
    """Return the reservation of exactly this element, which holds for none that begins with it."""
    return labels.key(element) + _END


def with_all(value: Value, more: Collection[str]) -> Value:
    """Return the set with these elements added."""
    return apply_changes(value, elements(tuple(more)), frozenset())


def elements(value: Value) -> dict[str, str]:
    """Return the elements of a set by case-folded form. Any other value has none."""
    return {labels.key(element): element for element in value} if isinstance(value, tuple) else {}
