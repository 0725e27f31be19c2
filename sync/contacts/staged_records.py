"""Stage single records that are read by id, and store which of them are gone (R3, R14, R22, R24)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from connectors.contact import Contact
from connectors.errors import ConnectorError, OtherRecord, RecordGone
from connectors.records import Page
from state.database import Transaction
from state.history import FOUND_DELETED, HistoryEntry
from state.links import Link
from state.staging import Staged
from sync.contacts.context import AHEAD_MS, Context
from sync.output.formats import WHOLE
from sync.rules import contact_codec
from sync.rules.conflict_policy import correct, finer
from sync.streams.connection import OWN_WRITE_MS, Side
from sync.streams.record_boundary import confirm_identified, confirm_usable


def stage_by_id(context: Context, side: Side, record_id: str) -> Staged | None:
    """Read one record by id and stage it.

    None if it is gone, which is stored, or if its contact was erased. Raises what is wrong with the record, for the
    boundary around the caller, and AuthError, TransientError.
    """
    (page,) = side.dispatcher.gather([partial(side.connector.read_record, record_id)])
    return _staged(context, side, record_id, page)


def stage_by_ids(context: Context, side: Side, ids: Sequence[str]) -> dict[str, Staged]:
    """Read records by id, several at a time, as `stage_by_id` does; return those that were staged, by id.

    What is wrong with one of them is listed. Raises AuthError, TransientError.
    """
    pages = side.dispatcher.gather([partial(side.connector.read_record, record_id) for record_id in ids])
    found = {}
    for record_id, page in zip(ids, pages, strict=True):
        with context.boundary.around(side, record_id):
            staged = _staged(context, side, record_id, page)
            if staged is not None:
                found[record_id] = staged
    return found


def _staged(context: Context, side: Side, record_id: str, page: Page | ConnectorError) -> Staged | None:
    if is_gone_answer(context, side, record_id, page):
        note_gone(context, side, record_id)
        return None
    if isinstance(page, ConnectorError):
        raise page
    raw = page.records[0]
    link = context.tables.links.of_record(side.name, record_id)
    contact = side.connector.to_contact(raw, memory_of(link, side))
    if link is None:
        if context.is_forgotten(side, contact):
            return None
        confirm_identified(contact)
    confirm_usable(contact)
    staged = staged_record(context, side, raw, contact, link)
    with context.state.atomic() as transaction:
        context.staging.put_records(transaction, [staged])
        side.identities.put_contacts(transaction, [contact_codec.index_entry(contact)])
    return staged


def without_deleted(context: Context, side: Side, page: Sequence[Staged]) -> list[Staged]:
    """Return the unlinked rows of a page without records that were deleted and are still gone.

    A record that exists again is returned as it was read by id.
    """
    doubted = context.tables.history.deleted_records(side.account, [staged.id for staged in page])
    if not doubted:
        return list(page)
    found = stage_by_ids(context, side, sorted(doubted))
    return [found.get(staged.id, staged) for staged in page if staged.id not in doubted or staged.id in found]


def note_gone(context: Context, side: Side, record_id: str) -> None:
    """Store that a record does not exist: a deletion is found (R22)."""
    with context.state.atomic() as transaction:
        commit_gone(transaction, context, side, record_id)


def commit_gone(transaction: Transaction, context: Context, side: Side, record_id: str) -> None:
    """Do what `note_gone` does, within a transaction.

    The survivor stays linked to it, and is neither deleted nor created again. If both are gone, the link goes too.
    """
    side.identities.drop_contact(transaction, record_id)
    link = context.tables.links.of_record(side.name, record_id)
    if link is not None and link.gone == side.name:
        return
    context.tables.failures.close_failures(transaction, side.name, record_id)
    if link is not None:
        _lose(transaction, context, side, link)


def _lose(transaction: Transaction, context: Context, side: Side, link: Link) -> None:
    other = context.connection.other(side)
    deletion = HistoryEntry(link.id, side.account, link.side(side.name).id, WHOLE, None, None, FOUND_DELETED)
    context.tables.history.add_entries(transaction, [deletion], context.run.id, context.run.now_ms())
    context.tables.conflicts.close_conflicts(transaction, link.id, frozenset(context.tables.conflicts.of_link(link.id)))
    context.tables.failures.close_failures(transaction, other.name, link.side(other.name).id)
    if link.gone is not None:
        context.tables.links.remove_link(transaction, link.id)
        return
    link.gone = side.name
    context.tables.links.save_link(transaction, link, context.run.id)


def is_gone_answer(context: Context, side: Side, record_id: str, answer: Page | ConnectorError) -> bool:
    """Say whether an answer shows that a record is gone, or that it was merged into another one.

    The merge target has the e-mail address of the linked record, or the marker of its counterpart. The answer to
    another question has neither.
    """
    if not isinstance(answer, OtherRecord):
        return isinstance(answer, RecordGone)
    link = context.tables.links.of_record(side.name, record_id)
    if link is None:
        return False
    target = contact_codec.index_entry(side.connector.to_contact(answer.shown, {}))
    if target.marker is not None and target.marker == link.side(context.connection.other(side).name).id:
        return True
    lost = contact_codec.index_entry(Contact(record_id, context.mapping.shadow(link, side.name)))
    return lost.email is not None and lost.email == target.email


def staged_record(
    context: Context, side: Side, raw: Any, contact: Contact, link: Link | None, *, digest: bytes | None = None
) -> Staged:
    """Return a record as it is staged.

    `digest` is what the record is to be remembered by, by default that of `raw`.
    """
    wrote = link.side(side.name).wrote_ms if link else None
    # The record as it came is needed only to price a plan, to write a marker to it, and for a write of many (R34).
    wanted = context.run.dry or side.needs_marker(contact) or side.connector.bulk is not None
    return Staged(
        side.name,
        contact.id,
        json.dumps(raw, ensure_ascii=False, separators=(",", ":")) if wanted else None,
        contact_codec.encode(contact),
        side.connector.digest(raw) if digest is None else digest,
        finer(_changed_ms(context, side, contact, wrote), _event_ms(context, side, contact, wrote)),
        link.id if link else None,
    )


def refresh_staged(transaction: Transaction, context: Context, side: Side, record: Staged) -> None:
    """Stage a record as it was read last, if it is staged, with the time from before our own write.

    The shadow follows that reading: with what was staged before, the merge of the other side would see an edit.
    """
    staged = context.staging.changed_record(side.name, record.id)
    if staged is not None:
        changed_ms = record.changed_ms if record.changed_ms is not None else staged.changed_ms
        context.staging.put_records(transaction, [replace(record, changed_ms=changed_ms)])


def contact_of(staged: Staged) -> Contact:
    """Return the contact that a staged record shows, without fields if nothing of it is new."""
    return contact_codec.decode(staged.contact) if staged.contact else Contact(staged.id, {})


def name_of(side: Side, staged: Staged) -> str:
    """Return the name of a staged record, as reports show it."""
    return contact_codec.display_name(side.account, staged.id, contact_of(staged).fields)


def memory_of(link: Link | None, side: Side) -> Any:
    """Return what an earlier mapping of a linked record left for the next one."""
    text = link.side(side.name).memory if link else None
    return json.loads(text) if text else {}


def _changed_ms(context: Context, side: Side, contact: Contact, wrote_ms: int | None) -> int | None:
    """Return when a user changed a record, on our clock; None if that is unknown or its date is in the future."""
    shown = contact_codec.to_ms(contact.updated_at)
    if shown is not None and shown > side.server_now_ms(context.run.clock) + AHEAD_MS:
        return None
    return side.changed_ms(contact, wrote_ms)


def _event_ms(context: Context, side: Side, contact: Contact, wrote_ms: int | None) -> int | None:
    """Return when a webhook said that a record was changed, on our clock; None if it may be an echo of our write."""
    event_ms = context.tables.hints.event_ms(side.account, contact.id)
    if event_ms is None or event_ms > side.server_now_ms(context.run.clock):
        return None
    # Events may be sent late, so for `settle` after our write no event proves an edit by a user.
    echo_ms = max(OWN_WRITE_MS, round(context.connection.settle.total_seconds() * 1000))
    if wrote_ms is not None and event_ms <= wrote_ms + echo_ms:
        return None
    return contact_codec.to_ms(correct(contact_codec.from_ms(event_ms), side.connector.clock_offset()))
