"""A message of GrowthGenius, from the wire to the canonical shape and back. Pure: users are passed in.

Rules kept here:
- a text that is not there was left out of the answer: it is unknown (R4), None. Null and "" are a message without
  words. "None" and "N/A" are words here, and no dirt: they are what people answer, and a copy that is not known again
  is made a second time. HTML becomes what a reader sees of it, and words that would be taken for HTML are written as
  HTML, so that they are read as what they say; a text of nothing but pictures says where they are;
- eight keys are documented, and neither direction nor channel: what a campaign sent ("sales_force_message", the one
  documented type) went to the person, and a type that is the name of a channel tells the channel. No more is known;
- there is no room for a marker: a copy is known by its time and its words (R6);
- a user is written only where the owner is one of the account's, with the team of that user; nobody stands in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final

from connectors.connector import Raw
from connectors.growthgenius.envelope import identity
from connectors.growthgenius.mapping import Owner
from connectors.growthgenius.users import User
from connectors.message import Message
from connectors.values import attachments, instant, markup, message_text, text
from connectors.values.text import UNKNOWN, Reading, Unknown, Unmapped

CAMPAIGN: Final = "sales_force_message"
CHANNELS: Final[Mapping[str, str]] = {
    each.casefold(): each for each in ("Email", "SMS", "WhatsApp", "Instagram", "Facebook")
}
TOLERANCE: Final = timedelta(seconds=1)
"""By so much a server may cut the time that it was given."""

TELLING: Final = ("contact_id", "rendered_copy", "rendered_subject", "sent_at")
"""The keys that tell whether a write arrived; the others a server may fill in by itself."""

NOTHING: Final[Raw] = dict.fromkeys(TELLING)
"""What there is of a message before it is made."""

_LONGEST_NUMBER: Final = 18


def _nobody(_: object) -> Reading:
    return UNKNOWN


@dataclass(frozen=True, slots=True)
class MessageReader:
    """Maps records; `owner` says whose e-mail a raw `user_id` stands for."""

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
        """Return a reader that leaves owners unknown, and so asks for no users."""
        return replace(self, owner=_nobody)


def words(raw: object) -> str | None:
    """Return what a person reads of a JSON value, "" where there is nothing to be read, None for no single value."""
    if isinstance(raw, str):
        return markup.readable(raw) or attachments.described(None, raw)
    found = text.clean(raw)
    return None if isinstance(found, Unknown | Unmapped) else found or ""


def written(plain: str) -> str:
    """Return words as they are sent, so that `words` returns them again."""
    if not markup.is_html(plain):
        return plain
    return "<p>" + escape(plain, quote=False).replace("\n", "<br>") + "</p>"


def shows(copy: Message, original: Message) -> bool:
    """Say whether a record is, by what it shows, the copy of a whole original: the same time and the same words.

    A subject counts where both have one.
    """
    if not same_time(copy, original) or not message_text.same(copy.text, words(written(original.text or ""))):
        return False
    return copy.subject is None or original.subject is None or message_text.same(copy.subject, original.subject)


def same_time(copy: Message, original: Message) -> bool:
    """Say whether both were sent at one time; what has no time is not known by it."""
    return _near(copy.sent_at, original.sent_at)


def wire_id(record_id: str) -> int | str:
    """Return an id with the JSON type that it came with: what is written like a number was one."""
    is_number = record_id.isascii() and record_id.isdigit() and len(record_id) <= _LONGEST_NUMBER
    return int(record_id) if is_number and str(int(record_id)) == record_id else record_id


def body(original: Message, user: User | None) -> dict[str, Any]:
    """Return the wire fields of a whole message, apart from whom it is with; `user` is its owner, where known."""
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
    """Return what is known of the record of a copy, as far as it tells whether a write arrived."""
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
    if isinstance(raw, str):  # the words of somebody: what nobody sees in them stays
        line = " ".join(message_text.tidy(raw).split())
        return None if line in text.DIRT else line or None
    found = text.clean_line(raw)
    return found if isinstance(found, str) else None
