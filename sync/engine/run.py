"""One run of one connection: observe first, decide second, write last.

What it has observed is what it remembers, never a queue of work: a run that is cut off anywhere leaves links, shadows
and intents that are true, and windows that are not yet covered, so that the next run sees the rest again (P1, P6).

People go before their messages in everything. What goes wrong with messages holds up no people.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from connectors.errors import ConnectorError
from state import daily_counts, history
from state.cursors import COVERED
from state.intervals import IntervalSet
from state.links import Link
from sync.contacts import deletions, execute, hints, plan, read, recovery
from sync.contacts.context import Context
from sync.contacts.lifted_erasures import settle_lifted
from sync.contacts.merged_records import MergeTargets, find_merge_targets, list_merged
from sync.contacts.owed_values import count_owed_values, refresh_places
from sync.contacts.plan_steps import DELETE
from sync.contacts.plan_unlinked import plan_unlinked
from sync.contacts.untranslatable import tell
from sync.engine import message_stream
from sync.messages.context import MessageContext
from sync.rules.conflict_policy import winner_by_policy
from sync.rules.guard import guard
from sync.rules.windows import ReadRange
from sync.undo.remove_created import settle_removals

Spans = dict[str, IntervalSet]


@dataclass(frozen=True, slots=True)
class RunScope:
    """What a run is about. Without `with_people` only those go whom messages bring along."""

    contacts: Context
    messages: MessageContext | None = None
    with_people: bool = True


Consent = Callable[[RunScope], bool]


def run(work: RunScope, bounds: ReadRange, *, deep: bool = False, unguarded: bool = False, consent: Consent) -> str:
    """Carry out one run; what goes wrong with an account ends up in the errors of the stream.

    Return the guard's sentence, or ''. `consent` is asked once, with the plan on the stage, before the first write.
    `deep` looks at everybody's copies of messages as well, where a whole run looks at those that are known.
    """
    guarded = ""
    try:
        settle_intents(work.contacts)
        seen, messages = _observe(work, bounds)
        heirs = _plan_people(work, bounds, seen)
        planned = messages is not None and message_stream.plan_messages(messages.context, bounds, deep=deep)
        if work.with_people:
            _plan_deletes(work.contacts, _lost(work.contacts, bounds, seen), heirs)
            if seen.lost:
                deletions.weigh_with_the_last_day(work.contacts)
        guarded = "" if unguarded else _guard(work)
        if (work.contacts.run.dry or not guarded) and consent(work):
            _carry_out(work.contacts, seen.spans)
            if messages is not None and planned:
                message_stream.write_messages(messages)
    except ConnectorError as error:
        work.contacts.errors.append(str(error))
    _tell_owners(work.contacts)
    tell(work.contacts)
    count_open(work.contacts)
    count_owed_values(work.contacts)
    if work.messages is not None:
        message_stream.count_open_messages(work.messages)
    return guarded


def finish(context: Context, keep: timedelta) -> None:
    """Drop history that is older than it is to be kept."""
    before_ms = context.run.now_ms() - round(keep.total_seconds() * 1000)
    with context.state.atomic() as transaction:
        history.prune_history(transaction, context.connection.number, before_ms)
        daily_counts.fold_old_days(transaction, context.connection.number, before_ms)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a run has read of people: the spans that it will cover, and the pairs that hints have found to be lost."""

    spans: Spans = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)


def _observe(work: RunScope, bounds: ReadRange) -> tuple[_Seen, message_stream.ReadMessages | None]:
    contacts, seen = work.contacts, _Seen()
    if work.with_people:
        refresh_places(contacts, retry=not bounds.whole)
        seen.spans.update({side.name: read.observe(contacts, side, bounds) for side in contacts.connection.sides})
        seen.lost.update(hints.observe(contacts, bounds))
    messages = message_stream.read_messages(work.messages, bounds) if work.messages is not None else None
    contacts.mapping.judge = winner_by_policy(contacts.settings.conflicts, contacts.connection.offsets())
    return seen, messages


def _plan_people(work: RunScope, bounds: ReadRange, seen: _Seen) -> MergeTargets:
    if not work.with_people:
        plan_unlinked(work.contacts)
        return {}
    found = seen.lost | (deletions.find_vanished(work.contacts) if bounds.whole else set())
    heirs = find_merge_targets(work.contacts, _lost(work.contacts, bounds, seen), found)
    plan.plan(work.contacts)
    return heirs


def _lost(context: Context, bounds: ReadRange, seen: _Seen) -> Iterable[Link]:
    """Return the pairs that have lost one side: all where everything was read, else those that hints told of."""
    if bounds.whole:
        return context.tables.links.gone_links()
    found = map(context.tables.links.by_id, sorted(seen.lost))
    return [link for link in found if link is not None and link.gone is not None]


def _plan_deletes(context: Context, lost: Iterable[Link], heirs: MergeTargets) -> None:
    """Plan what becomes of the survivors of deletions, but of those who meet another record in this run."""
    for link in lost:
        if context.staging.paired_id("left", link.left.id) or context.staging.paired_id("right", link.right.id):
            continue
        survivor = context.connection.other(context.connection.side(link.gone or ""))
        with context.boundary.around(survivor, link.side(survivor.name).id, DELETE):
            if link.id in heirs:
                list_merged(context, link, heirs[link.id])
            else:
                deletions.plan_delete(context, link)


def _carry_out(context: Context, spans: Spans) -> None:
    if context.run.dry:
        execute.record_dry_run(context)
        return
    execute.write(context)
    if context.tables.intents.open_creates():
        settle_intents(context)
    if not context.errors:
        _cover(context, spans)


def _tell_owners(context: Context) -> None:
    """Say, where anything was written, that an account shows no users, so that owners are left alone there."""
    for side in context.connection.sides:
        connector, counts = side.connector, context.report.accounts[side.account]
        if not counts.created + counts.updated:
            continue
        if "owner" in connector.mappable_fields and "owner" not in connector.fields:
            context.run.progress.note(
                f"{side.account}: shows no users, so owners do not travel; `sync check` says what is missing"
            )


def _cover(context: Context, spans: Spans) -> None:
    """Everything that was found is written, in conflict or listed: its windows and hints are dealt with."""
    with context.state.atomic() as transaction:
        for side, covered in spans.items():
            context.tables.cursors.add_intervals(transaction, side, COVERED, covered)
        context.tables.hints.drop_hints(transaction, context.findings.handled_hints)
        settle_lifted(transaction, context)


def _guard(work: RunScope) -> str:
    contacts = work.contacts
    command = f"{contacts.run.command} --connection {contacts.connection.name}"
    stopped = guard(contacts.findings.weights, contacts.settings.max_changed, command, dry=contacts.run.dry)
    if stopped or work.messages is None:
        return stopped
    return guard(
        work.messages.findings.weights, contacts.settings.max_changed, command, "messages", dry=contacts.run.dry
    )


def settle_intents(context: Context) -> None:
    """Look what became of every write with an unknown outcome. Raises AuthError, TransientError."""
    recovery.settle_intents(context, settle_removals)


def count_open(context: Context) -> None:
    """Count what is listed and not settled."""
    context.report.conflicts = context.tables.conflicts.count_open()
    context.report.failed = context.tables.failures.count_listed()
