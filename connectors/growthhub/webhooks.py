"""What a webhook of GrowthHub says, as far as it is a hint where to look. Pure.

Rules kept here:
- nothing is taken from it but which record changed, where, when, and whether it is gone: what it shows of a person is
  never believed nor kept, the record is asked for;
- fields stand at the top (as events are documented) or within `data` (as the guide shows them);
- an id is of letters, digits, - and _: whatever else stands there is no record of GrowthHub;
- a note is of interest when it is gone: it may have been a copy of ours. Other notes, tasks, users and apps are not.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from connectors.growthhub.message_mapping import EMAIL_PREFIX, MESSAGE_PREFIX
from connectors.growthhub.notes import ID_PREFIX as NOTE_PREFIX
from connectors.values import instant

Subject = Literal["contact", "message"]

CONTACT_CHANGED: Final = frozenset({"ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate"})
CONTACT_GONE: Final = "ContactDelete"
MESSAGE_MADE: Final = frozenset({"InboundMessage", "OutboundMessage"})
NOTE_GONE: Final = "NoteDelete"

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `subject` is None for one of no interest; `contact` is the person of a message.

    `at` and `webhook` are what it says of its own time and id, None where it does not, or not so that it can be read.
    """

    kind: str
    location: str
    subject: Subject | None
    record: str = ""
    contact: str = ""
    gone: bool = False
    at: datetime | None = None
    webhook: str | None = None


def read(body: bytes) -> Event:
    """Return what a body says. Raises ValueError where that is no event."""
    said = json.loads(body)
    if not isinstance(said, Mapping) or not isinstance(said.get("type"), str):
        raise ValueError("no event")  # noqa: TRY004 - one kind of error for the caller
    data = said.get("data")
    fields = {**data, **said} if isinstance(data, Mapping) else said
    subject, record, contact = _about(said["type"], fields)
    webhook = said.get("webhookId")
    return Event(
        kind=said["type"],
        location=_text(fields.get("locationId")),
        subject=subject,
        record=record,
        contact=contact,
        gone=said["type"] in (CONTACT_GONE, NOTE_GONE),
        at=instant.parse(said.get("timestamp")),
        webhook=webhook if isinstance(webhook, str) and webhook else None,
    )


def _about(kind: str, fields: Mapping[str, Any]) -> tuple[Subject | None, str, str]:
    """Return what an event is about, and the ids of it and its person. Raises ValueError where they are missing."""
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
