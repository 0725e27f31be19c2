"""Build the plan of a run as it is shown to the user who approves it (R45).

The numbers are those of the plan in staging, so that they equal what the run writes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice

from connectors.http.rate_limiter import RateLimit
from state.approvals import Kind
from sync.contacts.context import Context
from sync.contacts.execute import expected_places
from sync.contacts.forecast import EXAMPLES, Decision
from sync.contacts.owed_values import by_account
from sync.contacts.preview import preview_side
from sync.engine.preview import cost, totals
from sync.engine.run import RunScope
from sync.output.proposal import CHANGES, Example, Proposal, approved_counts
from sync.output.stream_report import Counts, StreamReport
from sync.rules.streams import CONTACTS, MESSAGES

OUT_OF_SCOPE = "not in the scope of `only`, `create` and `direction`"
"""Why a contact is left out for which no other reason is counted."""


def propose(scope: RunScope, limits: Mapping[str, RateLimit | None], kind: Kind, guarded: str = "") -> Proposal:
    """Return what the plan of a run would do. Raises AuthError, TransientError where an account has to be asked."""
    contacts = scope.contacts
    forecast, failures = contacts.findings.forecast, _failures(contacts)
    owed, fields_created = expected_places(contacts)
    return Proposal(
        contacts.connection.name, contacts.run.id, kind, guarded,
        streams=_streams(scope),
        merged=forecast.merged,
        overwritten=dict(forecast.overwritten),
        conflicts=_conflicts(scope),
        failures=failures,
        unmapped=contacts.report.unmapped,
        left_out=_left_out(contacts),
        owed=by_account(owed),
        fields_created={account: keys for account, keys in fields_created.items() if keys},
        cost=cost(scope, limits, deep=False),
        examples=tuple(_examples(contacts)),
    )  # fmt: skip


def planned_counts(scope: RunScope) -> dict[str, dict[str, int]]:
    """Return the numbers that an approval is bound to, without building the whole plan."""
    return approved_counts(_streams(scope), scope.contacts.findings.forecast.overwritten)


def _streams(scope: RunScope) -> dict[str, dict[str, dict[str, int]]]:
    reports: dict[str, StreamReport] = {CONTACTS: scope.contacts.report}
    if scope.messages is not None:
        reports[MESSAGES] = scope.messages.report
    return {
        stream: {account: _shown(counts) for account, counts in totals(scope, stream, report).accounts.items()}
        for stream, report in reports.items()
    }


def _shown(counts: Counts) -> dict[str, int]:
    return {word: count for word, count in asdict(counts).items() if word in {"read", *CHANGES}}


def _conflicts(scope: RunScope) -> int:
    forecast = scope.contacts.findings.forecast
    open_now = scope.contacts.tables.conflicts.count_open()
    if scope.messages is not None:
        open_now += scope.messages.tables.conflicts.count_open()
    return open_now - forecast.settled + forecast.conflicts


def _failures(context: Context) -> int:
    failures = context.tables.failures
    new = 0
    for page in context.staging.failing_records():
        for side in {side for side, _ in page}:
            ids = [record_id for where, record_id in page if where == side]
            new += len(ids) - len(failures.of_records(side, ids))
    return failures.count_listed() + new


def _left_out(context: Context) -> dict[str, int]:
    """Return how many contacts are not carried, by reason."""
    reasons: dict[str, int] = {}
    for (account, reason), count in context.findings.left_out.most_common():
        reasons[f"{account}: {reason}"] = count
    rest = context.report.left_out - sum(reasons.values())
    return reasons | ({OUT_OF_SCOPE: rest} if rest > 0 else {})


def _examples(context: Context) -> Iterator[Example]:
    """Yield a few examples of each kind."""
    for side in context.connection.sides:
        for kind in ("create", "update", "delete"):
            found = (one for one in preview_side(context, side) if one.operation == kind)
            for one in islice(found, EXAMPLES):
                for name, value in one.changes.items():
                    yield Example(kind, side.account, one.who, name, one.shown.get(name), value)
    forecast = context.findings.forecast
    yield from (_decision("overwrite", one) for one in forecast.overwritten_examples)
    yield from (_decision("conflict", one) for one in forecast.conflict_examples)


def _decision(kind: str, one: Decision) -> Example:
    return Example(kind, one.account, one.who, one.field, one.old, one.new)
