"""What a merge writes, as a step of the plan keeps it in staging, so that a plan is shown and priced without merging.

It is kept on disk and not in memory: a plan may write every contact (P7).
"""

import json
from dataclasses import dataclass, field

from connectors.contact import Fields
from state.staging import Step
from sync.rules import shadow_codec
from sync.rules.merge import LEFT, Merge


@dataclass(frozen=True, slots=True)
class PlannedChanges:
    """The values that a merge writes to each side."""

    to_left: Fields = field(default_factory=dict)
    to_right: Fields = field(default_factory=dict)

    def to(self, side: str) -> Fields:
        """Return what is written to 'left' or 'right'."""
        return self.to_left if side == LEFT else self.to_right


def encode_changes(result: Merge) -> str | None:
    """Return what a merge writes as JSON; None if it writes nothing."""
    return json.dumps([result.to_left, result.to_right], ensure_ascii=False) if result.writes else None


def changes_of_step(step: Step) -> PlannedChanges:
    """Return what a step of the plan writes."""
    if step.changes is None:
        return PlannedChanges()
    left, right = json.loads(step.changes)
    return PlannedChanges(shadow_codec.fields_of(left), shadow_codec.fields_of(right))
