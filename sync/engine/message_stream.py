"""The messages' part of a run: settled, read and planned after their people, written after them as well.

Rules kept here:
- an account that refuses its messages does not hold up anybody's people: the stream ends, with its error;
- windows are covered when everything that was found in them is copied, in conflict, listed or left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.errors import ConnectorError
from state.cursors import COVERED
from state.intervals import IntervalSet
from sync.messages import deletions, execute, hints, recovery
from sync.messages import plan as plan_messages
from sync.messages import read as read_messages
from sync.messages.context import MessageContext
from sync.rules.windows import ReadRange


@dataclass(frozen=True, slots=True)
class Observed:
    """Messages that were read in full, as far as they were asked for, and what that covers."""

    context: MessageContext
    spans: dict[str, IntervalSet] = field(default_factory=dict)


def observe(context: MessageContext, bounds: ReadRange) -> Observed | None:
    """Settle what is unknown, read both sides, and stage the people who are not linked; None where that failed."""
    observed = Observed(context)

    def read() -> None:
        recovery.settle_intents(context)
        for side in context.connection.sides:
            observed.spans[side.name] = read_messages.observe(context, side, bounds)
        hints.observe(context, bounds)
        for side in context.connection.sides:
            read_messages.bring_along(context, side)

    return observed if _succeeds(context, read) else None


def plan(context: MessageContext, bounds: ReadRange, *, deep: bool) -> bool:
    """Plan everything that was observed, after the plan of people; say whether that succeeded."""

    def decide() -> None:
        if bounds.whole:
            deletions.find_vanished(context, deep=deep)
        plan_messages.plan(context)
        if bounds.whole:
            deletions.plan_deletes(context)

    return _succeeds(context, decide)


def carry_out(observed: Observed) -> None:
    """Write what was planned, and cover what was read."""
    context = observed.context
    if context.contacts.run.dry:
        execute.pretend(context)
        return

    def write() -> None:
        execute.write(context)
        if context.tables.intents.open_creates():
            recovery.settle_intents(context)

    if _succeeds(context, write) and not context.errors and not context.contacts.errors:
        _cover(observed)


def count_open(context: MessageContext) -> None:
    """Count what is listed and not settled after the run."""
    context.report.conflicts = context.tables.conflicts.count_open()
    context.report.failed = context.tables.failures.count_listed()
    for side in context.connection.sides:
        context.report.accounts[side.account].read = context.stage.count_messages(side.name)
    context.report.unchanged = context.stage.count_unchanged()


def _succeeds(context: MessageContext, work: Callable[[], None]) -> bool:
    try:
        work()
    except ConnectorError as error:
        context.errors.append(str(error))
        return False
    return True


def _cover(observed: Observed) -> None:
    context = observed.context
    with context.state.atomic() as transaction:
        for side, spans in observed.spans.items():
            context.tables.cursors.add_intervals(transaction, side, COVERED, spans)
        context.tables.settings.note_followed(transaction, context.findings.followed)
        context.tables.hints.drop_hints(transaction, context.findings.heeded)
