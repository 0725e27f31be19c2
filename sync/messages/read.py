"""Read the messages of a side in windows and by webhook hints, and stage what is new.

Rules kept here: the horizon (R1, R20), an index of every message of the side (R7), one record never stops the others
(R42).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from connectors.errors import RecordGone
from connectors.message import Message
from connectors.records import Page, Window
from state.intervals import IntervalSet
from state.links import Link
from state.message_staging import StagedMessage
from state.webhook_hints import Hint
from sync.contacts.staged_records import stage_by_id
from sync.messages.commit import commit_lost_copy, indexed
from sync.messages.context import MessageContext, message_store
from sync.messages.links import original_side
from sync.messages.read_by_contact import read_by_contact
from sync.rules.messages import digest, encode
from sync.rules.windows import ReadRange
from sync.streams.connection import Side
from sync.streams.hints import MAX_READ_BY_ID, hinted_sides
from sync.streams.record_boundary import confirm_usable
from sync.streams.recovery import is_gone
from sync.streams.windows import WindowReader


def read_side(context: MessageContext, side: Side, read_range: ReadRange) -> IntervalSet:
    """Read and stage one side; return the spans that are covered once every message found there is dealt with."""
    if not context.is_read(side):
        return ()
    context.run.progress.begin_step(f"reading messages of {side.account}")
    if message_store(side).by_contact is not None:
        return read_by_contact(context, side, read_range, partial(_stage_page, context, side, whole=read_range.whole))
    stage_page = partial(_stage_page, context, side, whole=read_range.whole)
    covered, context.report.windows[side.account] = _reader(context, side).read_range(read_range, stage_page)
    return covered


def complete_index(context: MessageContext, side: Side) -> None:
    """Read a side in full into the index, where that has not been done, before a message is copied there (R7)."""
    if side.account not in context.findings.horizons:
        return
    reader = _reader(context, side)
    for window in reader.unindexed_windows():
        context.run.progress.begin_step(f"reading all messages of {side.account} once")
        reader.read_window(window, partial(_index_page, context, side))


def read_hinted(context: MessageContext, read_range: ReadRange) -> None:
    """Read and stage the messages that webhooks reported; note a copy that is gone as deleted."""
    for side, hints in hinted_sides(context.tables, read_range):
        if message_store(side).by_contact is not None:
            continue
        context.run.progress.begin_step(f"reading messages that {side.account} reported")
        count = 0
        for hint in hints:
            if _is_new(context, side, hint):
                if count == MAX_READ_BY_ID:
                    continue  # it stays in the state and waits for the next run
                count += 1
                with context.around(side, hint.record, hint.contact or ""):
                    _read_hint(context, side, hint)
                context.run.progress.advance()
            context.findings.handled_hints.append(hint)


def stage_new_contacts(context: MessageContext, side: Side) -> None:
    """Stage the contacts of new messages that are neither linked nor staged yet, so that they travel too.

    `--stream messages` reads no other contacts, and a contact that was created just now lies behind the horizon.
    """
    contacts = context.contacts
    for contact_id in context.staging.unlinked_contacts(side.name):
        ids = [contact_id]
        is_known = (
            contacts.tables.links.by_record(side.name, ids)
            or contacts.tables.failures.of_records(side.name, ids)
            or contacts.staging.changed_records(side.name, ids)
        )
        if contact_id and not is_known:
            with contacts.boundary.around(side, contact_id):
                stage_by_id(contacts, side, contact_id)


def stage_message(context: MessageContext, side: Side, message_id: str, contact_id: str) -> bool:
    """Read one message by id and stage it; return whether it exists and may be carried.

    Raises BrokenRecord, AuthError, TransientError.
    """
    link = context.tables.links.of_record(side.name, message_id)
    # A message that waited may have failed to go out since: then it is left out, as a window leaves it out. A linked
    # message exists in any case.
    read = message_store(side).read_listed if link is None else message_store(side).read_message
    try:
        message = read(message_id, contact_id)
    except RecordGone:
        return False
    if message is not None:
        _stage_one(context, side, message, link)
    return message is not None


def _reader(context: MessageContext, side: Side) -> WindowReader:
    """Return what reads the messages of a side in windows."""
    return WindowReader(
        context.run, context.tables, context.boundary, context.findings.horizons, context.lookback,
        side, message_store(side).read_window,
    )  # fmt: skip


def _stage_page(
    context: MessageContext, side: Side, page: Page, _window: Window, horizon: datetime, *, whole: bool
) -> None:
    """Stage what is new of a page, and index all of it, also messages that do not travel.

    A message never changes its time, so it is staged however young it is: only what counts as covered ends at the
    horizon, so that a message which the listing shows late is read again (R1, R20).
    """
    context.contacts.findings.horizons.setdefault(side.account, horizon)
    mapped = _mapped(context, side, page)
    messages = _without_erased(context, side, mapped)
    context.report.left_out += len(mapped) - len(messages)
    staged = list(_staged(context, side, messages, whole=whole))
    with context.state.atomic() as transaction:
        context.staging.put_messages(transaction, staged)
        context.tables.index(side).put_messages(transaction, map(indexed, messages))


def _index_page(context: MessageContext, side: Side, page: Page, _window: Window, _horizon: datetime) -> None:
    messages = _without_erased(context, side, _mapped(context, side, page))
    with context.state.atomic() as transaction:
        context.tables.index(side).put_messages(transaction, map(indexed, messages))


def _mapped(context: MessageContext, side: Side, page: Page) -> list[Message]:
    """Return the messages of a page; list those that are broken or could not be read (R42)."""
    context.boundary.note_page(side, page, context.run.progress.note)
    messages: list[Message] = []
    for raw in page.records:
        shown_id, contact_id = message_store(side).id_of(raw), str(raw.get("contactId") or raw.get("contact_id") or "")
        with context.around(side, shown_id, contact_id):
            message = message_store(side).to_message(raw)
            confirm_usable(message)
            encode(message).encode()  # a text that no file can hold must fail here, as the failure of this message
            messages.append(message)
    return messages


def _without_erased(context: MessageContext, side: Side, messages: Sequence[Message]) -> list[Message]:
    """Leave out the messages of erased contacts."""
    return [one for one in messages if not context.contacts.is_forgotten_record(side, one.contact_id)]


def _staged(
    context: MessageContext, side: Side, messages: Sequence[Message], *, whole: bool
) -> Iterator[StagedMessage]:
    ids = [message.id for message in messages]
    links, failed = context.tables.links.by_record(side.name, ids), context.tables.failures.of_records(side.name, ids)
    for message in messages:
        link, shown = links.get(message.id), digest(message)
        is_new = message.id in failed or not _is_known(context, side, message, link, whole=whole)
        content = encode(message) if is_new else None
        yield StagedMessage(side.name, message.id, message.contact_id, content, shown, _link_id(link))


def _is_known(context: MessageContext, side: Side, message: Message, link: Link | None, *, whole: bool) -> bool:
    """Return whether nothing about a message is new."""
    if link is not None:  # edits of copies are not carried
        return original_side(link) != side.name or link.side(side.name).digest == digest(message)
    if not context.scope.takes(side.name, message):
        return True
    if whole:  # a run that reads everything decides again about what was left out
        return False
    known = context.tables.index(side).message(message.id)
    return known is not None and known.left_out


def _is_new(context: MessageContext, side: Side, hint: Hint) -> bool:
    """Return whether a hint reports more than is known already, without a call."""
    link = context.tables.links.of_record(side.name, hint.record)
    if hint.gone:  # a note that is gone may have been a copy
        return link is not None and link.gone is None and original_side(link) != side.name
    # A linked message is an echo of our own write, or known: no event reports an edit.
    if link is not None or not context.scope.leaves(side.name):
        return False
    return context.staging.message(side.name, hint.record) is None


def _read_hint(context: MessageContext, side: Side, hint: Hint) -> None:
    if not hint.gone:
        _stage_hint(context, side, hint)
        return
    link = context.tables.links.by_record(side.name, [hint.record])[hint.record]
    if is_gone(partial(message_store(side).read_message, hint.record, context.copy_contact(link))):
        commit_lost_copy(context, side, link)


def _stage_hint(context: MessageContext, side: Side, hint: Hint) -> None:
    if context.contacts.is_forgotten_record(side, hint.contact):
        context.report.left_out += 1
        return
    try:
        message = message_store(side).read_listed(hint.record, hint.contact)
    except RecordGone:
        return
    if message is not None and context.scope.takes(side.name, message):
        _stage_one(context, side, message, None)


def _stage_one(context: MessageContext, side: Side, message: Message, link: Link | None) -> None:
    confirm_usable(message)
    staged = StagedMessage(side.name, message.id, message.contact_id, encode(message), link=_link_id(link))
    with context.state.atomic() as transaction:
        context.staging.put_messages(transaction, [staged])
        context.tables.index(side).put_messages(transaction, [indexed(message)])


def _link_id(link: Link | None) -> int | None:
    return None if link is None else link.id
