"""The plan that a user approves, and the answers of `approve`, `pause` and `resume`, as lines of text."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from sync.output.formats import AUTOMATIONS
from sync.output.proposal import Example, Proposal
from sync.output.report import Cost
from sync.output.text import aligned, counted, indented, printable, span_text, time_shown, value_text

Document = Mapping[str, Any]

TITLES: Mapping[str, str] = {
    "create": "would be created",
    "update": "would be updated",
    "delete": "would be deleted",
    "overwrite": "overwritten by the policy",
    "conflict": "conflicts for you to settle",
    "failure": "could not be synced",
}
RECORDS = 5
"""Records of each kind that the question shows."""


def proposal_lines(proposal: Proposal, *, records: int = RECORDS) -> Iterator[str]:
    """Yield what a run would do: numbers, reasons, costs, a few examples, and how to take it back."""
    what = "The first run" if proposal.kind == "first" else "The next run"
    yield f"{what} of {proposal.connection} would do this:"
    if proposal.guarded:
        yield f"  {printable(proposal.guarded.partition('; nothing was written')[0])}"
    yield from indented(_count_lines(proposal))
    yield from indented(_rest_lines(proposal))
    yield from indented(cost_lines(proposal.cost))
    yield from indented(_example_lines(proposal, records))
    yield AUTOMATIONS
    yield "Take it back afterwards with: growthsync undo RUN, or with --created what it created, too"


def approval_lines(document: Document) -> Iterator[str]:
    """Yield that a run was approved, and when it starts."""
    yield f"{document['connection']}: approved by {printable(document['approved_by'])}"
    yield "the daemon starts the run at its next look, within a minute; or start it now with: " + str(document["next"])


def pause_lines(document: Document) -> Iterator[str]:
    """Yield whether a connection is paused now, or resumed."""
    name = document["connection"]
    if document["paused"]:
        how = "paused" if document["changed"] else "is paused already"
        since = time_shown(document["since"])
        yield f"{name}: {how} since {since}; no run starts by itself until: sync resume {name}"
    else:
        yield f"{name}: {'resumed' if document['changed'] else 'is not paused'}"


def cost_lines(costs: Mapping[str, Cost]) -> Iterator[str]:
    """Yield what a plan costs at each account."""
    for account, cost in costs.items():
        share = f"{cost.share_of_day:.2%} of a day's allowance"
        money = f"; {counted(cost.charged, 'company look-up')} may be charged" if cost.charged else ""
        yield f"{account}: {counted(cost.calls, 'call')}, {share}, {span_text(cost.seconds)}{money}"


def _count_lines(proposal: Proposal) -> Iterator[str]:
    for stream, accounts in proposal.streams.items():
        yield f"{stream}:"
        rows = [
            (
                account,
                f"read {counts['read']:,}",
                f"would be created {counts['created']:,}",
                f"would be updated {counts['updated']:,}",
                f"would be deleted {counts['deleted']:,}",
            )
            for account, counts in accounts.items()
        ]
        yield from indented(aligned(rows))


def _rest_lines(proposal: Proposal) -> Iterator[str]:
    if proposal.merged:
        yield f"merged: {counted(proposal.merged, 'contact')} that are on both sides"
    for account, count in proposal.overwritten.items():
        yield f"{account}: {counted(count, 'value')} overwritten by the policy"
    if proposal.conflicts:
        yield f"{counted(proposal.conflicts, 'conflict')} for you to settle"
    if proposal.failures:
        yield f"{counted(proposal.failures, 'contact')} could not be synced"
    for reason, count in proposal.left_out.items():
        yield f"left out: {counted(count, 'contact')}, {printable(reason)}"
    if proposal.unmapped:
        yield f"{counted(proposal.unmapped, 'value')} without a counterpart at the other side"
    for account, fields in proposal.owed.items():
        names = ", ".join(f"{printable(name)} ({count:,})" for name, count in fields.items())
        yield f"{account}: no place yet for {names}"
    for account, keys in proposal.fields_created.items():
        yield f"{account}: creates custom fields {', '.join(map(printable, keys))}"


def _example_lines(proposal: Proposal, records: int) -> Iterator[str]:
    by_kind = sorted(proposal.examples, key=lambda one: list(TITLES).index(one.kind))
    for kind, examples in groupby(by_kind, key=lambda one: one.kind):
        yield f"for example, {TITLES[kind]}:"
        shown = groupby(examples, key=lambda one: (one.account, one.who))
        for ((account, who), fields), _ in zip(shown, range(records), strict=False):
            where = f" at {printable(account)}" if account else ""
            yield f"  {printable(who)}{where}: {', '.join(map(_field_text, fields))}"


def _field_text(example: Example) -> str:
    new = value_text(example.new)
    if example.kind == "create":
        return f"{printable(example.field)} {new}"
    if example.kind == "conflict":
        return f"{printable(example.field)} is {value_text(example.old)} and {new}"
    return f"{printable(example.field)} {value_text(example.old)} -> {new}"
