"""Map messages of conversations to the canonical shape. Pure.

Rules kept here:
- the e-mails of a thread are one message at the wire, which each reply overwrites. Here each e-mail is a message, with
  its own id, which never changes. The thread's text is not used; with several e-mails neither are its time, direction,
  user and marker (connectors.growthhub.email_threads reads those);
- only messages between people count: no activity entries, internal comments, calls without text, deleted or pending
  messages. Of these the wanted channels are taken, and our own copies in any channel;
- a message that could not be delivered is left out, and so is such an e-mail of a thread;
- a message without text that has pictures or files lists them;
- `altId` is the marker of a copy that was recorded here. That of other messages belongs to other software, or to a copy
  that another connection recorded: a copy is copied no further, so that no message goes round in a circle.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from connectors.growthhub import notes
from connectors.http.allowed_calls import is_usable_id, may_refer
from connectors.message import Flow, Message
from connectors.records import Raw
from connectors.values import attachments, instant, markup, message_text

MESSAGE_PREFIX: Final = "message:"
EMAIL_PREFIX: Final = "email:"
EMAIL: Final = "Email"
EMAIL_ID: Final = "emailMessageId"
"""The key that selects one e-mail of a thread. The export does not use it; other parts of the API do."""

CHANNELS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("EMAIL", "CAMPAIGN_EMAIL", "CUSTOM_EMAIL", "CUSTOM_PROVIDER_EMAIL"), EMAIL),
    **dict.fromkeys(("SMS", "CAMPAIGN_SMS", "CAMPAIGN_MANUAL_SMS", "CUSTOM_SMS", "CUSTOM_PROVIDER_SMS"), "SMS"),
    **dict.fromkeys(("SMS_REVIEW_REQUEST", "SMS_NO_SHOW_REQUEST", "SMS_REACTION"), "SMS"),
    "WHATSAPP": "WhatsApp",
    **dict.fromkeys(("INSTAGRAM", "INSTAGRAM_COMMENT"), "Instagram"),
    **dict.fromkeys(("FACEBOOK", "CAMPAIGN_FACEBOOK", "FACEBOOK_COMMENT"), "Facebook"),
    **dict.fromkeys(("CALL", "CAMPAIGN_CALL", "CAMPAIGN_MANUAL_CALL", "CAMPAIGN_VOICEMAIL", "IVR_CALL"), "Call"),
    "CUSTOM_CALL": "Call",
}
"""The channel of each message type, as the config file names it. Other types have none."""

FAILED: Final = frozenset({"failed", "undelivered", "bounced", "rejected"})
NOT_YET: Final = frozenset({"pending", "scheduled", "queued"})
_BETWEEN_NO_PEOPLE: Final = ("ACTIVITY", "INTERNAL_COMMENT", "LIVE_CHAT_INFO")
_FILE: Final = r"(?:image|video|audio|application)/[\w.+-]+"
_FLOWS: Final[Mapping[str, Flow]] = {"inbound": "inbound", "outbound": "outbound"}


def is_wanted(row: Raw, channels: frozenset[str], provider_id: str | None, source: str) -> bool:
    """Say whether a row of the export is a message between people, in a wanted channel or recorded by us."""
    if not row.get("id") or not row.get("contactId") or row.get("deleted") is True or _is_to_come(row):
        return False
    is_ours = _is_ours(row, provider_id, source)
    if notes.is_foreign_mark(row.get("altId"), source):
        return False
    # In a thread, each e-mail has a status of its own.
    if not is_ours and len(email_ids(row)) <= 1 and has_failed(row):
        return False
    channel = channel_of(row)
    if channel == "Call" and not str(row.get("body") or "").strip():
        return False
    return channel in channels or (is_ours and not _type(row).startswith(_BETWEEN_NO_PEOPLE))


def has_usable_ids(row: Raw) -> bool:
    """Say whether a row refers to its contact and its e-mails by ids that they can have."""
    return may_refer(row.get("contactId")) and all(map(is_usable_id, _listed_emails(row)))


def has_failed(record: Raw) -> bool:
    """Say whether a message or an e-mail never reached the contact."""
    return record.get("direction") != "inbound" and str(record.get("status") or "").strip().casefold() in FAILED


def messages_in(row: Raw) -> Iterator[Raw]:
    """Yield a row, or one row for each e-mail of a thread."""
    emails = email_ids(row)
    if emails:
        yield from ({**row, EMAIL_ID: each} for each in emails)
    else:
        yield row


def message(row: Raw, owner_of: Callable[[str], str | None], source: str) -> Message:
    """Return the message of a row of the export, or of one read by id. `owner_of` returns the address of a user."""
    shown = Message(
        id=id_of(row),
        contact_id=str(row["contactId"]),
        text=None if channel_of(row) == EMAIL else _text(row),
        subject=_subject(row),
        sent_at=instant.parse(row.get("dateAdded")),
        kind=_kind(row),
        channel=channel_of(row),
        flow=_FLOWS.get(str(row.get("direction"))),
        owner=_owner(row, owner_of),
        of=notes.id_in(row.get("altId"), source),
    )
    return replace(shown, sent_at=None, flow=None, owner=None, of=None) if len(email_ids(row)) > 1 else shown


def id_of(row: Raw) -> str:
    """Return the id of the message, or of the e-mail, that a row of the export shows."""
    email_id = row.get(EMAIL_ID)
    return f"{EMAIL_PREFIX}{email_id}" if email_id else f"{MESSAGE_PREFIX}{row.get('id', '')}"


def email(record: Raw, contact_id: str, owner_of: Callable[[str], str | None], source: str) -> Message:
    """Return an e-mail that was read by its own id."""
    return Message(
        id=f"{EMAIL_PREFIX}{record['id']}",
        contact_id=str(record.get("contactId") or contact_id),
        text=_text(record),
        subject=message_text.comparable(str(record.get("subject") or "")) or None,
        sent_at=instant.parse(record.get("dateAdded")),
        kind="email",
        channel=EMAIL,
        flow=_FLOWS.get(str(record.get("direction"))),
        owner=_owner(record, owner_of),
        of=notes.id_in(record.get("altId"), source),
    )


def with_text(row: Raw, shown: Message) -> Message:
    """Return a message with the text of a record that was read by its id. Only so does an e-mail get its text."""
    return replace(shown, text=_text(row)) if shown.text is None else shown


def channel_of(row: Raw) -> str | None:
    """Return the channel of a message, None where it is of none."""
    return CHANNELS.get(_type(row))


def email_ids(row: Raw) -> tuple[str, ...]:
    """Return the ids of the e-mails of a thread, each once, of another message none."""
    return tuple(dict.fromkeys(map(str, _listed_emails(row))))


def _listed_emails(row: Raw) -> list[Any]:
    if channel_of(row) != EMAIL:
        return []
    meta = _object(_object(row, "meta"), "email")
    found = meta.get(
        "messageIds", _object(meta, "email").get("messageIds")
    )  # documented samples have it in both places
    return [each for each in found if each is not None and each != ""] if isinstance(found, list) else []


def _is_to_come(row: Raw) -> bool:
    """Say whether a message has not been sent: an e-mail, while it has no id of its own either."""
    status = str(row.get("status") or "")
    return status == "scheduled" or (status in NOT_YET and channel_of(row) == EMAIL and not email_ids(row))


def _is_ours(row: Raw, provider_id: str | None, source: str) -> bool:
    is_of_provider = provider_id is not None and row.get("conversationProviderId") == provider_id
    return is_of_provider or notes.id_in(row.get("altId"), source) is not None


def _type(row: Raw) -> str:
    return str(row.get("messageType") or "").upper().removeprefix("TYPE_")


def _kind(row: Raw) -> str:
    return "email" if channel_of(row) == EMAIL else _type(row).lower()


def _text(row: Raw) -> str:
    written = str(row.get("body") or "")
    readable = markup.readable(written, str(row.get("contentType") or ""))
    return readable or attachments.described(row.get("attachments"), written) or _file_kind(row.get("contentType"))


def _file_kind(content_type: object) -> str:
    """Return what stands for a file if the server shows only its kind: at times it fills no attachments."""
    kind = str(content_type or "").strip().casefold()
    return f"Attachment: {kind}" if re.fullmatch(_FILE, kind) else ""


def _subject(row: Raw) -> str | None:
    found = _object(_object(row, "meta"), "email").get("subject") or row.get("subject")
    return message_text.comparable(found) or None if isinstance(found, str) else None


def _owner(row: Raw, owner_of: Callable[[str], str | None]) -> str | None:
    user_id = row.get("userId")
    return owner_of(str(user_id)) if user_id else None


def _object(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = row.get(key)
    return found if isinstance(found, Mapping) else {}
