"""Carry the plan of messages out, after that of their people.

Rules kept here:
- what needs no call is remembered first; copies are made in the order in which their originals were sent, and of one
  person one at a time: a wave never holds two messages of the same person;
- a dry run counts what it would write, and lists in its copy of the state what the run after it would list.
"""

import json
from collections.abc import Iterator

from connectors.dispatch import WIDTH
from state.message_stage import PAGE, Copying
from sync.contacts.context import Side
from sync.messages.amending import amend
from sync.messages.context import MessageContext
from sync.messages.copying import adopt, copy
from sync.messages.editing import AMEND
from sync.messages.erasing import ERASE, erase
from sync.messages.finding import pair_of
from sync.messages.planning import FAIL, LINK
from sync.messages.trouble import CREATE, WAITS, list_failure, troubles_of


def write(context: MessageContext) -> None:
    """Carry out the whole plan.

    Raises AuthError and TransientError when an account can't be worked with any further.
    """
    total = sum(context.stage.count_steps(each, side.name) for each in (CREATE, AMEND, ERASE) for side in context.sides)
    context.progress.stage("writing messages", total)
    troubles = troubles_of(context)
    _remember(context)
    for side in context.sides:
        for wave in _waves(context, side):
            copy(context, side, wave, troubles)
        for operation, carry_out in ((AMEND, amend), (ERASE, erase)):
            for page in context.stage.steps(operation, side.name):
                for step in page:
                    with context.around(context.other(side), step.source_id, step.contact_id, operation):
                        carry_out(context, side, step, troubles)
                    troubles.raise_fatal()
                    context.progress.advance(1)


def pretend(context: MessageContext) -> None:
    """Count what `write` would do, without a call; failures are listed in the copy that a dry run has."""
    _remember(context)
    for side in context.sides:
        counts, source = context.report.accounts[side.account], context.other(side)
        for page in context.stage.steps(CREATE, side.name):
            counts.created += len(page)
            _close_failures(context, source, page)
        counts.updated += context.stage.count_steps(AMEND, side.name)
        counts.deleted += context.stage.count_steps(ERASE, side.name)


def _remember(context: MessageContext) -> None:
    for side in context.sides:
        for page in context.stage.steps(FAIL, side.name):
            with context.state.atomic():
                for step in page:
                    _list(context, side, step)
        for page in context.stage.steps(LINK, side.name):
            for step in page:
                adopt(context, pair_of(step.note or ""))


def _list(context: MessageContext, side: Side, step: Copying) -> None:
    note = json.loads(step.note or "{}")
    staged = context.stage.get(context.other(side).name, step.source_id)
    if staged is not None:
        list_failure(context, context.other(side), staged, WAITS, note["reason"], blockers=tuple(note["blockers"]))


def _close_failures(context: MessageContext, source: Side, page: list[Copying]) -> None:
    with context.state.atomic():
        for step in page:
            context.failures.close(source.name, step.source_id)


def _waves(context: MessageContext, side: Side) -> Iterator[list[Copying]]:
    """Yield the creates of a side in waves without two messages of the same person."""
    wave: list[Copying] = []
    for page in context.stage.steps(CREATE, side.name, PAGE):
        for step in page:
            if len(wave) == WIDTH or any(step.contact_id == other.contact_id for other in wave):
                yield wave
                wave = []
            wave.append(step)
    if wave:
        yield wave
