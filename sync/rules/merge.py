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
- a value goes over in the words of the other side (sync.rules.translation). One that has none there is not written;
  where it would win a conflict, a person decides;
- whoever may not be contacted on either side wins every conflict over it (sync.rules.do_not_contact);
- sets are merged element by element and know no conflict (R12);
- what may not travel stays as it is, and its shadow with it, so that P3 still holds when the other side changes;
- whatever a policy overwrites is reported with both values (P3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.contact import SET_FIELDS, Fields, Value, same
from sync.rules import do_not_contact
from sync.rules.mapping import FieldRule, Rules
from sync.rules.sets import apply_changes, changes_of, elements
from sync.rules.translation import NAMELESS, Named

LEFT: Final = "left"
RIGHT: Final = "right"
OPPOSITE: Final = {LEFT: RIGHT, RIGHT: LEFT}

RESOLVED: Final = "resolved"
"""The rule of what a person decided."""

Resolution = tuple[str, Value]
"""What a person decided of a conflict: ("left", _), ("right", _) or ("value", V)."""

Judge = Callable[["SideView", "SideView", FieldRule], str | None]
"""Names the side that wins a conflict over a field, or None when only a person can tell."""


@dataclass(frozen=True, slots=True)
class SideView:
    """One side of a person.

    What it shows (`now`; absent is unknown), what it showed when both last agreed (`base`; absent is never agreed), and
    when it changed, on our clock (None where no time can be told, R14). `unmapped` are the unknown fields in which it
    shows something that means nothing on the other side (R17). `times` are of fields for which another time counts
    than that of the record (R40).
    """

    now: Fields
    base: Fields
    changed_at: datetime | None = None
    unmapped: frozenset[str] = frozenset()
    times: Mapping[str, datetime] = field(default_factory=dict)

    def time_of(self, name: str) -> datetime | None:
        """Return when the side changed, as far as this field goes."""
        return self.times.get(name, self.changed_at)

    def value(self, name: str) -> tuple[bool, Value]:
        """Return whether the field is known, and its value: what is unknown now is what was agreed."""
        if name in self.now:
            return True, self.now[name]
        return name in self.base, self.base.get(name)

    def changed(self, name: str) -> bool:
        """Say whether the side differs from its own shadow."""
        return name in self.now and not same(name, self.now[name], self.base.get(name))

    def is_half_written(self, name: str, wanted: Value) -> bool:
        """Say whether a write of one value got no further than putting it beside the old one (P6)."""
        shown, base = self.now.get(name), self.base.get(name)
        if name in SET_FIELDS or not (isinstance(shown, tuple) and isinstance(base, str) and isinstance(wanted, str)):
            return False
        return elements(shown).keys() == {*elements((base, wanted))}

    def replaced(self, name: str, wanted: Value) -> Value:
        """Return what a write takes the place of: of what was half written before, what had been there then."""
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
    """What to do about a person.

    `agreed` are the fields whose shadows become what each side shows, without a write; `filled` those that were blank
    at a first meeting; `refused` names the side that is known not to take the value; `nameless` the side, with its
    value, that at a first meeting has something that the other has no name for; `enriched` are blanks to be filled with
    what is known of the company, `awaits` is its domain as long as that is not known; `owed` names the side that has no
    place for what it is to get (R41): nothing is agreed of these fields.
    """

    to_left: dict[str, Value] = field(default_factory=dict)
    to_right: dict[str, Value] = field(default_factory=dict)
    agreed: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    conflicts: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    overwritten: list[Overwritten] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    nameless: dict[str, tuple[str, Value]] = field(default_factory=dict)
    enriched: set[str] = field(default_factory=set)
    awaits: str | None = None
    owed: dict[str, str] = field(default_factory=dict)

    def to(self, side: str) -> dict[str, Value]:
        """Return what to write on 'left' or 'right'."""
        return self.to_left if side == LEFT else self.to_right

    @property
    def writes(self) -> bool:
        """Say whether anything is to be written to either system."""
        return bool(self.to_left or self.to_right)

    @property
    def touched(self) -> frozenset[str]:
        """Return the fields of which anything is new, whatever becomes of it."""
        return frozenset({*self.to_left, *self.to_right, *self.agreed, *self.conflicts})


def merge(  # noqa: PLR0917 (two sides, the rules, and who decides: that is what a merge is made of)
    rules: Rules,
    left: SideView,
    right: SideView,
    judge: Judge,
    policy: str,
    resolutions: Mapping[str, Resolution] | None = None,
    untaken: Mapping[str, str] | None = None,
) -> Merge:
    """Merge every field that travels on the connection.

    `policy` names the rule in what is overwritten, but for the fields that have one of their own. `untaken` are fields
    with the side that did not take the last value sent: both sides never agreed on it (P3).
    """
    if not resolutions and _is_as_agreed(rules, left) and _is_as_agreed(rules, right):
        return Merge()
    merging = _Merging(left, right, judge, policy, Merge(), untaken or {})
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


def _is_as_agreed(rules: Rules, view: SideView) -> bool:
    """Say whether a side shows just what it showed when both last agreed on every field."""
    return view.now == view.base and rules.keys() <= view.base.keys()


@dataclass(frozen=True, slots=True)
class _Merging:
    """One person on both sides, and who decides where both changed a field; each method merges one field."""

    left: SideView
    right: SideView
    judge: Judge
    policy: str
    result: Merge
    untaken: Mapping[str, str] = field(default_factory=dict)

    def compare(self, rule: FieldRule) -> None:
        """Merge a field that both sides have agreed on before (R11)."""
        left_changed, right_changed = self.left.changed(rule.name), self.right.changed(rule.name)
        if not left_changed and not right_changed:
            return
        one, other = self._values(rule.name)
        if rule.same(one, other):
            self.result.agreed[rule.name] = (one, other)
        elif left_changed and right_changed:
            self._finish_or_dispute(rule, one, other)
        elif self._was_not_taken(rule, LEFT if left_changed else RIGHT):
            self._dispute(rule, one, other)
        elif not self._carry(rule, LEFT if left_changed else RIGHT):
            self._owe(rule, RIGHT if left_changed else LEFT)

    def _was_not_taken(self, rule: FieldRule, changed: str) -> bool:
        """Say whether the side that changed had not taken what the other one has, so that it would be lost now."""
        name = rule.name
        if self.untaken.get(name) != changed or self._values(name)[changed == LEFT] is None:
            return False
        return not rule.same(self.left.base.get(name), self.right.base.get(name))

    def meet(self, rule: FieldRule) -> None:
        """Merge a field at its first meeting: blanks are filled, differing values are a conflict (R10).

        Nothing of a side that does not show the field now is carried, nor is it in a conflict (R4). What means nothing
        on the other side is no blank: it is left as it is (R17). Where it was met before and has not changed, only the
        other side has.
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
            met = self._met_before(rule)
            self._carry(rule, OPPOSITE[met]) if met else self._dispute(rule, one, other)
        elif rule.to(RIGHT if left_has else LEFT):
            self._fill(rule, LEFT if left_has else RIGHT)
        elif self._owe(rule, RIGHT if left_has else LEFT):
            return
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
        decided = _decided(rule, kind, {LEFT: one, RIGHT: other}.get(kind, value))
        for side, present in ((LEFT, one), (RIGHT, other)):
            wanted = decided[side]
            if wanted is not NAMELESS and rule.lets(wanted, side) and not same(name, present, wanted):
                self.result.to(side)[name] = wanted
                self.result.overwritten.append(Overwritten(side, name, present, wanted, RESOLVED))
            elif rule.owes(side) and wanted is not NAMELESS and not same(name, present, wanted):
                self.result.conflicts[name] = (one, other)  # decided, and still to be written
        if name not in {**self.result.to_left, **self.result.to_right, **self.result.conflicts}:
            self.result.agreed[name] = (one, other)

    def unite(self, rule: FieldRule) -> None:
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
        """Say whether anything of a set is new that may travel, or was never agreed on."""
        never_agreed = rule.name not in self.left.base or rule.name not in self.right.base
        changed = (rule.to_left and self.right.changed(rule.name)) or (rule.to_right and self.left.changed(rule.name))
        return never_agreed or changed

    def _carry(self, rule: FieldRule, source: str) -> bool:
        """Write what one side alone changed to the other; say whether it may go there and has a name there."""
        target = OPPOSITE[source]
        value = self._values(rule.name)[source == RIGHT]
        carried = rule.carried(value, target)
        if carried is NAMELESS or not rule.lets(value, target):
            return False
        self.result.to(target)[rule.name] = carried
        return True

    def _owe(self, rule: FieldRule, target: str) -> bool:
        """Leave a value for later that has no place at its target now; say whether that is so (R41)."""
        value = self._values(rule.name)[target == LEFT]
        if not rule.owes(target) or rule.carried(value, target) is NAMELESS or (rule.tightens and value is None):
            return False
        self.result.owed[rule.name] = target
        return True

    def _fill(self, rule: FieldRule, source: str) -> None:
        """Write what one side alone has to the other."""
        if self._carry(rule, source):
            self.result.filled.add(rule.name)
        else:
            self.result.nameless[rule.name] = (source, self._values(rule.name)[source == RIGHT])

    def _met_before(self, rule: FieldRule) -> str | None:
        """Return the side whose value was met before, had no name on the other side then, and has none now."""
        for side, view in ((LEFT, self.left), (RIGHT, self.right)):
            met = rule.name in view.base and not view.changed(rule.name)
            if met and rule.carried(view.base[rule.name], OPPOSITE[side]) is NAMELESS:
                return side
        return None

    def _finish_or_dispute(self, rule: FieldRule, one: Value, other: Value) -> None:
        """Finish what was half written: a side that shows its old value and the new one of the other side beside it."""
        for side, view in ((LEFT, self.left), (RIGHT, self.right)):
            news = rule.carried(other if side == LEFT else one, side)
            if news is not NAMELESS and rule.to(side) and view.is_half_written(rule.name, news):
                self.result.to(side)[rule.name] = news
                return
        self._dispute(rule, one, other)

    def _dispute(self, rule: FieldRule, one: Value, other: Value) -> None:
        policy = rule.conflicts or self.policy
        tighter = do_not_contact.tighter(rule, one, other, policy)
        winner = tighter or self.judge(self.left, self.right, rule)
        if winner is None:
            self.result.conflicts[rule.name] = (one, other)
            return
        value, loser, old = (one, RIGHT, other) if winner == LEFT else (other, LEFT, one)
        carried = rule.carried(value, loser)
        if self._owe(rule, loser):
            return
        if not rule.lets(value, loser):
            self.result.agreed[rule.name] = (one, other)
        elif carried is NAMELESS:
            self.result.conflicts[rule.name] = (one, other)
        else:
            self.result.to(loser)[rule.name] = carried
            why = do_not_contact.FIELD if tighter else policy
            self.result.overwritten.append(Overwritten(loser, rule.name, old, carried, why))


def _decided(rule: FieldRule, kind: str, value: Value) -> dict[str, Named]:
    """Return what each side is to show: the value of a side, or one that a person typed in the words of either."""
    if kind == RIGHT:
        return {LEFT: rule.carried(value, LEFT), RIGHT: value}
    carried = rule.carried(value, RIGHT)
    typed_for_the_right = kind != LEFT and carried is NAMELESS
    return {LEFT: rule.carried(value, LEFT), RIGHT: value} if typed_for_the_right else {LEFT: value, RIGHT: carried}
