"""Three-way merge of one person, field by field. Pure: what each side shows, what it showed when both last agreed, and the
rules go in; what to write where comes out.

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
from sync.mapping import FieldRule, Rules

LEFT: Final = "left"
RIGHT: Final = "right"

Resolution = tuple[str, Value]
"""What a person decided of a conflict: ("left", _), ("right", _) or ("value", V)."""

Judge = Callable[["View", "View"], str | None]
"""Names the side that wins a conflict, or None when only a person can tell."""


@dataclass(frozen=True, slots=True)
class View:
    """One side of a person: what it shows (`now`; absent is unknown), what it showed when both last agreed (`base`; absent is
    never agreed), and when it changed, on our clock (None where no time can be told, R14).
    """

    now: Fields
    base: Fields
    changed_at: datetime | None = None

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
    """What to do about a person. `agreed` are the fields whose shadows become what each side shows, without a write."""

    to_left: dict[str, Value] = field(default_factory=dict)
    to_right: dict[str, Value] = field(default_factory=dict)
    agreed: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    conflicts: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    overwritten: list[Overwritten] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)

    def to(self, side: str) -> dict[str, Value]:
        """Return what to write on 'left' or 'right'."""
        return self.to_left if side == LEFT else self.to_right

    @property
    def writes(self) -> bool:
        """Say whether anything is to be written to either system."""
        return bool(self.to_left or self.to_right)


def merge(
    rules: Rules,
    left: View,
    right: View,
    judge: Judge,
    policy: str,
    resolutions: Mapping[str, Resolution] | None = None,
) -> Merge:
    """Merge every field that travels on the connection. `policy` names the rule in what is overwritten."""
    result = Merge()
    for name, rule in rules.items():
        if name in SET_FIELDS:
            _merge_set(result, rule, left, right)
        elif resolutions and name in resolutions:
            _carry_out(result, rule, left, right, resolutions[name])
        else:
            _merge_value(result, rule, left, right, lambda: judge(left, right), policy)
    return result


def _merge_value(
    result: Merge, rule: FieldRule, left: View, right: View, decide: Callable[[], str | None], policy: str
) -> None:
    name = rule.name
    if name not in left.base or name not in right.base:
        _meet(result, rule, left, right, decide, policy)
        return
    left_changed, right_changed = left.changed(name), right.changed(name)
    if not left_changed and not right_changed:
        return
    one, other = left.value(name)[1], right.value(name)[1]
    if same(name, one, other):
        result.agreed[name] = (one, other)
    elif left_changed and right_changed:
        _dispute(result, rule, one, other, decide(), policy)
    elif left_changed and rule.to_right:
        result.to_right[name] = one
    elif right_changed and rule.to_left:
        result.to_left[name] = other


def _meet(
    result: Merge, rule: FieldRule, left: View, right: View, decide: Callable[[], str | None], policy: str
) -> None:
    """First meeting of a field (R10): blanks are filled, differing values are a conflict."""
    name = rule.name
    (left_known, one), (right_known, other) = left.value(name), right.value(name)
    if not (left_known or right_known):
        return
    if one is not None and other is not None and not same(name, one, other):
        _dispute(result, rule, one, other, decide(), policy)
    elif one is not None and other is None and rule.to_right:
        result.to_right[name] = one
        result.filled.add(name)
    elif other is not None and one is None and rule.to_left:
        result.to_left[name] = other
        result.filled.add(name)
    elif left_known and right_known:
        result.agreed[name] = (one, other)


def _dispute(result: Merge, rule: FieldRule, one: Value, other: Value, winner: str | None, policy: str) -> None:
    name = rule.name
    if winner is None:
        result.conflicts[name] = (one, other)
    elif winner == LEFT and rule.to_right:
        result.to_right[name] = one
        result.overwritten.append(Overwritten(RIGHT, name, other, one, policy))
    elif winner == RIGHT and rule.to_left:
        result.to_left[name] = other
        result.overwritten.append(Overwritten(LEFT, name, one, other, policy))
    else:
        result.agreed[name] = (one, other)


def _carry_out(result: Merge, rule: FieldRule, left: View, right: View, resolution: Resolution) -> None:
    """Write what a person decided, to whichever side shows something else and may be written."""
    name = rule.name
    one, other = left.value(name)[1], right.value(name)[1]
    kind, value = resolution
    wanted = {LEFT: one, RIGHT: other}.get(kind, value)
    for side, present, allowed in ((LEFT, one, rule.to_left), (RIGHT, other, rule.to_right)):
        if allowed and not same(name, present, wanted):
            result.to(side)[name] = wanted
            result.overwritten.append(Overwritten(side, name, present, wanted, "resolved"))
    if name not in result.to_left and name not in result.to_right:
        result.agreed[name] = (one, other)


def _merge_set(result: Merge, rule: FieldRule, left: View, right: View) -> None:
    name = rule.name
    (left_known, one), (right_known, other) = left.value(name), right.value(name)
    if not (left_known or right_known):
        return
    wanted_left = apply_changes(one, *changes_of(right.base.get(name), other)) if rule.to_left else one
    wanted_right = apply_changes(other, *changes_of(left.base.get(name), one)) if rule.to_right else other
    if not same(name, wanted_left, one):
        result.to_left[name] = wanted_left
    if not same(name, wanted_right, other):
        result.to_right[name] = wanted_right
    never_agreed = name not in left.base or name not in right.base
    settled = name not in result.to_left and name not in result.to_right
    travels = never_agreed or (rule.to_left and right.changed(name)) or (rule.to_right and left.changed(name))
    if settled and travels and left_known and right_known:
        result.agreed[name] = (one, other)


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
