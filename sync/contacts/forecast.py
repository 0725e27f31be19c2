"""What a plan decides beside its writes: overwritten values, conflicts and contacts that stay behind (R45).

A user who approves a run sees these numbers before the first write. They are counted while the plan is made, since the
steps of a plan hold what they write, and not what was decided.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.contact import Value
from sync.rules.merge_result import Merge

EXAMPLES: Final = 20
"""How many examples of each kind a plan shows on a terminal and on the page."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One field of a contact that a policy decides, or leaves to the user.

    `account` is where `old` is overwritten with `new`; in a conflict it is '', and both are the values of the sides.
    """

    who: str
    account: str
    field: str
    old: Value
    new: Value


@dataclass(slots=True)
class Forecast:
    """What the plan of the contacts decides.

    `merged` pairs meet for the first time. `overwritten` counts values by account, `conflicts` those that wait for the
    user, and `settled` the open conflicts of the same links, which the run replaces by them.
    """

    merged: int = 0
    overwritten: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    settled: int = 0
    overwritten_examples: list[Decision] = field(default_factory=list)
    conflict_examples: list[Decision] = field(default_factory=list)

    def note_merge(self, who: str, result: Merge, accounts: Mapping[str, str], *, is_first: bool, known: int) -> None:
        """Count one planned pair. `known` is how many open conflicts its link has."""
        self.merged += is_first
        self.settled += known
        self.conflicts += len(result.conflicts)
        for decision in _overwritten(who, result, accounts):
            self.overwritten[decision.account] += 1
            _keep(self.overwritten_examples, decision)
        for name, (left, right) in result.conflicts.items():
            _keep(self.conflict_examples, Decision(who, "", name, left, right))


@dataclass(slots=True)
class SideSummary:
    """What the plan writes to a side: the fields, how many values of new contacts have no place, and the calls.

    `calls` are those of the writes alone.
    """

    written: set[str] = field(default_factory=set)
    owed: Counter[str] = field(default_factory=Counter)
    calls: int = 0


def _overwritten(who: str, result: Merge, accounts: Mapping[str, str]) -> Iterator[Decision]:
    for one in result.overwritten:
        yield Decision(who, accounts[one.side], one.field, one.old, one.new)


def _keep(examples: list[Decision], decision: Decision) -> None:
    if len(examples) < EXAMPLES:
        examples.append(decision)
