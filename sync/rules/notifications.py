"""What the command under `[notify]` is told, and when: once per cause, and once when it is over. Pure.

A cause may have several keys, of which new ones are told when they come: each open conflict is one. It is over when the
last of them is gone. Who can't be told is tried again at the next occasions, and given up after a few.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from state.notification_cause import NotificationCause

FAILED: Final = "failed"
GUARDED: Final = "guarded"
CONFLICTS: Final = "conflicts"
STALLED: Final = "stalled"

TRIES: Final = 3
"""So often is it tried to tell a cause, and as often again to tell that it is over."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell: a cause with the keys that are new, or all of its keys when it is `over`."""

    cause: str
    causes: tuple[NotificationCause, ...]
    over: bool = False

    @property
    def since_ms(self) -> int:
        """Return since when it has been so."""
        return min(one.since_ms for one in self.causes)

    def after(self, now_ms: int, *, told: bool) -> tuple[list[NotificationCause], list[NotificationCause]]:
        """Return the causes to remember, and those to forget, after it was told or could not be."""
        tried = [replace(one, tries=one.tries + 1, told_ms=now_ms if told else one.told_ms) for one in self.causes]
        if not self.over:
            return tried, []
        given_up = told or any(one.tries >= 2 * TRIES for one in tried)
        return ([], tried) if given_up else (tried, [])


def causes_after(status: str, conflicts: Mapping[str, int], now_ms: int) -> dict[str, dict[str, int]]:
    """Return what holds after a run that ended so: each cause that it says anything about, with since when, by key.

    `conflicts` are the open ones. A cause without a key is over; one that is not named stays as it was: a run that
    failed says nothing of the guard.
    """
    found: dict[str, dict[str, int]] = {CONFLICTS: dict(conflicts)}
    if status == "failed":
        return found | {FAILED: {"": now_ms}}
    if status == "guarded":
        return found | {FAILED: {}, GUARDED: {"": now_ms}}
    return found | {FAILED: {}, GUARDED: {}, STALLED: {}}


def notices(
    present: Mapping[str, Mapping[str, int]], known: Iterable[NotificationCause]
) -> tuple[list[Notice], list[NotificationCause]]:
    """Return what is to be told, and the causes to forget without a word, given what was told before."""
    remembered = list(known)
    due: list[Notice] = []
    silent: list[NotificationCause] = []
    for cause, keys in present.items():
        before = {one.key: one for one in remembered if one.cause == cause}
        gone = [one for key, one in before.items() if key not in keys]
        ends = not keys and any(one.tries for one in gone)
        if ends:
            due.append(Notice(cause, tuple(gone), over=True))
        else:
            silent += gone
        new = [before.get(key) or NotificationCause(cause, key, since) for key, since in keys.items()]
        untold = tuple(one for one in new if one.told_ms is None and one.tries < TRIES)
        if untold:
            due.append(Notice(cause, untold))
    return due, silent
