"""The steps of a plan of contacts, as they lie in staging, and what they weigh for the guard (R25).

pair    two records, linked or to be linked: `writes` names the sides that are to be written
create  a contact that is to be created on `side`
fail    a record that cannot be carried; `note` says why, as JSON
delete  a survivor that is to be deleted too (sync.contacts.deletions)
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager

from connectors.contact import Fields, Value
from state.failures import Failure
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.staged_records import contact_of, name_of
from sync.contacts.untranslatable import count
from sync.rules import shadow_codec
from sync.rules.merge_result import LEFT, RIGHT, Merge

CREATE, PAIR, FAIL = "create", "pair", "fail"


DELETE = "delete"
"""A step, and the operation of a failure that only `reconcile` tries again."""


def plan_pair(
    context: Context, link: Link | None, ids: tuple[str, str], result: Merge, left: Staged | None, right: Staged | None
) -> None:
    """Plan a pair of records (`ids`, left first) by its merge, and count what of it does not travel."""
    for side, staged in zip(context.connection.sides, (left, right), strict=True):
        if staged is not None:
            context.report.unmapped += count(context, side, contact_of(staged))
    context.report.unmapped += len(result.refused)
    context.report.unchanged += not result.writes and not result.conflicts
    if result.overwritten or result.conflicts or link is None:
        _note_decisions(context, link, result, left, right)
    context.staging.plan_step(pair_step(link, ids, result))


def _note_decisions(
    context: Context, link: Link | None, result: Merge, left: Staged | None, right: Staged | None
) -> None:
    """Count what the policy decides about a pair, for the user who approves the run."""
    sides = context.connection.sides
    if left is None and right is None:
        who = context.agreed_name(link, sides[0]) if link is not None else ""
    else:
        who = name_of(sides[0], left) if left is not None else name_of(sides[1], right or Staged(RIGHT, ""))
    known = len(context.tables.conflicts.of_link(link.id)) if link is not None else 0
    accounts = {side.name: side.account for side in sides}
    context.findings.forecast.note_merge(who, result, accounts, is_first=link is None, known=known)


def pair_step(link: Link | None, ids: tuple[str, str], result: Merge) -> Step:
    """Return the step that writes a merge. It holds what it writes, so that a plan is shown without merging again."""
    both = "both" if result.to_left and result.to_right else ""
    writes = both or (LEFT if result.to_left else RIGHT if result.to_right else "")
    # The values lie on disk and not in memory: a plan may write every contact (P7).
    changes = json.dumps([result.to_left, result.to_right], ensure_ascii=False) if writes else None
    return Step(PAIR, "", *ids, link.id if link is not None else None, writes, result.awaits, changes=changes)


def plan_listing(
    context: Context, staged: Staged, reason: str, blockers: Sequence[str], operation: str, *, due_ms: int = 0
) -> None:
    """Plan that a staged record is listed as a failure; `blockers` are records ("left:ID").

    `due_ms` is when it is tried again, 0 for a day later.
    """
    who = name_of(context.connection.side(staged.side), staged)
    note = json.dumps({"who": who, "reason": reason, "blockers": list(blockers), "operation": operation, "due": due_ms})
    left_id, right_id = (staged.id, None) if staged.side == LEFT else (None, staged.id)
    context.staging.plan_step(Step(FAIL, staged.side, left_id, right_id, None, "", note))


def is_listed(context: Context, staged: Staged, failure: Failure | None) -> bool:
    """Say whether the record failed before, and nothing has changed since, so that it is not tried again yet."""
    if failure is None or failure.digest != staged.digest:
        return False
    return failure.dismissed or not is_retried(context, failure)


def is_retried(context: Context, failure: Failure) -> bool:
    """Say whether a failure is due, or this run has read a record that it collided with."""
    blockers = (blocker.partition(":") for blocker in failure.blockers)
    return failure.is_due(context.run.now_ms()) or any(
        context.staging.has_record(side, record_id) for side, _, record_id in blockers
    )


def around(context: Context, staged: Staged, operation: str = "plan") -> AbstractContextManager[None]:
    """Return the boundary around the decision about a staged record (R42)."""
    side = context.connection.side(staged.side)
    return context.boundary.around(side, staged.id, operation, who=name_of(side, staged), digest=staged.digest)


def changes_of_step(step: Step, side: str) -> Fields:
    """Return what a step of the plan writes to 'left' or 'right'."""
    left, right = json.loads(step.changes) if step.changes else ({}, {})
    return shadow_codec.fields_of(left if side == LEFT else right)


def weigh(context: Context, result: Merge, link: Link | None = None) -> None:
    """Weigh what is planned for a pair; without a link it is a first merge.

    Blank fields that are filled from the company, or with an owed value, weigh nothing.
    """
    owed = context.tables.owed_values.of_link(link.id) if link is not None and context.findings.has_owed_values else {}
    for side in context.connection.sides:
        weight = context.findings.weights[side.account]
        if link is None:
            weight.meetings += 1
            weight.replaced += any(one.side == side.name for one in result.overwritten)
        else:
            paid = {name for name in owed if name not in context.mapping.shadow(link, side.name)}
            weight.changed += bool(result.to(side.name).keys() - result.enriched - paid)


def weigh_rest(context: Context, result: Merge, link: Link, left: Staged | None, right: Staged | None) -> None:
    """Weigh a pair as a first merge, because a run that was stopped may have written only a part of it (P6, R25)."""
    for side, staged in zip(context.connection.sides, (left, right), strict=True):
        weight, had = context.findings.weights[side.account], context.view(link, side, staged).now
        weight.linked -= 1
        weight.meetings += 1
        weight.replaced += any(_is_lost(had.get(name), value) for name, value in result.to(side.name).items())


def _is_lost(had: Value, wanted: Value) -> bool:
    kept = isinstance(had, tuple) and isinstance(wanted, tuple) and set(had) <= set(wanted)
    return had is not None and not kept
