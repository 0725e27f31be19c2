"""One run that undoes another: it reads first, plans second, passes the guard, and writes last, like any run (R26).

It reads no windows and covers none: what users changed meanwhile waits for the next run. Messages are facts: the
messages that the run copied stay.
"""

from collections.abc import Callable

from connectors.errors import ConnectorError
from sync.contacts.context import Context
from sync.contacts.execute import count_plan
from sync.engine.contact_stream import count_open_contacts, settle_intents
from sync.engine.run import RunScope
from sync.engine.shared_places import confirm_places
from sync.rules.conflict_policy import winner_by_policy
from sync.rules.guard import guard
from sync.undo.plan import carry_out, plan_undo
from sync.undo.run_history import UndoneRun
from sync.undo.undo_policy import UndoPolicy


def undo(scope: RunScope, undone: UndoneRun, approve: Callable[[RunScope], bool], *, unguarded: bool) -> str:
    """Undo a run; return the sentence of the guard that stopped it, or ''.

    What goes wrong with an account goes into the errors of the contacts.
    """
    context, stopped = scope.contacts, ""
    try:
        confirm_places(context)
        settle_intents(context)
        context.mapping.judge = winner_by_policy(context.settings.conflicts, context.connection.offsets())
        context.policy = UndoPolicy(undone)
        plan_undo(context, undone)
        weights, max_changed = context.findings.weights, context.settings.max_changed
        if not unguarded:
            stopped = guard(weights, max_changed, context.run.command, dry=context.run.dry)
        if (context.run.dry or not stopped) and approve(scope):
            _write(context, undone)
    except ConnectorError as error:
        context.errors.append(str(error))
    count_open_contacts(context)
    return stopped


def _write(context: Context, undone: UndoneRun) -> None:
    if context.run.dry:
        count_plan(context)
        return
    carry_out(context, undone)
    if context.tables.intents.open_creates():
        settle_intents(context)
