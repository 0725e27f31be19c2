"""A message that was sent once more under another id: the same message, which has its copy already.

Rules kept here:
- a system may delete what failed to go out and make it anew, and tells of no link between the two. The new one is the
  old one where person, text and minute are the same, the old one was carried, and it is gone when it is asked for;
- while the old one is there, both were said.
"""

import json
from typing import Final

from connectors.errors import RecordGone
from connectors.message import Message
from state.links import Link
from state.message_staging import StagedMessage
from state.messages import IndexedMessage
from sync.messages.context import MessageContext, letters
from sync.rules import contact_codec
from sync.rules.messages import original_digest, text_digest
from sync.streams.connection import Side

MINUTE_MS: Final = 60_000


def take_over(context: MessageContext, side: Side, staged: StagedMessage, own: Message) -> bool:
    """Let a new message take the place of the one that it repeats; say whether there is one.

    Raises AuthError, TransientError.
    """
    sent_ms = contact_codec.to_ms(own.sent_at)
    if sent_ms is None:
        return False
    for known, link_id in context.tables.index(side).copied_near(own.contact_id, sent_ms, MINUTE_MS):
        link = context.tables.links.by_id(link_id)
        if link is None or link.gone not in {None, side.name} or context.stage.message(side.name, known.id) is not None:
            continue
        try:
            whole = letters(side).with_text(own)
        except RecordGone:
            return False
        if _says(context, side, known, link) == text_digest(whole) and _is_gone(side, known):
            _relink(context, side, staged, link, whole)
            return True
    return False


def _says(context: MessageContext, side: Side, known: IndexedMessage, link: Link) -> bytes | None:
    """Return the digest of what a message said; where no listing showed it, its copy tells."""
    return known.print or link.side(context.connection.other(side).name).digest


def _is_gone(side: Side, known: IndexedMessage) -> bool:
    try:
        letters(side).read_message(known.id, known.contact_id)
    except RecordGone:
        return True
    return False


def _relink(context: MessageContext, side: Side, staged: StagedMessage, link: Link, own: Message) -> None:
    """Let the copy be that of the new message, which it shows already."""
    before, end = link.side(side.name).id, link.side(side.name)
    end.id, end.digest, link.gone = own.id, staged.digest, None
    end.memory = json.dumps({"content": original_digest(own)})
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.index(side).drop_message(transaction, before)
        context.tables.failures.close_failures(transaction, side.name, before)
        context.tables.failures.close_failures(transaction, side.name, own.id)
