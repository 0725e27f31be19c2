"""Messages on their way through the stage, and what is decided about them. Pure.

Rules kept here:
- which messages travel follows from the direction of the stream and, at systems that tell them, the channel and the
  flow;
- an original whose listing shows what it showed before is old news; a copy is compared by its text alone, as digests,
  so that the state keeps no text of anybody;
- a copy that a person edited is left as it is, until its original changes too: then it is the policy's affair, and
  where that is `newest` a person's, since no system tells when a copy changed (R14).
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
"""Times of one message may differ by so much between two systems: some cut them to seconds (R6)."""

DIGEST_BYTES = 16

Verdict = Literal["amend", "keep", "ask"]


@dataclass(frozen=True, slots=True)
class MessageScope:
    """What of a stream travels. `channels` and `flows` count where a system tells them."""

    direction: str
    channels: Collection[str]
    flows: Collection[str]

    def leaves(self, side: str) -> bool:
        """Say whether messages travel from a side at all."""
        return self.direction in ("both", "left_to_right" if side == "left" else "right_to_left")

    def takes(self, side: str, message: Message) -> bool:
        """Say whether a message of a side travels, whoever its person is."""
        return (
            self.leaves(side)
            and (message.channel is None or message.channel in self.channels)
            and (message.flow is None or message.flow in self.flows)
        )


def digest(message: Message) -> bytes:
    """Return what is shown of a message, to be compared with what its server shows later.

    Whose message it is, and who owns it, is left out: people are merged and users become readable, and no message
    changes by that.
    """
    return _hash(repr((message.subject, message.text, to_ms(message.sent_at), message.kind)))


def content_of(message: Message) -> str:
    """Return a digest of what a copy shows of a whole original: when it changes, the copy has to."""
    return digest(message).hex()


def print_of(message: Message) -> bytes | None:
    """Return the digest of a message's text, as that is compared between systems; None where it is not shown."""
    return None if message.text is None else _hash(message_text.comparable(message.text))


def is_alike(one: Message, other: Message) -> bool:
    """Say whether two messages of one person, one on each side, are the same: by time and text (R6)."""
    times = to_ms(one.sent_at), to_ms(other.sent_at)
    if times[0] is None or times[1] is None or abs(times[0] - times[1]) > TOLERANCE_MS:
        return False
    return print_of(one) is not None and print_of(one) == print_of(other)


def is_copy(one: Message, other: Message) -> bool:
    """Say of two messages that are the same which is the copy: the first one, or else the other.

    The marker says it where there is one. Else it is the one that bears the kind of the other, but knows no flow: a
    system that takes messages of any kind over as they are.
    """
    if other.of == one.id or one.of == other.id:
        return one.of == other.id
    return one.kind == other.kind and one.flow is None and other.flow is not None


def judge_edit(policy: str, original_side: str, *, touched: bool | None) -> Verdict:
    """Say what becomes of a copy whose original changed; `touched` tells that a person edited the copy as well.

    It is None where nobody knows how the copy looked: then an edit of the original is not passed over unasked.
    """
    if touched is False or policy == original_side:
        return "amend"
    return "keep" if touched and policy in ("left", "right") else "ask"


def encode(message: Message) -> str:
    """Write a message as JSON text."""
    content = asdict(message) | {"sent_at": to_ms(message.sent_at)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def decode(text: str) -> Message:
    """Read a message back."""
    content: dict[str, Any] = json.loads(text)
    return Message(**content | {"sent_at": from_ms(content["sent_at"])})


def _hash(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest()
