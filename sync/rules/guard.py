"""The guard: a run that would rewrite an unusual share of one side stops before its first write (R25, P8). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

HARMLESS = 20
"""Up to so many people a share says nothing."""


@dataclass(slots=True)
class ChangeWeight:
    """What a plan does to one side.

    People linked before the run that it changes, and first meetings that replace a value.
    """

    linked: int = 0
    changed: int = 0
    meetings: int = 0
    replaced: int = 0


def guard(
    weights: Mapping[str, ChangeWeight], max_changed: float, command: str, noun: str = "people", *, dry: bool = False
) -> str:
    """Return the sentence that stops the run, '' when it may go on.

    `max_changed` is a share if it is a float, else a count; `command` is the one that would run it; `noun` is what is
    weighed. Whoever reads this of a `dry` run looks at the plan already.
    """
    look = "Let it" if dry else f"Look at it with `{command} --dry-run`, and let this one run"
    for account, weight in weights.items():
        for changed, whole, what in (
            (weight.changed, weight.linked, f"{noun} that are linked"),
            (weight.replaced, weight.meetings, f"{noun} that meet for the first time"),
        ):
            if _unusual(changed, whole, max_changed):
                return (
                    f"the guard stopped the run before the first write: it would change {changed} of {whole} {what} "
                    f"at {account}, more than max_changed = {max_changed}; nothing was written. "
                    f"{look} through with: {command} --unguarded"
                )
    return ""


def _unusual(changed: int, whole: int, max_changed: float) -> bool:
    if isinstance(max_changed, int):
        return changed > max_changed
    return changed > HARMLESS and changed > Decimal(str(max_changed)) * whole  # 29 of 100 is 0.29, in decimals alone
