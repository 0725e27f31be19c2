"""Stop a run that would change an unusual share of one side, before its first write (R25, P8). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

HARMLESS = 20
"""Up to this many records a share is not meaningful."""


@dataclass(slots=True)
class ChangeWeight:
    """What a plan changes on one side.

    `linked` records existed as pairs before the run, and `changed` of them are updated or deleted. `meetings` pairs
    meet for the first time, and `replaced` of them lose a value. `created` records are new there.
    """

    linked: int = 0
    changed: int = 0
    meetings: int = 0
    replaced: int = 0
    created: int = 0


def guard(
    weights: Mapping[str, ChangeWeight],
    max_changed: float,
    command: str,
    noun: str = "people",
    *,
    max_created: float | None = None,
    dry: bool = False,
) -> str:
    """Return the sentence that stops the run, '' when it may go on.

    A limit is a share if it is a float, else a count; without `max_created` any number may be created. `command` runs
    the stream again, `noun` is what is counted. In a `dry` run the sentence does not advise a dry run.
    """
    look = "Let it" if dry else f"Look at it with `{command} --dry-run`, and let this one run"
    for account, weight in weights.items():
        for what, key in _unusual(weight, max_changed, max_created, noun):
            return (
                f"the guard stopped the run before the first write: it would {what} at {account}, "
                f"more than {key}; nothing was written. {look} through with: {command} --unguarded"
            )
    return ""


def _unusual(
    weight: ChangeWeight, max_changed: float, max_created: float | None, noun: str
) -> Iterator[tuple[str, str]]:
    """Yield what a plan does more often than a limit lets pass, and the key of that limit."""
    for changed, whole, which in (
        (weight.changed, weight.linked, f"{noun} that are linked"),
        (weight.replaced, weight.meetings, f"{noun} that meet for the first time"),
    ):
        if is_unusual(changed, whole, max_changed):
            yield f"change {changed} of {whole} {which}", f"max_changed = {max_changed}"
    if max_created is not None and is_unusual(weight.created, weight.linked, max_created):
        yield f"create {weight.created} {noun} beside {weight.linked} linked ones", f"max_created = {max_created}"


def is_unusual(changed: int, whole: int, max_changed: float) -> bool:
    """Say whether a part of one side is more than the guard lets pass."""
    if isinstance(max_changed, int):
        return changed > max_changed
    # Only in decimals 29 of 100 is exactly 0.29.
    return changed > HARMLESS and changed > Decimal(str(max_changed)) * whole
