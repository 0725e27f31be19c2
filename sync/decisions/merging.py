"""Three-way merge of one person, field by field. Pure.

What each side shows, what it showed when both last agreed, and the rules go in; what to write where comes out.

The truth table of a field, with L and R for "differs from its own side's shadow" (R11):

    neither            nothing to do
    L only             write the right side, where the field may go there
    R only             write the left side, where the field may go there
    both, same value   agreed
    both, other values conflict: the policy decides, or a person (R14, R15)
    never agreed       same: agreed; one blank: filled; else a conflict (R10)

- an unknown value is what was last agreed, or meets nothing (R4);
- sets are merged element by element and know no conflict (R12);
- what may not travel stays as it is, and its shadow with it, so that P3 still holds when the other side changes;
- whatever a policy overwrites is reported with both values (P3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.contact import SET_FIELDS, Fields, Value, same
from sync.decisions.mapping import FieldRule, Rules

LEFT: Final = "left"
RIGHT: Final = "right"

Resolution = tuple[str, Value]
"""What a person decided of a conflict: ("left", _), ("right", _) or ("value", V)."""

Judge = Callable[["View", "View"], str | None]
"""Names the side that wins a conflict, or None when only a person can tell."""


@dataclass(frozen=True, slots=True)
class View:
    """One side of a person.

    What it shows (`now`; absent is unknown), what it showed when both last agreed (`base`; absent is never agreed), and
    when it changed, on our clock (None where no time can be told, R14). `unmapped` are the unknown fields in which it
    shows something that means nothing on the other side (R17).
    """

    now: Fields
    base: Fields
    changed_at: datetime | None = None
    unmapped: frozenset[str] = frozenset()

    def value(self, name: str) -> tuple[bool, Value]:
        """Return whether the field is known, and its value: what is unknown now is what was agreed."""
        if name in self.now:
            return True, self.now[name]
        return name in self.base, self.base.get(name)

    def changed(self, name: str) -> bool:
        """Say whether the side differs from its own shadow."""
        return name in self.now and not same(name, self.now[name], self.base.get(name))


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
    """What to do about a person.

    `agreed` are the fields whose shadows become what each side shows, without a write; `filled` those that were blank
    at a first meeting; `refused` names the side that is known not to take the value.
    """

    to_left: dict[str, Value] = field(default_factory=dict)
    to_right: dict[str, Value] = field(default_factory=dict)
    agreed: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    conflicts: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    overwritten: list[Overwritten] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)

    def to(self, side: str) -> dict[str, Value]:
        """Return what to write on 'left' or 'right'."""
        return self.to_left if side == LEFT else self.to_right

    @property
    def writes(self) -> bool:
        """Say whether anything is to be written to either system."""
        return bool(self.to_left or self.to_right)


def merge(  # noqa: PLR0917 (two sides, the rules, and who decides: that is what a merge is made of)
    rules: Rules,
    left: View,
    right: View,
    judge: Judge,
    policy: str,
    resolutions: Mapping[str, Resolution] | None = None,
) -> Merge:
    """Merge every field that travels on the connection. `policy` names the rule in what is overwritten."""
    if not resolutions and _is_as_agreed(rules, left) and _is_as_agreed(rules, right):
        return Merge()
    merging = _Merging(left, right, judge, policy, Merge())
    for name, rule in rules.items():
        if name in SET_FIELDS:
            merging.unite(rule)
        elif resolutions and name in resolutions:
            merging.carry_out(rule, resolutions[name])
        elif name not in left.base or name not in right.base:
            merging.meet(rule)
        else:
            merging.compare(rule)
    return merging.result


def _is_as_agreed(rules: Rules, view: View) -> bool:
    """Say whether a side shows just what it showed when both last agreed on every field."""
    return view.now == view.base and rules.keys() <= view.base.keys()


def refuse(result: Merge, side: str, kept: frozenset[str], left: View, right: View) -> None:
    """Leave out of what is to be written on a side what can't be emptied there (R17): each side keeps what it shows."""
    for name in [name for name, value in result.to(side).items() if value is None and name in kept]:
        del result.to(side)[name]
        result.overwritten = [one for one in result.overwritten if (one.side, one.field) != (side, name)]
        result.agreed[name] = (left.value(name)[1], right.value(name)[1])
        result.refused[name] = side


