"""The plan of a run as it is shown to the user who approves it (R45): numbers, reasons, costs, and a few examples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sync.output.report import Cost

CHANGES: Final = ("created", "updated", "deleted")


@dataclass(frozen=True, slots=True)
class Example:
    """One field that the run would write, overwrite or leave in conflict. Values are JSON as in `sync plan --json`.

    `kind` is create, update, delete, overwrite, conflict or failure; the `new` of a failure is its reason.
    """

    kind: str
    account: str
    who: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a run would do.

    `kind` is 'first' or 'large'; `guarded` is the sentence of the guard. `streams` has, by stream and account, how many
    records were read and would be created, updated and deleted. `overwritten` counts the values that a policy
    replaces, by account. `conflicts` and `failures` are those that are open after the run. `left_out` counts by
    reason. `owed` are values without a place, by account and field.
    """

    connection: str
    run: str
    kind: str
    guarded: str
    streams: dict[str, dict[str, dict[str, int]]]
    merged: int
    overwritten: dict[str, int]
    conflicts: int
    failures: int
    unmapped: int
    left_out: dict[str, int]
    owed: dict[str, dict[str, int]]
    fields_created: dict[str, list[str]]
    cost: dict[str, Cost]
    examples: Sequence[Example] = field(default=())

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Return what an approval is bound to (`sync.rules.approval.covers`)."""
        return approved_counts(self.streams, self.overwritten)

    def to_json(self) -> dict[str, Any]:
        """Return the object of this plan."""
        return asdict(self)

    @classmethod
    def from_json(cls, text: str) -> "Proposal | None":
        """Return the plan that was stored as JSON, None where it is damaged or of another release."""
        try:
            found = json.loads(text)
            costs = {account: Cost(**one) for account, one in found.pop("cost").items()}
            examples = tuple(Example(**one) for one in found.pop("examples"))
            return cls(**found, cost=costs, examples=examples)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None


def approved_counts(
    streams: Mapping[str, Mapping[str, Mapping[str, int]]], overwritten: Mapping[str, int]
) -> dict[str, dict[str, int]]:
    """Return the numbers of a plan by "STREAM at ACCOUNT"."""
    counts = {
        f"{stream} at {account}": {word: found.get(word, 0) for word in CHANGES}
        for stream, accounts in streams.items()
        for account, found in accounts.items()
    }
    for account, count in overwritten.items():
        counts.setdefault(f"contacts at {account}", {})["overwritten"] = count
    return counts
