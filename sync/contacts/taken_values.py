"""Write a pair again without the values that its server refuses (R9, R42).

Rules kept here:
- without an e-mail address that another contact has, which is listed; then without a phone that another contact has,
  which goes to another phone field;
- no shadow holds a refused value, so that it is tried again.
"""

from dataclasses import replace
from functools import partial

from connectors.connector import WriteResult
from connectors.contact import same
from connectors.errors import ConnectorError, DuplicateRefused
from sync.contacts.context import Context
from sync.contacts.custom_fields import prepare
from sync.contacts.pair_update import PairUpdate
from sync.contacts.refused_values import Rejection, collision
from sync.contacts.update_intents import add_update_intents, remove_update_intent
from sync.rules.undo import NO_PLACE, REFUSED, TAKEN

Answer = WriteResult | ConnectorError


def write_without_refused(context: Context, job: PairUpdate, answer: Answer) -> Answer:
    """Write a pair again as its answer asks for, and leave out of it what was refused. Return the last answer."""
    if isinstance(answer, DuplicateRefused) and answer.field == "email" and job.changes.get("email"):
        answer = _write_without_address(context, job, answer)
    if isinstance(answer, DuplicateRefused) and answer.field == "phone" and job.changes.get("phone"):
        answer = _write_without_phone(context, job, answer)
    return _leave_out_refused(context, job, answer) if isinstance(answer, WriteResult) else answer


def drop_unplaced(context: Context, job: PairUpdate) -> None:
    """Leave out the values that the target has no place for, and owe them (R41)."""
    for name in [name for name in job.changes if name not in job.target.connector.fields]:
        job.leave_out(name)
        if name != "owner" and name not in job.result.enriched and job.source_view.value(name)[0]:
            job.result.owed[name] = job.target.name
        context.policy.leave_alone(job, name, NO_PLACE)


def _write_without_address(context: Context, job: PairUpdate, answer: DuplicateRefused) -> Answer:
    job.rejected["email"] = collision(job.changes["email"], answer)
    job.leave_out("email")
    context.policy.leave_alone(job, "email", TAKEN)
    return _write_rest(context, job, answer)


def _write_without_phone(context: Context, job: PairUpdate, answer: DuplicateRefused) -> Answer:
    phone = job.changes["phone"]
    job.leave_out("phone")
    context.policy.leave_alone(job, "phone", TAKEN)
    if context.policy.moves_refused_phone:
        _move_phone(context, job, phone)
    prepare(context, job.target, frozenset(job.changes))
    drop_unplaced(context, job)
    context.report.unmapped += 1
    return _write_rest(context, job, answer)


def _move_phone(context: Context, job: PairUpdate, phone: str | tuple[str, ...] | None) -> None:
    """Put a phone into the field of its kind, if that is free, as a create does (R9)."""
    contact = job.source_contact
    slot = str((contact.memory.get("slot") if contact else None) or "mobile_phone")
    rule = context.mapping.rules.get(slot)
    if job.changes.get(slot) is not None or rule is None or not rule.to(job.target.name):
        return
    job.result.to(job.target.name)[slot] = phone
    if same(slot, job.target_view.value(slot)[1], phone):
        job.changes.pop(slot, None)  # the target has it there already
    else:
        job.changes[slot] = phone


def _write_rest(context: Context, job: PairUpdate, answer: Answer) -> Answer:
    """Send what is left of a refused write; where nothing is left, the write is over."""
    if job.changes:
        add_update_intents(context, [job])
        return job.target.dispatcher.gather([partial(job.send_again)])[0]
    remove_update_intent(context, job)
    return answer


def _leave_out_refused(context: Context, job: PairUpdate, answer: WriteResult) -> WriteResult:
    for name in answer.rejected.keys() & job.changes.keys():
        job.rejected[name] = Rejection(job.changes[name], answer.rejected[name])
        context.policy.leave_alone(job, name, REFUSED)
        job.leave_out(name)
    job.unwritten = answer.unwritten & job.changes.keys()
    for name in job.unwritten:
        job.leave_out(name)
    return replace(answer, refused=answer.refused - job.rejected.keys())
