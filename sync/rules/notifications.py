"""Decide when to call the command under `[notify]`: once per cause, and once when the cause is over. Pure.

A cause may have several keys, such as one per open conflict. New keys are reported when they appear. The cause is over
when its last key is gone. A failed call is repeated at the next occasions, and given up after a few.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from state.notification_cause import NotificationCause

FAILED: Final = "failed"
GUARDED: Final = "guarded"
CONFLICTS: Final = "conflicts"
STALLED: Final = "stalled"
WAITING: Final = "waiting"

TRIES: Final = 3
"""The number of attempts to report a cause, and again to report its end."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification: a cause with its new keys, or with all of its keys when it is `over`."""

    cause: str
    causes: tuple[NotificationCause, ...]
    over: bool = False

    @property
    def since_ms(self) -> int:
        """Return the time in milliseconds at which the cause began."""
        return min(one.since_ms for one in self.causes)

    def after(self, now_ms: int, *, called: bool) -> tuple[list[NotificationCause], list[NotificationCause]]:
        """Return the causes to keep and those to drop, after the call succeeded (`called`) or failed."""
        tried = [
            replace(one, tries=one.tries + 1, notified_ms=now_ms if called else one.notified_ms) for one in self.causes
        ]
        if not self.over:
            return tried, []
        given_up = called or any(one.tries >= 2 * TRIES for one in tried)
        return ([], tried) if given_up else (tried, [])


def causes_after(status: str, conflicts: Mapping[str, int], now_ms: int) -> dict[str, dict[str, int]]:
    """Return what holds after a run with this status: by cause and key, the time in milliseconds at which it began.

    `conflicts` are the open ones. A cause without keys is over. A cause that is not in the result stays as it was: a
    failed run says nothing about the guard.
    """
    found: dict[str, dict[str, int]] = {CONFLICTS: dict(conflicts)}
    if status == "failed":
        return found | {FAILED: {"": now_ms}}
    if status == "guarded":
        return found | {FAILED: {}, GUARDED: {"": now_ms}}
    if status == "waiting":
        return found | {FAILED: {}, GUARDED: {}, WAITING: {"": now_ms}}
    return found | {FAILED: {}, GUARDED: {}, STALLED: {}, WAITING: {}}


def notices(
    present: Mapping[str, Mapping[str, int]], known: Iterable[NotificationCause]
) -> tuple[list[Notice], list[NotificationCause]]:
    """Return the notifications that are due, and the causes to drop silently. `known` is what was reported before."""
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
        untold = tuple(one for one in new if one.notified_ms is None and one.tries < TRIES)
        if untold:
            due.append(Notice(cause, untold))
    return due, silent
