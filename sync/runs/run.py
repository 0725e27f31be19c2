"""One run of one connection: observe first, decide second, write last.

What it has observed is what it remembers, never a queue of work: a run that is cut off anywhere leaves links, shadows
and intents that are true, and windows that are not yet covered, so that the next run sees the rest again (P1, P6).
"""

from collections.abc import Callable
from datetime import timedelta

from connectors.errors import ConnectorError
from state import history
from state.cursors import COVERED
from state.intervals import IntervalSet
from sync.contacts.context import Context
from sync.contacts.following import Heirs, follow, list_merged
from sync.contacts.observing import observe
from sync.contacts.planning import plan
from sync.contacts.settling import settle_intents
from sync.contacts.vanishing import find_vanished, plan_delete
from sync.contacts.writing import pretend, write
from sync.decisions.guard import guard
from sync.decisions.newest import judge
from sync.decisions.windows import Bounds

Consent = Callable[[Context], bool]


def run(context: Context, bounds: Bounds, *, unguarded: bool, consent: Consent) -> str:
    """Carry out one run; what goes wrong with an account ends up in `context.errors`.

    Return the guard's sentence, or ''.

    `consent` is asked once, with the plan on the stage, before the first write.
    """
    guarded = ""
    try:
        settle_intents(context)
        spans = {side.name: observe(context, side, bounds) for side in context.sides}
        context.judge = judge(context.settings.conflicts, _offsets(context))
        heirs = follow(context, find_vanished(context)) if bounds.whole else {}
        plan(context)
        if bounds.whole:
            _plan_deletes(context, heirs)
        guarded = "" if unguarded else _guard(context)
        if not guarded and consent(context):
            _carry_out(context, spans)
    except ConnectorError as error:
        context.errors.append(str(error))
    _tell_owners(context)
    _count_open(context)
    return guarded


def finish(context: Context, keep: timedelta) -> None:
    """Drop history that is older than it is to be kept."""
    with context.state.atomic() as db:
        history.prune(db, context.connection, context.now_ms() - round(keep.total_seconds() * 1000))


def _plan_deletes(context: Context, heirs: Heirs) -> None:
    """Plan what becomes of the survivors of deletions, but of those who meet another record in this run."""
    for link in context.links.gone():
        if context.stage.paired("left", link.left.id) or context.stage.paired("right", link.right.id):
            continue
        if link.id in heirs:
            list_merged(context, link, heirs[link.id])
        else:
            plan_delete(context, link)


def _carry_out(context: Context, spans: dict[str, IntervalSet]) -> None:
    if context.dry:
        pretend(context)
        return
    write(context)
    if context.intents.open():
        settle_intents(context)
    if not context.errors:
        _cover(context, spans)


def _tell_owners(context: Context) -> None:
    """Say, where anything was written, that an account shows no users, so that owners are left alone there."""
    for side in context.sides:
        connector, counts = side.connector, context.report.accounts[side.account]
        if not counts.created + counts.updated:
            continue
        if "owner" in connector.mapped and "owner" not in connector.fields:
            context.progress.note(
                f"{side.account}: shows no users, so owners do not travel; `sync check` says what is missing"
            )


def _cover(context: Context, spans: dict[str, IntervalSet]) -> None:
    """Everything that was found is written, in conflict or listed: its windows are dealt with."""
    with context.state.atomic():
        for side in context.sides:
            context.cursors.add(side.name, COVERED, spans[side.name])


def _guard(context: Context) -> str:
    command = f"{context.command} --connection {context.name}"
    return guard(context.weights, context.settings.max_changed, command)


def _offsets(context: Context) -> tuple[float, float]:
    return context.left.connector.clock_offset(), context.right.connector.clock_offset()


def _count_open(context: Context) -> None:
    context.report.conflicts = context.conflicts.count()
    context.report.failed = context.failures.count()
