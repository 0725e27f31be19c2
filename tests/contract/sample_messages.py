"""The messages of the contract: originals as another system shows them. All of it is invented."""

from datetime import UTC, datetime
from typing import Final

from connectors.message import Message
from tests.contract.sample_contacts import OWNERS

LETTER: Final = Message(
    id="original-1",
    contact_id="contact-elsewhere",
    text="Hey Charles,\n\nyou hate looms. I love them: über 100 % \N{WOMAN}\u200d\N{ROCKET}.\n\nAnn",
    subject="A perfect match?",
    sent_at=datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    kind="email",
    channel="Email",
    flow="outbound",
    owner=OWNERS[0],
)
"""What a user wrote, with everything that a message can have."""

REPLY: Final = Message(
    id="original-2",
    contact_id="contact-elsewhere",
    text="Yes",
    sent_at=datetime(2026, 1, 2, 4, 0, tzinfo=UTC),
    kind="sms",
    channel="SMS",
    flow="inbound",
)
"""What a person answered, with as little as a message can have."""

TEXTS: Final = (
    "One line",
    "  Around it, white space\r\n\r\n\r\nand in it\t.\n",
    "None",
    "N/A",
    "0",
    '{"json": ["like", null]}',
    "5 < 6 & 7 > 6; John <john@example.com>",
    "Tags: <b>bold</b> &amp; <br> more",
    "# Heading\n* list *emphasis* _and_ `code`",
    "cafe\u0301 \u00a0 \u200b \N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER E}",
    "A long one. " * 400,
)
"""Texts that servers and people are known to do things to."""


def numbered(number: int) -> Message:
    """Return one of many messages."""
    return Message(id=f"many-{number}", contact_id="", text=f"Message {number}", flow="outbound", owner=OWNERS[0])
