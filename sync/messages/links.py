"""What the link of a message stores: which side has the original, and what the copy shows of it."""

import json
from typing import Final

from connectors.message import Message
from state.links import Link, LinkSide
from sync.rules.messages import original_digest, text_digest

ORIGINAL: Final = "original"
COPY: Final = "copy"


def new_link(
    side: str, original: Message, digest: bytes | None, copy: Message, mapping: int, *, edited: bool = False
) -> Link:
    """Return the link of an original of `side`, which its listing shows as `digest`, and its copy.

    No text is agreed on with a copy that was `edited`, so that its text is never overwritten without a decision (P3).
    """
    content = None if original.text is None else original_digest(original)
    of_original = LinkSide(original.id, ORIGINAL, json.dumps({"content": content}), digest)
    of_copy = LinkSide(copy.id, COPY, json.dumps({"contact": copy.contact_id}), None if edited else text_digest(copy))
    return Link(*((of_original, of_copy) if side == "left" else (of_copy, of_original)), mapping)


def original_side(link: Link) -> str:
    """Return the name of the side that has the original."""
    return "left" if link.left.shadow == ORIGINAL else "right"


def copied_content(link: Link) -> str | None:
    """Return the digest of what the copy shows of its original, None where that is not known."""
    content = json.loads(link.side(original_side(link)).memory or "{}").get("content")
    return None if content is None else str(content)


def set_copied_content(link: Link, content: str) -> None:
    """Set what `copied_content` returns."""
    link.side(original_side(link)).memory = json.dumps({"content": content})


def first_contact_of_copy(link: Link) -> str:
    """Return the id of the contact for which the copy was created."""
    copy = link.right if link.left.shadow == ORIGINAL else link.left
    return str(json.loads(copy.memory or "{}").get("contact", ""))
