"""What undoing a run writes back on one person, and what it leaves alone (R26). Pure.

Rules kept here:
- a value is put back where the record still shows what the run left there, and nobody has changed the field since on
  either side, be it that a later run carried the change or that it is still to be carried;
- where the record shows what was there before, there is nothing to put back: so undoing twice is as good as once; what
  an undo that was broken off put back by half is put back;
- a set is put back element by element, like it was merged (R12): what was added or taken away since stays;
- what an undo put back is no change of a person's: undoing the later of two runs frees the earlier one, and an undo can
  be undone;
- nothing is written where the config no longer lets the field go (R13).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.contact import SET_FIELDS, Value, same
from sync.rules.mapping import Rules
from sync.rules.merge import LEFT, Merge, Overwritten, SideView
from sync.rules.sets import apply_changes, changes_of

UNDO = "undo"
"""The rule of what was put back."""

CHANGED = "was changed since"
HIDDEN = "is not shown now"
BARRED = "may not be written back there: the config says so"
REFUSED = "stays: the server does not take or empty it, or it says that the person may not be contacted"
HOMELESS = "has no place there any more"
TAKEN = "is somebody else's number there now"
GONE = "is no longer there"
UNLINKED = "is linked to nobody any more"
DELETED = "was deleted by that run and cannot come back under its old id"
"""Why something is left alone, as the end of a sentence that begins with the field, or with the person."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One line of the history of a person: what `run` wrote to a field of a side, and what was `left` there by it.

    `undoes` is the run that the writing run has undone, None for any other run.
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
    """What a run did to a field of a side, from `old` to what was `left` there; `later` are changes since, old and new.

    `new` is what it sent; a server may have made something else of it.
    """

    side: str
    field: str
    old: Value
    new: Value
    left: Value
    later: tuple[tuple[Value, Value], ...] = ()


@dataclass(slots=True)
class Undoing:
    """What to write back, and, by side and field, why something is left alone."""

    merge: Merge = field(default_factory=Merge)
    left_alone: dict[tuple[str, str], str] = field(default_factory=dict)


def written_by(run: str, traces: Sequence[Trace]) -> list[UndoableWrite]:
    """Return what a run did to one person, told from all that was ever written to both records, oldest first."""
    changes = standing(traces)
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


def undo(rules: Rules, left: SideView, right: SideView, written: Iterable[UndoableWrite]) -> Undoing:
    """Decide what to put back of what a run has written to one person."""
    result = Undoing()
    for one in written:
        view, other = (left, right) if one.side == LEFT else (right, left)
        if one.field in SET_FIELDS:
            _take_back(result, rules, one, view, other)
        elif not (one.field in view.now and same(one.field, view.now[one.field], one.old)):
            reason = _obstacle(rules, one, view, one.old) or _change(one, view, other)
            _put(result, one, view, one.old, reason)
    return result


def standing(traces: Sequence[Trace]) -> list[int]:
    """Return the numbers of the lines that are people's changes, and that no undo has taken back."""
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


def _take_back(result: Undoing, rules: Rules, one: UndoableWrite, view: SideView, other: SideView) -> None:
    """Put a set back: what the run added goes, what it took away comes again, but for what was changed since."""
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
    """Return the elements that a later run carried, or that somebody changed on either side and no run has seen."""
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


def _put(result: Undoing, one: UndoableWrite, view: SideView, wanted: Value, reason: str) -> None:
    if reason:
        result.left_alone[one.side, one.field] = reason
        return
    result.merge.to(one.side)[one.field] = wanted
    result.merge.overwritten.append(Overwritten(one.side, one.field, view.value(one.field)[1], wanted, UNDO))
