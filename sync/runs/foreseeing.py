"""What a run would write, over all its streams: line by line, in totals, and in calls."""

from collections.abc import Iterator, Mapping

from connectors.pace import RateLimit
from sync.contacts import forecast as people_forecast
from sync.contacts.planning import CREATE, PAIR
from sync.contacts.pricing import price
from sync.decisions import people
from sync.messages import forecast as message_forecast
from sync.messages.editing import AMEND
from sync.messages.trouble import CREATE as COPY
from sync.reporting.report import Cost, Counts, PlannedChange, StreamReport
from sync.runs.run import Work


def planned_changes(work: Work) -> Iterator[PlannedChange]:
    """Yield the plan: people field by field, then messages."""
    yield from people_forecast.changes(work.people)
    if work.messages is not None:
        yield from message_forecast.changes(work.messages)


def cost(work: Work, limits: Mapping[str, RateLimit | None], *, deep: bool) -> dict[str, Cost]:
    """Return the cost of the plan on the stage, by account; `deep` adds that of reading everybody's copies."""
    letters = message_forecast.calls(work.messages, deep=deep) if work.messages is not None else {}
    return price(work.people, limits, letters)


def totals(work: Work, stream: str, report: StreamReport) -> StreamReport:
    """Return what a stream of the plan on the stage comes to."""
    counts = {
        side.account: Counts(report.accounts[side.account].read, *_steps(work, stream, side.name))
        for side in work.people.sides
    }
    return StreamReport(counts, report.windows, report.unchanged)


def _steps(work: Work, stream: str, side: str) -> tuple[int, int]:
    """Return how many creates and updates are planned on a side."""
    if stream == people.STREAM:
        return work.people.stage.count_steps(CREATE, side), work.people.stage.count_steps(PAIR, side)
    if work.messages is None:
        return 0, 0
    return work.messages.stage.count_steps(COPY, side), work.messages.stage.count_steps(AMEND, side)
