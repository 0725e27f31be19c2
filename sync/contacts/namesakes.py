"""Find the records that could not be read and have the name of a contact: it may be the same contact (R7, R42).

An address that cannot be read pairs its record with no one. Until it can be read, no contact of that name is created
beside it, unless both have an address, which then differ.
"""

from state.indexed_contact import IndexedContact
from sync.contacts.context import Context
from sync.streams.connection import Side
from sync.streams.record_boundary import READ


def unread_namesake(context: Context, side: Side, contact: IndexedContact) -> str | None:
    """Return the id of a record of the other side that could not be read and may be this contact, None for none."""
    other, known = context.connection.other(side), context.findings.unread
    if other.name not in known:
        known[other.name] = _find_unread(context, other)
    namesakes = known[other.name].get(contact.name, ())
    return next((one.id for one in namesakes if one.email is None or contact.email is None), None)


def _find_unread(context: Context, side: Side) -> dict[str, list[IndexedContact]]:
    """Return, by name, the records of a side without a link that are listed because they could not be read."""
    listed = [one for one in context.tables.failures.waiting_failures() if one.operation == READ]
    found: dict[str, list[IndexedContact]] = {}
    for known in side.identities.by_id([one.record_id for one in listed if one.side == side.name]):
        if known.name and known.linked is None:
            found.setdefault(known.name, []).append(known)
    return found
