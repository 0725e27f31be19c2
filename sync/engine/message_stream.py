"""The messages part of a run: each step comes after the same step of the contacts.

An account that refuses its messages does not stop the contacts: the messages stream ends there, with its error (R42).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.errors import ConnectorError
from state.cursors import COVERED
from state.intervals import IntervalSet
from sync.messages import deletions, execute, plan, read, recovery
from sync.messages.context import MessageContext
from sync.rules.windows import ReadRange


@dataclass(frozen=True, slots=True)
class ReadMessages:
    """The messages stream after both sides were read, with the spans that this covers, by side."""

    context: MessageContext
    spans: dict[str, IntervalSet] = field(default_factory=dict)


def read_messages(context: MessageContext, read_range: ReadRange) -> ReadMessages | None:
    """Settle unknown outcomes, read both sides, and stage the contacts of new messages; None where that failed."""
    result = ReadMessages(context)

    def read_sides() -> None:
        recovery.settle_intents(context)
        for side in context.connection.sides:
            result.spans[side.name] = read.read_side(context, side, read_range)
        read.read_hinted(context, read_range)
        for side in context.connection.sides:
            read.stage_new_contacts(context, side)

    return result if _succeeds(context, read_sides) else None


def plan_messages(context: MessageContext, read_range: ReadRange, *, deep: bool) -> bool:
    """Plan everything that was read; return whether that succeeded."""

    def decide() -> None:
        if read_range.whole:
            deletions.find_deletions(context, deep=deep)
        plan.plan_messages(context)
        if read_range.whole:
            deletions.plan_deletions(context)

    return _succeeds(context, decide)


def write_messages(result: ReadMessages) -> None:
    """Carry out the plan, and mark the windows as covered; a dry run only counts."""
    context = result.context
    if context.run.dry:
        execute.count_plan(context)
        return

    def write() -> None:
        execute.write_plan(context)
        if context.tables.intents.open_creates():
            recovery.settle_intents(context)

    is_whole = not (context.errors or context.contacts.errors or context.contacts.findings.is_selection)
    if _succeeds(context, write) and is_whole:
        _cover(result)


def count_open_messages(context: MessageContext) -> None:
    """Put what was read, and what is listed and not settled after the run, into the report."""
    context.report.conflicts = context.tables.conflicts.count_open()
    context.report.failed = context.tables.failures.count_listed()
    for side in context.connection.sides:
        context.report.accounts[side.account].read = context.staging.count_messages(side.name)
    context.report.unchanged = context.staging.count_unchanged()


def _succeeds(context: MessageContext, work: Callable[[], None]) -> bool:
    try:
        work()
    except ConnectorError as error:
        context.errors.append(str(error))
        return False
    return True


def _cover(result: ReadMessages) -> None:
    """Mark the windows as covered: every message in them is copied, in conflict, listed or left out."""
    context = result.context
    with context.state.atomic() as transaction:
        for side, spans in result.spans.items():
            context.tables.cursors.add_intervals(transaction, side, COVERED, spans)
        context.tables.settings.note_followed(transaction, context.findings.newest_link)
        context.tables.hints.drop_hints(transaction, context.findings.handled_hints)
