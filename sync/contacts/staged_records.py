"""Records as they are staged: the contact, its digest, and when a user changed it on our clock (R14)."""

import json
from dataclasses import replace
from typing import Any

from connectors.contact import Contact
from state.database import Transaction
from state.links import Link
from state.staging import Staged
from sync.contacts.context import AHEAD_MS, Context
from sync.rules import contact_codec
from sync.rules.conflict_policy import correct, finer
from sync.streams.connection import OWN_WRITE_MS, Side


def staged_record(
    context: Context, side: Side, raw: Any, contact: Contact, link: Link | None, *, digest: bytes | None = None
) -> Staged:
    """Return a record as it is staged.

    `digest` is what the record is to be remembered by, by default that of `raw`.
    """
    wrote = link.side(side.name).wrote_ms if link else None
    # The record as it came is needed only to price a plan, and to write a marker to it.
    wanted = context.run.dry or side.needs_marker(contact)
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
    staged = context.staging.changed_records(side.name, [record.id]).get(record.id)
    if staged is not None:
        changed_ms = record.changed_ms if record.changed_ms is not None else staged.changed_ms
        context.staging.put_records(transaction, [replace(record, changed_ms=changed_ms)])


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
