"""What both shadows become after a write, or after a merge that needs none (R11, R12, R21). Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from connectors.contact import SET_FIELDS, Contact, Fields, Value, alike, same
from sync.rules.merge import Merge, SideView
from sync.rules.sets import apply_changes, changes_of

NOTHING: Fields = MappingProxyType({})

AT_ONCE = timedelta(seconds=1)
"""Within so much of its making, what a record shows is its maker's."""


@dataclass(frozen=True, slots=True)
class ShadowPair:
    """The new shadows of the side that was written and of the one that the values came from."""

    target: dict[str, Value]
    source: dict[str, Value]


def after_write(result: Merge, target: str, to: SideView, source: SideView, settled: Fields) -> ShadowPair:
    """Return the shadows after `result.to(target)` was written. `to` and `source` are what was merged.

    For what the write carried the target's shadow is `settled`, what the server holds there now (what was sent, where
    it does not show it), and the source's is the value that was carried. Everything else keeps its old shadow: what the
    answer shows there is merged by the next run.
    """
    bases = ShadowPair(dict(to.base), dict(source.base))
    for name, sent in result.to(target).items():
        known, value = source.value(name)
        if known:
            bases.source[name] = value
        elif sent is None:  # a user decided "empty" at a first meeting: what the target kept must not fill the source
            bases.source.setdefault(name, None)
        held = settled.get(name, sent)
        bases.target[name] = _after_set_write(to, source, name, held) if name in SET_FIELDS else held
    _owe(bases, result, target, to, source)
    _agree(bases, result, target)
    return bases


def after_undo(changes: Fields, to: SideView, source: SideView, settled: Fields) -> ShadowPair:
    """Return the shadows after `changes` were put back on a side by hand (R26): each side's is what it shows.

    What differs then is agreed, so that it stays until somebody edits it. Of a set that goes for the elements that were
    put back alone: what else is new in it is still to be carried.
    """
    bases = ShadowPair(dict(to.base), dict(source.base))
    for name, sent in changes.items():
        known, value = source.value(name)
        held = settled.get(name, sent)
        if name in SET_FIELDS:
            gained, lost = changes_of(to.value(name)[1], sent)
            touched = gained.keys() | lost
            held = aligned(to.base.get(name), held, touched)
            value = aligned(source.base.get(name), value, touched)
        bases.target[name] = held
        if known:
            bases.source[name] = value
    return bases


def as_held(sent: Fields, shown: Fields, before: Fields, *, edited: bool, doubtful: bool) -> dict[str, Value]:
    """Return what a server holds of what was sent, without what somebody may have typed by the time that it was read.

    Where the record was `edited` by then, any other value than was sent is that person's. So it is where that is
    `doubtful`, unless it was there before, which the server kept, or is what was sent in other signs or cut off.
    """
    held = dict(shown)
    for name in shown.keys() & sent.keys():
        if edited or (doubtful and _is_typed(name, shown[name], sent[name], before.get(name))):
            held[name] = sent[name]
    return held


def _is_typed(name: str, shown: Value, sent: Value, before: Value) -> bool:
    if name in SET_FIELDS or same(name, shown, before) or alike(name, shown, sent):
        return False
    is_cut = isinstance(shown, str) and isinstance(sent, str) and sent.startswith(shown.rstrip())
    return not is_cut


def unproven(bases: ShadowPair, names: Collection[str]) -> None:
    """Take back what was sent and is not shown: nobody knows whether it arrived.

    The field is a first meeting from then on. Were the value taken for agreed, a server that dropped it would look as
    if somebody had emptied it, and the source would be emptied next.
    """
    for name in names:
        bases.target.pop(name, None)
        bases.source.pop(name, None)


def not_taken(bases: ShadowPair, names: Collection[str]) -> None:
    """Let fields be empty at the target that it does not take and does not show either, not even empty (R17).

    The source keeps what was carried, so that it is not sent again before it changes.
    """
    bases.target.update(dict.fromkeys(names))


def unmet(bases: ShadowPair, names: Collection[str]) -> None:
    """Let fields that stayed behind when a person was made meet as for the first time (R10).

    The source keeps its shadow: what it shows is known, and the new record need not be read to learn it.
    """
    for name in names:
        bases.target.pop(name, None)


def unsent_sets(bases: ShadowPair, names: Collection[str]) -> None:
    """Let sets that a server refused, or that an error kept back, be carried again when a person was made.

    What of a set is to be carried is told by what the source gained since its shadow: there must be none of it.
    """
    for name in SET_FIELDS & set(names):
        bases.source.pop(name, None)


def after_agreement(result: Merge, target: str, to: SideView, source: SideView) -> ShadowPair:
    """Return the shadows after a merge of which nothing is written to the target now."""
    bases = ShadowPair(dict(to.base), dict(source.base))
    _owe(bases, result, target, to, source)
    _agree(bases, result, target)
    return bases


