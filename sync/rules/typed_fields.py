"""Translate the values of a field that converts by its type: by its transform, and to what fits its place (R47). Pure.

Rules kept here: a value is compared by its type; one that the place of the other side cannot hold has no translation,
so it is not written, both sides keep what they show, and it counts as unmapped (R17). Two values that a transform
makes equal on either way, to the left or to the right, agree: neither is written, and they are no conflict.
"""

from dataclasses import dataclass

from connectors.contact import Value
from connectors.fields import FieldType, Place
from connectors.values import typed
from sync.rules.transforms import Transform, Words
from sync.rules.translation import NO_TRANSLATION, Translated


@dataclass(frozen=True, slots=True)
class TypedField:
    """Translates a field between its types at both sides.

    `left` and `right` are its places, None while they are not known. With `backwards` the values of a transform that
    cannot be inverted are compared as they travel, from right to left.
    """

    left_type: FieldType
    right_type: FieldType
    transform: Transform | None = None
    backwards: bool = False
    left: Place | None = None
    right: Place | None = None

    def carried(self, value: Value, to: str) -> Translated:
        """Return the value as the side `to` will show it."""
        changed = self._transformed(value, to)
        place, kind = (self.left, self.left_type) if to == "left" else (self.right, self.right_type)
        if changed is None or changed is NO_TRANSLATION or place is None:
            return changed
        try:
            return typed.fit(kind, changed, place)
        except ValueError:
            return NO_TRANSLATION

    def takes_all(self, to: str) -> bool:
        """Say whether the side `to` shows every value as it is."""
        place = self.left if to == "left" else self.right
        return self.transform is None and (place is None or typed.takes_all(place))

    def same(self, left: Value, right: Value) -> bool:
        """Compare both values by their type, after the transform."""
        if self.transform is None:
            return left == right or typed.key(self.right_type, left) == typed.key(self.right_type, right)
        travelling = ("left",) if self.backwards else ("right",)
        ways = ("right", "left") if self.transform.invertible else travelling
        return any(self._agree(left, right, to) for to in ways)

    def _agree(self, left: Value, right: Value, to: str) -> bool:
        """Say whether the values are equal on the side `to`."""
        value, shown, kind = (right, left, self.left_type) if to == "left" else (left, right, self.right_type)
        changed = self._transformed(value, to)
        if changed is NO_TRANSLATION:
            return False
        # Words are looked up without case, so a word of the table in other case is the same word.
        compared: FieldType = "choice" if isinstance(self.transform, Words) else kind
        return typed.key(compared, changed) == typed.key(compared, shown)

    def _transformed(self, value: Value, to: str) -> Translated:
        if self.transform is None:
            return value
        return self.transform.to_left(value) if to == "left" else self.transform.to_right(value)
