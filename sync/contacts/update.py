"""Carry updates to one side, several at a time: read by id, merge again, intend, write, remember (R19 to R21).

Putting back what a run wrote goes the same way (R26): what is merged then is the history with what both sides show, and
whatever cannot be put back is named.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

from connectors.connector import Page, WriteResult
from connectors.contact import same
from connectors.edits import refuse_if_edited
from connectors.errors import (
    ConnectorError,
    DuplicateRefused,
    OtherRecord,
    OutcomeUnknown,
    RecordEdited,
    RecordError,
    RecordGone,
)
from state.database import Transaction
from state.intents import UpdateIntent, WrittenField
from state.staging import Staged, Step
from sync.contacts.commit import Update, commit_update, reasons, remember_undone
from sync.contacts.context import Context
from sync.contacts.custom_fields import prepare
from sync.contacts.gone_records import commit_gone, is_merge_target, note_gone
from sync.contacts.plan import merge_views
from sync.contacts.read import staged_record
from sync.contacts.refused_values import Rejection, collision
from sync.contacts.update_outcome import look, settle_update, stage_again
from sync.output.formats import WHOLE
from sync.rules import contact_codec, kept_times, shadow_codec
from sync.rules.shadow_update import after_undo, after_write, held_values
from sync.rules.undo import GONE, NO_PLACE, REFUSED, TAKEN
from sync.streams.connection import SIDE_NAMES, Side
from sync.streams.write_errors import WriteErrors

Pair = tuple[str, str]
"""Two ids, left first."""

PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds to wait before an update whose answer never came is looked for and, as far as need be, sent again."""


def update(context: Context, target: Side, steps: Sequence[Step], troubles: WriteErrors[Staged]) -> None:
    """Write one wave of pairs to one side. Raises what makes the account useless.

    An update whose answer never came is not sent again as it was: a person may have edited the record by then. It is
    looked for, and what is left of it is merged again with what the record shows.
    """
    pairs = [(step.left_id or "", step.right_id or "") for step in steps]
    for pause in (*PAUSES, None):
        pairs = _carry(context, target, pairs, troubles, is_last=pause is None)
        if not pairs or pause is None:
            break
        context.run.clock.sleep(pause)
    context.run.progress.advance(len(steps))
    troubles.raise_fatal()


def _carry(
    context: Context, target: Side, pairs: Sequence[Pair], troubles: WriteErrors[Staged], *, is_last: bool
) -> list[Pair]:
    """Write pairs once; return those of whom nobody knows whether they were written, none where it `is_last`.

    No more records are read at a time than can be written at once: an edit between the two is what R19 cannot see.
    """
    jobs = [_job(context, target, pair) for pair in pairs]
    width = target.dispatcher.width()
    done: list[tuple[Update, WriteResult | ConnectorError | None]] = []
    for start in range(0, len(jobs), width):
        done += _write(context, target, jobs[start : start + width], troubles)
        if troubles.is_fatal():
            break
    unknown: list[Update] = []
    with context.state.atomic() as transaction:
        for job, answer in done:
            if isinstance(answer, OutcomeUnknown) and not is_last and not troubles.is_fatal():
                unknown.append(job)
                continue
            with _around(context, job), context.state.savepoint(transaction):
                _conclude(transaction, context, job, answer, troubles, is_last=is_last)
    edited = [job.pair for job, answer in done if _is_edited(answer) and not is_last and not troubles.is_fatal()]
    return [*edited, *(job.pair for job in unknown if _settle(context, job, troubles))]


def _is_edited(answer: WriteResult | ConnectorError | None) -> bool:
    """Say whether only a part was written, since a person edited the record meanwhile: the rest is merged again."""
    return isinstance(answer, WriteResult) and isinstance(answer.error, RecordEdited)


