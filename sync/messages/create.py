"""Create copies of messages, several at a time, and never two of one message (P2, R6, R20)."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from connectors.errors import Broken, ConnectorError, OutcomeUnknown, RecordError, RecordGone
from connectors.message import Message
from connectors.message_store import CopyResult
from state.database import Transaction
from state.intents import CopyIntent
from state.message_staging import MessageAction, StagedMessage
from sync.messages.candidates import FoundCopy, find_copy
from sync.messages.commit import commit_copy, commit_link
from sync.messages.context import CREATE, WAIT, MessageContext, message_of, message_store
from sync.messages.failures import BEHIND, NO_CONTACT, UNKNOWN, list_failure
from sync.messages.links import new_link
from sync.rules.contact_codec import from_ms
from sync.rules.messages import encode
from sync.streams.connection import Side
from sync.streams.record_boundary import log_defect
from sync.streams.write_errors import WriteErrors

EARLIER_MS: Final = 3_600_000
"""A refused copy was sent at most so long before its failure was listed, on any clock."""


@dataclass(frozen=True, slots=True)
class CopyJob:
    """A message of `source` to be copied to the contact `contact_id` of `target`."""

    target: Side
    source: Side
    staged: StagedMessage
    original: Message
    contact_id: str

    def send(self) -> CopyResult:
        """Create the copy."""
        return message_store(self.target).record_copy(self.original, self.contact_id)


def create_copies(
    context: MessageContext, target: Side, actions: Sequence[MessageAction], errors: WriteErrors[StagedMessage]
) -> None:
    """Create one wave of copies on a side. Raises an error that makes an account useless."""
    found = [_job(context, target, action) for action in actions]
    jobs = _missing_at_target(context, _with_texts(context, [job for job in found if job is not None]))
    _store_intents(context, jobs)
    answers = target.dispatcher.gather([job.send for job in jobs])
    with context.state.atomic() as transaction:
        for job, answer in zip(jobs, answers, strict=True):
            with _around(context, job), context.state.savepoint(transaction):
                _store_answer(transaction, context, job, answer, errors)
    context.run.progress.advance(len(actions))
    errors.raise_fatal()


def link_copy(context: MessageContext, found: FoundCopy) -> None:
    """Link an original to its copy; both exist already."""
    source = context.connection.side(found.side)
    store, unmarked = message_store(context.connection.other(source)), replace(found.copy, of=None)
    # A copy that is known by its marker alone was edited: its content does not show the original any more.
    edited = found.copy.of is not None and not store.is_copy_of(unmarked, found.original)
    mapping = context.contacts.mapping.number
    link = new_link(source.name, found.original, found.digest, found.copy, mapping, edited=edited)
    commit_link(context, source, link)


def _around(context: MessageContext, job: CopyJob) -> AbstractContextManager[None]:
    return context.around(job.source, job.staged.id, job.staged.contact_id, CREATE, digest=job.staged.digest)


def _job(context: MessageContext, target: Side, action: MessageAction) -> CopyJob | None:
    """Return what is to be sent; None where it has to wait, which is listed."""
    source = context.connection.other(target)
    staged = context.staging.message(source.name, action.source_id)
    if staged is None:
        return None
    contact_id = context.linked_contact(source, action.contact_id)
    if contact_id is None:
        blockers = (f"{source.name}:{action.contact_id}",)
        with context.state.atomic() as transaction:
            list_failure(transaction, context, source, staged, WAIT, NO_CONTACT, blockers=blockers)
        return None
    if (target.name, action.contact_id) in context.findings.waiting_contacts:
        with context.state.atomic() as transaction:
            list_failure(transaction, context, source, staged, CREATE, BEHIND, due_ms=context.run.now_ms())
        return None
    return CopyJob(target, source, staged, message_of(staged), contact_id)


def _with_texts(context: MessageContext, jobs: Sequence[CopyJob]) -> list[CopyJob]:
    """Read the texts that listings left out; drop originals that are gone, or failed to go out since.

    Raises an error that is not about one of the messages.
    """
    if not jobs:
        return []
    read = [partial(message_store(job.source).read_current, job.original) for job in jobs]
    ready: list[CopyJob] = []
    for job, answer in zip(jobs, jobs[0].source.dispatcher.gather(read), strict=True):
        if isinstance(answer, Message):
            ready.append(replace(job, original=answer))
        elif answer is None or isinstance(answer, RecordGone):
            _leave_out(context, job)
        elif isinstance(answer, RecordError):
            with context.state.atomic() as transaction:
                reason = f"it can't be read: {answer.message}"
                list_failure(transaction, context, job.source, job.staged, CREATE, reason)
        else:
            with _around(context, job):
                raise answer
    return ready


def _leave_out(context: MessageContext, job: CopyJob) -> None:
    context.report.left_out += 1
    with context.state.atomic() as transaction:
        context.tables.failures.close_failures(transaction, job.source.name, job.staged.id)


def _missing_at_target(context: MessageContext, jobs: Sequence[CopyJob]) -> list[CopyJob]:
    """Return the messages that do not exist at the other side yet; link the others."""
    missing = []
    for job in jobs:
        with _around(context, job):
            if not _exists(context, job):
                missing.append(job)
    return missing


def _exists(context: MessageContext, job: CopyJob) -> bool:
    """Look for the copy once more: a contact that was paired instead of created may have copies already."""
    if _is_our_own_copy(context, job):
        return True
    found = find_copy(context, job.source, job.staged, job.original, job.contact_id) or _refused_copy(context, job)
    if found is not None:
        link_copy(context, found)
    return found is not None


def _is_our_own_copy(context: MessageContext, job: CopyJob) -> bool:
    """Return whether the message to copy is itself a copy of ours; link it to its original unless that is linked.

    A copy without an answer moves to another contact when contacts are merged, and then looks like a new message.
    Its marker is the id of a message of the other side.
    """
    marker, home = job.original.of, job.target
    known = context.tables.index(home).message(marker) if marker else None
    if marker is None or known is None:
        return False
    if context.tables.links.by_record(home.name, [marker]):
        return True
    try:
        original = message_store(home).read_message(marker, known.contact_id)
    except RecordGone:
        return True
    if not message_store(job.source).is_copy_of(replace(job.original, of=None), original):
        # The original was edited since: its text as it was copied makes the edit show in the next run.
        original = replace(original, text=job.original.text)
    with context.state.atomic() as transaction:
        commit_copy(transaction, context, home, original, None, job.original)
        context.tables.failures.close_failures(transaction, job.source.name, job.original.id)
    return True


def _refused_copy(context: MessageContext, job: CopyJob) -> FoundCopy | None:
    """Return the copy that an earlier try created although the server refused it: a refusal may be wrong."""
    failure = context.tables.failures.of_records(job.source.name, [job.staged.id]).get(job.staged.id)
    store = message_store(job.target)
    if failure is None or failure.operation != CREATE or not store.lists_copies:
        return None
    # A copy has the time of its original, so no window of this run may show it: it is looked for by its text.
    since = from_ms(failure.noted_ms - EARLIER_MS)
    for copy in store.find_copies(job.original, job.contact_id, since) if since is not None else ():
        if not context.tables.links.by_record(job.target.name, [copy.id]):
            with suppress(RecordGone):
                return FoundCopy(job.source.name, job.original, store.with_text(copy), job.staged.digest)
    return None


def _store_intents(context: MessageContext, jobs: Sequence[CopyJob]) -> None:
    """Store what is sent before the call: the original may show something else when the copy is looked for."""
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


def _store_answer(
    transaction: Transaction,
    context: MessageContext,
    job: CopyJob,
    answer: CopyResult | ConnectorError,
    errors: WriteErrors[StagedMessage],
) -> None:
    if isinstance(answer, CopyResult):
        if not _is_linked_already(context, job, answer):
            errors.note_success(job.target)
            commit_copy(transaction, context, job.source, job.original, job.staged.digest, answer.copy)
            return
        # The answer shows the record of another message, so the copy is looked for (R20).
        answer = OutcomeUnknown(job.target.account, f"it was answered with {answer.copy.id}, which is another message")
    if not isinstance(answer, RecordError):
        # Later messages of this contact wait, so that the order holds.
        context.findings.waiting_contacts.add((job.target.name, job.staged.contact_id))
    if isinstance(answer, OutcomeUnknown):
        if isinstance(answer, Broken):
            log_defect(answer.cause, f"{job.source.account}:{job.original.id}")
        due_ms = context.run.now_ms() + context.connection.settle_ms
        list_failure(transaction, context, job.source, job.staged, CREATE, UNKNOWN, due_ms=due_ms)
    else:
        context.tables.intents.remove_intents(transaction, job.target.name, job.original.id)
        errors.note_error(transaction, job.source, job.staged, CREATE, answer)


def _is_linked_already(context: MessageContext, job: CopyJob, answer: CopyResult) -> bool:
    copy_id = answer.copy.id
    link = context.tables.links.of_record(job.target.name, copy_id)
    return link is not None and link.gone is None
