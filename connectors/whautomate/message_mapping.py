"""Map a WhatsApp message from the wire to the canonical shape. Pure.

Rules kept here:
- flags come as texts ("true"), and channels in any case. Messenger is the channel Facebook of the config; one that the
  config does not know (Telegram, the website's chat) has none;
- a message without words has its caption, else the address of its picture or file. The footer is not part of it;
- an outgoing message that failed, or waits to be sent, never reached the contact: it is left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from connectors.message import Message
from connectors.records import Raw
from connectors.values import attachments, instant, message_text
from connectors.whautomate.envelope import identity

CONTACT: Final = "contactId"
"""The key under which a row has the contact that was asked for."""

_CHANNELS: Final[Mapping[str, str]] = {
    "whatsapp": "WhatsApp", "instagram": "Instagram", "messenger": "Facebook", "facebook": "Facebook",
}  # fmt: skip
_NOT_SENT: Final = frozenset({"failed", "undelivered", "rejected", "pending", "queued", "scheduled"})


def is_wanted(raw: Raw) -> bool:
    """Say whether a row is a message that was sent."""
    return _is_incoming(raw) or str(raw.get("status") or "").strip().casefold() not in _NOT_SENT


def message(raw: Raw) -> Message:
    """Return the message of a row."""
    channel = str(raw.get("channel") or "").strip()
    known = _CHANNELS.get(channel.casefold())
    return Message(
        id=identity(raw),
        contact_id=str(raw.get(CONTACT) or _contact_of(raw)),
        text=_text(raw),
        subject=_line(raw.get("headerText")),
        sent_at=instant.parse(raw.get("timestamp")) or instant.parse(raw.get("createdAt")),
        kind=known or channel,
        channel=known,
        flow="inbound" if _is_incoming(raw) else "outbound",
    )


def _is_incoming(raw: Raw) -> bool:
    return str(raw.get("isIncoming") or "").strip().casefold() == "true"


def _contact_of(raw: Raw) -> str:
    contact = raw.get("contact")
    return str(contact.get("id") or "") if isinstance(contact, Mapping) else ""


def _text(raw: Raw) -> str:
    words = next((found for key in ("text", "caption") if (found := _words(raw.get(key)))), "")
    return words or attachments.described({"url": raw["mediaUrl"]} if raw.get("mediaUrl") else None)


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("body") or value.get("text")
    return message_text.tidy(value) if isinstance(value, str) else ""


def _line(value: Any) -> str | None:
    return " ".join(_words(value).split()) or None