def _settle(context: Context, job: Update, troubles: WriteErrors[Staged]) -> bool:
    """Look what became of an update; say whether it may be tried again: the account answers, and both are there."""
    intent, is_settled = context.tables.intents.of_record(job.target.name, job.source_id), False
    try:
        with _around(context, job):
            if isinstance(intent, UpdateIntent):
                settle_update(context, intent)
            link = context.tables.links.by_record(job.target.name, [job.record.id]).get(job.record.id)
            is_settled = job.link is None or (link is not None and link.gone is None)
    except ConnectorError as error:
        with context.state.atomic() as transaction:
            troubles.note_error(
                transaction, job.source, job.own or Staged(job.source.name, job.source_id), "update", error
            )
    return is_settled


def _write(
    context: Context, target: Side, jobs: Sequence[Update], troubles: WriteErrors[Staged]
) -> list[tuple[Update, WriteResult | ConnectorError | None]]:
    """Read, merge again and write some pairs; return who was read, with the answers of those who were written."""
    pages = target.dispatcher.gather([partial(target.connector.read_record, job.record.id) for job in jobs])
    ready = []
    for job, page in zip(jobs, pages, strict=True):
        with _around(context, job):
            if _merge_again(context, job, page, troubles):
                ready.append(job)
    names = frozenset(name for job in ready for name in job.changes)
    if names:
        prepare(context, target, names)
    for job in ready:
        _drop_unplaced(context, job)
    writing = [job for job in ready if job.changes]
    _intend(context, writing)
    sent = target.dispatcher.gather([partial(_send, job) for job in writing])
    done: list[tuple[Update, WriteResult | ConnectorError | None]] = [(job, None) for job in ready if not job.changes]
    answers = [_again_without_taken(context, job, answer) for job, answer in zip(writing, sent, strict=True)]
    for job, answer in zip(writing, answers, strict=True):
        with _around(context, job):  # the intent stays: the next run looks what the write led to
            _read_answer(job, answer)
            is_told = bool(job.changes) or (isinstance(answer, WriteResult) and answer.error is not None)
            done.append((job, answer if is_told else None))
    return done


def _around(context: Context, job: Update) -> AbstractContextManager[None]:
    """Return the boundary around one pair: what is wrong with it is listed by its source (R42)."""
    side, account = job.source, job.target.account
    digest = job.own.digest if job.own is not None else None
    return context.boundary.around(side, job.source_id, "update", who=job.who, account=account, digest=digest)


def _intend(context: Context, jobs: Sequence[Update]) -> None:
    """Note what is about to be overwritten, and what both sides will have agreed on then."""
    if not jobs:
        return
    with context.state.atomic() as transaction:
        for job in jobs:
            context.tables.intents.add_intent(transaction, _intent(context, job), context.run.id)


