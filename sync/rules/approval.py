"""Decide whether an approval still covers the plan of a run (R45). Pure.

Between the moment at which a user sees a plan and the run that carries it out, users edit. So an approval covers a plan
that creates and changes at most a tenth more records, or 20 more. It covers no further deletion.
"""

from collections.abc import Mapping
from typing import Final

SHARE: Final = 0.1
FEW: Final = 20
EXACT: Final = ("deleted",)
"""What a plan may do as often as was shown, and no more."""

Counts = Mapping[str, Mapping[str, int]]
"""By stream and account, as "contacts at crm": how many records are created, updated, overwritten and deleted."""


def covers(shown: Counts, planned: Counts) -> bool:
    """Say whether a plan is no larger than the one that the user approved."""
    return all(
        count <= _limit(word, shown.get(where, {}).get(word, 0))
        for where, counts in planned.items()
        for word, count in counts.items()
    )


def _limit(word: str, shown: int) -> float:
    return shown if word in EXACT else shown + max(FEW, SHARE * shown)
