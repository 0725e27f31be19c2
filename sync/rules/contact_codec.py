"""Convert contacts to text, to entries of the identity index, and to a display name. Pure."""

import json
from datetime import UTC, datetime
from functools import lru_cache

from connectors.contact import Contact, Fields
from connectors.values import email, phone, text
from state.indexed_contact import IndexedContact
from sync.rules.shadow_codec import fields_of
from sync.rules.streams import CONTACTS

REMEMBERED = 256
"""The number of decoded contacts to cache: planning and writing look at one record several times."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

STREAM = CONTACTS
"""The name of the contact stream in the state."""


def encode(contact: Contact) -> str:
    """Write a contact as JSON text."""
    content = {
        "id": contact.id,
        "fields": dict(contact.fields),
        "created": to_ms(contact.created_at),
        "updated": to_ms(contact.updated_at),
        "marker": contact.marker,
        "phones": contact.phones,
        "unmapped": dict(contact.unmapped),
        "memory": dict(contact.memory),
        "emails": contact.emails,
        "bare": contact.is_marker_bare,
        **({"left_out": contact.left_out} if contact.left_out else {}),
    }
    return _ENCODER.encode(content)


@lru_cache(maxsize=REMEMBERED)
def decode(written: str) -> Contact:
    """Read a contact from JSON text."""
    content = json.loads(written)
    return Contact(
        content["id"],
        fields_of(content["fields"]),
        from_ms(content["created"]),
        from_ms(content["updated"]),
        content["marker"],
        tuple(content["phones"]),
        content["unmapped"],
        content["memory"],
        tuple(content.get("emails", ())),
        is_marker_bare=content.get("bare", False),
        left_out=content.get("left_out", ""),
    )


def index_entry(contact: Contact, linked: str | None = None) -> IndexedContact:
    """Return the entry of the identity index for a contact, in comparable forms.

    A contact that is left out is known by its source id alone: no address or number pairs it (R37).
    """
    if contact.left_out:
        name, created_ms = _name(contact.fields), to_ms(contact.created_at)
        bare = contact.is_marker_bare
        return IndexedContact(contact.id, None, name, (), contact.marker, created_ms, linked, is_marker_bare=bare)
    address = contact.fields.get("email")
    mail = email.key(address) if isinstance(address, str) else None
    return IndexedContact(
        contact.id,
        mail,
        _name(contact.fields),
        tuple(dict.fromkeys(map(phone.key, contact.phones))),
        contact.marker,
        to_ms(contact.created_at),
        linked,
        tuple(each for each in dict.fromkeys(map(email.key, contact.emails)) if each != mail),
        contact.is_marker_bare,
    )


def display_name(account: str, record_id: str, fields: Fields) -> str:
    """Return the name of a contact for a report: the e-mail address, else the phone number, else ACCOUNT:ID."""
    for name in ("email", "phone"):
        value = fields.get(name)
        if isinstance(value, str):
            return value
    return f"{account}:{record_id}"


def to_ms(moment: datetime | None) -> int | None:
    """Return whole milliseconds since 1970."""
    return None if moment is None else round(moment.timestamp() * 1000)


def from_ms(milliseconds: int | None) -> datetime | None:
    """Return an aware time in UTC."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def _name(fields: Fields) -> str:
    parts = (fields.get("first_name"), fields.get("last_name"))
    return " ".join(text.comparable(part).casefold() for part in parts if isinstance(part, str))
