"""Create contacts on one side, several at a time, never twice (R9, R20).

Rules kept here:
- before a create in a later run the server itself is asked for the contact; a first sync has just read all of them;
- the intent is durable before the call; it goes when the outcome is stored, and stays when the answer never came;
- if a server refuses a duplicate and names it, that record is linked if it passes the tests of pairing; a contact that
  only has the same number is another one, and the new contact is created without the number.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from connectors.bulk import NewContact
from connectors.connector import WriteResult
from connectors.errors import Broken, ConnectorError, DuplicateRefused, OutcomeUnknown
from connectors.records import Raw
from state.database import Transaction
from state.staging import Staged, Step
from sync.contacts.candidates import matching
from sync.contacts.context import Context
from sync.contacts.create_commit import commit_created, write_marker
from sync.contacts.creation import (
    CreatedContact,
    Creation,
    OlderRecord,
    add_create_intents,
    believed_answers,
    created_contact,
    creations_of,
    without_unplaced,
)
from sync.contacts.failures import note_failure
from sync.contacts.owed_values import create_custom_fields
from sync.contacts.plan_steps import PAIR, around
from sync.contacts.refusals import creation_without_double, existing_record, list_duplicate
from sync.contacts.staged_records import staged_record
from sync.contacts.update import update
from sync.contacts.waves import write_together
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.record_boundary import log_defect
from sync.streams.write_errors import WriteErrors

Answer = WriteResult | ConnectorError


def create(context: Context, target: Side, steps: Sequence[Step], errors: WriteErrors[Staged]) -> None:
    """Create one wave of contacts on one side. Raises what makes the account useless."""
    creations = creations_of(context, target, steps)
    if not context.findings.first.get(target.account) or context.boundary.holes.get(target.name):
        creations = _without_existing(context, target, creations, errors)
    if creations:
        create_custom_fields(context, target, frozenset(name for each in creations for name in each.changes))
    creations = [without_unplaced(each) for each in creations]
    add_create_intents(context, creations)
    _send(context, target, creations, errors)
    context.run.progress.advance(len(steps))


def unknown_reason(context: Context, target: Side) -> str:
    """Return the reason that is listed for a contact if its create was never answered."""
    settle = round(context.connection.settle.total_seconds())
    return (
        f"{target.account} never answered the create, so it is unknown whether it took effect; "
        f"a run that begins {settle} s later looks for the contact and settles it"
    )


def _without_existing(
    context: Context, target: Side, creations: Sequence[Creation], errors: WriteErrors[Staged]
) -> list[Creation]:
    """Ask the server for each contact; link those that it has already, and return the others (R7)."""
    asked = [partial(target.connector.find_candidates, each.changes, each.marker, None) for each in creations]
    missing = []
    for creation, raws in zip(creations, target.dispatcher.gather(asked), strict=True):
        if isinstance(raws, ConnectorError):
            with context.state.atomic() as transaction:
                errors.note_error(transaction, creation.source, creation.staged, "create", raws)
            continue
        with around(context, creation.staged, "create"):
            existing = matching(context, target, contact_codec.index_entry(creation.contact), raws)
            if existing is None:
                missing.append(creation)
            else:
                _link_existing(context, creation, existing, errors)
    errors.raise_fatal()
    return missing


def _send(context: Context, target: Side, creations: Sequence[Creation], errors: WriteErrors[Staged]) -> None:
    """Send creates, and store what became of each."""
    since = datetime.fromtimestamp(target.server_now_ms(context.run.clock) / 1000, UTC)
    sent = _sent(target, creations)
    answers = believed_answers(context, target, [(each.changes, each.marker) for each in creations], sent, since)
    created = _created(context, creations, answers)
    with context.state.atomic() as transaction:
        _note_errors(transaction, context, creations, answers, errors)
        commit_created(transaction, context, target, created)
        for one in created:
            if one.answer.error is not None:  # the contact is linked, and an update writes the rest
                errors.note_error(transaction, one.creation.source, one.creation.staged, "update", one.answer.error)
    for creation, answer in zip(creations, answers, strict=True):
        if isinstance(answer, DuplicateRefused | OlderRecord):
            with around(context, creation.staged, "create"):
                _use_existing(context, creation, answer, errors)
    for one in created:
        if one.waits_for_marker:
            raw = json.loads(one.creation.staged.raw or "{}")
            with around(context, one.creation.staged, "create"):
                write_marker(context, one.creation.source, raw, one.creation.contact, one.contact.id)
    _carry_back_opt_outs(context, target, [one for one in created if one.new_opt_outs(context)], errors)
    errors.raise_fatal()


def _created(context: Context, creations: Sequence[Creation], answers: Sequence[Answer]) -> list[CreatedContact]:
    """Map the contacts that were created. After a mistake the intent stays: the next run looks for the record."""
    found = []
    for creation, answer in zip(creations, answers, strict=True):
        if isinstance(answer, WriteResult):
            with around(context, creation.staged, "create"):
                found.append(created_contact(creation, answer))
    return found


def _sent(target: Side, creations: Sequence[Creation]) -> list[Answer]:
    """Send the creates, all at once where the system takes many (R34); return an answer or an error for each."""
    bulk = target.connector.bulk
    if bulk is None or not creations:
        return target.dispatcher.gather([each.send for each in creations])
    contacts = [NewContact(each.changes, each.marker) for each in creations]
    return write_together(target, lambda: bulk.create_contacts(contacts), len(contacts))


def _note_errors(
    transaction: Transaction, context: Context, creations: Sequence[Creation], answers: Sequence[Answer],
    errors: WriteErrors[Staged],
) -> None:  # fmt: skip
    """Note errors; the records that the server has already are dealt with outside of the transaction."""
    for creation, answer in zip(creations, answers, strict=True):
        if isinstance(answer, WriteResult):
            errors.note_success(creation.target)
        elif not isinstance(answer, DuplicateRefused | OlderRecord):
            _note_error(transaction, context, creation, answer, errors)


def _note_error(
    transaction: Transaction, context: Context, creation: Creation, error: ConnectorError, errors: WriteErrors[Staged]
) -> None:
    """Note the error of one create; one with an unknown outcome keeps its intent."""
    target, source, staged = creation.target, creation.source, creation.staged
    if not isinstance(error, OutcomeUnknown):
        context.tables.intents.remove_intents(transaction, target.name, staged.id)
        errors.note_error(transaction, source, staged, "create", error)
        return
    if isinstance(error, Broken):
        log_defect(error.cause, f"{source.account}:{staged.id}")
    if error.accepted:
        context.tables.intents.mark_accepted(transaction, target.name, staged.id)
    due_ms = context.run.now_ms() + context.connection.settle_ms
    note_failure(transaction, context, source, staged, "create", unknown_reason(context, target), due_ms=due_ms)


def _note_unwritten(transaction: Transaction, created: Sequence[CreatedContact], errors: WriteErrors[Staged]) -> None:
    """Note what ended the writes after a create: the contact is linked, and an update writes the rest."""
    for one in created:
        if one.answer.error is not None:
            errors.note_error(transaction, one.creation.source, one.creation.staged, "update", one.answer.error)


def _use_existing(
    context: Context, creation: Creation, error: DuplicateRefused | OlderRecord, errors: WriteErrors[Staged]
) -> None:
    """Link the record that the server has already if it is the contact; else create the contact in another way."""
    if isinstance(error, OlderRecord):
        _link_older(context, creation, error, errors)
        return
    raw = existing_record(creation, error)
    if raw is not None and _is_match(context, creation, raw):
        _link_existing(context, creation, raw, errors)
        return
    reduced = creation_without_double(context, creation, error, raw)
    if reduced is not None and not creation.target.connector.missing_key(reduced.changes):
        add_create_intents(context, [reduced])
        _send(context, creation.target, [reduced], errors)
    else:
        list_duplicate(context, creation, error)


def _link_older(context: Context, creation: Creation, error: OlderRecord, errors: WriteErrors[Staged]) -> None:
    """Link the record that a create was answered with and did not create, if it is the contact (R10)."""
    try:
        raw = creation.target.connector.read_record(error.record_id).records[0]
    except ConnectorError as failed:
        with context.state.atomic() as transaction:  # the intent stays, so that the next run looks for the record
            errors.note_error(transaction, creation.source, creation.staged, "create", failed)
        return
    if _is_match(context, creation, raw):
        _link_existing(context, creation, raw, errors)
        return
    with context.state.atomic() as transaction:
        _note_error(transaction, context, creation, error, errors)


def _carry_back_opt_outs(
    context: Context, target: Side, created: Sequence[CreatedContact], errors: WriteErrors[Staged]
) -> None:
    """Write to the source at once that a created contact may not be contacted: later readings may not show it."""
    if not created:
        return
    source = context.connection.other(target)
    links = context.tables.links.by_record(target.name, [one.contact.id for one in created])
    with context.state.atomic() as transaction:
        context.staging.put_records(
            transaction,
            (staged_record(context, target, one.answer.raw, one.contact, links[one.contact.id]) for one in created),
        )
    steps = [Step(PAIR, "", *link.ids, link.id, source.name) for link in links.values()]
    update(context, source, steps, errors)


def _is_match(context: Context, creation: Creation, raw: Raw) -> bool:
    """Say whether a record of the target is the contact that is to be created."""
    return matching(context, creation.target, contact_codec.index_entry(creation.contact), [raw]) is not None


def _link_existing(context: Context, creation: Creation, raw: Raw, errors: WriteErrors[Staged]) -> None:
    """Link a contact that was to be created to the record that the server has already, as a first merge (R10)."""
    target, source = creation.target, creation.source
    contact = target.connector.to_contact(raw, {})
    with context.state.atomic() as transaction:
        context.staging.put_records(transaction, [staged_record(context, target, raw, contact, None)])
        target.identities.put_contacts(transaction, [contact_codec.index_entry(contact)])
        context.tables.intents.remove_intents(transaction, target.name, creation.staged.id)
    ids = {source.name: creation.staged.id, target.name: contact.id}
    step = Step(PAIR, "", ids["left"], ids["right"], None, "both")
    # Both sides are written at once: it is not certain that a window will ever show the other record again.
    update(context, target, [step], errors)
    update(context, source, [step], errors)
