"""The durable intents of updates: what is about to be overwritten, and what both sides agree on then (R20)."""

from collections.abc import Sequence

from state.intents import UpdateIntent, WrittenField
from sync.contacts.context import Context
from sync.contacts.pair_update import PairUpdate
from sync.contacts.update_history import reasons
from sync.contacts.update_outcome import look
from sync.rules import kept_times, shadow_codec


def add_update_intents(context: Context, jobs: Sequence[PairUpdate]) -> None:
    """Store the intents of updates before they are sent."""
    if not jobs:
        return
    with context.state.atomic() as transaction:
        for job in jobs:
            context.tables.intents.add_intent(transaction, _intent(context, job), context.run.id)


def remove_update_intent(context: Context, job: PairUpdate) -> None:
    """Remove the intent of an update that was refused, and that is not sent again."""
    with context.state.atomic() as transaction:
        context.tables.intents.remove_intents(transaction, job.target.name, job.source_id)


def _intent(context: Context, job: PairUpdate) -> UpdateIntent:
    to, source = job.target_view, job.source_view
    shadows = context.policy.expected_shadows(job)
    waiting = kept_times.open_fields(context.mapping.rules, to, source)
    contact = job.source_contact
    return UpdateIntent(
        side=job.target.name,
        source_id=job.source_id,
        sent_ms=job.target.server_now_ms(context.run.clock),
        sent=job.changes,
        record=job.target_staged.id,
        run=context.run.id,
        memory=contact.memory if contact is not None else None,
        target={name: shadows.target[name] for name in job.changes},
        source={name: shadows.source[name] for name in job.changes if name in shadows.source},
        history={
            name: WrittenField(shadow_codec.render(to.replaced(name, job.changes[name])), *why)
            for name, why in reasons(context, job).items()
        },
        look=look(job.target, job.raw, job.contact, job.changes),
        kept={
            side.name: kept_times.render(
                kept_times.of_view(job.views[side.name], waiting), side.connector.clock_offset()
            )
            for side in (job.target, job.source)
        },
    )
