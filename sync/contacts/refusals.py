"""Write again without the values that a server refuses (R9, R42).

Rules kept here:
- a contact is written without an e-mail address that another contact has, which is listed;
- it is written without a phone that another contact has, which goes to another phone field if that is free;
- a server that takes a new contact for an existing one is asked which record that is. Without its address the contact
  is created only if that surely belongs to another contact;
- no shadow holds a refused value, so that it is tried again.
"""

from dataclasses import replace
from functools import partial

from connectors.connector import WriteResult
from connectors.contact import SET_FIELDS, Contact, Fields, Value, same
from connectors.errors import ConnectorError, DuplicateRefused, RecordGone
from connectors.records import Raw
from sync.contacts.context import Context
from sync.contacts.creation import Creation, without_unplaced
from sync.contacts.failures import note_failure
from sync.contacts.owed_values import create_custom_fields
from sync.contacts.pair_update import PairUpdate, Rejection, collision
from sync.contacts.update_intents import add_update_intents
from sync.rules import contact_codec
from sync.rules.undo import NO_PLACE, REFUSED, TAKEN
from sync.streams.connection import Side

Answer = WriteResult | ConnectorError


def write_without_refused(context: Context, job: PairUpdate, answer: Answer) -> Answer:
    """Write a pair again as its answer asks for, and leave out of it what was refused. Return the last answer."""
    for name in ("email", "phone"):
        if isinstance(answer, DuplicateRefused) and answer.field == name and job.changes.get(name):
            answer = _write_without(context, job, name, answer)
    return _leave_out_refused(context, job, answer) if isinstance(answer, WriteResult) else answer


def drop_unplaced(context: Context, job: PairUpdate) -> None:
    """Leave out the values that the target has no place for, and owe them (R41)."""
    for name in [name for name in job.changes if name not in job.target.connector.fields]:
        job.leave_out(name)
        if name != "owner" and name not in job.result.enriched and job.source_view.value(name)[0]:
            job.result.owed[name] = job.target.name
        context.policy.leave_alone(job, name, NO_PLACE)


def _write_without(context: Context, job: PairUpdate, name: str, answer: DuplicateRefused) -> Answer:
    """Write a pair again without its address, which is listed, or with its phone in another field."""
    value = job.changes[name]
    job.leave_out(name)
    context.policy.leave_alone(job, name, TAKEN)
    if name == "email":
        job.rejected[name] = collision(value, answer)
    else:
        if context.policy.moves_refused_phone:
            _move_phone(context, job, value)
        create_custom_fields(context, job.target, frozenset(job.changes))
        drop_unplaced(context, job)
        context.report.unmapped += 1
    if job.changes:
        add_update_intents(context, [job])
        return job.target.dispatcher.gather([partial(job.send_again)])[0]
    with context.state.atomic() as transaction:  # nothing is left to be sent
        context.tables.intents.remove_intents(transaction, job.target.name, job.source_id)
    return answer


def _move_phone(context: Context, job: PairUpdate, phone: Value) -> None:
    """Put a phone into the field of its kind, if that is free, as a create does (R9)."""
    slot = _free_slot(context, job.target, job.source_contact, job.changes)
    if slot is None:
        return
    job.result.to(job.target.name)[slot] = phone
    if same(slot, job.target_view.value(slot)[1], phone):
        job.changes.pop(slot, None)  # the target has it there already
    else:
        job.changes[slot] = phone


def _free_slot(context: Context, target: Side, contact: Contact | None, changes: Fields) -> str | None:
    """Return the field for the kind of a contact's phone, None if it is written already or does not travel."""
    slot = str((contact.memory.get("slot") if contact else None) or "mobile_phone")
    rule = context.mapping.rules.get(slot)
    return slot if changes.get(slot) is None and rule is not None and rule.to(target.name) else None


def _leave_out_refused(context: Context, job: PairUpdate, answer: WriteResult) -> WriteResult:
    open_sets = SET_FIELDS & job.changes.keys() & (answer.rejected.keys() | answer.unwritten)
    job.half_sent |= {name: job.changes[name] for name in open_sets}
    for name in answer.rejected.keys() & job.changes.keys():
        job.rejected[name] = Rejection(job.changes[name], answer.rejected[name])
        context.policy.leave_alone(job, name, REFUSED)
        job.leave_out(name)
    job.unwritten = answer.unwritten & job.changes.keys()
    for name in job.unwritten:
        job.leave_out(name)
    return replace(answer, refused=answer.refused - job.rejected.keys())


def existing_record(creation: Creation, error: DuplicateRefused) -> Raw | None:
    """Return the record that the server names, None if it names none or the record is gone."""
    if error.other_id is None:
        return None
    try:
        return creation.target.connector.read_record(error.other_id).records[0]
    except RecordGone:
        return None


def creation_without_double(
    context: Context, creation: Creation, error: DuplicateRefused, raw: Raw | None
) -> Creation | None:
    """Return the create without the address or phone that another contact has; None if that is not enough.

    Without the address only if that surely belongs to another contact: the refused value is listed (R42).
    """
    if error.field == "email" and raw is not None and _has_address_of_another(context, creation, raw):
        rejected = {**creation.rejected, "email": collision(creation.changes.get("email"), error)}
        return replace(creation.without(frozenset({"email"})), rejected=rejected)
    shares_phone = error.field == "phone" or _shares_only_phone(creation, raw)
    if creation.changes.get("phone") is not None and shares_phone:
        return _without_phone(context, creation)
    return None


def list_duplicate(context: Context, creation: Creation, error: DuplicateRefused) -> None:
    """List a contact that the server takes for another one, and drop the intent of its create."""
    target = creation.target
    other = f"{target.account}:{error.other_id}" if error.other_id else "a contact that it does not name"
    reason = f"{target.account} takes {other} for the same person ({error.field or 'no reason given'})"
    blockers = (f"{target.name}:{error.other_id}",) if error.other_id else ()
    with context.state.atomic() as transaction:
        context.tables.intents.remove_intents(transaction, target.name, creation.staged.id)
        note_failure(
            transaction, context, creation.source, creation.staged, "create", reason, blockers=blockers
        )  # fmt: skip


def _shares_only_phone(creation: Creation, raw: Raw | None) -> bool:
    """Say whether the other contact has a phone of this one, but not its address."""
    if raw is None:
        return False
    mine = contact_codec.index_entry(creation.contact)
    other = contact_codec.index_entry(creation.target.connector.to_contact(raw, {}))
    return mine.email != other.email and bool(set(mine.phones) & set(other.phones))


def _has_address_of_another(context: Context, creation: Creation, raw: Raw) -> bool:
    """Say whether the address surely is another contact's: that one is linked, or has an address of its own.

    A contact with nothing but an address is never created without it.
    """
    record_id = str(raw["id"])
    link = context.tables.links.of_record(creation.target.name, record_id)
    other = contact_codec.index_entry(creation.target.connector.to_contact(raw, {}))
    is_known = any(creation.changes.get(name) for name in ("first_name", "last_name", "phone"))
    return is_known and (link is not None or contact_codec.index_entry(creation.contact).email != other.email)


def _without_phone(context: Context, creation: Creation) -> Creation:
    """Return the create with its phone in the field of its kind, if that is free, and without one else (R9)."""
    changes = dict(creation.without(frozenset({"phone"})).changes)
    slot = _free_slot(context, creation.target, creation.contact, changes)
    if slot is not None:
        changes[slot] = creation.changes["phone"]
    create_custom_fields(context, creation.target, frozenset(changes))
    context.report.unmapped += 1
    return without_unplaced(replace(creation, changes=changes))
