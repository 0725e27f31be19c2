"""Make copies of messages, several at a time, never two of one (R6, R9, R20).

Rules kept here:
- the intent is durable before the call, and goes when the outcome is stored; till then it holds what was sent, since
  the original may show something else when the copy is looked for, and where no marker shows it is known by its text;
- what is there is looked for once more before anything is made: a person who was met on the way, instead of being
  made, may have copies already;
- a copy that was refused is looked for before it is tried again: not each refusal is true;
- while the outcome of a message is unknown, what was sent to the same person later waits, so that the order holds.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from connectors.errors import Broken, ConnectorError, OutcomeUnknown, RecordError, RecordGone
from connectors.message import Message
from connectors.message_store import CopyResult
from state.database import Transaction
from state.history import CREATED, HistoryEntry
from state.intents import CopyIntent
from state.message_staging import MessageAction, StagedMessage
from sync.contacts.failures import Troubles
from sync.messages.candidates import Pair, find
from sync.messages.context import MessageContext, letters, message_of
from sync.messages.failures import BEHIND, CREATE, UNKNOWN, WAITS, WITHOUT_PERSON, list_failure
from sync.messages.read import indexed
from sync.output.formats import WHOLE
from sync.rules import contact_codec
from sync.rules.messages import encode
from sync.streams.connection import Side
from sync.streams.record_boundary import tell_mistake

EARLIER_MS: Final = 3_600_000
"""How long before a try was listed as failed it was sent at most, on any clock."""


@dataclass(frozen=True, slots=True)
class CopyJob:
    """A message of `source` to be copied to the person `contact_id` of `target`."""

    target: Side
    source: Side
    staged: StagedMessage
    original: Message
    contact_id: str

    def send(self) -> CopyResult:
        """Record the copy."""
        return letters(self.target).record_copy(self.original, self.contact_id)


def copy(
    context: MessageContext, target: Side, steps: Sequence[MessageAction], troubles: Troubles[StagedMessage]
) -> None:
    """Make one wave of copies on a side. Raises what makes an account useless."""
    found = [_job(context, target, step) for step in steps]
    jobs = _strangers(context, _whole(context, [job for job in found if job is not None]))
    _intend(context, jobs)
    answers = target.dispatcher.gather([job.send for job in jobs])
    with context.state.atomic() as transaction:
        for job, answer in zip(jobs, answers, strict=True):
            with _around(context, job), context.state.savepoint(transaction):
                _conclude(transaction, context, job, answer, troubles)
    context.run.progress.advance(len(steps))
    troubles.raise_fatal()


def _around(context: MessageContext, job: CopyJob) -> AbstractContextManager[None]:
    return context.around(job.source, job.staged.id, job.staged.contact_id, CREATE, digest=job.staged.digest)


def _strangers(context: MessageContext, jobs: Sequence[CopyJob]) -> list[CopyJob]:
    """Return those of the messages that are not on the other side already."""
    strangers = []
    for job in jobs:
        with _around(context, job):
            if not _is_there(context, job):
                strangers.append(job)
    return strangers


def adopt(context: MessageContext, pair: Pair) -> None:
    """Link an original to its copy, both of which are there already."""
    source = context.connection.side(pair.side)
    edited = pair.copy.of is not None and not _shows_all(context.connection.other(source), pair)
    link = context.linked(source, pair.original, pair.digest, pair.copy, edited=edited)
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.failures.close_failures(transaction, source.name, pair.original.id)
        context.tables.failures.close_failures(transaction, context.connection.other(source).name, pair.copy.id)
        context.tables.intents.remove_intents(transaction, context.connection.other(source).name, pair.original.id)


def _shows_all(target: Side, pair: Pair) -> bool:
    """Say whether a copy that is known by its marker would be known without it as well: then no person edited it."""
    return letters(target).is_copy_of(replace(pair.copy, of=None), pair.original)


def remember_copy(
    transaction: Transaction,
    context: MessageContext,
    source: Side,
    original: Message,
    digest: bytes | None,
    made: Message,
    *,
    edited: bool = False,
) -> None:
    """Store that a copy was made by us, of the original as it was sent; `edited` tells that it was edited since."""
    target = context.connection.other(source)
    link = context.linked(source, original, digest, made, edited=edited)
    context.tables.links.save_link(transaction, link, context.run.id)
    context.tables.intents.remove_intents(transaction, target.name, original.id)
    context.tables.failures.close_failures(transaction, source.name, original.id)
    if letters(target).lists_copies:
        context.tables.index(target).put_messages(transaction, [indexed(made)])
    context.tables.index(source).put_messages(
        transaction, [indexed(original)]
    )  # its text is known by now, which its listing may leave out
    origin = f"{source.account}:{original.id}"
    entry = HistoryEntry(link.id, target.account, made.id, WHOLE, None, None, CREATED, origin, person=made.contact_id)
    context.tables.history.add_entries(transaction, [entry], context.run.id, context.run.now_ms())
    context.report.accounts[target.account].created += 1


def _job(context: MessageContext, target: Side, step: MessageAction) -> CopyJob | None:
    """Return what is to be sent; None where that has to wait, which is listed."""
    source = context.connection.other(target)
    staged = context.stage.message(source.name, step.source_id)
    if staged is None:
        return None
    contact_id = context.person(source, step.contact_id)
    if contact_id is None:
        blocker = f"{source.name}:{step.contact_id}"
        with context.state.atomic() as transaction:
            list_failure(transaction, context, source, staged, WAITS, WITHOUT_PERSON, blockers=(blocker,))
        return None
    if (target.name, step.contact_id) in context.findings.waiting_contacts:
        with context.state.atomic() as transaction:
            list_failure(transaction, context, source, staged, CREATE, BEHIND, due_ms=context.run.now_ms())
        return None
    return CopyJob(target, source, staged, message_of(staged), contact_id)


def _whole(context: MessageContext, jobs: Sequence[CopyJob]) -> list[CopyJob]:
    """Read the texts that listings left out; raises what is not about one of the messages.

    An original that is gone, or that failed since it was listed, needs no copy.
    """
    if not jobs:
        return []
    read = [partial(letters(job.source).read_current, job.original) for job in jobs]
    ready: list[CopyJob] = []
    for job, answer in zip(jobs, jobs[0].source.dispatcher.gather(read), strict=True):
        if isinstance(answer, Message):
            ready.append(replace(job, original=answer))
        elif answer is None or isinstance(answer, RecordGone):
            _leave_out(context, job)
        elif isinstance(answer, RecordError):
            _list_unread(context, job, answer)
        else:
            with _around(context, job):
                raise answer
    return ready


def _leave_out(context: MessageContext, job: CopyJob) -> None:
    """Leave out a message that needs no copy any more."""
    context.report.left_out += 1
    with context.state.atomic() as transaction:
        context.tables.failures.close_failures(transaction, job.source.name, job.staged.id)


def _list_unread(context: MessageContext, job: CopyJob, error: RecordError) -> None:
    with context.state.atomic() as transaction:
        list_failure(transaction, context, job.source, job.staged, CREATE, f"it can't be read: {error.message}")


def _is_our_own(context: MessageContext, job: CopyJob) -> bool:
    """Say whether what is to be copied is a copy of ours: one whose answer was lost moves along with whom is merged.

    It bears the id of a message of the other side, and is linked to that now, unless another copy is, or it is gone.
    """
    marker, home = job.original.of, job.target
    known = context.tables.index(home).message(marker) if marker else None
    if marker is None or known is None:
        return False
    if context.tables.links.by_record(home.name, [marker]):
        return True
    try:
        original = letters(home).read_message(marker, known.contact_id)
    except RecordGone:
        return True
    if not letters(job.source).is_copy_of(replace(job.original, of=None), original):
        original = replace(original, text=job.original.text)  # as it was copied: that it was edited since shows by that
    with context.state.atomic() as transaction:
        remember_copy(transaction, context, home, original, None, job.original)
        context.tables.failures.close_failures(transaction, job.source.name, job.original.id)
    return True


def _is_there(context: MessageContext, job: CopyJob) -> bool:
    if _is_our_own(context, job):
        return True
    pair = find(context, job.source, job.staged, job.original, job.contact_id) or _copied_before(context, job)
    if pair is not None:
        adopt(context, pair)
    return pair is not None


def _copied_before(context: MessageContext, job: CopyJob) -> Pair | None:
    """Return the copy that an earlier try made although it was refused: not each refusal is true.

    A copy bears the time of its original, so that no window shows it where that is long ago.
    """
    failure = context.tables.failures.of_records(job.source.name, [job.staged.id]).get(job.staged.id)
    if failure is None or failure.operation != CREATE or not letters(job.target).lists_copies:
        return None
    since = contact_codec.from_ms(failure.noted_ms - EARLIER_MS)
    for copy in letters(job.target).find_copies(job.original, job.contact_id, since) if since is not None else ():
        if not context.tables.links.by_record(job.target.name, [copy.id]):
            with suppress(RecordGone):
                return Pair(job.source.name, job.original, letters(job.target).with_text(copy), job.staged.digest)
    return None


def _intend(context: MessageContext, jobs: Sequence[CopyJob]) -> None:
    if not jobs:
        return
    with context.state.atomic() as transaction:
        for job in jobs:
            intent = CopyIntent(
                side=job.target.name,
                source_id=job.original.id,
                sent_ms=job.target.server_now_ms(context.run.clock),
                contact=job.staged.contact_id,
                copied_to=job.contact_id,
                digest=job.staged.digest,
                message=encode(job.original),
            )
            context.tables.intents.add_intent(transaction, intent, context.run.id)


def _conclude(
    transaction: Transaction,
    context: MessageContext,
    job: CopyJob,
    answer: CopyResult | ConnectorError,
    troubles: Troubles[StagedMessage],
) -> None:
    if isinstance(answer, CopyResult) and not _is_of_another(context, job, answer):
        troubles.fine(job.target)
        remember_copy(transaction, context, job.source, job.original, job.staged.digest, answer.copy)
        return
    if isinstance(answer, CopyResult):  # it shows the record of another message: what was made is looked for (R20)
        answer = OutcomeUnknown(job.target.account, f"it was answered with {answer.copy.id}, which is another message")
    if isinstance(answer, Broken):
        tell_mistake(answer.cause, f"{job.source.account}:{job.original.id}")
    if not isinstance(answer, RecordError):
        context.findings.waiting_contacts.add((job.target.name, job.staged.contact_id))
    if isinstance(answer, OutcomeUnknown):
        due_ms = context.run.now_ms() + round(context.connection.settle.total_seconds() * 1000)
        list_failure(transaction, context, job.source, job.staged, CREATE, UNKNOWN, due_ms=due_ms)
    else:
        context.tables.intents.remove_intents(transaction, job.target.name, job.original.id)
        troubles.note(transaction, job.source, job.staged, CREATE, answer)


def _is_of_another(context: MessageContext, job: CopyJob, answer: CopyResult) -> bool:
    """Say whether what was recorded is a record that is linked to another message."""
    copy_id = answer.copy.id
    link = context.tables.links.by_record(job.target.name, [copy_id]).get(copy_id)
    return link is not None and link.gone is None
