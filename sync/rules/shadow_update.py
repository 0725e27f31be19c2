"""Compute both shadows after a write, or after a merge without a write (R11, R12, R20, R21). Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from connectors.connector import proves_unedited
from connectors.contact import SET_FIELDS, Contact, Fields, Value, alike, same
from sync.rules.merge_result import Merge, SideView
from sync.rules.sets import apply_changes, changes_of

NOTHING: Fields = MappingProxyType({})

AT_ONCE = timedelta(seconds=1)
"""A record that was updated this soon after its creation was not edited: the update belongs to the creation."""


@dataclass(frozen=True, slots=True)
class ShadowPair:
    """The new shadows of the side that was written (`target`) and of the side that the values came from (`source`)."""

    target: dict[str, Value]
    source: dict[str, Value]


def after_write(
    result: Merge, target: str, to: SideView, source: SideView, settled: Fields, rewritten: Fields = NOTHING
) -> ShadowPair:
    """Return the shadows after `result.to(target)` was written. `to` and `source` are the views that were merged.

    A written field: the target's shadow is `settled` (what the server holds now, or what was sent where the server does
    not show it), the source's shadow is the carried value. Every other field keeps its old shadow: the next run merges
    what the answer shows there, but for what is `rewritten` by the server itself (R36).
    """
    bases = ShadowPair(dict(to.base), dict(source.base))
    for name, sent in result.to(target).items():
        known, value = source.value(name)
        if known:
            bases.source[name] = value
        elif sent is None:
            # A user decided "empty" at a first meeting: what the target kept must not fill the source.
            bases.source.setdefault(name, None)
        held = settled.get(name, sent)
        bases.target[name] = _after_set_write(to, source, name, held) if name in SET_FIELDS else held
    _adopt_rewritten(bases, to, rewritten)
    _owe(bases, result, target, to, source)
    _agree(bases, result, target)
    return bases


def after_undo(
    changes: Fields, to: SideView, source: SideView, settled: Fields, rewritten: Fields = NOTHING
) -> ShadowPair:
    """Return the shadows after an undo wrote `changes` on one side (R26). Each becomes what its side shows.

    A remaining difference counts as agreed, so it stays until the next edit. In a set only the elements that were put
    back count as agreed: other new elements are still carried.
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
    _adopt_rewritten(bases, to, rewritten)
    return bases


