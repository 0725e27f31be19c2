"""Compare both sides by a dry run over everything: they differ where it would write.

Values that are unmapped, refused or left out count as equal, as in a run; values that wait for a user do not.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from state.failures import Failure
from state.links import Link
from state.staging import PAGE, Staged
from sync.contacts.context import Context
from sync.contacts.merge import merge_pair
from sync.contacts.parked_links import is_parked
from sync.contacts.plan import may_create
from sync.contacts.plan_steps import PAIR
from sync.contacts.preview import preview_side
from sync.contacts.staged_records import stage_by_id
from sync.output.formats import WHOLE, time_text
from sync.output.report import Comparison
from sync.rules import contact_codec
from sync.rules.merge_result import LEFT, RIGHT
from sync.streams.comparison import Entry, compared_links, duplicates, open_conflicts, unlinked_failures
from sync.streams.connection import Side
from sync.streams.deletions import decided_side

Pair = tuple[Link | None, str, str]
"""A link, None before a first merge, and both ids, left first."""


def compare(context: Context) -> Comparison:
    """Return the differences that the plan in staging and the open conflicts, failures and holds show."""
    found = Comparison(compared_links(context.tables))
    found.only = {side.account: _only(context, side) for side in context.connection.sides}
    found.differ = [*_to_write(context), *open_conflicts(context.tables)]
    found.doubles = list(duplicates(context.tables))
    found.held = _held(context, found.differ)
    found.parked = context.tables.parked.count_parked()
    return found


def _only(context: Context, side: Side) -> list[Entry]:
    """Return the contacts without a counterpart: those that a run would create, and those that have lost it."""
    new = [
        {"who": one.who} for one in preview_side(context, context.connection.other(side)) if one.operation == "create"
    ]
    return [*new, *_survivors(context, side), *_failed(context, side)]


def _survivors(context: Context, side: Side) -> list[Entry]:
    """Return the contacts that have lost their counterpart, unless a user wants it so or has it created again."""
    return [
        {"who": context.agreed_name(link, side)}
        for link in context.tables.links.gone_links()
        if link.gone != side.name and not _is_wanted(context, link, side) and not is_parked(context, link)
    ]


def _is_wanted(context: Context, link: Link, side: Side) -> bool:
    """Say whether the counterpart is to stay away after an undo, or is to be created again."""
    if WHOLE in context.tables.holds.of_link(link.id):
        return True
    other = context.connection.other(side)
    return decided_side(context.tables, link) == side.name and may_create(context, other)


def _failed(context: Context, side: Side) -> list[Entry]:
    """Return the contacts that could not be carried and have no link."""
    return [{"who": one.who, "reason": one.reason} for one in unlinked_failures(context.tables, side.name)]


def _to_write(context: Context) -> list[Entry]:
    return [entry for pair in (*_planned(context), *_listed(context)) for entry in _differing(context, *pair)]


def _planned(context: Context) -> Iterator[Pair]:
    for writes in (LEFT, RIGHT, "both"):
        for page in context.staging.steps(PAIR, (writes,), PAGE):
            for step in page:
                link = context.tables.links.by_id(step.link)
                yield link, *step.ids


def _listed(context: Context) -> Iterator[Pair]:
    """Yield linked pairs with a failed write: they are not planned again until something changes."""
    for failure in context.tables.failures.waiting_failures():
        link = _link(context, failure)
        if link is not None and link.gone is None and not is_parked(context, link):
            yield link, *link.ids


def _link(context: Context, failure: Failure) -> Link | None:
    return context.tables.links.of_record(failure.side, failure.record_id)


def _differing(context: Context, link: Link | None, left_id: str, right_id: str) -> Iterator[Entry]:
    left, right = _shown(context, context.connection.left, left_id), _shown(context, context.connection.right, right_id)
    views = context.view(link, context.connection.left, left), context.view(link, context.connection.right, right)
    result = merge_pair(context, link, left, right)
    who = contact_codec.display_name(
        context.connection.left.account, left_id, {**views[1].base, **views[1].now, **views[0].base, **views[0].now}
    )
    for name in sorted({*result.to_left, *result.to_right} - result.enriched):
        yield {"who": who, "field": name, "left": views[0].value(name)[1], "right": views[1].value(name)[1]}


def _shown(context: Context, side: Side, record_id: str) -> Staged | None:
    """Return a record as it is now, even if only its counterpart has changed: so does a run before it writes."""
    return context.staging.changed_record(side.name, record_id) or stage_by_id(context, side, record_id)


def _held(context: Context, differ: Sequence[Entry]) -> list[Entry]:
    """Return the differences that are held on purpose, except for those that a later edit lets travel."""
    travelling = {(one["who"], one["field"]) for one in differ}
    found = [entry for entry in held_entries(context) if (entry["who"], entry["field"]) not in travelling]
    return sorted(found, key=lambda entry: (entry["who"], entry["field"]))


def held_entries(context: Context) -> Iterator[dict[str, Any]]:
    """Yield everything that is held, as `verify` lists it."""
    for each in context.tables.holds.all_holds():
        link = context.tables.links.by_id(each.link)
        if link is None:
            continue
        bases = {side.name: context.mapping.shadow(link, side.name) for side in context.connection.sides}
        left, right = (bases[name].get(each.field) for name in (LEFT, RIGHT))
        if each.field == WHOLE:
            left, right = (None if link.gone == name else "kept" for name in (LEFT, RIGHT))
        who = contact_codec.display_name(context.connection.left.account, link.left.id, {**bases[RIGHT], **bases[LEFT]})
        since = contact_codec.from_ms(each.since_ms)
        yield {
            "who": who,
            "field": each.field,
            "left": left,
            "right": right,
            "since": time_text(since) if since else None,
        }
