"""Write updates to one side, several at a time: read by id, merge again, store the intent, write, commit (R19 to R21).

What an undo puts back is written in the same way (R26).
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial

from connectors.bulk import ChangedContact
from connectors.connector import WriteResult
from connectors.contact import Contact
from connectors.errors import ConnectorError, OutcomeUnknown, RecordEdited, RecordGone
from connectors.records import Page
from state.database import Transaction
from state.intents import UpdateIntent
from state.links import Link
from state.staging import Staged, Step
from sync.contacts.commit import commit_update
from sync.contacts.context import Context
from sync.contacts.merge import merge_views
from sync.contacts.owed_values import create_custom_fields
from sync.contacts.pair_update import PairUpdate
from sync.contacts.refusals import Answer, drop_unplaced, write_without_refused
from sync.contacts.staged_records import commit_gone, is_gone_answer, memory_of, note_gone, staged_record
from sync.contacts.update_intents import add_update_intents, settle_update
from sync.contacts.waves import pages_of_wave, write_together
from sync.output.formats import WHOLE
from sync.rules import contact_codec
from sync.rules.shadow_update import held_values
from sync.rules.undo import GONE
from sync.streams.connection import SIDE_NAMES, Side
from sync.streams.recovery import PAUSES
from sync.streams.write_errors import WriteErrors

Ids = tuple[str, str]
"""Two record ids, left first."""


def update(context: Context, target: Side, steps: Sequence[Step], errors: WriteErrors[Staged]) -> None:
    """Write one wave of pairs to one side. Raises what makes the account useless."""
    pairs = [step.ids for step in steps]
    # An update without an answer is not sent again as it was: a user may have edited the record by then. It is
    # looked for, and what is left of it is merged again with what the record shows.
    for pause in (*PAUSES, None):
        pairs = _write_pairs(context, target, pairs, errors, is_last=pause is None)
        if not pairs or pause is None:
            break
        context.run.clock.sleep(pause)
    context.run.progress.advance(len(steps))
    errors.raise_fatal()


def _write_pairs(
    context: Context, target: Side, pairs: Sequence[Ids], errors: WriteErrors[Staged], *, is_last: bool
) -> list[Ids]:
    """Write pairs once; return those to be written again: with an unknown outcome, or edited in between.

    If `is_last`, none is returned.
    """
    jobs = [_job(context, target, pair) for pair in pairs]
    # No more records are read at a time than can be written at once: an edit between the two is what R19 cannot see.
    width = target.dispatcher.width() if target.connector.bulk is None else target.wave
    done: list[tuple[PairUpdate, Answer | None]] = []
    for start in range(0, len(jobs), width):
        done += _write_wave(context, target, jobs[start : start + width], errors)
        if errors.is_fatal():
            break
    unknown: list[PairUpdate] = []
    with context.state.atomic() as transaction:
        for job, answer in done:
            if isinstance(answer, OutcomeUnknown) and not is_last and not errors.is_fatal():
                unknown.append(job)
                continue
            with _around(context, job), context.state.savepoint(transaction):
                _conclude(transaction, context, job, answer, errors, is_last=is_last)
    edited = [job.ids for job, answer in done if _is_edited(answer) and not is_last and not errors.is_fatal()]
    return [*edited, *(job.ids for job in unknown if _settle(context, job, errors))]


def _job(context: Context, target: Side, pair: Ids) -> PairUpdate:
    source = context.connection.other(target)
    ids = dict(zip(SIDE_NAMES, pair, strict=True))
    target_id, source_id = ids[target.name], ids[source.name]
    link = context.tables.links.of_record(target.name, target_id)
    link = None if link is not None and link.gone else link
    staged = context.staging.changed_record(source.name, source_id)
    record = context.staging.changed_record(target.name, target_id)
    return PairUpdate(
        target, source, record or Staged(target.name, target_id), staged or Staged(source.name, source_id), link
    )


def _write_wave(
    context: Context, target: Side, jobs: Sequence[PairUpdate], errors: WriteErrors[Staged]
) -> list[tuple[PairUpdate, Answer | None]]:
    """Read, merge again and write some pairs; return those that could be merged, with their answers.

    The answer of a pair without changes is None.
    """
    ready = _merge_with_now(context, target, jobs, errors)
    names = frozenset(name for job in ready for name in job.changes)
    if names:
        create_custom_fields(context, target, names)
    for job in ready:
        drop_unplaced(context, job)
    writing = [job for job in ready if job.changes]
    add_update_intents(context, writing)
    sent = _sent(target, writing)
    done: list[tuple[PairUpdate, Answer | None]] = [(job, None) for job in ready if not job.changes]
    answers = [write_without_refused(context, job, answer) for job, answer in zip(writing, sent, strict=True)]
    for job, answer in zip(writing, answers, strict=True):
        with _around(context, job):  # after a mistake here the intent stays: the next run looks for the write
            _map_answer(job, answer)
            is_reported = bool(job.changes) or (isinstance(answer, WriteResult) and answer.error is not None)
            done.append((job, answer if is_reported else None))
    return done


def _merge_with_now(
    context: Context, target: Side, jobs: Sequence[PairUpdate], errors: WriteErrors[Staged]
) -> list[PairUpdate]:
    """Merge pairs with what the target shows now; return those that go on."""
    pages, assumed = pages_of_wave(context, target, [(job.target_staged, job.link) for job in jobs])
    ready = []
    for job, page in zip(jobs, pages, strict=True):
        job.is_assumed = job.target_staged.id in assumed
        with _around(context, job):
            if _merge_again(context, job, page, errors):
                ready.append(job)
    return ready


def _sent(target: Side, jobs: Sequence[PairUpdate]) -> list[Answer]:
    """Send the updates, all at once where the system takes many (R34); return an answer or an error for each."""
    bulk = target.connector.bulk
    if bulk is None or not jobs:
        return target.dispatcher.gather([partial(job.send) for job in jobs])
    contacts = [ChangedContact(job.raw, job.changes, job.marker, job.contact.memory) for job in jobs]
    return write_together(target, lambda: bulk.update_contacts(contacts), len(contacts))


def _around(context: Context, job: PairUpdate) -> AbstractContextManager[None]:
    """Return the boundary around one pair: what is wrong with it is listed under its source record (R42)."""
    digest = job.source_staged.digest if job.source_staged is not None else None
    return context.boundary.around(
        job.source, job.source_id, "update", who=job.who, account=job.target.account, digest=digest
    )


def _merge_again(context: Context, job: PairUpdate, page: Page | ConnectorError, errors: WriteErrors[Staged]) -> bool:
    """Merge with what the target shows now; return whether the job goes on."""
    if is_gone_answer(context, job.target, job.target_staged.id, page):
        note_gone(context, job.target, job.target_staged.id)
        context.policy.leave_alone(job, WHOLE, GONE)
        return False
    if isinstance(page, ConnectorError):
        with context.state.atomic() as transaction:
            errors.note_error(transaction, job.source, job.staged_source, "update", page)
        return False
    errors.note_success(job.target)
    _set_read(context, job, page)
    job.result = merge_views(context, job.link, *job.left_and_right)
    job.changes = dict(job.result.to(job.target.name))
    context.policy.review(context, job)
    return True


def _set_read(context: Context, job: PairUpdate, page: Page) -> None:
    job.raw = page.records[0]
    job.contact = job.target.connector.to_contact(job.raw, memory_of(job.link, job.target))
    job.target_staged = staged_record(context, job.target, job.raw, job.contact, job.link)
    job.views = {
        job.target.name: context.view(job.link, job.target, job.target_staged),
        job.source.name: context.view(job.link, job.source, job.source_staged),
    }


def _map_answer(job: PairUpdate, answer: Answer) -> None:
    """Map what the server shows now: before the transaction, since the mapping may have to ask for settings."""
    if isinstance(answer, WriteResult):
        job.shown = job.target.connector.to_contact(answer.raw, job.contact.memory)
        held = job.target.connector.values_after_write(answer.raw, job.contact.memory, job.changes)
        # What else the server rewrites is known as such only where no person can have edited it meanwhile (R36).
        is_ours = not (answer.edited or answer.doubtful)
        job.settled = {name: value for name, value in held.items() if is_ours or name in job.changes}
        sent = {name: value for name, value in job.changes.items() if name not in answer.refused}
        before = {name: job.target_view.value(name)[1] for name in sent}
        job.settled = held_values(sent, job.settled, before, edited=answer.edited, doubtful=answer.doubtful)


def _conclude(
    transaction: Transaction, context: Context, job: PairUpdate, answer: Answer | None, errors: WriteErrors[Staged], *,
    is_last: bool,
) -> None:  # fmt: skip
    """Store what became of one pair."""
    if answer is None:
        context.policy.commit_unwritten(transaction, context, job)
        return
    if isinstance(answer, WriteResult | RecordGone):  # a refused update may have been executed: the next run looks
        context.tables.intents.remove_intents(transaction, job.target.name, job.source_id)
    if isinstance(answer, WriteResult):
        errors.note_success(job.target)
        context.report.accounts[job.target.account].updated += not answer.refused.issuperset(job.changes)
        context.policy.commit_written(transaction, context, job, answer)
        if answer.error is not None and (is_last or not _is_edited(answer)):
            errors.note_error(transaction, job.source, job.staged_source, "update", answer.error)
    elif isinstance(answer, RecordGone):
        commit_gone(transaction, context, job.target, job.target_staged.id)
        context.policy.leave_alone(job, WHOLE, GONE)
    else:
        errors.note_error(transaction, job.source, job.staged_source, "update", answer)


def _is_edited(answer: Answer | None) -> bool:
    """Say whether only a part was written, because a user edited the record meanwhile: the rest is merged again."""
    return isinstance(answer, WriteResult) and isinstance(answer.error, RecordEdited)


def _settle(context: Context, job: PairUpdate, errors: WriteErrors[Staged]) -> bool:
    """Look what became of an update; say whether it may be tried again: the account answers, and both records exist."""
    intent, is_settled = context.tables.intents.of_record(job.target.name, job.source_id), False
    try:
        with _around(context, job):
            if isinstance(intent, UpdateIntent):
                settle_update(context, intent)
            target_id = job.target_staged.id
            link = context.tables.links.of_record(job.target.name, target_id)
            is_settled = job.link is None or (link is not None and link.gone is None)
    except ConnectorError as error:
        with context.state.atomic() as transaction:
            errors.note_error(transaction, job.source, job.staged_source, "update", error)
    return is_settled


def commit_pair(
    transaction: Transaction, context: Context, left: Staged | None, right: Staged | None, link: Link | None
) -> None:
    """Merge a pair that needs no write, and store what was agreed and what is in conflict."""
    target, source = context.connection.left, context.connection.right
    ids = link.ids if link else (left.id if left else "", right.id if right else "")
    job = PairUpdate(target, source, left or Staged("left", ids[0]), right or Staged("right", ids[1]), link)
    job.views = {"left": context.view(link, target, left), "right": context.view(link, source, right)}
    shown = contact_codec.decode(left.contact) if left and left.contact else None
    job.contact = shown or Contact(ids[0], job.views["left"].now)
    job.result = merge_views(context, link, *job.left_and_right)
    commit_update(transaction, context, job, None)