def _intent(context: Context, job: Update) -> UpdateIntent:
    to, source = job.views[job.target.name], job.views[job.source.name]
    if context.undone is None:
        bases = after_write(job.result, job.target.name, to, source, {})
    else:
        bases = after_undo(job.changes, to, source, {})
    waiting = kept_times.open_fields(context.mapping.rules, to, source)
    return UpdateIntent(
        side=job.target.name,
        source_id=job.source_id,
        sent_ms=job.target.server_now_ms(context.run.clock),
        sent=job.changes,
        record=job.record.id,
        run=context.run.id,
        memory=contact_codec.decode(job.own.contact).memory if job.own is not None and job.own.contact else None,
        target={name: bases.target[name] for name in job.changes},
        source={name: bases.source[name] for name in job.changes if name in bases.source},
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


def _job(context: Context, target: Side, pair: Pair) -> Update:
    source = context.connection.other(target)
    ids = dict(zip(SIDE_NAMES, pair, strict=True))
    link = context.tables.links.by_record(target.name, [ids[target.name]]).get(ids[target.name])
    link = None if link is not None and link.gone else link
    own_id = ids[source.name]
    own = context.staging.changed_records(source.name, [own_id]).get(own_id) or Staged(source.name, own_id)
    record = context.staging.changed_records(target.name, [ids[target.name]]).get(ids[target.name])
    return Update(target, source, record or Staged(target.name, ids[target.name]), own, link)


def _merge_again(context: Context, job: Update, page: Page | ConnectorError, troubles: WriteErrors[Staged]) -> bool:
    """Merge with what the target shows now; return whether the job goes on."""
    if isinstance(page, RecordGone) or _is_merged(context, job, page):
        note_gone(context, job.target, job.record.id)
        _leave_alone(context, job, WHOLE, GONE)
        return False
    if isinstance(page, ConnectorError):
        with context.state.atomic() as transaction:
            troubles.note_error(
                transaction, job.source, job.own or Staged(job.source.name, job.source_id), "update", page
            )
        return False
    troubles.note_success(job.target)
    memory = job.link.side(job.target.name).memory if job.link else None
    job.raw = page.records[0]
    job.contact = job.target.connector.to_contact(job.raw, json.loads(memory) if memory else {})
    fresh = staged_record(context, job.target, job.raw, job.contact, job.link)
    job.views = {
        job.target.name: context.view(job.link, job.target, fresh),
        job.source.name: context.view(job.link, job.source, job.own),
    }
    job.record = fresh
    job.result = merge_views(context, job.link, *job.left_first)
    job.changes = dict(job.result.to(job.target.name))
    rules = context.present_rules()
    if context.undone is not None and job.link is not None:
        context.undone.review(rules, job.link, job.left_first, job.result.refused, {job.target.name})
    return True


def _is_merged(context: Context, job: Update, page: Page | ConnectorError) -> bool:
    return isinstance(page, OtherRecord) and is_merge_target(context, job.target, job.record.id, page)


def _leave_alone(context: Context, job: Update, name: str, reason: str) -> None:
    """Name what an undo does not put back after all."""
    if context.undone is not None:
        context.undone.leave(job.target.name, job.record.id, job.who, name, reason)


def _drop_unplaced(context: Context, job: Update) -> None:
    """Leave out what the target turned out to have no place for, and owe it (R41)."""
    for name in [name for name in job.changes if name not in job.target.connector.fields]:
        del job.changes[name]
        job.result.to(job.target.name).pop(name)
        if name != "owner" and name not in job.result.enriched and job.views[job.source.name].value(name)[0]:
            job.result.owed[name] = job.target.name
        _leave_alone(context, job, name, NO_PLACE)


def _send(job: Update) -> WriteResult:
    marker = job.source_id if job.target.connector.has_markers else None
    return job.target.connector.update_contact(job.raw, job.contact.memory, job.changes, marker)


def _send_again(job: Update) -> WriteResult:
    """Send what is left of a refused write, unless a person edited the record since it was read."""
    connector, memory = job.target.connector, job.contact.memory
    now = connector.read_record(job.record.id).records[0]
    before, after = (connector.values_after_write(raw, memory, job.changes) for raw in (job.raw, now))
    refuse_if_edited(connector.account, job.record.id, before, after)
    return _send(job)


def _again_without_taken(
    context: Context, job: Update, answer: WriteResult | ConnectorError
) -> WriteResult | ConnectorError:
    """Write again without an address that another contact has, then without such a number; set aside what is refused.

    What was refused is agreed by nobody, so that it is tried again.
    """
    if isinstance(answer, DuplicateRefused) and answer.field == "email" and job.changes.get("email"):
        job.rejected["email"] = collision(job.changes["email"], answer)
        answer = _without(context, job, frozenset({"email"}), answer)
    answer = _again_without_number(context, job, answer)
    if isinstance(answer, WriteResult):
        for name in answer.rejected.keys() & job.changes.keys():
            job.rejected[name] = Rejection(job.changes[name], answer.rejected[name])
            _leave_alone(context, job, name, REFUSED)
            del job.changes[name], job.result.to(job.target.name)[name]
        answer = replace(answer, refused=answer.refused - job.rejected.keys())
        job.unwritten = answer.unwritten & job.changes.keys()
        for name in job.unwritten:
            del job.changes[name], job.result.to(job.target.name)[name]
    return answer


def _without(
    context: Context, job: Update, names: frozenset[str], answer: WriteResult | ConnectorError
) -> WriteResult | ConnectorError:
    """Write a pair again without some fields; where nothing is left, the write is over."""
    for name in names:
        del job.changes[name], job.result.to(job.target.name)[name]
        _leave_alone(context, job, name, TAKEN)
    if job.changes:
        _intend(context, [job])
        return job.target.dispatcher.gather([partial(_send_again, job)])[0]
    with context.state.atomic() as transaction:
        context.tables.intents.remove_intents(
            transaction, job.target.name, job.source_id
        )  # the write was refused, and there is no other
    return answer


def _again_without_number(
    context: Context, job: Update, answer: WriteResult | ConnectorError
) -> WriteResult | ConnectorError:
    """Write again what was refused for a stranger's number: that goes into its custom field, as at a create (R9)."""
    if not isinstance(answer, DuplicateRefused) or answer.field != "phone" or not job.changes.get("phone"):
        return answer
    number = job.changes["phone"]
    own = contact_codec.decode(job.own.contact) if job.own is not None and job.own.contact else None
    slot = str((own.memory.get("slot") if own else None) or "mobile_phone")
    planned = job.result.to(job.target.name)
    del job.changes["phone"], planned["phone"]
    _leave_alone(context, job, "phone", TAKEN)
    is_free = (
        job.changes.get(slot) is None
        and slot in context.mapping.rules
        and context.mapping.rules[slot].to(job.target.name)
    )
    is_beside = same(slot, job.views[job.target.name].value(slot)[1], number)
    if is_free and context.undone is None:
        job.changes[slot] = planned[slot] = number
        if is_beside:
            del job.changes[slot]
    prepare(context, job.target, frozenset(job.changes))
    _drop_unplaced(context, job)
    context.report.unmapped += 1
    if job.changes:
        _intend(context, [job])
        return job.target.dispatcher.gather([partial(_send_again, job)])[0]
    with context.state.atomic() as transaction:
        context.tables.intents.remove_intents(
            transaction, job.target.name, job.source_id
        )  # the write was refused, and there is no other
    return answer


def _read_answer(job: Update, answer: WriteResult | ConnectorError) -> None:
    """Map what the server shows now: before the transaction, since the mapping may have to ask for settings."""
    if isinstance(answer, WriteResult):
        job.shown = job.target.connector.to_contact(answer.raw, job.contact.memory)
        job.settled = job.target.connector.values_after_write(answer.raw, job.contact.memory, job.changes)
        sent = {name: value for name, value in job.changes.items() if name not in answer.refused}
        before = {name: job.views[job.target.name].value(name)[1] for name in sent}
        job.settled = held_values(sent, job.settled, before, edited=answer.edited, doubtful=answer.doubtful)


def _conclude(
    transaction: Transaction,
    context: Context,
    job: Update,
    answer: WriteResult | ConnectorError | None,
    troubles: WriteErrors[Staged],
    *,
    is_last: bool,
) -> None:
    if answer is None:
        if context.undone is None:
            commit_update(transaction, context, job, None)
            stage_again(transaction, context, job.target, job.record)
        return
    if isinstance(answer, WriteResult | RecordError):
        context.tables.intents.remove_intents(transaction, job.target.name, job.source_id)
    if isinstance(answer, WriteResult):
        troubles.note_success(job.target)
        context.report.accounts[job.target.account].updated += not answer.refused.issuperset(job.changes)
        _remember(transaction, context, job, answer)
        if answer.error is not None and (is_last or not _is_edited(answer)):
            own = job.own or Staged(job.source.name, job.source_id)
            troubles.note_error(transaction, job.source, own, "update", answer.error)
    elif isinstance(answer, RecordGone):
        commit_gone(transaction, context, job.target, job.record.id)
        _leave_alone(context, job, WHOLE, GONE)
    else:
        troubles.note_error(
            transaction, job.source, job.own or Staged(job.source.name, job.source_id), "update", answer
        )


def _remember(transaction: Transaction, context: Context, job: Update, answer: WriteResult) -> None:
    if context.undone is None:
        commit_update(transaction, context, job, answer)
        return
    remember_undone(transaction, context, job, answer)
    for name in answer.refused & job.changes.keys():
        _leave_alone(context, job, name, REFUSED)
