"""Carry the plan of messages out, after that of their people.

Rules kept here:
- what needs no call is remembered first; copies are made in the order in which their originals were sent, and of one
  person one at a time: a wave never holds two messages of the same person;
- what waited behind a copy of an unknown outcome goes on within the run as soon as that copy is found: where a server
  shows no id of what it makes, a person's messages would else be copied one a run;
- a dry run counts what it would write, and lists in its copy of the state what the run after it would list.
"""

import json
from collections.abc import Collection, Iterator

from connectors.http.concurrency import WIDTH
from state.database import Transaction
from state.message_staging import PAGE, MessageAction, StagedMessage
from sync.contacts.failures import Troubles
from sync.messages.candidates import pair_of
from sync.messages.carry_deletions import ERASE, erase
from sync.messages.context import MessageContext
from sync.messages.create import adopt, copy
from sync.messages.failures import CREATE, WAITS, list_failure, troubles_of
from sync.messages.plan import FAIL, LINK
from sync.messages.plan_edits import AMEND
from sync.messages.recovery import settle_creates
from sync.messages.update import amend
from sync.streams.connection import Side


def write(context: MessageContext) -> None:
    """Carry out the whole plan.

    Raises AuthError and TransientError when an account can't be worked with any further.
    """
    total = sum(
        context.stage.count_actions(each, side.name)
        for each in (CREATE, AMEND, ERASE)
        for side in context.connection.sides
    )
    context.run.progress.begin_step("writing messages", total)
    troubles = troubles_of(context)
    _remember(context)
    for side in context.connection.sides:
        for wave in _waves(context, side):
            copy(context, side, wave, troubles)
        _catch_up(context, side, troubles)
        for operation, carry_out in ((AMEND, amend), (ERASE, erase)):
            for page in context.stage.planned_actions(operation, side.name):
                for step in page:
                    with context.around(context.connection.other(side), step.source_id, step.contact_id, operation):
                        carry_out(context, side, step, troubles)
                    troubles.raise_fatal()
                    context.run.progress.advance(1)


def pretend(context: MessageContext) -> None:
    """Count what `write` would do, without a call; failures are listed in the copy that a dry run has."""
    _remember(context)
    for side in context.connection.sides:
        counts, source = context.report.accounts[side.account], context.connection.other(side)
        for page in context.stage.planned_actions(CREATE, side.name):
            counts.created += len(page)
            _close_failures(context, source, page)
        counts.updated += context.stage.count_actions(AMEND, side.name)
        counts.deleted += context.stage.count_actions(ERASE, side.name)


def _remember(context: MessageContext) -> None:
    for side in context.connection.sides:
        for page in context.stage.planned_actions(FAIL, side.name):
            with context.state.atomic() as transaction:
                for step in page:
                    _list(transaction, context, side, step)
        for page in context.stage.planned_actions(LINK, side.name):
            for step in page:
                adopt(context, pair_of(step.note or ""))


def _list(transaction: Transaction, context: MessageContext, side: Side, step: MessageAction) -> None:
    note = json.loads(step.note or "{}")
    staged = context.stage.message(context.connection.other(side).name, step.source_id)
    if staged is not None:
        list_failure(
            transaction,
            context,
            context.connection.other(side),
            staged,
            WAITS,
            note["reason"],
            blockers=tuple(note["blockers"]),
        )


def _close_failures(context: MessageContext, source: Side, page: list[MessageAction]) -> None:
    with context.state.atomic() as transaction:
        for step in page:
            context.tables.failures.close_failures(transaction, source.name, step.source_id)


def _catch_up(context: MessageContext, side: Side, troubles: Troubles[StagedMessage]) -> None:
    """Look for the copies whose outcome is unknown, and go on with those of whom one was found; while any is."""
    source = context.connection.other(side).name
    unknown = _unknown(context, side)
    while unknown:
        context.findings.waiting_contacts -= {(side.name, contact_id) for contact_id in unknown.values()}
        settle_creates(context)
        found = {unknown[message_id] for message_id in context.tables.links.by_record(source, list(unknown))}
        for wave in _waves(context, side, found):
            copy(context, side, wave, troubles)
        unknown = {message: person for message, person in _unknown(context, side).items() if person in found}


def _unknown(context: MessageContext, side: Side) -> dict[str, str]:
    """Return the messages whose copy has an unknown outcome, with their persons."""
    return {one.source_id: one.contact for one in context.tables.intents.open_creates() if one.side == side.name}


def _waves(
    context: MessageContext, side: Side, persons: Collection[str] | None = None
) -> Iterator[list[MessageAction]]:
    """Yield the creates of a side in waves without two messages of the same person; of these persons what is left."""
    wave: list[MessageAction] = []
    source = context.connection.other(side).name
    for page in context.stage.planned_actions(CREATE, side.name, PAGE):
        for step in page:
            if persons is not None and (
                step.contact_id not in persons or context.tables.links.by_record(source, [step.source_id])
            ):
                continue
            if len(wave) == WIDTH or any(step.contact_id == other.contact_id for other in wave):
                yield wave
                wave = []
            wave.append(step)
    if wave:
        yield wave
