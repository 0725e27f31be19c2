"""Carry out the plan, or record what a dry run would leave open.

Rules kept here:
- pairs without a write are committed first, then updates are written, then creates, so that an address that moves from
  one contact to another is free when it is needed;
- a wave of steps shares the commits of its intents and of its results;
- a dry run counts what it would write, and lists conflicts and failures in its copy of the state (R27).
"""

import json
from collections import Counter
from collections.abc import Sequence

from connectors.http.concurrency import WIDTH
from state.database import Transaction
from state.failures import Failure
from state.staging import PAGE, Staged, Step
from sync.contacts.context import Context
from sync.contacts.create import create
from sync.contacts.deletions import delete
from sync.contacts.enrichment import look_up_companies, steps_of_created
from sync.contacts.failures import write_errors
from sync.contacts.forecast import SideSummary
from sync.contacts.owed_values import create_places, reset_new_places, steps_of_owed
from sync.contacts.plan_steps import CREATE, DELETE, FAIL, PAIR
from sync.contacts.preview import summary
from sync.contacts.update import commit_pair, update
from sync.rules.merge_result import LEFT, RIGHT
from sync.streams.connection import SIDE_NAMES
from sync.streams.write_errors import WriteErrors


def write(context: Context) -> None:
    """Carry out the whole plan. Raises AuthError, TransientError when an account cannot be worked with any further."""
    operations = (PAIR, CREATE, DELETE)
    total = sum(
        context.staging.count_steps(operation, side.name)
        for operation in operations
        for side in context.connection.sides
    )
    errors = write_errors(context)
    look_up_companies(context)
    context.run.progress.begin_step("writing", total)
    _commit_unwritten(context, ("",))
    for side in context.connection.sides:
        create_places(context, side)
    write_updates(context, errors)
    write_creates(context, errors)
    for wave in steps_of_created(context):
        update(context, context.enrichment.target if context.enrichment else context.connection.right, wave, errors)
    _write_owed(context, errors)
    _write_deletions(context, errors)


def write_updates(context: Context, errors: WriteErrors[Staged]) -> None:
    """Write the updates of the plan, left side first."""
    for side in context.connection.sides:
        for wave in context.staging.steps(PAIR, (side.name, "both"), side.wave):
            update(context, side, wave, errors)


def write_creates(context: Context, errors: WriteErrors[Staged]) -> None:
    """Write the creates of the plan, left side first."""
    for side in context.connection.sides:
        for wave in context.staging.steps(CREATE, (side.name,), side.wave):
            create(context, side, wave, errors)


def record_dry_run(context: Context) -> None:
    """Count what `write` would do, without a call; list conflicts and failures in the copy that a dry run has."""
    _commit_unwritten(context, (LEFT, RIGHT, "both", ""))
    count_plan(context)


def count_plan(context: Context) -> None:
    """Count what the plan writes, and report the custom fields that it would create."""
    _report_places(context)
    for side in context.connection.sides:
        counts = context.report.accounts[side.account]
        counts.updated += sum(len(page) for page in context.staging.steps(PAIR, (side.name, "both"), PAGE))
        for page in context.staging.steps(CREATE, (side.name,), PAGE):
            counts.created += len(page)
            _close_failures(context, page)
        counts.deleted += context.staging.count_steps(DELETE, side.name)


def _write_owed(context: Context, errors: WriteErrors[Staged]) -> None:
    """Write what is owed to sides for which this run has created places (R41)."""
    reset_new_places(context)
    for side in (side for side in context.connection.sides if side.name in context.findings.created_places):
        for page in steps_of_owed(context, side):
            for start in range(0, len(page), WIDTH):
                update(context, side, page[start : start + WIDTH], errors)


def _write_deletions(context: Context, errors: WriteErrors[Staged]) -> None:
    for side in context.connection.sides:
        for wave in context.staging.steps(DELETE, (side.name,), WIDTH):
            for step in wave:
                record_id = step.record_id(side.name)
                with context.boundary.around(side, record_id, DELETE):
                    delete(context, side, step, errors)
                errors.raise_fatal()


def summaries(context: Context) -> dict[str, SideSummary]:
    """Return what the plan writes to each side, by its name. A plan that is complete is gone through once."""
    if context.findings.summaries is None:
        context.findings.summaries = {side.name: summary(context, side) for side in context.connection.sides}
    return context.findings.summaries


def expected_places(context: Context) -> tuple[Counter[tuple[str, str]], dict[str, list[str]]]:
    """Return the values of new contacts that have no place, by account and field, and the keys of fields to create."""
    owed: Counter[tuple[str, str]] = Counter()
    created: dict[str, list[str]] = {}
    for side in context.connection.sides:
        found = summaries(context)[side.name]
        owed.update({(side.account, name): count for name, count in found.owed.items()})
        if found.written:
            created[side.account] = list(side.connector.missing_places(frozenset(found.written)))
    return owed, created


def _report_places(context: Context) -> None:
    """Report the custom fields that the plan would create (R23), and the values without a place of new contacts."""
    owed, created = expected_places(context)
    context.findings.expected_owed.update(owed)
    context.findings.fields_created.update(created)


def _commit_unwritten(context: Context, writes: tuple[str, ...]) -> None:
    """List the planned failures, and commit the planned pairs that write to these sides."""
    for page in context.staging.steps(FAIL, ("",), PAGE):
        with context.state.atomic() as transaction:
            for step in page:
                _list_failure(transaction, context, step)
    for page in context.staging.steps(PAIR, writes, PAGE):
        with context.state.atomic() as transaction:
            for step in page:
                side, record_id = (LEFT, step.left_id) if step.left_id else (RIGHT, step.right_id)
                with (
                    context.boundary.around(context.connection.side(side), record_id or "", "plan"),
                    context.state.savepoint(transaction),
                ):
                    _commit_step(transaction, context, step)


def _commit_step(transaction: Transaction, context: Context, step: Step) -> None:
    left, right = (context.staging.changed_record(name, step.record_id(name)) for name in SIDE_NAMES)
    commit_pair(transaction, context, left, right, context.tables.links.by_id(step.link))


def _list_failure(transaction: Transaction, context: Context, step: Step) -> None:
    side = context.connection.side(step.side)
    record_id = step.record_id(step.side)
    staged = context.staging.changed_records(side.name, [record_id])[record_id]
    note = json.loads(step.note or "{}")
    failure = Failure(
        side.name, record_id, side.account, note["who"], note["operation"], note["reason"], tuple(note["blockers"]),
        staged.digest, note["due"],
    )  # fmt: skip
    context.tables.failures.put_failure(transaction, failure, context.run.now_ms())


def _close_failures(context: Context, page: Sequence[Step]) -> None:
    with context.state.atomic() as transaction:
        for step in page:
            for side, record_id in ((LEFT, step.left_id), (RIGHT, step.right_id)):
                context.tables.failures.close_failures(transaction, side, record_id or "")
