"""Find a message at the other side before it is copied there (R6)."""

import json
from dataclasses import dataclass

from connectors.errors import RecordGone
from connectors.message import Message
from state.message_staging import StagedMessage
from sync.messages.context import MessageContext, message_store
from sync.rules.contact_codec import to_ms
from sync.rules.messages import TOLERANCE_MS, decode, encode, is_alike, is_copy, text_digest
from sync.streams.connection import Side


@dataclass(frozen=True, slots=True)
class FoundCopy:
    """An original of the side named `side`, its copy at the other side, and how a listing shows the original."""

    side: str
    original: Message
    copy: Message
    digest: bytes | None

    def to_json(self) -> str:
        """Return it as JSON, for the note of a planned action."""
        digest = None if self.digest is None else self.digest.hex()
        return json.dumps([self.side, encode(self.original), encode(self.copy), digest])

    @classmethod
    def from_json(cls, text: str) -> "FoundCopy":
        """Return what `to_json` wrote."""
        side, original, copy, digest = json.loads(text)
        return cls(side, decode(original), decode(copy), None if digest is None else bytes.fromhex(digest))


def find_copy(
    context: MessageContext, side: Side, staged: StagedMessage, own: Message, contact_id: str
) -> FoundCopy | None:
    """Return the pair of a message of a side and a message of the contact `contact_id` at the other side, if any.

    A record that is linked, or planned to be linked, belongs to another message. Raises AuthError, TransientError.
    """
    target = context.connection.other(side)
    is_listed = message_store(target).lists_copies
    if is_listed or context.is_read(target):
        found = _listed_twin(context, side, staged, own, contact_id)
        if found is not None or is_listed:
            return found
    return _unlisted_copy(context, side, staged, own, contact_id)


def read_copies(context: MessageContext, target: Side, contact_id: str) -> None:
    """Read the copies that a contact has, once a run; a contact that is gone has none."""
    if context.staging.were_copies_read(target.name, contact_id):
        return
    try:
        copies = message_store(target).copies_of(contact_id)
    except RecordGone:
        copies = ()
    with context.state.atomic() as transaction:
        context.staging.put_copies(transaction, target.name, contact_id, [encode(copy) for copy in copies])


def _listed_twin(
    context: MessageContext, side: Side, staged: StagedMessage, own: Message, contact_id: str
) -> FoundCopy | None:
    """Return the pair with an unlinked message of the other side that has the same time and text."""
    target, sent_ms = context.connection.other(side), to_ms(own.sent_at)
    if sent_ms is None:
        return None
    for known in context.tables.index(target).unlinked_near(contact_id, sent_ms, TOLERANCE_MS):
        if context.staging.is_taken(target.name, known.id):
            continue
        try:
            # Reading a text that no listing shows costs a call, so it is done only where the times agree.
            own = message_store(side).with_text(own)
            if known.print is not None and known.print != text_digest(own):
                continue
            other = message_store(target).read_message(known.id, contact_id)
        except RecordGone:
            continue
        if is_alike(own, other):
            return _oriented(context, side, staged, own, other)
    return None


def _oriented(context: MessageContext, side: Side, staged: StagedMessage, own: Message, other: Message) -> FoundCopy:
    """Return the pair with the original first."""
    if not is_copy(own, other):
        return FoundCopy(side.name, own, other, staged.digest)
    target = context.connection.other(side)
    listed = context.staging.message(target.name, other.id)
    return FoundCopy(target.name, other, own, listed.digest if listed else None)


def _unlisted_copy(
    context: MessageContext, side: Side, staged: StagedMessage, own: Message, contact_id: str
) -> FoundCopy | None:
    """Return the pair with a copy that no listing shows (a note), by its marker, else by its content."""
    target = context.connection.other(side)
    if _was_created_now(context, side, staged.contact_id, target):
        return None
    read_copies(context, target, contact_id)
    for copy in map(decode, context.staging.copies(target.name, contact_id)):
        is_of_another = copy.of not in (None, own.id) or context.tables.links.by_record(target.name, [copy.id])
        if is_of_another or context.staging.is_taken(target.name, copy.id):
            continue
        own = message_store(side).with_text(own)
        if message_store(target).is_copy_of(copy, own):
            return FoundCopy(side.name, own, copy, staged.digest)
    return None


def _was_created_now(context: MessageContext, side: Side, contact_id: str, target: Side) -> bool:
    """Return whether this run created the contact at the other side: then it has no copies yet."""
    link = context.contacts.tables.links.of_record(side.name, contact_id)
    return link is not None and context.contacts.tables.history.was_created(link.id, target.account, context.run.id)
