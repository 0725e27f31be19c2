"""Read the messages of a side contact by contact, one call each, where its system shows them in no other way.

Rules kept here:
- read are the contacts that are new here or were noted (sync.contacts.active_contacts); all linked ones the first time,
  in a run that reads everything, and where the config says `people = "all"`;
- a note is dropped when everything that followed from it is written, and kept where the contact could not be read;
- a plan reads none of them, because that would cost as much as the run: it counts the calls.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from connectors.errors import RecordGone, RecordRefused
from connectors.message_store import ContactMessages
from connectors.records import Page, UnreadableRow, Window
from state.cursors import COVERED
from state.intervals import IntervalSet, reach
from state.webhook_hints import Hint
from sync.messages.context import MessageContext, message_store
from sync.rules.contact_codec import to_ms
from sync.rules.windows import ORIGIN, ReadRange
from sync.streams.connection import Side

TakePage = Callable[[Page, Window, datetime], None]


def read_by_contact(context: MessageContext, side: Side, read_range: ReadRange, take_page: TakePage) -> IntervalSet:
    """Read and stage the messages of contacts; return the span that is covered. Raises AuthError, TransientError."""
    store = message_store(side).by_contact
    if store is None:
        raise AssertionError(f"{side.account}: its messages are listed")
    hints = {hint.record: hint for hint in context.tables.hints.waiting_hints(side.account)}
    wanted = _contacts_to_read(context, side, hints, is_whole=_is_whole(context, side, read_range))
    if context.run.dry and read_range.hinted:  # a plan; `verify` reads them
        context.findings.unread_contacts[side.account] = sum(1 for _ in wanted)
        return ()
    begun_ms = to_ms(context.run.clock.now()) or 0
    for contact_id in wanted:
        page = _read(store, context, contact_id)
        if page is not None:
            take_page(page, Window(ORIGIN), page.served_at)
        if page is not None and page.unread:
            _note(context, side, contact_id)
        elif contact_id in hints:
            context.findings.handled_hints.append(hints[contact_id])
        context.run.progress.advance()
    context.boundary.close_read_failures(side)
    context.report.windows[side.account] = None
    return ((0, begun_ms),)


def _is_whole(context: MessageContext, side: Side, read_range: ReadRange) -> bool:
    """Say whether the messages of all linked contacts are read."""
    is_first = reach(context.tables.cursors.intervals(side.name, COVERED), 0) is None
    return read_range.whole or is_first or context.settings.people == "all"


def _contacts_to_read(context: MessageContext, side: Side, hints: dict[str, Hint], *, is_whole: bool) -> Iterator[str]:
    links = context.contacts.tables.links
    new = list(links.record_ids(side.name, 0 if is_whole else context.tables.settings.last_link()))
    # Notes of contacts that have no link any more are dropped without a call.
    linked = links.by_record(side.name, list(hints))
    context.findings.handled_hints += [hint for record, hint in hints.items() if record not in linked]
    yield from dict.fromkeys([*new, *linked])


def _note(context: MessageContext, side: Side, contact_id: str) -> None:
    """Let the next run read the messages of a contact again."""
    with context.state.atomic() as transaction:
        context.tables.hints.put_contacts(transaction, side.account, [contact_id], context.run.now_ms())


def _read(store: ContactMessages, context: MessageContext, contact_id: str) -> Page | None:
    """Return the messages of one contact, None where it is gone."""
    try:
        return store.read_contact(contact_id)
    except RecordGone:
        return None
    except RecordRefused as error:
        row = UnreadableRow(contact_id, f"the messages of contact {contact_id} cannot be read: {error.message}")
        return Page([], context.run.clock.now(), (row,))
