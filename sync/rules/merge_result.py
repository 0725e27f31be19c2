"""What a merge reads of each side, and what it decides: plain values. Pure.

A side shows values and has a shadow: what it showed when both sides last agreed (R11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.contact import SET_FIELDS, Fields, Value, same
from sync.rules.sets import elements

LEFT: Final = "left"
RIGHT: Final = "right"
OPPOSITE: Final = {LEFT: RIGHT, RIGHT: LEFT}


@dataclass(frozen=True, slots=True)
class SideView:
    """One side of a contact.

    `record` is its id, "" where it is not read. `now` is what it shows (absent is unknown) and `base` is its shadow
    (absent was never agreed). `changed_at` is its update time, corrected to our clock, None when the system shows none
    (R14). `unmapped` are the unknown fields with a value that means nothing on the other side (R17). `times` replaces
    `changed_at` for single fields (R40).
    """

    now: Fields
    base: Fields
    changed_at: datetime | None = None
    unmapped: frozenset[str] = frozenset()
    times: Mapping[str, datetime] = field(default_factory=dict)
    record: str = ""

    def time_of(self, name: str) -> datetime | None:
        """Return the time at which the side changed, for this field."""
        return self.times.get(name, self.changed_at)

    def value(self, name: str) -> tuple[bool, Value]:
        """Return whether the field is known, and its value. A field that is unknown now keeps the agreed value."""
        if name in self.now:
            return True, self.now[name]
        return name in self.base, self.base.get(name)

    def changed(self, name: str) -> bool:
        """Say whether the side differs from its own shadow."""
        return name in self.now and not same(name, self.now[name], self.base.get(name))

    def is_half_written(self, name: str, wanted: Value) -> bool:
        """Say whether an earlier write added the new value and did not remove the old one (P6)."""
        shown, base = self.now.get(name), self.base.get(name)
        if name in SET_FIELDS or not (isinstance(shown, tuple) and isinstance(base, str) and isinstance(wanted, str)):
            return False
        return elements(shown).keys() == {*elements((base, wanted))}

    def replaced(self, name: str, wanted: Value) -> Value:
        """Return the value that a write replaces.

        For a half-written value that is the one from before the first write.
        """
        return self.base[name] if self.is_half_written(name, wanted) else self.value(name)[1]


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A value that a rule overwrites although its side had changed it."""

    side: str
    field: str
    old: Value
    new: Value
    rule: str


@dataclass(slots=True)
class Merge:
    """The result of merging one contact.

    `agreed`: fields that need no write, their shadows become what each side shows. `filled`: blanks that were filled at
    a first meeting. `refused`: the side that is known not to take the value. `untranslated`: the side and its value at
    a first meeting, where the value has no translation. `enriched`: blanks to fill with data of the company; `awaits`
    is the domain of the company while that data is not known. `owed`: the side that has no place for the value now
    (R41). `fights` are conflicts over fields that went back and forth. No field in `untranslated`, `awaits` or `owed`
    is agreed.
    """

    to_left: dict[str, Value] = field(default_factory=dict)
    to_right: dict[str, Value] = field(default_factory=dict)
    agreed: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    conflicts: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    overwritten: list[Overwritten] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    untranslated: dict[str, tuple[str, Value]] = field(default_factory=dict)
    enriched: set[str] = field(default_factory=set)
    awaits: str | None = None
    owed: dict[str, str] = field(default_factory=dict)
    fights: set[str] = field(default_factory=set)

    def to(self, side: str) -> dict[str, Value]:
        """Return what to write on 'left' or 'right'."""
        return self.to_left if side == LEFT else self.to_right

    @property
    def writes(self) -> bool:
        """Say whether anything is to be written to either system."""
        return bool(self.to_left or self.to_right)

    @property
    def touched(self) -> frozenset[str]:
        """Return the fields in which anything is new, whatever was decided."""
        return frozenset({*self.to_left, *self.to_right, *self.agreed, *self.conflicts})
