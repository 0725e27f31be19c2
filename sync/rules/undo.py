"""Decide what undoing a run writes back on one contact, and what it leaves alone (R26). Pure.

Rules kept here:
- a value is put back where the record still shows what the run wrote and the field did not change on either side since;
- where the record already shows the old value there is nothing to do, so undoing twice equals undoing once. A value
  that an interrupted undo left half written is finished;
- a set is put back element by element (R12): what was added or removed since stays;
- what an undo wrote is no edit: undoing the later of two runs makes the earlier one undoable, and an undo can be
  undone;
- nothing is written where the config no longer lets the field go (R13).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.contact import SET_FIELDS, Value, same
from sync.rules.mapping import Rules
from sync.rules.merge_result import LEFT, Merge, Overwritten, SideView
from sync.rules.sets import apply_changes, changes_of

UNDO = "undo"
"""The rule name of a value that was put back."""

CHANGED = "was changed since"
HIDDEN = "is not shown now"
BARRED = "may not be written back there: the config says so"
REFUSED = "stays: the server does not take or empty it, or it says that the person may not be contacted"
NO_PLACE = "has no place there any more"
TAKEN = "is the number of another contact there now"
GONE = "is no longer there"
UNLINKED = "is not linked any more"
DELETED = "was deleted by that run and cannot come back under its old id"
"""These constants say why something is left alone: the end of a sentence that begins with the field or the contact."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One line of a contact's history: what `run` wrote to a field of a side, and the value that was `left` there.

    `undoes` is the run that the writing run undid, None for any other run.
    """

    run: str
    undoes: str | None
    side: str
    field: str
    old: Value
    new: Value
    left: Value


@dataclass(frozen=True, slots=True)
class UndoableWrite:
    """What a run did to a field of a side. `later` are the changes since, as pairs of old and new value.

    The run replaced `old`, sent `new`, and the server then held `left`, which may be a rewritten `new`.
    """

    side: str
    field: str
    old: Value
    new: Value
    left: Value
    later: tuple[tuple[Value, Value], ...] = ()


@dataclass(slots=True)
class UndoPlan:
    """What to write back and, by side and field, why something is left alone."""

    merge: Merge = field(default_factory=Merge)
    left_alone: dict[tuple[str, str], str] = field(default_factory=dict)


def written_by(run: str, traces: Sequence[Trace]) -> list[UndoableWrite]:
    """Return what a run did to one contact. `traces` are all writes ever made to both records, oldest first."""
    changes = changes_in_effect(traces)
    found: dict[tuple[str, str], UndoableWrite] = {}
    for number, trace in enumerate(traces):
        if trace.run != run:
            continue
        before = found.get((trace.side, trace.field))
        found[trace.side, trace.field] = UndoableWrite(
            trace.side,
            trace.field,
            before.old if before else trace.old,
            trace.new,
            trace.left,
            tuple(
                (traces[later].old, traces[later].new)
                for later in changes
                if later > number and traces[later].field == trace.field and traces[later].run != run
            ),
        )
    return list(found.values())


def undo(rules: Rules, left: SideView, right: SideView, written: Iterable[UndoableWrite]) -> UndoPlan:
    """Decide what to put back of what a run wrote to one contact."""
    result = UndoPlan()
    for one in written:
        view, other = (left, right) if one.side == LEFT else (right, left)
        if one.field in SET_FIELDS:
            _take_back(result, rules, one, view, other)
        elif not (one.field in view.now and same(one.field, view.now[one.field], one.old)):
            reason = _obstacle(rules, one, view, one.old) or _change(one, view, other)
            _put(result, one, view, one.old, reason)
    return result


def changes_in_effect(traces: Sequence[Trace]) -> list[int]:
    """Return the positions of the lines that are real changes and that no undo has taken back."""
    taken_back: set[tuple[str, str, str]] = set()
    found = []
    for number in reversed(range(len(traces))):
        trace = traces[number]
        if (trace.run, trace.side, trace.field) in taken_back:
            continue
        if trace.undoes is None:
            found.append(number)
        else:
            taken_back.add((trace.undoes, trace.side, trace.field))
    return found


def _take_back(result: UndoPlan, rules: Rules, one: UndoableWrite, view: SideView, other: SideView) -> None:
    """Put a set back: remove what the run added and add what it removed, except for elements that changed since."""
    shown = view.value(one.field)[1]
    restored, removed = changes_of(one.left, one.old)
    present, _ = changes_of(None, shown)
    restored = {key: text for key, text in restored.items() if key not in present}
    removed = frozenset(key for key in removed if key in present)
    if not restored and not removed:
        return
    changed = _changed_elements(one, view, other)
    free = {key: text for key, text in restored.items() if key not in changed}, removed - changed
    reason = _obstacle(rules, one, view, shown)
    if reason or changed & (restored.keys() | removed):
        result.left_alone[one.side, one.field] = reason or CHANGED
    if not reason and (free[0] or free[1]):
        _put(result, one, view, apply_changes(shown, *free), "")


def _changed_elements(one: UndoableWrite, view: SideView, other: SideView) -> frozenset[str]:
    """Return the elements that a later run carried, or that changed on either side and no run has seen yet."""
    pairs = [*one.later, *((each.base.get(one.field), each.value(one.field)[1]) for each in (view, other))]
    changes = [changes_of(before, after) for before, after in pairs]
    return frozenset(key for gained, lost in changes for key in (*gained, *lost))


def _obstacle(rules: Rules, one: UndoableWrite, view: SideView, wanted: Value) -> str:
    if one.field not in rules or not rules[one.field].lets(wanted, one.side):
        return BARRED
    return "" if one.field in view.now else HIDDEN


def _change(one: UndoableWrite, view: SideView, other: SideView) -> str:
    shown = view.now[one.field]
    as_left = same(one.field, shown, one.left) or same(one.field, shown, one.new)
    untouched = (as_left and not view.changed(one.field)) or view.is_half_written(one.field, one.old)
    if untouched and not one.later and not other.changed(one.field):
        return ""
    return CHANGED


def _put(result: UndoPlan, one: UndoableWrite, view: SideView, wanted: Value, reason: str) -> None:
    if reason:
        result.left_alone[one.side, one.field] = reason
        return
    result.merge.to(one.side)[one.field] = wanted
    result.merge.overwritten.append(Overwritten(one.side, one.field, view.value(one.field)[1], wanted, UNDO))
