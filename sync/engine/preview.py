"""What a run would write, over all its streams: line by line, in totals, and in calls."""

from collections.abc import Iterator, Mapping

from connectors.http.rate_limiter import RateLimit
from sync.contacts import preview as contact_preview
from sync.contacts.plan_steps import CREATE, DELETE, PAIR
from sync.engine.run import RunScope
from sync.messages import actions
from sync.messages import preview as message_forecast
from sync.output.report import Cost, Counts, PlannedChange, StreamReport
from sync.rules import contact_codec


def planned_changes(work: RunScope) -> Iterator[PlannedChange]:
    """Yield the plan: people field by field, then messages."""
    yield from contact_preview.planned_changes(work.contacts)
    if work.messages is not None:
        yield from message_forecast.planned_changes(work.messages)


def cost(work: RunScope, limits: Mapping[str, RateLimit | None], *, deep: bool) -> dict[str, Cost]:
    """Return the cost of the plan on the stage, by account; `deep` adds that of reading everybody's copies."""
    messages = message_forecast.count_calls(work.messages, deep=deep) if work.messages is not None else {}
    return contact_preview.price(work.contacts, limits, messages)


def totals(work: RunScope, stream: str, report: StreamReport) -> StreamReport:
    """Return what a stream of the plan on the stage comes to."""
    counts = {
        side.account: Counts(report.accounts[side.account].read, *_steps(work, stream, side.name))
        for side in work.contacts.connection.sides
    }
    return StreamReport(counts, report.windows, report.unchanged)


def _steps(work: RunScope, stream: str, side: str) -> Iterator[int]:
    """Yield how many creates, updates and deletions are planned on a side."""
    if stream == contact_codec.STREAM:
        yield from (work.contacts.staging.count_steps(operation, side) for operation in (CREATE, PAIR, DELETE))
    elif work.messages is not None:
        yield from (
            work.messages.staging.count_actions(operation, side)
            for operation in (actions.CREATE, actions.UPDATE, actions.DELETE)
        )