def held_values(sent: Fields, shown: Fields, before: Fields, *, edited: bool, doubtful: bool) -> dict[str, Value]:
    """Return what a server holds of the sent values, without what a person may have typed before the record was read.

    If the record was `edited` by then, any value other than the sent one is that person's. If it is `doubtful` whether
    it was edited, the same holds, except for the value from before the write (the server kept it) and for the sent
    value in another spelling or cut off.
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


def clear_unproven(bases: ShadowPair, names: Collection[str]) -> None:
    """Remove sent fields that the answer does not show from both shadows: it is unknown whether they arrived.

    The field is a first meeting from then on.
    """
    for name in names:
        bases.target.pop(name, None)
        bases.source.pop(name, None)


def clear_not_taken(bases: ShadowPair, names: Collection[str]) -> None:
    """Make fields empty in the target's shadow that the target neither takes nor shows (R17).

    The source keeps the carried value in its shadow, so that it is not sent again before it changes.
    """
    bases.target.update(dict.fromkeys(names))


def unmet(bases: ShadowPair, names: Collection[str]) -> None:
    """Make fields that were left out of a create a first meeting (R10).

    The source keeps its shadow: its value is known, so the new record need not be read for it.
    """
    for name in names:
        bases.target.pop(name, None)


def clear_unsent_sets(bases: ShadowPair, names: Collection[str]) -> None:
    """Make sets that were left out of a create, by a refusal or an error, be carried again."""
    for name in SET_FIELDS & set(names):
        bases.source.pop(name, None)


def after_agreement(result: Merge, target: str, to: SideView, source: SideView) -> ShadowPair:
    """Return the shadows after a merge that writes nothing to the target now."""
    bases = ShadowPair(dict(to.base), dict(source.base))
    _owe(bases, result, target, to, source)
    _agree(bases, result, target)
    return bases


def after_create(shown: Fields, source: Fields, settled: Fields, sent: Fields) -> ShadowPair:
    """Return the shadows of a record that was just created from the other side: all that each side shows."""
    bases = ShadowPair({**shown, **settled}, dict(source))
    clear_unproven(bases, sent.keys() - bases.target.keys())
    return bases


def after_lost_create(
    shown: Fields, source: Mapping[str, Value], sent: Fields, *, edited: bool, filled: Fields = NOTHING
) -> ShadowPair:
    """Return the shadows of a record that was found after its create got no answer (R20).

    A person may have edited the record since. A field that shows another value than was sent counts as changed there. A
    field that shows no value was never agreed, and is filled again. In a record that may be `edited`, a field that was
    not sent was never agreed either, unless it shows what the server is known to fill in (`filled`).
    """
    bases = ShadowPair(dict(shown), dict(source))
    if edited:
        clear_typed(bases, shown, sent, filled)
    for name, value in sent.items():
        if shown.get(name) is None:
            bases.target.pop(name, None)
            bases.source.pop(name, None)
        else:
            bases.target[name] = value
    return bases


def clear_typed(bases: ShadowPair, shown: Fields, sent: Fields, filled: Fields) -> None:
    """Make what a person may have typed into a new record, beside the sent values, a first meeting."""
    for name, value in shown.items():
        if value is not None and name not in sent and not _is_filled(name, value, filled):
            bases.target.pop(name, None)
            bases.source.pop(name, None)


def _is_filled(name: str, shown: Value, filled: Fields) -> bool:
    return name in filled and same(name, shown, filled[name])


def after_uncertain_create(shown: Fields, source: Mapping[str, Value], sent: Fields) -> ShadowPair:
    """Return the shadows of a record that a lost create made, or that a person made by hand with other values.

    A field that shows what was sent is agreed, as long as the source still shows it. If the source has changed since,
    both sides count as changed: a record that was made by hand never got our value. Everything else is a first meeting
    (R10).
    """
    agreed = [name for name, value in sent.items() if name in shown and same(name, shown[name], value)]
    target = {name: shown[name] if name in SET_FIELDS else None for name in agreed}
    return ShadowPair(target, {name: source[name] for name in agreed if name in source})


def keep_filled_in(bases: ShadowPair, filled: Fields, unsent: Collection[str]) -> None:
    """Make what a server has filled into a new record a part of its shadow (R35).

    It is carried to no blank of the source, and over no value of it: those in `unsent` have not been written to the new
    record yet, so they count as changed at the source.
    """
    for name, value in filled.items():
        if value is None:
            continue
        if name in unsent:
            bases.target[name], bases.source[name] = value, None
        elif name in bases.target:
            bases.source.setdefault(name, None)


def _adopt_rewritten(bases: ShadowPair, to: SideView, rewritten: Fields) -> None:
    """Make what a server rewrites besides the sent values a part of its shadow (R36), where no person has changed it.

    It is an answer to our write, and fills no blank of the source.
    """
    for name, value in rewritten.items():
        if not to.changed(name) and name not in SET_FIELDS:
            bases.target[name] = value
            bases.source.setdefault(name, None)


def is_edited(made: Contact, *, untimed: bool = False) -> bool:
    """Say whether the times of a record show an edit after its creation.

    `untimed` is the answer for a record without times.
    """
    if made.created_at is None or made.updated_at is None:
        return untimed
    return made.updated_at - made.created_at > AT_ONCE


def may_be_edited(made: Contact) -> bool:
    """Say whether a record may have been edited after its creation: its times do not prove the opposite.

    The update that belongs to a creation may come a moment later. So may an edit: nothing tells one from the other.
    """
    return not proves_unedited(made.created_at, made.updated_at)


def is_settled(shown: Fields, base: Fields, waiting: frozenset[str]) -> bool:
    """Say whether a record shows nothing but its shadow, except in fields that are listed as conflicts (`waiting`)."""
    return shown == base or all(
        name in waiting or (name in base and same(name, value, base[name])) for name, value in shown.items()
    )


def _owe(bases: ShadowPair, result: Merge, target: str, to: SideView, source: SideView) -> None:
    """Keep the shadows of owed fields (R41).

    If the side without a place has no shadow yet, the other side's shadow becomes what it shows. Then it need not be
    read again to be carried, and the field is a first meeting.
    """
    for name, side in result.owed.items():
        own, view = (bases.source, source) if side == target else (bases.target, to)
        known, value = view.value(name)
        if known and name not in (bases.target if side == target else bases.source):
            own[name] = value


def _agree(bases: ShadowPair, result: Merge, target: str) -> None:
    # The field was seen and not agreed: the value may get a translation later.
    for name, (side, value) in result.untranslated.items():
        own, other = (bases.target, bases.source) if side == target else (bases.source, bases.target)
        own[name] = value
        other.pop(name, None)
    for name, (left, right) in result.agreed.items():
        bases.target[name], bases.source[name] = (left, right) if target == "left" else (right, left)


def _after_set_write(to: SideView, source: SideView, name: str, held: Value) -> Value:
    """Return the shadow of a set: the old one, plus what the source has and the server holds, minus what both lack.

    Every other element that the server holds or lacks is a change of its own side, and is carried the other way later.
    """
    theirs, _ = changes_of(None, source.value(name)[1])
    now, _ = changes_of(None, held)
    agreed = {key: text for key, text in now.items() if key in theirs}
    before, _ = changes_of(None, to.value(name)[1])
    gone = frozenset(key for key in before if key not in theirs and key not in now)
    return apply_changes(to.base.get(name), agreed, gone)


def arrived_elements(before: Value, sent: Value, shown: Value) -> frozenset[str]:
    """Return the elements of a set (case-folded) that were sent or taken out, and are shown so."""
    gained, lost = changes_of(before, sent)
    now, _ = changes_of(None, shown)
    return frozenset(gained.keys() & now.keys()) | (lost - now.keys())


def take_arrived(bases: ShadowPair, name: str, to: SideView, source: SideView, shown: Value, sent: Value) -> None:
    """Make the elements of a set that have arrived a part of both shadows, though the set as a whole has not."""
    arrived = arrived_elements(to.value(name)[1], sent, shown)
    if arrived and name in bases.target and name in bases.source:
        bases.target[name] = aligned(bases.target[name], shown, arrived)
        bases.source[name] = aligned(bases.source[name], source.value(name)[1], arrived)


def aligned(base: Value, shown: Value, touched: Collection[str]) -> Value:
    """Return the shadow of a set in which the `touched` elements (case-folded) are as the side shows them."""
    now, _ = changes_of(None, shown)
    present = {key: text for key, text in now.items() if key in touched}
    return apply_changes(base, present, frozenset(key for key in touched if key not in now))
