"""Carry out the plan of messages, after that of their contacts."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence

from connectors.http.concurrency import WIDTH
from state.message_staging import PAGE, MessageAction, StagedMessage
from sync.messages.candidates import FoundCopy
from sync.messages.context import CREATE, DELETE, LINK, UPDATE, WAIT, MessageContext
from sync.messages.create import create_copies, link_copy
from sync.messages.deletions import delete_copy
from sync.messages.failures import list_failure, write_errors
from sync.messages.recovery import settle_creates
from sync.messages.update import update_copy
from sync.streams.connection import Side
from sync.streams.write_errors import WriteErrors

Carry = Callable[[MessageContext, Side, MessageAction, WriteErrors[StagedMessage]], None]


def write_plan(context: MessageContext) -> None:
    """Carry out the whole plan. Raises AuthError and TransientError when an account cannot be used any further."""
    total = sum(
        context.staging.count_actions(operation, side.name)
        for operation in (CREATE, UPDATE, DELETE)
        for side in context.connection.sides
    )
    context.run.progress.begin_step("writing messages", total)
    errors = write_errors(context)
    _store_decisions(context)
    for side in context.connection.sides:
        for wave in _waves(context, side):
            create_copies(context, side, wave, errors)
        _continue_after_unknown(context, side, errors)
        _carry_each(context, side, UPDATE, update_copy, errors)
        _carry_each(context, side, DELETE, delete_copy, errors)


def count_plan(context: MessageContext) -> None:
    """Count what `write_plan` would write; list failures in the copy of the state that a dry run has (R27)."""
    _store_decisions(context)
    for side in context.connection.sides:
        counts, source = context.report.accounts[side.account], context.connection.other(side)
        for page in context.staging.planned_actions(CREATE, side.name):
            counts.created += len(page)
            with context.state.atomic() as transaction:
                for action in page:
                    context.tables.failures.close_failures(transaction, source.name, action.source_id)
        counts.updated += context.staging.count_actions(UPDATE, side.name)
        counts.deleted += context.staging.count_actions(DELETE, side.name)


def _store_decisions(context: MessageContext) -> None:
    """Store what needs no call: messages that wait for a contact, and links of messages that exist already."""
    for side in context.connection.sides:
        for page in context.staging.planned_actions(WAIT, side.name):
            _list_waiting(context, context.connection.other(side), page)
        for page in context.staging.planned_actions(LINK, side.name):
            for action in page:
                link_copy(context, FoundCopy.from_json(action.note or ""))


def _list_waiting(context: MessageContext, source: Side, page: Sequence[MessageAction]) -> None:
    with context.state.atomic() as transaction:
        for action in page:
            note = json.loads(action.note or "{}")
            staged = context.staging.message(source.name, action.source_id)
            if staged is not None:
                blockers = tuple(note["blockers"])
                list_failure(transaction, context, source, staged, WAIT, note["reason"], blockers=blockers)


def _carry_each(
    context: MessageContext, side: Side, operation: str, carry: Carry, errors: WriteErrors[StagedMessage]
) -> None:
    """Carry out the actions of one kind on a side, one by one."""
    for page in context.staging.planned_actions(operation, side.name):
        for action in page:
            with context.around(context.connection.other(side), action.source_id, action.contact_id, operation):
                carry(context, side, action, errors)
            errors.raise_fatal()
            context.run.progress.advance(1)


def _continue_after_unknown(context: MessageContext, side: Side, errors: WriteErrors[StagedMessage]) -> None:
    """Look for copies with an unknown outcome; where one is found, copy the later messages of its contact.

    Without this, a server that shows no id of what it creates would take one message of a contact in each run.
    """
    source = context.connection.other(side).name
    unknown = _unknown_copies(context, side)
    before: dict[str, str] = {}
    # What a look did not settle stays for the next run: another look at once would show the same.
    while unknown and unknown != before:
        before = unknown
        context.findings.waiting_contacts -= {(side.name, contact_id) for contact_id in unknown.values()}
        settle_creates(context)
        found = {unknown[message_id] for message_id in context.tables.links.by_record(source, list(unknown))}
        for wave in _waves(context, side, found):
            create_copies(context, side, wave, errors)
        unknown = {key: contact_id for key, contact_id in _unknown_copies(context, side).items() if contact_id in found}


def _unknown_copies(context: MessageContext, side: Side) -> dict[str, str]:
    """Return the ids of messages that have a copy with an unknown outcome, with their contacts."""
    return {one.source_id: one.contact for one in context.tables.intents.open_creates() if one.side == side.name}


def _waves(
    context: MessageContext, side: Side, contacts: Collection[str] | None = None
) -> Iterator[list[MessageAction]]:
    """Yield the creates of a side in waves; with `contacts`, only what those still lack.

    A wave never holds two messages of one contact, so that copies are created in the order of their originals.
    """
    wave: list[MessageAction] = []
    source = context.connection.other(side).name
    for page in context.staging.planned_actions(CREATE, side.name, PAGE):
        for action in page:
            is_chosen = contacts is None or action.contact_id in contacts
            if not is_chosen or (contacts is not None and context.tables.links.by_record(source, [action.source_id])):
                continue
            if len(wave) == WIDTH or any(action.contact_id == other.contact_id for other in wave):
                yield wave
                wave = []
            wave.append(action)
    if wave:
        yield wave
