"""The explanation oracle: is there any legal order of events that explains how it all ended?

It knows nothing of the engine. It gets what users did to one field of two linked records, what both records show in
the end, when runs went on, which overwritings the history admits, and whether the field is listed as open. From that it
searches for moments at which a sync, seen from outside, may have

- carried a value that one side showed since both last agreed to the other side, which had not changed since then;
- decided between two changed sides, where the history admits exactly that overwriting;
- found that both sides changed to the same value.

What the network delivers late may have been carried by a sync, at the moment at which it arrives.

Each edit saw what stood there (`old`); an order in which something else stood there explains nothing. Where no order
leads to the end, an update was lost, or a value came from nowhere.

After "Mysteries of Dropbox" (Hughes, Pierce, Arts, Norell, 2016), with one register per side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.simulation.contact_observer import Edit

Value = str | None
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Admitted:
    """An overwriting in the history: between `since` and `at` (seconds) `old` gave way to `new` on `side`."""

    since: float
    at: float
    side: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known of one field of two linked records. `edits` are in order of time.

    `open` says that a conflict or failure lists the field. `runs` are spans in seconds in which a sync was at work.
    """

    edits: Sequence[Edit]
    end: tuple[Value, Value]
    runs: Sequence[tuple[float, float]]
    admitted: Sequence[Admitted] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class _Moment:
    """What each side shows, what both last agreed on, and what each side showed since then, newest last."""

    now: tuple[Value, Value] = (None, None)
    base: tuple[Value, Value] = (None, None)
    seen: tuple[tuple[Value, ...], tuple[Value, ...]] = ((None,), (None,))
    used: frozenset[int] = frozenset()


SIDES = ("left", "right")
MARGIN = 0.002
"""Seconds: what is remembered is remembered in whole milliseconds."""


def explains(story: Story) -> bool:
    """Return whether some legal order leads to the end."""
    moments = {_Moment()}
    before = float("-inf")
    for edit in story.edits:
        moments = _synced(story, moments, before, edit.at)
        moments = {after for moment in moments for after in _edited(moment, edit)}
        before = edit.at
    final = _synced(story, moments, before, float("inf"))
    return any(_is_the_end(story, moment) for moment in final)


def complaint(story: Story) -> str | None:
    """Return what is wrong, in words, None where a legal order explains the end."""
    if explains(story):
        return None
    written = {None, *(edit.new for edit in story.edits)}
    strange = [value for value in story.end if value not in written]
    if strange:
        return f"{strange[0]!r} was written by no user"
    if story.end[0] != story.end[1] and not story.open:
        return f"ends with {story.end[0]!r} and {story.end[1]!r}, and nothing lists it"
    return f"no legal order leads to {story.end[0]!r} and {story.end[1]!r}: an update was lost"


def _is_the_end(story: Story, moment: _Moment) -> bool:
    if moment.now != story.end:
        return False
    unchanged = moment.now[0] == moment.now[1]
    return story.open or unchanged


def _edited(moment: _Moment, edit: Edit) -> Iterator[_Moment]:
    index = SIDES.index(edit.side)
    if moment.now[index] != edit.old:
        return
    now = _put(moment.now, index, edit.new)
    seen = _put(moment.seen, index, (*moment.seen[index], edit.new))
    yield replace(moment, now=now, seen=seen)
    if edit.late and edit.new in moment.seen[1 - index]:
        yield _agreed(moment, 1 - index, index, edit.new)


def _synced(story: Story, moments: set[_Moment], since: float, until: float) -> set[_Moment]:
    """Return everything that syncs between two edits can have led to."""
    found, fresh = set(moments), list(moments)
    if not any(begin <= until + MARGIN and end >= since - MARGIN for begin, end in story.runs):
        return found
    while fresh:
        for after in _steps(story, fresh.pop(), since, until):
            if after not in found:
                found.add(after)
                fresh.append(after)
    return found


def _steps(story: Story, moment: _Moment, since: float, until: float) -> Iterator[_Moment]:
    for source, target in ((0, 1), (1, 0)):
        for value in dict.fromkeys(moment.seen[source]):
            is_news = value != moment.base[source] or value != moment.now[source]
            if is_news and moment.now[target] == moment.base[target]:
                yield _agreed(moment, source, target, value)
            for number, entry in enumerate(story.admitted):
                fits = (entry.side, entry.old, entry.new) == (SIDES[target], moment.now[target], value)
                in_time = entry.since <= until + MARGIN and entry.at >= since - MARGIN
                if fits and in_time and number not in moment.used:
                    yield replace(_agreed(moment, source, target, value), used=moment.used | {number})
    if moment.now[0] == moment.now[1] and moment.base != moment.now:
        yield replace(moment, base=moment.now, seen=((moment.now[0],), (moment.now[1],)))


def _agreed(moment: _Moment, source: int, target: int, value: Value) -> _Moment:
    """Return what is after a value was carried: both agree on it; what its side showed later is news."""
    position = len(moment.seen[source]) - 1 - moment.seen[source][::-1].index(value)
    seen = _put(moment.seen, target, (value,))
    seen = _put(seen, source, moment.seen[source][position:])
    return replace(moment, now=_put(moment.now, target, value), base=(value, value), seen=seen)


def _put(pair: tuple[Item, Item], index: int, value: Item) -> tuple[Item, Item]:
    return (value, pair[1]) if index == 0 else (pair[0], value)
