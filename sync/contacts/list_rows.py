"""Decide which rows of a list are believed, and read the records of the others by id (R3, R39).

Rules kept here:
- a row that is older than an earlier answer of its server is not believed;
- a row with a name that lost nothing but its capital letters is not believed: some lists show names in lower case;
- an agreed value that a row does not show is empty only if the record says so too. Otherwise a list that stops showing
  a key would empty that field of all contacts on the other side;
- a new row with an unusable address is not believed either, because the address decides which contact it is (R6), and
  neither is one with another value that identifies it and that no one can read;
- a row that was doubted once, and shows the same again with the same time, is not doubted again: a list that stops
  showing a key costs one read for each record that changes, and none for the others. A scan of everything reads at most
  `MOST` records for this; the others keep their values until a later scan reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

from connectors.contact import Contact
from connectors.records import Raw
from connectors.values.text import is_of_too_long
from state.links import Link
from sync.contacts.context import Context
from sync.rules import contact_codec
from sync.streams.connection import Side

MOST: Final = 1000
"""Records of one side that a run reads by id because a list does not show what was agreed on."""

BROKEN: Final = "\ufffd"
"""What a half of a character is read as."""


DERIVED: Final = frozenset({"owner", "do_not_contact", "phone"})
"""Fields that are derived from other fields or answers: if a row leaves them unknown, no value has vanished."""

ALWAYS_NEW: Final = b""
"""The digest of a row that the next run looks at again, whatever it shows."""


UNKNOWN: Final = object()


@dataclass(frozen=True, slots=True)
class BelievedRow:
    """What is believed of a row: the record, the contact that it shows, and the digest that recognises it later."""

    raw: Raw
    contact: Contact
    digest: bytes


def believed_row(
    context: Context, side: Side, raw: Raw, link: Link | None, memory: Mapping[str, Any]
) -> BelievedRow | None:
    """Map a row, or the record itself if the row is not believed; None if it shows nothing new.

    Raises RecordGone, and what else a read by id raises.
    """
    contact = side.connector.to_contact(raw, memory)
    if link is None:
        row = BelievedRow(raw, contact, side.connector.digest(raw))
        return row if _shows_address(contact) and not contact.illegible else _read(side, contact.id, {})
    if _is_stale(link, side, contact):
        return _read(side, contact.id, memory)
    vanished = _vanished(context, link, side, contact)
    if not vanished and not _is_lowered(context, link, side, contact):
        return BelievedRow(raw, contact, side.connector.digest(raw))
    doubted = _doubted(side, raw, contact)
    if doubted is not None and doubted == link.side(side.name).digest:
        return None
    if vanished and not _may_ask(context, side):
        shown = {name: value for name, value in contact.fields.items() if name not in vanished}
        return BelievedRow(raw, replace(contact, fields=shown), ALWAYS_NEW)
    row = _read(side, contact.id, memory)
    return row if doubted is None else replace(row, digest=doubted)


def _shows_address(contact: Contact) -> bool:
    """Say whether a row shows which address a contact has, or that it has none: that decides the pairing (R6)."""
    dirt = contact.unmapped.get("email")
    return "email" in contact.fields or (dirt is not None and BROKEN not in dirt and not is_of_too_long(dirt))


def _read(side: Side, record_id: str, memory: Mapping[str, Any]) -> BelievedRow:
    raw = side.connector.read_record(record_id).records[0]
    return BelievedRow(raw, side.connector.to_contact(raw, memory), side.connector.digest(raw))


def _vanished(context: Context, link: Link, side: Side, contact: Contact) -> frozenset[str]:
    """Return the fields that have an agreed value and no value in the row."""
    gone = set()
    for name, agreed in context.mapping.shadow(link, side.name).items():
        shown = contact.fields.get(name, UNKNOWN)
        is_silent = shown is UNKNOWN and (name in DERIVED or name in contact.unmapped)
        if agreed is not None and (shown is None or shown is UNKNOWN) and not is_silent:
            gone.add(name)
    return frozenset(gone & side.connector.fields)


def _may_ask(context: Context, side: Side) -> bool:
    context.findings.doubted[side.account] += 1
    if context.findings.doubted[side.account] == MOST + 1:
        context.run.progress.note(
            f"{side.account}: its list leaves out values that its records have; of the records that did not change, "
            f"{MOST} are read by id in one run, and the others keep their values until a later run reads them"
        )
    return context.findings.doubted[side.account] <= MOST


def _doubted(side: Side, raw: Raw, contact: Contact) -> bytes | None:
    """Return a digest that recognises a row that was not believed; None if the row has no time that shows a change."""
    updated = contact_codec.to_ms(contact.updated_at)
    if updated is None:
        return None
    return blake2b(side.connector.digest(raw) + str(updated).encode(), digest_size=16).digest()


def _is_stale(link: Link, side: Side, contact: Contact) -> bool:
    """Say whether a row is older than what its server showed last, or than our own last write.

    Both are checked, because not every answer to a write shows a time: that of a call about tags shows none.
    """
    known, updated = link.side(side.name), contact_codec.to_ms(contact.updated_at)
    return updated is not None and updated < max(known.seen_ms or 0, known.wrote_ms or 0)


def _is_lowered(context: Context, link: Link, side: Side, contact: Contact) -> bool:
    base = context.mapping.shadow(link, side.name)
    names = ((base.get(name), contact.fields.get(name)) for name in ("first_name", "last_name"))
    return any(isinstance(agreed, str) and shown == agreed.lower() != agreed for agreed, shown in names)
