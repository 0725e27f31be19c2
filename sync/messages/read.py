"""Read the messages of a side in windows, and stage what is new as the pages come.

Rules kept here:
- a message is a fact, and dealt with whenever it is seen, however young: only what counts as covered ends at the
  horizon, so that what an index shows late is read again (R1, R20);
- every message seen goes into the index (R7), also one that does not travel;
- a linked original that shows what it showed before, any copy, and what was left out before, are old news; what was
  left out is looked at anew by a run that reads everything.
"""

from collections.abc import Iterator, Sequence

from connectors.connector import Page, Window
from connectors.errors import RecordGone
from connectors.message import Message
from state.cursors import COVERED, INDEXED
from state.intervals import Interval, IntervalSet, gaps, union
from state.links import Link
from state.message_staging import StagedMessage
from state.messages import IndexedMessage
from sync.contacts.read import future_again, reachable, stage_by_id
from sync.messages.context import MessageContext, letters, original_side
from sync.rules import contact_codec
from sync.rules.messages import digest, encode, text_digest
from sync.rules.windows import ReadRange, moment, reported, spans_of, window_of
from sync.streams.connection import Side
from sync.streams.record_boundary import confirm_workable


def observe(context: MessageContext, side: Side, bounds: ReadRange) -> IntervalSet:
    """Read and stage one side; return the spans that will be covered once all that was found there is dealt with."""
    if not context.reads(side):
        return ()
    context.run.progress.begin_step(f"reading messages of {side.account}")
    spans = list(spans_of(bounds, context.tables.cursors.intervals(side.name, COVERED)))
    covered = _read_spans(context, side, bounds, spans)
    horizon = context.findings.horizons.get(side.account)
    if not bounds.exact and (again := future_again(context.contacts, context.tables.cursors, side, horizon, covered)):
        spans += again
        covered += _read_spans(context, side, bounds, again)
    context.report.windows[side.account] = reported(bounds, sorted(spans), context.lookback, horizon)
    if not bounds.exact:
        context.boundary.close_read(side)
    return context.boundary.covered(side, union(covered))


def _read_spans(context: MessageContext, side: Side, bounds: ReadRange, spans: Sequence[Interval]) -> list[Interval]:
    """Read spans; return what of them lies before the horizon."""
    covered: list[Interval] = []
    for span in spans:
        window = reachable(context.contacts, side, window_of(bounds, span, context.lookback))
        horizon_ms = _read(context, side, window, whole=bounds.whole)
        covered.append((span[0], min(span[1], horizon_ms)))
        _remember_indexed(context, side, span[0], min(span[1], horizon_ms))
    return covered


def complete_index(context: MessageContext, side: Side) -> None:
    """Read a side in full into the index, where that has not been done, before anything is copied there (R7)."""
    if side.account not in context.findings.horizons:
        return
    horizon_ms = contact_codec.to_ms(context.findings.horizons[side.account]) or 0
    for start, end in gaps(context.tables.cursors.intervals(side.name, INDEXED), (0, horizon_ms)):
        context.run.progress.begin_step(f"reading all messages of {side.account} once")
        for page in letters(side).read_window(Window(moment(start), moment(end) if end < horizon_ms else None)):
            shown = _mapped(context, side, page)
            kept = [one for one in shown if not context.contacts.is_forgotten_record(side, one.contact_id)]
            with context.state.atomic() as transaction:
                context.tables.index(side).put_messages(transaction, map(indexed, kept))
            context.run.progress.advance(len(page.records))
        _remember_indexed(context, side, start, end)


def bring_along(context: MessageContext, side: Side) -> None:
    """Stage the people of new messages who are not linked yet and not on the stage, so that they travel too.

    `--stream messages` reads nobody else; and who was made a moment ago lies behind the horizon.
    """
    contacts = context.contacts
    for contact_id in context.stage.unlinked_contacts(side.name):
        known = contacts.tables.links.by_record(side.name, [contact_id]) or contacts.tables.failures.of_records(
            side.name, [contact_id]
        )
        if contact_id and not known and not contacts.staging.changed_records(side.name, [contact_id]):
            with contacts.boundary.around(side, contact_id):
                stage_by_id(contacts, side, contact_id)


