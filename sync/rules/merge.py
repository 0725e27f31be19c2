"""Merge one contact of both sides, field by field. Pure.

The input is what each side shows, what it showed when both sides last agreed (its shadow), and the field rules. The
output is what to write. L and R mean "differs from the shadow of its own side" (R11):

    neither            nothing to do
    L only             write the right side, where the field may go there
    R only             write the left side, where the field may go there
    both, same value   agreed
    both, other values conflict: the policy decides, or a person (R14, R15)
    never agreed       same: agreed; one blank: filled; else a conflict (R10)

Also kept here: R4 (an unknown value keeps what was last agreed), R12 (sets have no conflicts), R17 (a value without a
translation is not written), R36 (derived values), R41 (owed values), P3 (each overwritten value is reported)
and P9 (consent).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.contact import SET_FIELDS, Value, same
from sync.rules import do_not_contact
from sync.rules.mapping import FieldRule, Rules
from sync.rules.merge_result import LEFT, OPPOSITE, RIGHT, Merge, Overwritten, SideView
from sync.rules.sets import apply_changes, changes_of
from sync.rules.translation import NO_TRANSLATION, Translated

DERIVED: Final = "derived"
"""The rule name of what replaced a value that its side only derives (R36)."""

RESOLVED: Final = "resolved"
"""The rule name of what a person decided."""

Resolution = tuple[str, Value]
"""The decision of a person about a conflict: ("left", _), ("right", _) or ("value", V)."""

WinnerChooser = Callable[["SideView", "SideView", FieldRule], str | None]
"""Returns the side that wins a conflict over a field, None when a person has to decide."""


def merge(  # noqa: PLR0917 (two sides, the rules, and who decides: that is what a merge is made of)
    rules: Rules,
    left: SideView,
    right: SideView,
    judge: WinnerChooser,
    policy: str,
    resolutions: Mapping[str, Resolution] | None = None,
    untaken: Mapping[str, str] | None = None,
) -> Merge:
    """Merge every field that travels on the connection.

    `policy` is the rule name for overwritten values, except for fields with a policy of their own. `untaken` maps a
    field to the side that did not take the last value sent to it: the two sides never agreed on that value (P3).
    """
    if not resolutions and _is_as_agreed(rules, left) and _is_as_agreed(rules, right):
        return Merge()
    derived = {side: tuple(name for name in rules if side in rules[name].derived) for side in (LEFT, RIGHT)}
    merging = _Merging(left, right, judge, policy, Merge(), untaken or {}, derived)
    for name, rule in rules.items():
        if rule.is_plain and not (resolutions and name in resolutions) and merging.has_settled_plainly(name):
            continue
        if name in SET_FIELDS:
            merging.merge_set(rule)
        elif resolutions and name in resolutions:
            merging.apply_resolution(rule, resolutions[name])
        elif name not in left.base or name not in right.base:
            merging.merge_first_meeting(rule)
        else:
            merging.merge_agreed_field(rule)
    return merging.result


def _is_as_agreed(rules: Rules, view: SideView) -> bool:
    """Say whether a side shows exactly its shadow, and the shadow covers every field."""
    return view.now == view.base and rules.keys() <= view.base.keys()


@dataclass(frozen=True, slots=True)
class _Merging:
    """Merges one contact. Each public method merges one field.

    `derived` are the fields that each side derives from another one (R36).
    """

    left: SideView
    right: SideView
    judge: WinnerChooser
    policy: str
    result: Merge
    untaken: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def has_settled_plainly(self, name: str) -> bool:
        """Settle a field that shows the same on both sides, or what it showed before, if that is all there is to it.

        Most fields of most contacts are like that, so they are settled without any of the questions below.
        """
        left, right = self.left, self.right
        if name not in left.now or name not in right.now:
            return False
        one, other = left.now[name], right.now[name]
        if name in left.base and name in right.base:
            return one == left.base[name] and other == right.base[name]
        if one != other:
            return False
        self.result.agreed[name] = (one, other)
        return True

    def merge_agreed_field(self, rule: FieldRule) -> None:
        """Merge a field on which both sides agreed before (R11)."""
        left_changed, right_changed = self.left.changed(rule.name), self.right.changed(rule.name)
        if not left_changed and not right_changed:
            return
        one, other = self._values(rule.name)
        if rule.same(one, other):
            self.result.agreed[rule.name] = (one, other)
        elif left_changed and right_changed:
            self._finish_or_decide_conflict(rule, one, other)
        elif self._was_not_taken(rule, LEFT if left_changed else RIGHT):
            self._decide_conflict(rule, one, other)
        elif not self._may_replace(rule, LEFT if left_changed else RIGHT):
            self.result.agreed[rule.name] = (one, other)
        elif not self._carry(rule, LEFT if left_changed else RIGHT):
            self._owe(rule, RIGHT if left_changed else LEFT)

    def _was_not_taken(self, rule: FieldRule, changed: str) -> bool:
        """Say whether the change would erase a value that the changed side never took."""
        name = rule.name
        if self.untaken.get(name) != changed or self._values(name)[changed == LEFT] is None:
            return False
        return not rule.same(self.left.base.get(name), self.right.base.get(name))

    def merge_first_meeting(self, rule: FieldRule) -> None:
        """Merge a field at its first meeting: fill blanks, treat different values as a conflict (R10).

        A side that does not show the field now is neither carried nor in conflict (R4). A value that means nothing on
        the other side is no blank and stays as it is (R17). Where one side's value was seen before and did not change,
        only the other side has changed.
        """
        if rule.name in self.left.unmapped or rule.name in self.right.unmapped:
            return
        name, (one, other) = rule.name, self._values(rule.name)
        left_shown, right_shown = name in self.left.now, name in self.right.now
        left_has, right_has = left_shown and one is not None, right_shown and other is not None
        if rule.same(one, other) or not (left_has or right_has):
            if left_shown and right_shown:
                self.result.agreed[name] = (one, other)
        elif left_has and right_has:
            met = self._side_met_before(rule)
            self._carry(rule, OPPOSITE[met]) if met else self._decide_conflict(rule, one, other)
        elif not self._may_replace(rule, LEFT if left_has else RIGHT):
            if left_shown and right_shown:
                self.result.agreed[name] = (one, other)
        elif rule.to(RIGHT if left_has else LEFT):
            self._fill(rule, LEFT if left_has else RIGHT)
        elif self._owe(rule, RIGHT if left_has else LEFT):
            return
        elif left_shown and right_shown:
            self.result.agreed[name] = (one, other)

    def apply_resolution(self, rule: FieldRule, resolution: Resolution) -> None:
        """Write what a person decided to each side that shows something else and may be written (R15).

        When the chosen side does not show the field now, the conflict stays open.
        """
        name, (one, other) = rule.name, self._values(rule.name)
        kind, value = resolution
        if (kind == LEFT and name not in self.left.now) or (kind == RIGHT and name not in self.right.now):
            self.result.conflicts[name] = (one, other)
            return
        decided = _decided(rule, kind, {LEFT: one, RIGHT: other}.get(kind, value))
        for side, present in ((LEFT, one), (RIGHT, other)):
            wanted = decided[side]
            if wanted is not NO_TRANSLATION and rule.lets(wanted, side) and not same(name, present, wanted):
                self.result.to(side)[name] = wanted
                self.result.overwritten.append(Overwritten(side, name, present, wanted, RESOLVED))
            elif rule.owes(side) and wanted is not NO_TRANSLATION and not same(name, present, wanted):
                # The decision still has to be written.
                self.result.conflicts[name] = (one, other)
        if name not in {**self.result.to_left, **self.result.to_right, **self.result.conflicts}:
            self.result.agreed[name] = (one, other)

    def merge_set(self, rule: FieldRule) -> None:
        """Merge a set, element by element (R12)."""
        name, (one, other) = rule.name, self._values(rule.name)
        own, kept = rule.reserved, (self.left.base.get(name), self.right.base.get(name))
        wanted_left = apply_changes(one, *changes_of(kept[1], other, own)) if rule.to_left else one
        wanted_right = apply_changes(other, *changes_of(kept[0], one, own)) if rule.to_right else other
        if not same(name, wanted_left, one):
            self.result.to_left[name] = wanted_left
        if not same(name, wanted_right, other):
            self.result.to_right[name] = wanted_right
        for side, wanted, news in ((LEFT, one, (kept[1], other)), (RIGHT, other, (kept[0], one))):
            if rule.owes(side) and not same(name, apply_changes(wanted, *changes_of(*news, own)), wanted):
                self.result.owed[name] = side
                return
        known = self.left.value(name)[0] and self.right.value(name)[0]
        if known and name not in self.result.to_left and name not in self.result.to_right and self._travels(rule):
            self.result.agreed[name] = (one, other)

    def _values(self, name: str) -> tuple[Value, Value]:
        return self.left.value(name)[1], self.right.value(name)[1]

    def _travels(self, rule: FieldRule) -> bool:
        """Say whether anything new in a set may travel, or whether the set was never agreed."""
        never_agreed = rule.name not in self.left.base or rule.name not in self.right.base
        changed = (rule.to_left and self.right.changed(rule.name)) or (rule.to_right and self.left.changed(rule.name))
        return never_agreed or changed

    def _may_replace(self, rule: FieldRule, source: str) -> bool:
        """Say whether the value of a side may be written to the other: a derived one only fills blanks (R36).

        The fields that are derived together are filled together: half of a split name says nothing.
        """
        if source not in rule.derived:
            return True
        return all(self._values(name)[source == LEFT] is None for name in self.derived[source])

    def _carry(self, rule: FieldRule, source: str) -> bool:
        """Write the change of one side to the other. Return whether that was possible."""
        target = OPPOSITE[source]
        value = self._values(rule.name)[source == RIGHT]
        carried = rule.carried(value, target)
        if carried is NO_TRANSLATION or not rule.lets(value, target):
            return False
        self.result.to(target)[rule.name] = carried
        return True

    def _owe(self, rule: FieldRule, target: str) -> bool:
        """Postpone a value that has no place at its target now. Return whether that is the case (R41)."""
        value = self._values(rule.name)[target == LEFT]
        if not rule.owes(target) or rule.carried(value, target) is NO_TRANSLATION or (rule.tightens and value is None):
            return False
        self.result.owed[rule.name] = target
        return True

    def _fill(self, rule: FieldRule, source: str) -> None:
        """Write the value of one side into the blank of the other."""
        if self._carry(rule, source):
            self.result.filled.add(rule.name)
        else:
            self.result.untranslated[rule.name] = (source, self._values(rule.name)[source == RIGHT])

    def _side_met_before(self, rule: FieldRule) -> str | None:
        """Return the side with a value that is in its shadow and has no translation, None for no side."""
        for side, view in ((LEFT, self.left), (RIGHT, self.right)):
            met = rule.name in view.base and not view.changed(rule.name)
            if met and rule.carried(view.base[rule.name], OPPOSITE[side]) is NO_TRANSLATION:
                return side
        return None

    def _finish_or_decide_conflict(self, rule: FieldRule, one: Value, other: Value) -> None:
        """Finish a half-written value: a side shows its old value beside the new value of the other side."""
        for side, view in ((LEFT, self.left), (RIGHT, self.right)):
            news = rule.carried(other if side == LEFT else one, side)
            if news is not NO_TRANSLATION and rule.to(side) and view.is_half_written(rule.name, news):
                self.result.to(side)[rule.name] = news
                return
        self._decide_conflict(rule, one, other)

    def _decide_conflict(self, rule: FieldRule, one: Value, other: Value) -> None:
        policy = rule.conflicts or self.policy
        stricter_side = do_not_contact.stricter_side(rule, one, other, policy)
        primary = next((side for side in (LEFT, RIGHT) if rule.derived == {OPPOSITE[side]}), None)
        winner = stricter_side or primary or self.judge(self.left, self.right, rule)
        if winner is None:
            self.result.conflicts[rule.name] = (one, other)
            return
        value, loser, old = (one, RIGHT, other) if winner == LEFT else (other, LEFT, one)
        carried = rule.carried(value, loser)
        if self._owe(rule, loser):
            return
        if not rule.lets(value, loser):
            self.result.agreed[rule.name] = (one, other)
        elif carried is NO_TRANSLATION:
            self.result.conflicts[rule.name] = (one, other)
        else:
            self.result.to(loser)[rule.name] = carried
            why = do_not_contact.FIELD if stricter_side else DERIVED if primary else policy
            self.result.overwritten.append(Overwritten(loser, rule.name, old, carried, why))


def _decided(rule: FieldRule, kind: str, value: Value) -> dict[str, Translated]:
    """Return the value that each side is to show.

    A typed value is translated to the other side, in either direction.
    """
    if kind == RIGHT:
        return {LEFT: rule.carried(value, LEFT), RIGHT: value}
    carried = rule.carried(value, RIGHT)
    typed_for_the_right = kind != LEFT and carried is NO_TRANSLATION
    return {LEFT: rule.carried(value, LEFT), RIGHT: value} if typed_for_the_right else {LEFT: value, RIGHT: carried}
