"""The last part of a run: carry the plan out.

Rules kept here:
- what needs no write is remembered first, then updates go, then creates, so that an address that moves from one
  person to another is free when it is needed;
- a wave of steps shares the commits of its intents and of its results;
- a dry run counts what it would write, and remembers, in its copy of the state, what the run after it would list.
"""

import json
from collections.abc import Iterator, Sequence

from connectors.http.concurrency import WIDTH
from state.database import Transaction
from state.failures import Failure
from state.staging import PAGE, Staged, Step
from sync.contacts.carry_deletions import delete
from sync.contacts.commit import commit_unwritten
from sync.contacts.company_lookup import look_up_companies, steps_of_created
from sync.contacts.context import Context
from sync.contacts.create import create
from sync.contacts.failures import write_errors
from sync.contacts.owed_values import create_places, reset_new_places, steps_of_owed
from sync.contacts.plan import CREATE, DELETE, FAIL, PAIR
from sync.contacts.preview import preview_side, written_fields
from sync.contacts.update import update
from sync.rules.merge import LEFT, RIGHT
from sync.streams.write_errors import WriteErrors


def write(context: Context) -> None:
    """Carry out the whole plan.

    Raises AuthError and TransientError when an account can't be worked with any further.
    """
    operations = (PAIR, CREATE, DELETE)
    total = sum(
        context.staging.count_steps(operation, side.name)
        for operation in operations
        for side in context.connection.sides
    )
    troubles = write_errors(context)
    look_up_companies(context)
    context.run.progress.begin_step("writing", total)
    _remember(context, _steps(context, FAIL, ("",), PAGE), _steps(context, PAIR, ("",), PAGE))
    for side in context.connection.sides:
        create_places(context, side)
    for side in context.connection.sides:
        for wave in _steps(context, PAIR, (side.name, "both"), WIDTH):
            update(context, side, wave, troubles)
    for side in context.connection.sides:
        for wave in _steps(context, CREATE, (side.name,), WIDTH):
            create(context, side, wave, troubles)
    for wave in steps_of_created(context):
        update(context, context.enrichment.target if context.enrichment else context.connection.right, wave, troubles)
    _write_owed(context, troubles)
    for side in context.connection.sides:
        for wave in _steps(context, DELETE, (side.name,), WIDTH):
            for step in wave:
                record_id = (step.left_id if side.name == LEFT else step.right_id) or ""
                with context.boundary.around(side, record_id, DELETE):
                    delete(context, side, step, troubles)
                troubles.raise_fatal()


def _write_owed(context: Context, troubles: WriteErrors[Staged]) -> None:
    """Carry what is owed to sides whose places were made just now (R41)."""
    reset_new_places(context)
    for side in (side for side in context.connection.sides if side.name in context.findings.created_places):
        for page in steps_of_owed(context, side):
            for start in range(0, len(page), WIDTH):
                update(context, side, page[start : start + WIDTH], troubles)


def record_dry_run(context: Context) -> None:
    """Count what `write` would do, without a call; conflicts and failures are listed in the copy that a dry run has."""
    everything = (LEFT, RIGHT, "both", "")
    _remember(context, _steps(context, FAIL, ("",), PAGE), _steps(context, PAIR, everything, PAGE))
    count_plan(context)


def count_plan(context: Context) -> None:
    """Count what the plan on the stage writes, and say which custom fields it makes."""
    _expect_places(context)
    for side in context.connection.sides:
        counts = context.report.accounts[side.account]
        counts.updated += sum(len(page) for page in _steps(context, PAIR, (side.name, "both"), PAGE))
        for page in _steps(context, CREATE, (side.name,), PAGE):
            counts.created += len(page)
            _close_failures(context, page)
        counts.deleted += context.staging.count_steps(DELETE, side.name)


def _expect_places(context: Context) -> None:
    """Say which custom fields the plan would make (R23), and what of those whom it makes has no place (R41)."""
    for side in context.connection.sides:
        written = written_fields(context, side)
        context.findings.expected_owed.update(
            (side.account, name) for one in preview_side(context, side) for name in one.owed
        )
        if written:
            context.findings.fields_created[side.account] = list(side.connector.missing_places(written))


def _steps(context: Context, operation: str, writes: tuple[str, ...], size: int) -> Iterator[list[Step]]:
    return context.staging.steps(operation, writes, size)


def _remember(context: Context, failing: Iterator[list[Step]], settled: Iterator[list[Step]]) -> None:
    for page in failing:
        with context.state.atomic() as transaction:
            for step in page:
                _list_failure(transaction, context, step)
    for page in settled:
        with context.state.atomic() as transaction:
            for step in page:
                side, record_id = (LEFT, step.left_id) if step.left_id else (RIGHT, step.right_id)
                with (
                    context.boundary.around(context.connection.side(side), record_id or "", "plan"),
                    context.state.savepoint(transaction),
                ):
                    _settle(transaction, context, step)


def _settle(transaction: Transaction, context: Context, step: Step) -> None:
    ids = (step.left_id or "", step.right_id or "")
    left = context.staging.changed_records(LEFT, [ids[0]]).get(ids[0])
    right = context.staging.changed_records(RIGHT, [ids[1]]).get(ids[1])
    commit_unwritten(transaction, context, left, right, context.tables.links.by_id(step.link) if step.link else None)


def _list_failure(transaction: Transaction, context: Context, step: Step) -> None:
    side = context.connection.side(step.side)
    record_id = (step.left_id if step.side == LEFT else step.right_id) or ""
    staged = context.staging.changed_records(side.name, [record_id])[record_id]
    note = json.loads(step.note or "{}")
    failure = Failure(
        side.name,
        record_id,
        side.account,
        note["who"],
        note["operation"],
        note["reason"],
        tuple(note["blockers"]),
        staged.digest,
    )
    context.tables.failures.put_failure(transaction, failure, context.run.now_ms())


def _close_failures(context: Context, page: Sequence[Step]) -> None:
    with context.state.atomic() as transaction:
        for step in page:
            for side, record_id in ((LEFT, step.left_id), (RIGHT, step.right_id)):
                context.tables.failures.close_failures(transaction, side, record_id or "")
