"""What the stream of messages of one run works with, beside the run's people.

Rules kept here:
- a side is read when messages travel from it, or when copies that are made there show up in its listing: only then is
  it known what is there already (R7);
- a link tells in its shadows which side has the original, and which the copy.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from connectors.clock import Clock
from connectors.message import Message
from connectors.message_store import MessageStore
from state.conflicts import Conflicts
from state.cursors import Cursors
from state.failures import Failures
from state.file import StateFile
from state.history import History
from state.intent_store import MessageIntents
from state.links import Link, Links, LinkSide
from state.message_staging import MessageStage, StagedMessage
from state.messages import STREAM, MessageIndex, Streams
from state.webhook_hints import Hint, Hints
from sync.config.model import MessagesStream
from sync.contacts.audit_log import logged_tables
from sync.contacts.context import Context, Side
from sync.contacts.record_boundary import READ, Boundary, storable
from sync.output.progress import Progress
from sync.output.report import StreamReport
from sync.rules import contact_codec
from sync.rules.guard import ChangeWeight
from sync.rules.messages import MessageScope, content_of, decode, print_of

ORIGINAL, COPY = "original", "copy"


@dataclass(slots=True)
class MessageContext:
    """The messages of one run. `people` is the run itself: its sides, its state, its clock.

    `horizons` and `weights` are by account; `held` are the persons, by target side and id of their original's side, of
    whom a message has an unknown outcome: what was sent to them later waits for it; `unknown` are the copies, by target
    side and id of the original, whose outcome is unknown when the plan is made; `heeded` are the hints that this run
    carries to their end.
    """

    people: Context
    settings: MessagesStream
    deletes: str
    report: StreamReport
    stage: MessageStage
    travel: MessageScope = field(init=False)
    links: Links = field(init=False)
    conflicts: Conflicts = field(init=False)
    failures: Failures = field(init=False)
    intents: MessageIntents = field(init=False)
    history: History = field(init=False)
    cursors: Cursors = field(init=False)
    hints: Hints = field(init=False)
    boundary: Boundary = field(init=False)
    heeded: list[Hint] = field(default_factory=list)
    streams: Streams = field(init=False)
    indexes: Mapping[str, MessageIndex] = field(init=False)
    weights: dict[str, ChangeWeight] = field(init=False)
    horizons: dict[str, datetime] = field(default_factory=dict)
    held: set[tuple[str, str]] = field(default_factory=set)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    followed: int = 0

    def __post_init__(self) -> None:
        context, settings = self.people, self.settings
        key = (context.state.db, context.connection, STREAM)
        self.travel = MessageScope(settings.direction, frozenset(settings.channels), frozenset(settings.flows))
        accounts = {side.name: side.account for side in context.sides}
        self.history, self.conflicts, self.failures = logged_tables(*key, accounts, dry=context.dry)
        self.links, self.intents, self.cursors = Links(*key), MessageIntents(*key), Cursors(*key)
        self.streams = Streams(*key)
        self.hints = Hints(context.state.db, context.name, STREAM)
        self.boundary = Boundary(context.state, self.failures, self.errors, context.now_ms, "message")
        self.indexes = {side.name: MessageIndex(*key[:2], side.name) for side in context.sides}
        self.weights = {side.account: ChangeWeight() for side in context.sides}

    @property
    def state(self) -> StateFile:
        """The state file."""
        return self.people.state

    @property
    def sides(self) -> tuple[Side, Side]:
        """Left and right."""
        return self.people.sides

    @property
    def run(self) -> str:
        """The number of the run."""
        return self.people.run

    @property
    def clock(self) -> Clock:
        """Our own clock."""
        return self.people.clock

    @property
    def progress(self) -> Progress:
        """Where a person may watch."""
        return self.people.progress

    @property
    def settle(self) -> timedelta:
        """How long the APIs may take to show a change."""
        return self.people.settle

    @property
    def lookback(self) -> timedelta:
        """How much before a gap is read again: no listing tells when a message changed."""
        return max(self.people.lookback, self.settings.lookback)

    def side(self, name: str) -> Side:
        """Return 'left' or 'right'."""
        return self.people.side(name)

    def other(self, side: Side) -> Side:
        """Return the opposite side."""
        return self.people.other(side)

    def now_ms(self) -> int:
        """Return our own time."""
        return self.people.now_ms()

    def reads(self, side: Side) -> bool:
        """Say whether a side is listed in windows."""
        return self.travel.leaves(side.name) or self.may_hold_listed_copies(side)

    def may_hold_listed_copies(self, side: Side) -> bool:
        """Say whether copies are made on a side that its listing shows."""
        return self.travel.leaves(self.other(side).name) and letters(side).listed

    def index(self, side: Side) -> MessageIndex:
        """Return the index of a side."""
        return self.indexes[side.name]

    def person(self, side: Side, contact_id: str) -> str | None:
        """Return the id on the other side of somebody who is linked; None for others, and where they are gone."""
        link = self.people.links.by_record(side.name, [contact_id]).get(contact_id)
        if link is None or link.gone is not None:
            return None
        return link.side(self.other(side).name).id

    def home(self, link: Link) -> str:
        """Return the person, on its own side, who has the copy of a link: who was merged has taken the copies along."""
        source = self.side(original_side(link))
        target = self.other(source)
        known = self.index(source).message(link.side(source.name).id)
        return (known and self.person(source, known.contact_id)) or copy_contact(link, target.name)

    def who(self, side: Side, contact_id: str) -> str:
        """Name the person of a message, as everything does: by e-mail, else by number, else by id."""
        link = self.people.links.by_record(side.name, [contact_id]).get(contact_id)
        if link is not None:
            return contact_codec.who(side.account, contact_id, self.people.base(link, side.name))
        staged = self.people.stage.changed_records(side.name, [contact_id]).get(contact_id)
        fields = contact_codec.decode(staged.contact).fields if staged is not None and staged.contact else {}
        return contact_codec.who(side.account, contact_id, fields)

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
        content = None if original.text is None else content_of(original)
        own = LinkSide(original.id, ORIGINAL, json.dumps({"content": content}), digest)
        other = LinkSide(copy.id, COPY, json.dumps({"contact": copy.contact_id}), None if edited else print_of(copy))
        return Link(*((own, other) if side.name == "left" else (other, own)), self.people.mapping)


def letters(side: Side) -> MessageStore:
    """Return the messages of a side's account."""
    return side.connector.correspondence


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
