"""What a run would write, over all its streams: line by line, in totals, and in calls."""

from collections.abc import Iterator, Mapping

from connectors.http.rate_limiter import RateLimit
from sync.contacts import plan_steps as contact_steps
from sync.contacts import preview as contact_preview
from sync.contacts.execute import summaries
from sync.engine.run import RunScope
from sync.messages import preview as message_preview
from sync.messages.context import CREATE, DELETE, UPDATE
from sync.output.report import Cost, PlannedChange
from sync.output.stream_report import Counts, StreamReport
from sync.rules.streams import CONTACTS
from sync.streams.price import price_of_calls


def planned_changes(scope: RunScope) -> Iterator[PlannedChange]:
    """Yield the plan: contacts field by field, then messages."""
    yield from contact_preview.planned_changes(scope.contacts)
    if scope.messages is not None:
        yield from message_preview.planned_changes(scope.messages)


def cost(scope: RunScope, limits: Mapping[str, RateLimit | None], *, deep: bool) -> dict[str, Cost]:
    """Return the cost of the plan, by account; `deep` adds reading the copies of all linked contacts."""
    calls, charged = (
        contact_preview.count_calls(scope.contacts, summaries(scope.contacts)),
        contact_preview.count_charged_calls(scope.contacts),
    )
    for_messages = message_preview.count_calls(scope.messages, deep=deep) if scope.messages is not None else {}
    return {
        account: price_of_calls(count + for_messages.get(account, 0), limits[account], charged.get(account, 0))
        for account, count in calls.items()
    }


def totals(scope: RunScope, stream: str, report: StreamReport) -> StreamReport:
    """Return what the plan of a stream would create, update and delete."""
    counts = {
        side.account: Counts(report.accounts[side.account].read, *_planned_counts(scope, stream, side.name))
        for side in scope.contacts.connection.sides
    }
    return StreamReport(counts, report.windows, report.unchanged)


def _planned_counts(scope: RunScope, stream: str, side: str) -> Iterator[int]:
    """Yield how many creates, updates and deletions are planned on a side."""
    if stream == CONTACTS:
        operations = (contact_steps.CREATE, contact_steps.PAIR, contact_steps.DELETE)
        yield from (scope.contacts.staging.count_steps(operation, side) for operation in operations)
    elif scope.messages is not None:
        operations = (CREATE, UPDATE, DELETE)
        yield from (scope.messages.staging.count_actions(operation, side) for operation in operations)
