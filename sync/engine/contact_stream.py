"""The contacts part of a run: read both sides, plan, write, and mark the windows as covered."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from state.cursors import COVERED
from state.intervals import IntervalSet
from state.links import Link
from sync.contacts import deletions, execute, owed_values, plan, read, recovery
from sync.contacts.context import Context
from sync.contacts.merged_records import MergeTargets, find_merge_targets, list_merged
from sync.contacts.parked_links import is_parked
from sync.contacts.partners import settle_lifted
from sync.contacts.plan_steps import DELETE
from sync.contacts.untranslatable import report_untranslatable
from sync.output.text import counted
from sync.rules.windows import ReadRange
from sync.undo.remove_created import settle_removals


@dataclass(frozen=True, slots=True)
class ReadContacts:
    """What a run has read of contacts: the spans that this covers, by side, and the links that lost a record.

    Only the hints fill `lost_links` here; a run that reads everything finds the others when it plans.
    """

    spans: dict[str, IntervalSet] = field(default_factory=dict)
    lost_links: set[int] = field(default_factory=set)


def settle_intents(context: Context) -> None:
    """Find out what became of every write with an unknown outcome. Raises AuthError, TransientError."""
    recovery.settle_intents(context, settle_removals)


def read_contacts(context: Context, read_range: ReadRange) -> ReadContacts:
    """Read and stage both sides, and the records that webhooks reported."""
    owed_values.refresh_places(context, retry=not read_range.whole)
    spans = {side.name: read.read_side(context, side, read_range) for side in context.connection.sides}
    return ReadContacts(spans, read.read_hinted(context, read_range))


def plan_contacts(
    context: Context, read_range: ReadRange, found: ReadContacts, *, unguarded: bool = False
) -> MergeTargets:
    """Plan everything that was read; return the records into which a deleted record was merged, by link."""
    lost = found.lost_links | (deletions.find_vanished(context, unguarded=unguarded) if read_range.whole else set())
    merge_targets = find_merge_targets(context, _lost_links(context, read_range, found), lost)
    plan.plan(context)
    return merge_targets


def plan_deletions(context: Context, read_range: ReadRange, found: ReadContacts, merge_targets: MergeTargets) -> None:
    """Plan what happens to the counterparts of deleted records, unless this run pairs them with another record."""
    for link in _lost_links(context, read_range, found):
        if is_parked(context, link):
            continue
        if context.staging.paired_id("left", link.left.id) or context.staging.paired_id("right", link.right.id):
            continue
        _, survivor = context.connection.lost_and_survivor(link)
        with context.boundary.around(survivor, link.side(survivor.name).id, DELETE):
            if link.id in merge_targets:
                list_merged(context, link, merge_targets[link.id])
            else:
                deletions.plan_delete(context, link)
    if found.lost_links:
        deletions.weigh_with_the_last_day(context)


def write_contacts(context: Context, found: ReadContacts) -> None:
    """Carry out the plan, and mark the windows as covered; a dry run only counts."""
    if context.run.dry:
        execute.record_dry_run(context)
        return
    execute.write(context)
    if context.tables.intents.open_creates():
        settle_intents(context)
    if not context.errors and not context.findings.is_selection:
        _cover(context, found)


def report_contacts(context: Context) -> None:
    """Put into the report what is listed and not settled after the run, and note what could not be carried."""
    _note_missing_users(context)
    report_untranslatable(context)
    report_left_out(context)
    count_open_contacts(context)
    owed_values.count_owed_values(context)


def report_left_out(context: Context) -> None:
    """Note which contacts have no key at the other side, the most frequent reason first (R37)."""
    for (account, reason), contacts in context.findings.left_out.most_common():
        context.run.progress.note(f"{account}: {counted(contacts, 'contact')} left out: {reason}")


def count_open_contacts(context: Context) -> None:
    """Count the conflicts and failures that are not settled."""
    context.report.conflicts = context.tables.conflicts.count_open()
    context.report.failed = context.tables.failures.count_listed()


def _lost_links(context: Context, read_range: ReadRange, found: ReadContacts) -> Iterable[Link]:
    """Return the links that lost a record: all of them after everything was read, else those that hints found."""
    if read_range.whole:
        return context.tables.links.gone_links()
    links = map(context.tables.links.by_id, sorted(found.lost_links))
    return [link for link in links if link is not None and link.gone is not None]


def _note_missing_users(context: Context) -> None:
    """Note, where anything was written, that an account shows no users, so that no owner is set there."""
    for side in context.connection.sides:
        connector, counts = side.connector, context.report.accounts[side.account]
        has_written = counts.created + counts.updated > 0
        if has_written and "owner" in connector.mappable_fields and "owner" not in connector.fields:
            context.run.progress.note(
                f"{side.account}: shows no users, so owners do not travel; `sync check` says what is missing"
            )


def _cover(context: Context, found: ReadContacts) -> None:
    """Mark windows and hints as done: every record in them is written, in conflict, or listed."""
    with context.state.atomic() as transaction:
        for side, spans in found.spans.items():
            context.tables.cursors.add_intervals(transaction, side, COVERED, spans)
        context.tables.hints.drop_hints(transaction, context.findings.handled_hints)
        settle_lifted(transaction, context)
