"""Pair contacts of connections that form a circle, by the links of the others (R6, R20).

Rules kept here:
- a record that other connections of the circle have linked to a record of the other side is paired with it, before any
  e-mail or number: a contact without either would else go round the circle and be created again and again;
- a record with a counterpart that has another partner here is a double, which is listed (R8);
- a record is not created again where another connection has found that its counterpart was deleted (R24);
- a record that an unanswered create of another connection may have created waits until that create is settled. Its link
  would come too late.
"""

from datetime import timedelta

from state.indexed_contact import IndexedContact
from sync.contacts.context import Context
from sync.rules.match import Paired, PairingRefused, contradicts
from sync.streams.connection import Side

TOLERANCE_MS = round(timedelta(seconds=2).total_seconds() * 1000)
"""A record may show whole seconds, or a clock of another machine of the same system."""


def linked_partner(context: Context, side: Side, contact: IndexedContact) -> Paired | None:
    """Return the record of the other side that a record is linked to by way of other connections, None if none is."""
    elsewhere, other = context.tables.linked_elsewhere, context.connection.other(side)
    found = elsewhere.counterpart(side.account, contact.id, other.account) if elsewhere else None
    link = context.tables.links.by_record(other.name, [found]).get(found) if found else None
    if found is None or (link is not None and link.gone is None):
        return None
    if context.staging.paired_id(other.name, found):
        return None
    known = other.identities.by_id([found])
    # The record may have become another contact since the other connections agreed on it.
    return None if any(contradicts(contact, one) for one in known) else Paired(found, "link")


def double_of_linked(context: Context, side: Side, contact: IndexedContact) -> PairingRefused | None:
    """Return why a record is not created if its counterpart round the circle has a partner here, else None.

    An unanswered create may have made it twice at this account: each copy would else go round, and be made once more.
    """
    elsewhere, other = context.tables.linked_elsewhere, context.connection.other(side)
    found = elsewhere.counterpart(side.account, contact.id, other.account) if elsewhere else None
    link = context.tables.links.by_record(other.name, [found]).get(found) if found else None
    if found is None or link is None or link.gone:
        return None
    if any(contradicts(contact, one) for one in other.identities.by_id([found])):
        return None
    twin = link.side(side.name).id
    reason = (
        f"is {other.account}:{found} by way of another connection, which is linked to {twin} on the same side; "
        "merge them"
    )
    return PairingRefused(reason, ((True, twin),), double=True)


def is_deleted_there(context: Context, side: Side, contact: IndexedContact) -> bool:
    """Say whether another connection has found that the counterpart of a record was deleted at the other side (R24)."""
    elsewhere, other = context.tables.linked_elsewhere, context.connection.other(side)
    return bool(elsewhere) and elsewhere.is_deleted(side.account, contact.id, other.account)


def awaited_create(context: Context, side: Side, contact: IndexedContact) -> str:
    """Return why a record waits that an unanswered create of another connection may have created, else ''."""
    elsewhere, created_ms = context.tables.linked_elsewhere, contact.created_ms
    for one in elsewhere.open_creates(side.account) if elsewhere else ():
        if created_ms is None or created_ms + TOLERANCE_MS >= one.sent_ms:
            return (
                f"may be what connection {one.connection} created without an answer; it waits until a run of that "
                "connection has found that out, so that no second contact is created"
            )
    return ""
