"""Map a GrowthGenius message from the wire to the canonical shape and back. Pure: users are passed in.

Rules kept here:
- a missing text is unknown (R4). Null and "" are a message without words. "None" and "N/A" are words here, because
  people answer so. HTML becomes its readable text. Words that look like HTML are written as HTML, so that they are read
  as they are. A text of pictures alone names their addresses;
- eight keys are documented, and neither direction nor channel. "sales_force_message" (the one documented type) went to
  the contact, and a type that is the name of a channel is that channel;
- there is no room for a marker: a copy is recognised by time and text (R6);
- a user is written only where the owner is a user of the account, with the team of that user.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final

from connectors.growthgenius.envelope import identity
from connectors.growthgenius.mapping import Owner
from connectors.growthgenius.users import User
from connectors.message import Message
from connectors.records import Raw
from connectors.values import attachments, instant, markup, message_text, text
from connectors.values.text import UNKNOWN, Reading, Unknown, Unmapped

CAMPAIGN: Final = "sales_force_message"
CHANNELS: Final[Mapping[str, str]] = {
    each.casefold(): each for each in ("Email", "SMS", "WhatsApp", "Instagram", "Facebook")
}
TOLERANCE: Final = timedelta(seconds=1)
"""A server may cut the time that it was given by this much."""

TELLING: Final = ("contact_id", "rendered_copy", "rendered_subject", "sent_at")
"""The keys that show whether a write arrived. A server may fill in the others by itself."""

NOTHING: Final[Raw] = dict.fromkeys(TELLING)
"""The content of a message before it is created."""

_LONGEST_NUMBER: Final = 18


def _unknown_owner(_: object) -> Reading:
    return UNKNOWN


@dataclass(frozen=True, slots=True)
class MessageReader:
    """Maps records. `owner` returns the e-mail of the user with a raw `user_id`."""

    owner: Owner

    def message(self, raw: Raw) -> Message:
        """Return the message that a record shows."""
        kind = _line(raw.get("message_type")) or ""
        owner = self.owner(raw["user_id"]) if "user_id" in raw else None
        return Message(
            id=identity(raw),
            contact_id=_line(raw.get("contact_id")) or "",
            text=words(raw["rendered_copy"]) if "rendered_copy" in raw else None,
            subject=_line(raw.get("rendered_subject")),
            sent_at=instant.parse(raw.get("sent_at")),
            kind=kind,
            channel=CHANNELS.get(kind.casefold()),
            flow="outbound" if kind == CAMPAIGN else None,
            owner=owner if isinstance(owner, str) else None,
        )

    def without_owner(self) -> "MessageReader":
        """Return a reader that leaves owners unknown, and so makes no call for users."""
        return replace(self, owner=_unknown_owner)


def words(raw: object) -> str | None:
    """Return the readable text of a JSON value, "" where there is none, None for an illegible one or several."""
    if isinstance(raw, str):
        found = markup.readable(raw) or attachments.described(None, raw)
        return None if not found and text.is_illegible(raw) else found
    other = text.clean(raw)
    return None if isinstance(other, Unknown | Unmapped) else other or ""


def written(plain: str) -> str:
    """Return a text as it is sent, so that `words` returns it again."""
    if not markup.is_html(plain):
        return plain
    return "<p>" + escape(plain, quote=False).replace("\n", "<br>") + "</p>"


def shows(copy: Message, original: Message) -> bool:
    """Say whether a record is the copy of an original: the same time and the same text.

    A subject counts where both have one.
    """
    if not same_time(copy, original) or not message_text.same(copy.text, words(written(original.text or ""))):
        return False
    return copy.subject is None or original.subject is None or message_text.same(copy.subject, original.subject)


def same_time(copy: Message, original: Message) -> bool:
    """Say whether both were sent at the same time. Without a time they were not."""
    return _near(copy.sent_at, original.sent_at)


def wire_id(record_id: str) -> int | str:
    """Return an id with its JSON type: one that is written like a number was a number."""
    is_number = record_id.isascii() and record_id.isdigit() and len(record_id) <= _LONGEST_NUMBER
    return int(record_id) if is_number and str(int(record_id)) == record_id else record_id


def body(original: Message, user: User | None) -> dict[str, Any]:
    """Return the wire fields of a message without its contact. `user` is its owner, where known."""
    sent_at = None if original.sent_at is None else instant.render(original.sent_at)
    team = None if user is None else user.team
    fields = {
        "message_type": original.kind or None,
        "rendered_subject": original.subject,
        "sent_at": sent_at,
        "user_id": None if user is None else user.id,
        "team_id": team,
    }
    return {
        "rendered_copy": written(original.text or ""),
        **{key: value for key, value in fields.items() if value is not None},
    }


def known(copy: Message) -> Raw:
    """Return what is known of the record of a copy, as far as it shows whether a write arrived."""
    sent_at = None if copy.sent_at is None else instant.render(copy.sent_at)
    sent = None if copy.text is None else written(copy.text)
    shown = {"rendered_copy": sent, "rendered_subject": copy.subject, "sent_at": sent_at}
    return {key: value for key, value in shown.items() if value is not None}


def news(before: Raw, sent: Mapping[str, Any]) -> list[str]:
    """Return the telling keys of what is sent that a record is known not to show yet."""
    return [key for key in TELLING if key in sent and key in before and not _agrees(key, before[key], sent[key])]


def arrived(keys: Iterable[str], after: Raw, sent: Mapping[str, Any]) -> bool:
    """Say whether a record shows any of these as they were sent."""
    return any(_agrees(key, after.get(key), sent[key]) for key in keys)


def _agrees(key: str, shown: Any, sent: Any) -> bool:
    if key == "contact_id":
        return _line(shown) == str(sent)
    if key == "sent_at":
        return _near(instant.parse(shown), instant.parse(sent))
    return message_text.same(words(shown), words(sent))


def _near(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= TOLERANCE


def _line(raw: object) -> str | None:
    # A person's words keep their invisible characters.
    if isinstance(raw, str):
        line = " ".join(message_text.tidy(raw).split())
        return None if line in text.DIRT else line or None
    found = text.clean_line(raw)
    return found if isinstance(found, str) else None
