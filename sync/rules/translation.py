"""Translate field values between the two sides, where they differ. Pure.

Rules kept here:
- values are looked up without case, and travel in the spelling of the config or of the other side;
- a value without a translation is never guessed: it is not written, both sides keep what they show, and it is counted
  as unmapped (R17). So is a value that stands for several, and several values where one is meant;
- empty is empty on both sides.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from connectors.contact import Value
from connectors.values import email


class NoTranslation(Enum):
    """The type of NO_TRANSLATION, which stands for a value that has no translation."""

    NO_TRANSLATION = "untranslated"


NO_TRANSLATION: Final = NoTranslation.NO_TRANSLATION

Translated = Value | NoTranslation
"""A value in the words of the other side."""


class Translation(Protocol):
    """Translates the values of one field between 'left' and 'right'."""

    def carried(self, value: Value, to: str) -> Translated:
        """Translate a value of the opposite side for the side `to`."""

    def same(self, left: Value, right: Value) -> bool:
        """Say whether a value of the left side and one of the right side mean the same."""


@dataclass(frozen=True, slots=True)
class TranslationTable:
    """Translates a field with one value at a time.

    Each table maps case-folded words of the other side to words of its side.

    A table that is None leaves every value as it is.
    """

    to_left: Mapping[str, str] | None = None
    to_right: Mapping[str, str] | None = None

    def carried(self, value: Value, to: str) -> Translated:
        """Return the word of the side `to`."""
        table = self.to_left if to == "left" else self.to_right
        if value is None or (table is None and isinstance(value, str)):
            return value
        return (
            NO_TRANSLATION if table is None or isinstance(value, tuple) else table.get(value.casefold(), NO_TRANSLATION)
        )

    def same(self, left: Value, right: Value) -> bool:
        """Compare in the words of the right side, which may have one word for several of the left."""
        carried = self.carried(left, "right")
        return carried is not NO_TRANSLATION and _folded(carried) == _folded(right)


@dataclass(frozen=True, slots=True)
class Members:
    """Translates a field that holds the address of a user, which the other side has to know.

    Each side is the set of its known users (case-folded). None means not asked yet: then every user counts as known.
    """

    left: frozenset[str] | None = None
    right: frozenset[str] | None = None

    def carried(self, value: Value, to: str) -> Translated:
        """Return the value if the other side knows this user."""
        known = self.left if to == "left" else self.right
        if value is None or known is None:
            return value
        return value if isinstance(value, str) and email.key(value) in known else NO_TRANSLATION

    def same(self, left: Value, right: Value) -> bool:
        """Compare as e-mail addresses are compared."""
        return _address(left) == _address(right)


def terms(pairs: Mapping[str, str] | None) -> TranslationTable:
    """Return the translation of a map from left to right. Without a map every value travels as it is.

    The way back exists where it is unambiguous. No two keys may differ in case alone.
    """
    if pairs is None:
        return TranslationTable()
    several = Counter(right.casefold() for right in pairs.values())
    to_left = {right.casefold(): left for left, right in pairs.items() if several[right.casefold()] == 1}
    return TranslationTable(to_left, {left.casefold(): right for left, right in pairs.items()})


def _folded(value: Value) -> Value:
    return value.casefold() if isinstance(value, str) else value


def _address(value: Value) -> Value:
    return email.key(value) if isinstance(value, str) else value
