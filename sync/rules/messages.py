"""Codec, digests and decisions of the message stream. Pure.

Rules kept here: R6 (which message is a copy of another one) and R14 (edited copies). The state keeps digests of texts,
never the texts.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, Literal

from connectors.message import Message
from connectors.values import message_text
from sync.rules.contact_codec import from_ms, to_ms
from sync.rules.streams import MESSAGES

STREAM = MESSAGES
TOLERANCE_MS = 1000
"""Two systems may show times of one message that differ by this much, because some cut them to seconds (R6)."""

DIGEST_BYTES = 16

Verdict = Literal["amend", "keep", "ask"]


@dataclass(frozen=True, slots=True)
class MessageScope:
    """Which messages travel. `channels` and `flows` count only where a system shows them."""

    direction: str
    channels: Collection[str]
    flows: Collection[str]

    def leaves(self, side: str) -> bool:
        """Say whether messages travel from a side at all."""
        return self.direction in ("both", "left_to_right" if side == "left" else "right_to_left")

    def takes(self, side: str, message: Message) -> bool:
        """Say whether a message of a side travels. Its contact is not looked at."""
        return (
            self.leaves(side)
            and (message.channel is None or message.channel in self.channels)
            and (message.flow is None or message.flow in self.flows)
        )


def away_from(side: str, direction: str) -> str:
    """Return what is left of a direction where a side takes no copies: messages travel from it alone."""
    only = "left_to_right" if side == "left" else "right_to_left"
    return only if direction in ("both", only) else "none"


def digest(message: Message) -> bytes:
    """Return a digest of what a message shows, to compare it with what the server shows later.

    Contact and owner are left out: contacts are merged and users become readable without a change of the message.
    """
    return _hash(repr((message.subject, message.text, to_ms(message.sent_at), message.kind)))


def original_digest(message: Message) -> str:
    """Return the digest of a whole original as hexadecimal text. When it changes, the copy has to change."""
    return digest(message).hex()


def text_digest(message: Message) -> bytes | None:
    """Return the digest of the text of a message, as texts are compared between systems.

    None where no text is shown.
    """
    return None if message.text is None else _hash(message_text.comparable(message.text))


def is_alike(one: Message, other: Message) -> bool:
    """Say whether two messages of one contact, one on each side, are the same by time and text (R6)."""
    times = to_ms(one.sent_at), to_ms(other.sent_at)
    if times[0] is None or times[1] is None or abs(times[0] - times[1]) > TOLERANCE_MS:
        return False
    return text_digest(one) is not None and text_digest(one) == text_digest(other)


def is_copy(one: Message, other: Message) -> bool:
    """Say whether `one` is the copy of two messages that are the same; if not, `other` is.

    The marker decides where there is one. Else the copy is the one that has the kind of the other and no flow: a system
    that accepts messages of any kind stores them that way.
    """
    if other.of == one.id or one.of == other.id:
        return one.of == other.id
    return one.kind == other.kind and one.flow is None and other.flow is not None


def decide_edit(policy: str, original_side: str, *, touched: bool | None) -> Verdict:
    """Decide about a copy after its original changed.

    `touched` says whether a person edited the copy as well, None if unknown.
    """
    if touched is False or policy == original_side:
        return "amend"
    return "keep" if touched and policy in ("left", "right") else "ask"


def encode(message: Message) -> str:
    """Write a message as JSON text."""
    content = asdict(message) | {"sent_at": to_ms(message.sent_at)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def decode(text: str) -> Message:
    """Read a message from JSON text."""
    content: dict[str, Any] = json.loads(text)
    return Message(**content | {"sent_at": from_ms(content["sent_at"])})


def _hash(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest()
