"""One run that undoes another: it looks first, plans second, is weighed, and writes last, like any run (R26).

It reads no windows and covers none: what people changed meanwhile waits for the next run as if nothing had happened.
Messages are facts: those that the run copied stay.
"""

from connectors.errors import ConnectorError
from sync.contacts.context import Context
from sync.contacts.execute import count_plan
from sync.engine.run import Consent, RunScope, count_open, settle_intents
from sync.rules.conflict_policy import winner_by_policy
from sync.rules.guard import guard
from sync.undo.plan import carry_out, plan_undo
from sync.undo.run_history import UndoneRun
from sync.undo.undo_policy import UndoPolicy


def undo(work: RunScope, undone: UndoneRun, *, unguarded: bool, consent: Consent) -> str:
    """Undo a run; what goes wrong with an account ends up in the errors of the people.

    Return the guard's sentence, or ''. `consent` is asked once, with the plan on the stage, before the first write.
    """
    context, guarded = work.contacts, ""
    try:
        settle_intents(context)
        context.mapping.judge = winner_by_policy(context.settings.conflicts, context.connection.offsets())
        context.policy = UndoPolicy(undone)
        plan_undo(context, undone)
        guarded = (
            ""
            if unguarded
            else guard(context.findings.weights, context.settings.max_changed, context.run.command, dry=context.run.dry)
        )
        if (context.run.dry or not guarded) and consent(work):
            _carry_out(context, undone)
    except ConnectorError as error:
        context.errors.append(str(error))
    count_open(context)
    return guarded


def _carry_out(context: Context, undone: UndoneRun) -> None:
    if context.run.dry:
        count_plan(context)
        return
    carry_out(context, undone)
    if context.tables.intents.open_creates():
        settle_intents(context)
