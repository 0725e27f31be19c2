"""What the messages stream of one run works with, beside the contacts of the same run.

Rules kept here:
- a side is read when messages travel from it, or when copies that are created there show up in its list: only then is
  it known what is there already (R7);
- a link records in its shadows which side has the original, and which the copy.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from connectors.message import Message
from connectors.message_store import MessageStore
from state.file import StateFile
from state.intent_store import MessageIntents
from state.links import Link, LinkSide
from state.message_staging import MessageStaging, StagedMessage
from state.messages import STREAM, MessageIndex, StreamSetup
from state.webhook_hints import Hint
from sync.config.model import MessagesStream
from sync.contacts.context import Context
from sync.output.report import StreamReport
from sync.rules import contact_codec
from sync.rules.guard import ChangeWeight
from sync.rules.messages import MessageScope, decode, original_digest, text_digest
from sync.streams.connection import ConnectionSides, Side
from sync.streams.record_boundary import READ, Boundary, storable
from sync.streams.run import Run
from sync.streams.tables import Tables

ORIGINAL, COPY = "original", "copy"


@dataclass(slots=True)
class MessageTables(Tables):
    """The tables of the messages stream: also what it is set up for, and an index of messages per side."""

    intents: MessageIntents = field(init=False)
    settings: StreamSetup = field(init=False)
    indexes: Mapping[str, MessageIndex] = field(init=False)

    def __post_init__(self) -> None:
        Tables.__post_init__(self)  # super() does not work in a dataclass with slots
        key = (self.state.db, self.connection.number, self.stream)
        self.intents, self.settings = MessageIntents(*key), StreamSetup(*key)
        self.indexes = {
            side.name: MessageIndex(self.state.db, self.connection.number, side.name) for side in self.connection.sides
        }

    def index(self, side: Side) -> MessageIndex:
        """Return the index of a side."""
        return self.indexes[side.name]


@dataclass(slots=True)
class MessageFindings:
    """What a run of the messages stream has found out so far.

    `horizons` and `weights` are by account; `waiting_contacts` are the contacts, by target side and id on the
    original's side, that have a message with an unknown outcome: what was sent to them later waits for it; `unknown`
    are the copies, by target side and id of the original, whose outcome is unknown when the plan is made; `heeded` are
    the hints that this run carries to their end.
    """

    weights: dict[str, ChangeWeight]
    horizons: dict[str, datetime] = field(default_factory=dict)
    waiting_contacts: set[tuple[str, str]] = field(default_factory=set)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    heeded: list[Hint] = field(default_factory=list)
    followed: int = 0


@dataclass(slots=True)
class MessageContext:
    """The messages stream of one run. `contacts` is the contacts stream of the same run."""

    contacts: Context
    settings: MessagesStream
    deletes: str
    report: StreamReport
    stage: MessageStaging
    run: Run = field(init=False)
    connection: ConnectionSides = field(init=False)
    state: StateFile = field(init=False)
    scope: MessageScope = field(init=False)
    tables: MessageTables = field(init=False)
    findings: MessageFindings = field(init=False)
    boundary: Boundary = field(init=False)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run, self.connection, self.state = self.contacts.run, self.contacts.connection, self.contacts.state
        settings = self.settings
        self.scope = MessageScope(settings.direction, frozenset(settings.channels), frozenset(settings.flows))
        self.tables = MessageTables(self.state, self.connection, STREAM, self.run.dry)
        self.findings = MessageFindings({side.account: ChangeWeight() for side in self.connection.sides})
        self.boundary = Boundary(self.state, self.tables.failures, self.errors, self.run.now_ms, "message")

    @property
    def lookback(self) -> timedelta:
        """How much before a gap is read again: no listing shows when a message changed."""
        return max(self.connection.lookback, self.settings.lookback)

    def reads(self, side: Side) -> bool:
        """Say whether a side is listed in windows."""
        return self.scope.leaves(side.name) or self.may_hold_listed_copies(side)

    def may_hold_listed_copies(self, side: Side) -> bool:
        """Say whether copies are made on a side that its listing shows."""
        return self.scope.leaves(self.connection.other(side).name) and letters(side).lists_copies

    def person(self, side: Side, contact_id: str) -> str | None:
        """Return the id on the other side of somebody who is linked; None for others, and where they are gone."""
        link = self.contacts.tables.links.by_record(side.name, [contact_id]).get(contact_id)
        if link is None or link.gone is not None:
            return None
        return link.side(self.connection.other(side).name).id

    def home(self, link: Link) -> str:
        """Return the person, on its own side, who has the copy of a link: who was merged has taken the copies along."""
        source = self.connection.side(original_side(link))
        target = self.connection.other(source)
        known = self.tables.index(source).message(link.side(source.name).id)
        return (known and self.person(source, known.contact_id)) or copy_contact(link, target.name)

    def who(self, side: Side, contact_id: str) -> str:
        """Name the person of a message, as everything does: by e-mail, else by number, else by id."""
        link = self.contacts.tables.links.by_record(side.name, [contact_id]).get(contact_id)
        if link is not None:
            return contact_codec.display_name(side.account, contact_id, self.contacts.mapping.shadow(link, side.name))
        staged = self.contacts.staging.changed_records(side.name, [contact_id]).get(contact_id)
        fields = contact_codec.decode(staged.contact).fields if staged is not None and staged.contact else {}
        return contact_codec.display_name(side.account, contact_id, fields)

    def around(
        self, side: Side, message_id: str, contact_id: str, operation: str = READ, *, digest: bytes | None = None
    ) -> AbstractContextManager[None]:
        """Return the boundary around one message of a side: what is wrong with it is its own failure (R42)."""
        who = self.who(side, storable(contact_id)) if contact_id else ""
        return self.boundary.around(side, message_id, operation, who=who, digest=digest)

    def linked(
        self, side: Side, original: Message, digest: bytes | None, copy: Message, *, edited: bool = False
    ) -> Link:
        """Return the new link of an original of a side, which its listing shows as `digest`, and its copy.

        Of a copy that was `edited` no text is agreed on, so that nothing ever takes its place unseen.
        """
        content = None if original.text is None else original_digest(original)
        own = LinkSide(original.id, ORIGINAL, json.dumps({"content": content}), digest)
        other = LinkSide(copy.id, COPY, json.dumps({"contact": copy.contact_id}), None if edited else text_digest(copy))
        return Link(*((own, other) if side.name == "left" else (other, own)), self.contacts.mapping.number)


def letters(side: Side) -> MessageStore:
    """Return the messages of a side's account."""
    return side.connector.message_store


def original_side(link: Link) -> str:
    """Return the side that has the original."""
    return "left" if link.left.shadow == ORIGINAL else "right"


def copy_contact(link: Link, side: str) -> str:
    """Return the person with whom a link's copy was made, by the id on the copy's side."""
    return str(json.loads(link.side(side).memory or "{}").get("contact", ""))


def copied_content(link: Link) -> str | None:
    """Return the digest of what the copy shows of its original, None where it was never made from it."""
    content = json.loads(link.side(original_side(link)).memory or "{}").get("content")
    return None if content is None else str(content)


def message_of(staged: StagedMessage) -> Message:
    """Return a staged message; one without content shows nothing but who it is."""
    return decode(staged.content) if staged.content else Message(staged.id, staged.contact_id)


def fingerprint(settings: MessagesStream) -> str:
    """Return what a stream is set up for; when it changes, everything is read again."""
    chosen = (settings.direction, settings.as_, sorted(settings.channels), sorted(settings.flows))
    return blake2b(repr(chosen).encode(), digest_size=8).hexdigest()