def after_create(shown: Fields, source: Fields, settled: Fields, sent: Fields) -> ShadowPair:
    """Return the shadows of two people of whom the one was just made from the other: all that each side shows."""
    bases = ShadowPair({**shown, **settled}, dict(source))
    unproven(bases, sent.keys() - bases.target.keys())
    return bases


def after_lost_create(
    shown: Fields, source: Mapping[str, Value], sent: Fields, *, edited: bool, filled: Fields = NOTHING
) -> ShadowPair:
    """Return the shadows of somebody whose create got lost and who was found afterwards (R20).

    Somebody may have edited the record since. What shows another value than was sent therefore counts as changed there,
    and what shows none as never agreed on: it is filled again. So is, where the record is `edited` (its times say
    so), what was not sent: a server that fills in something of its own does so at once. What shows just as the server
    is known to fill it in (`filled`) is agreed on, as after a create that was answered.
    """
    bases = ShadowPair(dict(shown), dict(source))
    for name, value in shown.items() if edited else ():
        if value is not None and name not in sent and not _is_filled(name, value, filled):
            bases.target.pop(name, None)
            bases.source.pop(name, None)
    for name, value in sent.items():
        if shown.get(name) is None:
            bases.target.pop(name, None)
            bases.source.pop(name, None)
        else:
            bases.target[name] = value
    return bases


def _is_filled(name: str, shown: Value, filled: Fields) -> bool:
    return name in filled and same(name, shown, filled[name])


def after_doubtful_create(shown: Fields, source: Mapping[str, Value], sent: Fields) -> ShadowPair:
    """Return the shadows of somebody who may be what a lost create made, or was made by hand with other values.

    What shows just as it was sent is agreed on as long as the source shows it, too. Where that has changed since, both
    have, as far as anybody can tell: a record that was made by hand never had the value from us. Everything else is a
    first meeting (R10).
    """
    agreed = [name for name, value in sent.items() if name in shown and same(name, shown[name], value)]
    target = {name: shown[name] if name in SET_FIELDS else None for name in agreed}
    return ShadowPair(target, {name: source[name] for name in agreed if name in source})


def is_edited(made: Contact, *, untimed: bool = False) -> bool:
    """Say whether a record's times show an edit after it was made: its create's answer may have been read later.

    Where it shows no times, the answer is `untimed`.
    """
    if made.created_at is None or made.updated_at is None:
        return untimed
    return made.updated_at - made.created_at > AT_ONCE


def is_settled(shown: Fields, base: Fields, waiting: frozenset[str]) -> bool:
    """Say whether a record shows nothing beyond its shadow, but for fields that are listed as conflicts."""
    return shown == base or all(
        name in waiting or (name in base and same(name, value, base[name])) for name, value in shown.items()
    )


def _owe(bases: ShadowPair, result: Merge, target: str, to: SideView, source: SideView) -> None:
    """Leave the shadows of what is owed as they are (R41).

    Where there is none for the side without a place, the other side's becomes what it shows: it need not be read again
    to be carried, and both meet for the first time then.
    """
    for name, side in result.owed.items():
        own, view = (bases.source, source) if side == target else (bases.target, to)
        known, value = view.value(name)
        if known and name not in (bases.target if side == target else bases.source):
            own[name] = value


def _agree(bases: ShadowPair, result: Merge, target: str) -> None:
    for name, (side, value) in result.nameless.items():  # met, and not agreed on: it may get a name there
        own, other = (bases.target, bases.source) if side == target else (bases.source, bases.target)
        own[name] = value
        other.pop(name, None)
    for name, (left, right) in result.agreed.items():
        bases.target[name], bases.source[name] = (left, right) if target == "left" else (right, left)


def _after_set_write(to: SideView, source: SideView, name: str, held: Value) -> Value:
    """Return the shadow of a set: the old one, with what the source has and the server holds, without what both lack.

    Everything else that the server holds or lacks now is a change of its own side: it shows until it was carried the
    other way.
    """
    theirs, _ = changes_of(None, source.value(name)[1])
    now, _ = changes_of(None, held)
    agreed = {key: text for key, text in now.items() if key in theirs}
    before, _ = changes_of(None, to.value(name)[1])
    gone = frozenset(key for key in before if key not in theirs and key not in now)
    return apply_changes(to.base.get(name), agreed, gone)


def aligned(base: Value, shown: Value, touched: Collection[str]) -> Value:
    """Return a set's shadow in which the touched elements are as the side shows them."""
    now, _ = changes_of(None, shown)
    present = {key: text for key, text in now.items() if key in touched}
    return apply_changes(base, present, frozenset(key for key in touched if key not in now))
