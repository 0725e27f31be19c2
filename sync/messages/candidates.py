"""Is a message on the other side already? Looked for before it is copied, by the rules of R6.

Rules kept here:
- where copies are listed, the index of the side knows everything that is there: the unlinked message of the same
  person, with the same time and text, is the same;
- where they are not listed (notes), the person's copies are read, once a run: by the marker, else by what they show.
  Who was made by this very run has none;
- a record that is linked, or about to be, is nobody else's.
"""

import json
from dataclasses import dataclass

from connectors.errors import RecordGone
from connectors.message import Message
from state.message_staging import StagedMessage
from sync.messages.context import MessageContext, letters
from sync.rules import contact_codec
from sync.rules.messages import TOLERANCE_MS, decode, encode, is_alike, is_copy, text_digest
from sync.streams.connection import Side


@dataclass(frozen=True, slots=True)
class Pair:
    """An original of the side named `side`, its copy on the other, and how a listing shows the original."""

    side: str
    original: Message
    copy: Message
    digest: bytes | None

    def to_json(self) -> str:
        """Write it for the stage."""
        digest = None if self.digest is None else self.digest.hex()
        return json.dumps([self.side, encode(self.original), encode(self.copy), digest])


def pair_of(text: str) -> Pair:
    """Read a pair back from the stage."""
    side, original, copy, digest = json.loads(text)
    return Pair(side, decode(original), decode(copy), None if digest is None else bytes.fromhex(digest))


def find(context: MessageContext, side: Side, staged: StagedMessage, own: Message, contact_id: str) -> Pair | None:
    """Return how a message of a side is paired with what the person `contact_id` has on the other, if it is there.

    Raises AuthError, TransientError.
    """
    if letters(context.connection.other(side)).lists_copies or context.reads(context.connection.other(side)):
        found = _alike(context, side, staged, own, contact_id)
        if found is not None:
            return found
    if letters(context.connection.other(side)).lists_copies:
        return None
    return _copied(context, side, staged, own, contact_id)


def look_for_copies(context: MessageContext, target: Side, contact_id: str) -> None:
    """Read what a person has by way of copies, once a run. A person who is gone has none."""
    if context.stage.were_copies_read(target.name, contact_id):
        return
    try:
        copies = letters(target).copies_of(contact_id)
    except RecordGone:
        copies = ()
    with context.state.atomic() as transaction:
        context.stage.put_copies(transaction, target.name, contact_id, [encode(copy) for copy in copies])


def _alike(context: MessageContext, side: Side, staged: StagedMessage, own: Message, contact_id: str) -> Pair | None:
    """Return the pair with an unlinked message of the other side that shows the same.

    Texts that no listing shows are read only where the times agree: nowhere else can they decide anything.
    """
    target, sent_ms = context.connection.other(side), contact_codec.to_ms(own.sent_at)
    if sent_ms is None:
        return None
    for known in context.tables.index(target).unlinked_near(contact_id, sent_ms, TOLERANCE_MS):
        if context.stage.is_taken(target.name, known.id):
            continue
        try:
            own = letters(side).with_text(own)
            if known.print is not None and known.print != text_digest(own):
                continue
            other = letters(target).read_message(known.id, contact_id)
        except RecordGone:
            continue
        if is_alike(own, other):
            return _oriented(context, side, staged, own, other)
    return None


def _oriented(context: MessageContext, side: Side, staged: StagedMessage, own: Message, other: Message) -> Pair:
    if not is_copy(own, other):
        return Pair(side.name, own, other, staged.digest)
    target = context.connection.other(side)
    listed = context.stage.message(target.name, other.id)
    return Pair(target.name, other, own, listed.digest if listed else None)


def _copied(context: MessageContext, side: Side, staged: StagedMessage, own: Message, contact_id: str) -> Pair | None:
    target = context.connection.other(side)
    if _was_made_now(context, side, staged.contact_id, target):
        return None
    look_for_copies(context, target, contact_id)
    for copy in map(decode, context.stage.copies(target.name, contact_id)):
        if copy.of not in (None, own.id) or context.tables.links.by_record(target.name, [copy.id]):
            continue
        if context.stage.is_taken(target.name, copy.id):
            continue
        own = letters(side).with_text(own)
        if letters(target).is_copy_of(copy, own):
            return Pair(side.name, own, copy, staged.digest)
    return None


def _was_made_now(context: MessageContext, side: Side, contact_id: str, target: Side) -> bool:
    link = context.contacts.tables.links.by_record(side.name, [contact_id]).get(contact_id)
    return link is not None and context.contacts.tables.history.was_created(link.id, target.account, context.run.id)
