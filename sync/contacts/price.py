"""What a plan would cost: calls per account, their share of the day, and the time they take at the allowed pace.

The reads that made the plan are counted too, because the run after it makes them again.
"""

from collections.abc import Mapping

from connectors.http.rate_headers import RateLimit
from sync.contacts.company_lookup import count_unknown
from sync.contacts.context import Context
from sync.contacts.plan import DELETE
from sync.contacts.preview import PreviewedContact, preview_side, written_fields
from sync.output.report import Cost
from sync.streams.connection import Side

DAY_SECONDS = 86_400.0

CALLS_OF_DELETE = 2
"""The record is read before it is deleted."""


def price(context: Context, limits: Mapping[str, RateLimit | None], beside: Mapping[str, int]) -> dict[str, Cost]:
    """Return the cost of the plan on the stage, by account; `beside` are the calls of other streams."""
    charged = {context.enrichment.source.account: count_unknown(context)} if context.enrichment else {}
    return {
        side.account: _cost(
            _calls(context, side) + beside.get(side.account, 0) + charged.get(side.account, 0),
            limits[side.account],
            charged.get(side.account, 0),
        )
        for side in context.connection.sides
    }


def _calls(context: Context, side: Side) -> int:
    traffic = side.connector.call_counts
    calls = traffic.reads + traffic.writes
    asked = False
    for one in preview_side(context, side):
        if one.operation == "delete":
            calls += CALLS_OF_DELETE
        elif one.operation == "create":
            calls += _calls_of_create(context, side, one, asked=asked)
            asked = True
        else:
            raw = one.raw or {"tags": one.shown.get("tags") or ()}
            calls += 1 + side.connector.count_write_calls(raw, one.changes)
    calls += context.staging.count_steps(DELETE, context.connection.other(side).name)  # each is looked for once more
    written = written_fields(context, side)
    return calls + (len(side.connector.missing_places(written)) if written else 0)


def _calls_of_create(context: Context, side: Side, one: PreviewedContact, *, asked: bool) -> int:
    looked_up = (
        0 if context.findings.first.get(side.account) else side.connector.count_lookups(one.changes, asked=asked)
    )
    return looked_up + side.connector.count_write_calls(None, one.changes)


def _cost(calls: int, limit: RateLimit | None, charged: int) -> Cost:
    """Return the cost of so many calls, of which some may be charged for.

    An account without a known limit has no share of a day, and no pace to wait for.
    """
    if limit is None:
        return Cost(calls, 0.0, 0.0, charged)
    seconds = calls * limit.interval / limit.calls
    daily = limit.daily or DAY_SECONDS * limit.calls / limit.interval
    return Cost(calls, round(calls / daily, 4), round(seconds, 1), charged)
