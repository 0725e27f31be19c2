"""Index a record that cannot be read by what it still shows: addresses, names, phones (R7, R42).

Without its index entry the contact of the other side would look new, and would be created a second time. What was known
of the record before is kept where it shows nothing readable now.
"""

from dataclasses import replace

from connectors.records import Raw
from state.indexed_contact import IndexedContact
from state.links import Link
from sync.contacts.context import Context
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.record_boundary import storable


def index_outline(context: Context, side: Side, raw: Raw, link: Link | None) -> None:
    """Put what identifies an unreadable record into the identity index, unless its contact was erased."""
    try:
        contact = side.connector.to_outline(raw)
        shown = _storable(contact_codec.index_entry(contact))
        if link is None and context.is_forgotten(side, contact):
            return
    except Exception:  # noqa: BLE001 - the record is listed for a reason of its own; this adds what it still shows
        return
    (before,) = side.identities.by_id([shown.id]) or [shown]
    with context.state.atomic() as transaction:
        side.identities.put_contacts(transaction, [united(before, shown)])


def united(before: IndexedContact, shown: IndexedContact) -> IndexedContact:
    """Return what is known of a record that shows only `shown` now; the rest is as it was before."""
    return replace(
        shown,
        email=shown.email or before.email,
        name=shown.name or before.name,
        phones=shown.phones or before.phones,
        marker=shown.marker or before.marker,
        is_marker_bare=shown.is_marker_bare if shown.marker else before.is_marker_bare,
        created_ms=shown.created_ms or before.created_ms,
        more_emails=shown.more_emails or before.more_emails,
    )


def _storable(known: IndexedContact) -> IndexedContact:
    """Return it as a file can hold it."""
    return replace(
        known,
        id=storable(known.id),
        email=storable(known.email) if known.email else None,
        name=storable(known.name),
        phones=tuple(map(storable, known.phones)),
        more_emails=tuple(map(storable, known.more_emails)),
    )
