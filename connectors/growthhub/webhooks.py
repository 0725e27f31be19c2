"""Read a webhook of GrowthHub as a hint. Pure.

Rules kept here:
- only the record, the location, the time and "is gone" are taken from it. Data of the contact is neither used nor kept:
  the run reads the record;
- fields are at the top level (documented) or within `data` (shown in the guide);
- an id has letters, digits, - and _. Anything else is no record of GrowthHub;
- a note matters only when it is gone, because it may have been a copy. Other notes, tasks, users and apps do not
  matter.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.growthhub.message_mapping import EMAIL_PREFIX, MESSAGE_PREFIX
from connectors.growthhub.notes import ID_PREFIX as NOTE_PREFIX
from connectors.growthhub.signatures import ED25519, RSA, Verifier
from connectors.growthhub.webhook_options import ON, WebhookKeys
from connectors.system import Subject, WebhookEvent
from connectors.values import instant

CONTACT_CHANGED: Final = frozenset({"ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate"})
CONTACT_GONE: Final = "ContactDelete"
MESSAGE_MADE: Final = frozenset({"InboundMessage", "OutboundMessage"})
NOTE_GONE: Final = "NoteDelete"

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


class SignedWebhooks:
    """Events that are signed with the keys of the table [webhooks]: a connectors.system.WebhookReader.

    Raises ValueError for a key that cannot be used.
    """

    def __init__(self, keys: WebhookKeys) -> None:
        ed25519 = (ED25519,) if keys.ed25519_key is None else keys.ed25519_key
        self._verifier = Verifier(ed25519, (RSA,) if keys.rsa_key == ON else keys.rsa_key)

    def takes(self, path: str) -> bool:
        """Say whether events come to this path."""
        return path == ""

    def is_genuine(self, _path: str, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Say whether a body has a valid signature."""
        return self._verifier.is_signed(body, headers)

    def read(self, body: bytes) -> WebhookEvent:
        """Return the content of an event. Raises ValueError for a body that is no event."""
        return read(body)


def read(body: bytes) -> WebhookEvent:
    """Return the content of an event. Raises ValueError for a body that is no event."""
    said = json.loads(body)
    if not isinstance(said, Mapping) or not isinstance(said.get("type"), str):
        raise ValueError("no event")  # noqa: TRY004 - one kind of error for the caller
    data = said.get("data")
    fields = {**data, **said} if isinstance(data, Mapping) else said
    subject, record, contact = _about(said["type"], fields)
    webhook = said.get("webhookId")
    return WebhookEvent(
        kind=said["type"],
        place=_text(fields.get("locationId")),
        subject=subject,
        record=record,
        contact=contact,
        gone=said["type"] in (CONTACT_GONE, NOTE_GONE),
        at=instant.parse(said.get("timestamp")),
        webhook=webhook if isinstance(webhook, str) and webhook else None,
    )


def _about(kind: str, fields: Mapping[str, Any]) -> tuple[Subject | None, str, str]:
    """Return what an event is about, with the ids of the record and its contact.

    Raises ValueError where they are missing.
    """
    if kind in CONTACT_CHANGED or kind == CONTACT_GONE:
        return "contact", _id(fields.get("id") or fields.get("contactId")), ""
    if kind == NOTE_GONE:
        return "message", f"{NOTE_PREFIX}{_id(fields.get('id'))}", _id(fields.get("contactId"))
    if kind in MESSAGE_MADE:
        return "message", _message_id(fields), _id(fields.get("contactId"))
    return None, "", ""


def _message_id(fields: Mapping[str, Any]) -> str:
    if fields.get("emailMessageId"):
        return f"{EMAIL_PREFIX}{_id(fields['emailMessageId'])}"
    return f"{MESSAGE_PREFIX}{_id(fields.get('messageId'))}"


def _id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("no id")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
