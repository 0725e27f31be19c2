"""Read single records by id and stage them, whatever their time (R3, R22)."""

from collections.abc import Sequence
from functools import partial

from connectors.errors import ConnectorError, OtherRecord, RecordGone
from connectors.records import Page
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.gone_records import is_merge_target, note_gone
from sync.contacts.staged_records import memory_of, staged_record
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.record_boundary import confirm_usable


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
    if isinstance(page, RecordGone):
        note_gone(context, side, record_id)
        return None
    if isinstance(page, OtherRecord) and is_merge_target(context, side, record_id, page):
        note_gone(context, side, record_id)
        return None
    if isinstance(page, ConnectorError):
        raise page
    return _stage(context, side, record_id, page)


def _stage(context: Context, side: Side, record_id: str, page: Page) -> Staged | None:
    raw = page.records[0]
    link = context.tables.links.by_record(side.name, [record_id]).get(record_id)
    contact = side.connector.to_contact(raw, memory_of(link, side))
    if link is None and context.is_forgotten(side, contact):
        return None
    confirm_usable(contact)
    staged = staged_record(context, side, raw, contact, link)
    with context.state.atomic() as transaction:
        context.staging.put_records(transaction, [staged])
        side.identities.put_contacts(transaction, [contact_codec.index_entry(contact)])
    return staged
