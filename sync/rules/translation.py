"""What a value of one side is called on the other, where that is not simply the value itself. Pure.

Rules kept here:
- values are looked up without case, and travel in the spelling that the config or the other side gives them;
- what has no name on the other side is never guessed: it is not written, both sides keep what they show, and it is
  counted as unmapped (R17). So is a value that stands for several, and several values where one is meant;
- empty is empty on both sides.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from connectors.contact import Value
from connectors.values import email


class Untranslatable(Enum):
    """The type of NAMELESS, which stands in for a value that has no name on the other side."""

    NAMELESS = "nameless"


NAMELESS: Final = Untranslatable.NAMELESS

Named = Value | Untranslatable
"""A value in the words of the other side."""


class Translation(Protocol):
    """How the values of one field pass from side to side ('left' and 'right')."""

    def carried(self, value: Value, to: str) -> Named:
        """Return what a value of the opposite side is called on the side `to`."""

    def same(self, left: Value, right: Value) -> bool:
        """Say whether a value of the left and one of the right are one and the same."""


@dataclass(frozen=True, slots=True)
class TranslationTable:
    """A field of which one value at a time is meant. Each table has the words of a side by those of the other, folded.

    None takes every value as it is.
    """

    to_left: Mapping[str, str] | None = None
    to_right: Mapping[str, str] | None = None

    def carried(self, value: Value, to: str) -> Named:
        """Return the word of the other side."""
        table = self.to_left if to == "left" else self.to_right
        if value is None or (table is None and isinstance(value, str)):
            return value
        return NAMELESS if table is None or isinstance(value, tuple) else table.get(value.casefold(), NAMELESS)

    def same(self, left: Value, right: Value) -> bool:
        """Compare in the words of the right side, which may have one word for several of the left."""
        carried = self.carried(left, "right")
        return carried is not NAMELESS and _folded(carried) == _folded(right)


@dataclass(frozen=True, slots=True)
class Members:
    """A field that names somebody whom the other side has to know: who is known on each side, folded.

    None is a side that was not asked yet, which is believed to know everybody.
    """

    left: frozenset[str] | None = None
    right: frozenset[str] | None = None

    def carried(self, value: Value, to: str) -> Named:
        """Return the value, where the other side knows it."""
        known = self.left if to == "left" else self.right
        if value is None or known is None:
            return value
        return value if isinstance(value, str) and email.key(value) in known else NAMELESS

    def same(self, left: Value, right: Value) -> bool:
        """Compare as addresses are compared."""
        return _address(left) == _address(right)


def terms(pairs: Mapping[str, str] | None) -> TranslationTable:
    """Return the exchange of a map from left to right; without one every value travels as it is.

    Backwards it goes where that is unambiguous. No two keys may differ in case alone.
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