def stage_message(context: MessageContext, side: Side, message_id: str, contact_id: str) -> bool:
    """Read one message by id and stage it; say whether it is there to be carried.

    A message that waited, or could not be read, may have failed to go out since: it is left out, as a window leaves it
    out. One that is linked is there all the same.
    """
    link = context.tables.links.by_record(side.name, [message_id]).get(message_id)
    read = letters(side).read_message if link is not None else letters(side).read_listed
    try:
        message = read(message_id, contact_id)
    except RecordGone:
        return False
    if message is None:
        return False
    confirm_workable(message)
    with context.state.atomic() as transaction:
        context.stage.put_messages(
            transaction, [StagedMessage(side.name, message.id, message.contact_id, encode(message), link=_id(link))]
        )
        context.tables.index(side).put_messages(transaction, [indexed(message)])
    return True


def indexed(message: Message, *, left_out: bool = False) -> IndexedMessage:
    """Return what the index keeps of a message."""
    return IndexedMessage(
        message.id, message.contact_id, contact_codec.to_ms(message.sent_at), text_digest(message), left_out
    )


def _read(context: MessageContext, side: Side, window: Window, *, whole: bool) -> int:
    """Read a window page by page and return its horizon in milliseconds."""
    horizon = None
    for page in letters(side).read_window(window):
        if horizon is None:
            horizon = page.served_at - context.connection.settle
            known = context.findings.horizons.setdefault(side.account, horizon)
            context.findings.horizons[side.account] = min(known, horizon)
            context.contacts.findings.horizons.setdefault(side.account, horizon)
        _take_page(context, side, page, whole=whole)
        context.run.progress.advance(len(page.records))
    if horizon is None:
        raise AssertionError(f"{side.account}: a window without a single answer")
    return contact_codec.to_ms(horizon) or 0


def _take_page(context: MessageContext, side: Side, page: Page, *, whole: bool) -> None:
    messages = _without_forgotten(context, side, _mapped(context, side, page))
    staged = list(_staged(context, side, messages, whole=whole))
    with context.state.atomic() as transaction:
        context.stage.put_messages(transaction, staged)
        context.tables.index(side).put_messages(transaction, (indexed(message) for message in messages))


def _mapped(context: MessageContext, side: Side, page: Page) -> list[Message]:
    """Return the messages of a page; what is wrong with one of them is listed, as is what could not be read (R42)."""
    context.boundary.take(side, page, context.run.progress.note)
    messages: list[Message] = []
    for raw in page.records:
        shown_id, contact_id = letters(side).id_of(raw), str(raw.get("contactId") or raw.get("contact_id") or "")
        with context.around(side, shown_id, contact_id):
            message = letters(side).to_message(raw)
            confirm_workable(message)
            encode(message).encode()  # what no file can hold is found here, by itself
            messages.append(message)
    return messages


def _without_forgotten(context: MessageContext, side: Side, messages: Sequence[Message]) -> list[Message]:
    """Leave out the messages of those who were forgotten, and count them."""
    kept = [one for one in messages if not context.contacts.is_forgotten_record(side, one.contact_id)]
    context.report.left_out += len(messages) - len(kept)
    return kept


def _staged(
    context: MessageContext, side: Side, messages: Sequence[Message], *, whole: bool
) -> Iterator[StagedMessage]:
    ids = [message.id for message in messages]
    links, failed = context.tables.links.by_record(side.name, ids), context.tables.failures.of_records(side.name, ids)
    for message in messages:
        link, shown = links.get(message.id), digest(message)
        old = message.id not in failed and _is_old_news(context, side, message, link, whole=whole)
        content = None if old else encode(message)
        yield StagedMessage(side.name, message.id, message.contact_id, content, shown, _id(link))


def _is_old_news(context: MessageContext, side: Side, message: Message, link: Link | None, *, whole: bool) -> bool:
    if link is not None:
        return original_side(link) != side.name or link.side(side.name).digest == digest(message)
    if whole or not context.scope.takes(side.name, message):
        return not context.scope.takes(side.name, message)
    known = context.tables.index(side).message(message.id)
    return known is not None and known.left_out


def _remember_indexed(context: MessageContext, side: Side, start: int, end: int) -> None:
    with context.state.atomic() as transaction:
        context.tables.cursors.add_intervals(transaction, side.name, INDEXED, [(start, end)])


def _id(link: Link | None) -> int | None:
    return None if link is None else link.id