@dataclass(frozen=True, slots=True)
class _Merging:
    """One person on both sides, and who decides where both changed a field; each method merges one field."""

    left: View
    right: View
    judge: Judge
    policy: str
    result: Merge

    def compare(self, rule: FieldRule) -> None:
        """Merge a field that both sides have agreed on before (R11)."""
        left_changed, right_changed = self.left.changed(rule.name), self.right.changed(rule.name)
        if not left_changed and not right_changed:
            return
        one, other = self._values(rule.name)
        if same(rule.name, one, other):
            self.result.agreed[rule.name] = (one, other)
        elif left_changed and right_changed:
            self._dispute(rule, one, other)
        elif left_changed and rule.to_right:
            self.result.to_right[rule.name] = one
        elif right_changed and rule.to_left:
            self.result.to_left[rule.name] = other

    def meet(self, rule: FieldRule) -> None:
        """Merge a field at its first meeting: blanks are filled, differing values are a conflict (R10).

        Nothing of a side that does not show the field now is carried, nor is it in a conflict (R4). What means nothing
        on the other side is no blank: it is left as it is (R17).
        """
        if rule.name in self.left.unmapped or rule.name in self.right.unmapped:
            return
        name, (one, other) = rule.name, self._values(rule.name)
        left_shown, right_shown = name in self.left.now, name in self.right.now
        left_has, right_has = left_shown and one is not None, right_shown and other is not None
        if same(name, one, other) or not (left_has or right_has):
            if left_shown and right_shown:
                self.result.agreed[name] = (one, other)
        elif left_has and right_has:
            self._dispute(rule, one, other)
        elif rule.to(RIGHT if left_has else LEFT):
            self.result.to(RIGHT if left_has else LEFT)[name] = one if left_has else other
            self.result.filled.add(name)
        elif left_shown and right_shown:
            self.result.agreed[name] = (one, other)

    def carry_out(self, rule: FieldRule, resolution: Resolution) -> None:
        """Write what a person decided, to whichever side shows something else and may be written (R15).

        Where the side that was chosen does not show the field now, the conflict waits on.
        """
        name, (one, other) = rule.name, self._values(rule.name)
        kind, value = resolution
        if (kind == LEFT and name not in self.left.now) or (kind == RIGHT and name not in self.right.now):
            self.result.conflicts[name] = (one, other)
            return
        wanted = {LEFT: one, RIGHT: other}.get(kind, value)
        for side, present in ((LEFT, one), (RIGHT, other)):
            if rule.to(side) and not same(name, present, wanted):
                self.result.to(side)[name] = wanted
                self.result.overwritten.append(Overwritten(side, name, present, wanted, "resolved"))
        if name not in self.result.to_left and name not in self.result.to_right:
            self.result.agreed[name] = (one, other)

    def unite(self, rule: FieldRule) -> None:
        """Merge a set, element by element (R12)."""
        name, (one, other) = rule.name, self._values(rule.name)
        wanted_left = apply_changes(one, *changes_of(self.right.base.get(name), other)) if rule.to_left else one
        wanted_right = apply_changes(other, *changes_of(self.left.base.get(name), one)) if rule.to_right else other
        if not same(name, wanted_left, one):
            self.result.to_left[name] = wanted_left
        if not same(name, wanted_right, other):
            self.result.to_right[name] = wanted_right
        known = self.left.value(name)[0] and self.right.value(name)[0]
        if known and name not in self.result.to_left and name not in self.result.to_right and self._travels(rule):
            self.result.agreed[name] = (one, other)

    def _values(self, name: str) -> tuple[Value, Value]:
        return self.left.value(name)[1], self.right.value(name)[1]

    def _travels(self, rule: FieldRule) -> bool:
        """Say whether anything of a set is new that may travel, or was never agreed on."""
        never_agreed = rule.name not in self.left.base or rule.name not in self.right.base
        changed = (rule.to_left and self.right.changed(rule.name)) or (rule.to_right and self.left.changed(rule.name))
        return never_agreed or changed

    def _dispute(self, rule: FieldRule, one: Value, other: Value) -> None:
        name, winner = rule.name, self.judge(self.left, self.right)
        if winner is None:
            self.result.conflicts[name] = (one, other)
        elif winner == LEFT and rule.to_right:
            self.result.to_right[name] = one
            self.result.overwritten.append(Overwritten(RIGHT, name, other, one, self.policy))
        elif winner == RIGHT and rule.to_left:
            self.result.to_left[name] = other
            self.result.overwritten.append(Overwritten(LEFT, name, one, other, self.policy))
        else:
            self.result.agreed[name] = (one, other)


def changes_of(base: Value, now: Value) -> tuple[dict[str, str], frozenset[str]]:
    """Return the elements that a set gained (by their case-folded form) and lost since it was last agreed on."""
    before, after = _elements(base), _elements(now)
    gained = {key: text for key, text in after.items() if key not in before}
    return gained, frozenset(key for key in before if key not in after)


def apply_changes(value: Value, gained: Mapping[str, str], lost: frozenset[str]) -> Value:
    """Return the set with those elements added and taken away, in a stable order; an empty set is None."""
    elements = {**gained, **_elements(value)}
    kept = {key: text for key, text in elements.items() if key not in lost}
    return tuple(kept[key] for key in sorted(kept)) or None


def _elements(value: Value) -> dict[str, str]:
    return {element.casefold(): element for element in value} if isinstance(value, tuple) else {}
