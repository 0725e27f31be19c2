"""Recognise a message that was sent once more under another id: it has its copy already.

A system may delete a message that failed to go out and create it again, without a link between the two. The new
message repeats the old one if contact, text and minute are the same, the old one has a copy, and the old one is gone.
"""

from functools import partial
from typing import Final

from connectors.errors import RecordGone
from connectors.message import Message
from state.links import Link
from state.message_staging import StagedMessage
from state.messages import IndexedMessage
from sync.messages.context import MessageContext, message_store
from sync.messages.links import set_copied_content
from sync.rules.contact_codec import to_ms
from sync.rules.messages import original_digest, text_digest
from sync.streams.connection import Side
from sync.streams.recovery import is_gone

MINUTE_MS: Final = 60_000


def take_over_link(context: MessageContext, side: Side, staged: StagedMessage, own: Message) -> bool:
    """Give a new message the link of the message that it repeats; return whether there is one.

    Raises AuthError, TransientError.
    """
    sent_ms = to_ms(own.sent_at)
    if sent_ms is None:
        return False
    for known, link_id in context.tables.index(side).copied_near(own.contact_id, sent_ms, MINUTE_MS):
        link = context.tables.links.by_id(link_id)
        if (
            link is None
            or link.gone not in {None, side.name}
            or context.staging.message(side.name, known.id) is not None
        ):
            continue
        try:
            own = message_store(side).with_text(own)
        except RecordGone:
            return False
        if _text_digest(context, side, known, link) != text_digest(own):
            continue
        if is_gone(partial(message_store(side).read_message, known.id, known.contact_id)):  # else both were said
            _relink(context, side, staged, link, own)
            return True
    return False


def _text_digest(context: MessageContext, side: Side, known: IndexedMessage, link: Link) -> bytes | None:
    """Return the digest of the text of a message; where no listing showed the text, its copy has the same."""
    return known.print or link.side(context.connection.other(side).name).digest


def _relink(context: MessageContext, side: Side, staged: StagedMessage, link: Link, own: Message) -> None:
    """Link the copy to the new message, which it shows already."""
    end = link.side(side.name)
    old_id, end.id, end.digest, link.gone = end.id, own.id, staged.digest, None
    set_copied_content(link, original_digest(own))
    with context.state.atomic() as transaction:
        context.tables.links.save_link(transaction, link, context.run.id)
        context.tables.index(side).drop_message(transaction, old_id)
        context.tables.failures.close_failures(transaction, side.name, old_id)
        context.tables.failures.close_failures(transaction, side.name, own.id)
