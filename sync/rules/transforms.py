"""Transforms of field values on their way between the sides (R48). Pure.

A transform is written from left to right: `to_right` is what it says, `to_left` its inverse. One that cannot be
inverted (`case`, `strip`) changes the value in the direction in which the field travels; the config allows no other.
A value that a transform has no result for stays where it is: NO_TRANSLATION (R17).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from connectors.contact import Value
from connectors.values import labels
from sync.rules.translation import NO_TRANSLATION, Translated, TranslationTable


class Transform(Protocol):
    """Changes the values of one field. `invertible` says whether there is a way back."""

    invertible: ClassVar[bool]

    def to_right(self, value: Value) -> Translated:
        """Change a value of the left side for the right side."""

    def to_left(self, value: Value) -> Translated:
        """Change a value of the right side for the left side."""


@dataclass(frozen=True, slots=True)
class Words:
    """Replaces whole values by a table; of several choices, each of them."""

    invertible: ClassVar[bool] = True
    table: TranslationTable

    def to_right(self, value: Value) -> Translated:
        """Return the word of the right side."""
        return self._each(value, "right")

    def to_left(self, value: Value) -> Translated:
        """Return the word of the left side."""
        return self._each(value, "left")

    def _each(self, value: Value, side: str) -> Translated:
        if not isinstance(value, tuple):
            return self.table.carried(value, side)
        words = [self.table.carried(each, side) for each in value]
        found = [word for word in words if isinstance(word, str)]
        return _choices(found) if len(found) == len(words) else NO_TRANSLATION


@dataclass(frozen=True, slots=True)
class OneWay:
    """Changes a text in the direction in which it travels."""

    invertible: ClassVar[bool] = False
    change: Callable[[str], str]

    def to_right(self, value: Value) -> Translated:
        """Return the changed text, None where nothing is left of it."""
        return (self.change(value).strip() or None) if isinstance(value, str) else value

    def to_left(self, value: Value) -> Translated:
        """Return the changed text, as to the right."""
        return self.to_right(value)


@dataclass(frozen=True, slots=True)
class Prefix:
    """Puts a text before every value of the left. A value of the right without it has none."""

    invertible: ClassVar[bool] = True
    prefix: str

    def to_right(self, value: Value) -> Translated:
        """Return the value with the prefix."""
        return f"{self.prefix}{value}" if isinstance(value, str) else value

    def to_left(self, value: Value) -> Translated:
        """Return the value without the prefix."""
        if not isinstance(value, str):
            return value
        rest = value.removeprefix(self.prefix)
        # A value that is the prefix alone would be sent back as an empty one.
        return rest if rest != value and rest == rest.strip() != "" else NO_TRANSLATION


@dataclass(frozen=True, slots=True)
class Join:
    """Joins the choices of one side to a text of the other side: of the left, or with `splits` of the right."""

    invertible: ClassVar[bool] = True
    separator: str
    splits: bool = False

    def to_right(self, value: Value) -> Translated:
        """Return the text, or where it splits the choices."""
        return self._split(value) if self.splits else self._join(value)

    def to_left(self, value: Value) -> Translated:
        """Return the choices, or where it splits the text."""
        return self._join(value) if self.splits else self._split(value)

    def _join(self, value: Value) -> Translated:
        if not isinstance(value, tuple):
            return value
        # A choice with the separator in it would come back as two.
        return NO_TRANSLATION if any(self._bare in each for each in value) else self.separator.join(value)

    def _split(self, value: Value) -> Translated:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(self._bare)]
        return _choices([part for part in parts if part])

    @property
    def _bare(self) -> str:
        return self.separator.strip() or self.separator


CASES: Final[Mapping[str, Callable[[str], str]]] = {"upper": str.upper, "lower": str.lower, "title": str.title}


def stripped(characters: str) -> Callable[[str], str]:
    """Return the function that removes these characters, and spaces, from both ends of a text."""
    return lambda value: value.strip(characters + " ")


def _choices(values: list[str]) -> Value:
    """Return choices as a canonical value: each once, in the order of their comparable forms."""
    found: dict[str, str] = {}
    for value in values:
        found.setdefault(labels.key(value), value)
    return tuple(found[each] for each in sorted(found)) or None
