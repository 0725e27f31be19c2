"""Decide what an update without an answer did, from what the record shows afterwards (R20, R21). Pure.

Rules kept here:
- a record that looks as it did right before the update shows that nothing has arrived yet;
- a field that shows what was sent has arrived, and so have all fields of the same call. One of those that shows its old
  value was put back by a person or never taken. That cannot be known, so it counts as changed on both sides;
- nothing was put back where the record's time is still that from before the update: no user edited it since. A field
  that showed something else then was read from a stale or a damaged answer;
- a system that takes many contacts at once takes one contact in several calls (R34). There, a field with its old value
  did not arrive;
- if no field shows what was sent but the record changed, a person edited it. A field with its old value did not arrive
  if another change explains the edit; else it was put back;
- every value that may have been overwritten goes into the history, except what surely did not arrive, and except a
  half-written stage (the tags of the old and the new value side by side): its last call reports it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contact import SET_FIELDS, Fields, Value, alike, same
from sync.rules.merge_result import SideView

WRITTEN_SEPARATELY = SET_FIELDS | {"stage", "status"}
"""Fields that some systems keep as tags and write by separate calls, so that they prove nothing about other fields."""


@dataclass(frozen=True, slots=True)
class UpdateObservation:
    """What a record showed right before an update in the fields that were sent, and what it shows `now`.

    `touched` says that the record changed at all, `others_changed` that a field changed that was not sent, `edited`
    that its time is another one, or unknown.
    """

    before: Fields
    now: Fields
    touched: bool = True
    others_changed: bool = False
    edited: bool = True


@dataclass(frozen=True, slots=True)
class UpdateOutcome:
    """The fields that arrived, that were put back or never taken, and that go into the history.

    `begun` are half-written fields: they show the new value beside the old one.
    """

    arrived: frozenset[str] = frozenset()
    put_back: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()


def outcome_of_update(
    sent: Mapping[str, Value], observed: UpdateObservation, *, in_one_call: bool = True
) -> UpdateOutcome:
    """Decide what happened to each sent field. Not `in_one_call`, one that arrived says nothing about the others."""
    if not observed.touched:
        return UpdateOutcome()
    arrived = frozenset(name for name in sent if _has_arrived(name, sent[name], observed))
    is_proven = not arrived <= WRITTEN_SEPARATELY
    old = frozenset(name for name in sent.keys() - arrived if _shows_old(name, observed))
    is_explained = observed.others_changed or any(name in observed.now for name in sent.keys() - arrived - old)
    may_be_put_back = in_one_call and observed.edited and (is_proven or not is_explained)
    put_back = old - WRITTEN_SEPARATELY if may_be_put_back else frozenset()
    view = SideView(observed.now, observed.before)
    begun = frozenset(name for name in sent.keys() - arrived if view.is_half_written(name, sent[name]))
    return UpdateOutcome(arrived, put_back, frozenset(sent) - (old - put_back) - begun, begun)


def _has_arrived(name: str, value: Value, observed: UpdateObservation) -> bool:
    # Some servers do not show empty fields.
    if name not in observed.now:
        return value is None and observed.before.get(name) is not None
    now = observed.now[name]
    return same(name, now, value) or (alike(name, now, value) and not _shows_old(name, observed))


def _shows_old(name: str, observed: UpdateObservation) -> bool:
    return name in observed.now and same(name, observed.now[name], observed.before.get(name))
