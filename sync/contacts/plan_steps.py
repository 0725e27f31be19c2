"""The steps of a plan of contacts, as they lie in staging.

pair    two records, linked or to be linked: `writes` names the sides that are to be written
create  a contact that is to be created on `side`
fail    a record that cannot be carried; `note` says why, as JSON
delete  a survivor that is to be deleted too (sync.contacts.deletions)
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager

from state.failures import Failure
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.context import Context
from sync.contacts.planned_changes import encode_changes
from sync.contacts.untranslatable import count
from sync.rules import contact_codec
from sync.rules.merge import LEFT, RIGHT, Merge

CREATE, PAIR, FAIL = "create", "pair", "fail"

DELETE = "delete"
"""A step, and the operation of a failure that only `reconcile` tries again."""


def plan_pair(
    context: Context, link: Link | None, ids: tuple[str, str], result: Merge, left: Staged | None, right: Staged | None
) -> None:
    """Plan a pair of records (`ids`, left first) by its merge, and count what of it does not travel."""
    for side, staged in zip(context.connection.sides, (left, right), strict=True):
        if staged is not None:
            context.report.unmapped += count(context, side, contact_codec.decode(staged.contact or ""))
    context.report.unmapped += len(result.refused)
    context.report.unchanged += not result.writes and not result.conflicts
    context.staging.plan_step(pair_step(link, ids, result))


def pair_step(link: Link | None, ids: tuple[str, str], result: Merge) -> Step:
    """Return the step that writes a merge."""
    link_id = link.id if link is not None else None
    return Step(
        PAIR, "", *ids, link_id, sides_written(result), result.awaits, changes=encode_changes(result)
    )  # fmt: skip


def plan_listing(context: Context, staged: Staged, reason: str, blockers: Sequence[str], operation: str) -> None:
    """Plan that a staged record is listed as a failure; `blockers` are records ("left:ID")."""
    account = context.connection.side(staged.side).account
    who = contact_codec.display_name(account, staged.id, contact_codec.decode(staged.contact or "").fields)
    note = json.dumps({"who": who, "reason": reason, "blockers": list(blockers), "operation": operation})
    left_id, right_id = (staged.id, None) if staged.side == LEFT else (None, staged.id)
    context.staging.plan_step(Step(FAIL, staged.side, left_id, right_id, None, "", note))


def sides_written(result: Merge) -> str:
    """Return which sides a merge writes to: '', 'left', 'right' or 'both'."""
    if result.to_left and result.to_right:
        return "both"
    return LEFT if result.to_left else RIGHT if result.to_right else ""


def is_listed(context: Context, staged: Staged, failure: Failure | None) -> bool:
    """Say whether the record failed before, and nothing has changed since, so that it is not tried again yet."""
    if failure is None or failure.digest != staged.digest:
        return False
    return failure.dismissed or not (failure.is_due(context.run.now_ms()) or is_unblocked(context, failure))


def is_unblocked(context: Context, failure: Failure) -> bool:
    """Say whether this run has read a record that a failure collided with."""
    for blocker in failure.blockers:
        side, _, record_id = blocker.partition(":")
        if context.staging.has_record(side, record_id):
            return True
    return False


def around(context: Context, staged: Staged, operation: str = "plan") -> AbstractContextManager[None]:
    """Return the boundary around the decision about a staged record (R42)."""
    side = context.connection.side(staged.side)
    fields = contact_codec.decode(staged.contact).fields if staged.contact else {}
    who = contact_codec.display_name(side.account, staged.id, fields)
    return context.boundary.around(side, staged.id, operation, who=who, digest=staged.digest)
