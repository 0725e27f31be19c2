"""What became of an update whose answer never came, by what the record shows afterwards (R20, R21). Pure.

Rules kept here:
- a record that looks as it did right before the update shows that nothing has arrived, at least not yet;
- what shows as it was sent has arrived, and so has all that was sent with it, since one call carries it. Of that, what
  shows its old value was put back by a person, or never taken: nobody can tell, so it counts as changed on both sides;
- where nothing shows as it was sent, but the record changed, somebody edited it. What shows its old value did not
  arrive if there is another change to explain that; else it was put back;
- what may have been overwritten belongs into the history: all but what surely did not arrive, and but for a stage with
  the tag of its new value beside that of its old one. Nothing is lost of that yet, and the write that ends it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contact import SET_FIELDS, Fields, Value, alike, same
from sync.rules.merge import SideView

APART = SET_FIELDS | {"stage", "status"}
"""What some systems keep as tags and write by calls of their own: it tells nothing of the rest, nor the rest of it."""


@dataclass(frozen=True, slots=True)
class UpdateObservation:
    """What a record showed right before an update, of the fields that were sent, and what it shows now.

    `touched` tells that the record has changed at all, `others_changed` that it shows changes in what was not sent.
    """

    before: Fields
    now: Fields
    touched: bool = True
    others_changed: bool = False


@dataclass(frozen=True, slots=True)
class UpdateOutcome:
    """What has arrived, what was put back since or never taken, and what belongs into the history.

    `begun` is what shows its new value beside its old one: the second of its calls has yet to come.
    """

    arrived: frozenset[str] = frozenset()
    put_back: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()


def arrival(sent: Mapping[str, Value], sight: UpdateObservation) -> UpdateOutcome:
    """Say what became of what was sent."""
    if not sight.touched:
        return UpdateOutcome()
    arrived = frozenset(name for name in sent if _has_arrived(name, sent[name], sight))
    is_proven = not arrived <= APART
    old = frozenset(name for name in sent.keys() - arrived if _shows_old(name, sight))
    is_explained = sight.others_changed or any(name in sight.now for name in sent.keys() - arrived - old)
    put_back = old - APART if is_proven or not is_explained else frozenset()
    view = SideView(sight.now, sight.before)
    begun = frozenset(name for name in sent.keys() - arrived if view.is_half_written(name, sent[name]))
    return UpdateOutcome(arrived, put_back, frozenset(sent) - (old - put_back) - begun, begun)


def _has_arrived(name: str, value: Value, sight: UpdateObservation) -> bool:
    if name not in sight.now:  # some servers do not show what is empty
        return value is None and sight.before.get(name) is not None
    now = sight.now[name]
    return same(name, now, value) or (alike(name, now, value) and not _shows_old(name, sight))


def _shows_old(name: str, sight: UpdateObservation) -> bool:
    return name in sight.now and same(name, sight.now[name], sight.before.get(name))
