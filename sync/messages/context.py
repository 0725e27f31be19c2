"""The messages stream of one run: its settings, tables and findings, beside the contacts stream of the same run."""

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from connectors.message import Message
from connectors.message_store import MessageStore
from state.file import StateFile
from state.intent_store import MessageIntents
from state.links import Link
from state.message_staging import MessageStaging, StagedMessage
from state.messages import STREAM, MessageIndex, StreamSetup
from state.webhook_hints import Hint
from sync.config.model import MessagesStream
from sync.contacts.context import Context
from sync.contacts.parked_links import is_parked
from sync.messages.links import first_contact_of_copy, original_side
from sync.output.stream_report import StreamReport
from sync.rules import contact_codec
from sync.rules.guard import ChangeWeight
from sync.rules.messages import MessageScope, away_from, decode
from sync.streams.connection import ConnectionSides, Run, Side
from sync.streams.record_boundary import READ, Boundary, storable
from sync.streams.tables import Tables

LINK: Final = "link"
"""Link two messages that exist at both sides."""

CREATE: Final = "create"
"""Copy a message."""

UPDATE: Final = "amend"
"""Make a copy show what its original shows now."""

DELETE: Final = "delete"
"""Delete a copy because its original was deleted."""

WAIT: Final = "wait"
"""List a message until its contact is linked."""


@dataclass(slots=True)
class MessageTables(Tables):
    """The tables of the messages stream: also its settings, and an index of messages for each side."""

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

    `weights` (for the guard) and `horizons` are by account. `waiting_contacts` are the contacts that have a message
    with an unknown outcome, by target side and id at the original's side: their later messages wait, so that the order
    holds. `unknown_copies` are the copies with an unknown outcome when the plan is made, by target side and id of the
    original. `unread_contacts`: by account, how many contacts a plan leaves unread that a run reads messages of, with a
    call for each. `handled_hints` are deleted from the state when the run has written everything. `newest_link` is the
    last contact link that this run looked at for messages that were left out.
    """

    weights: dict[str, ChangeWeight]
    horizons: dict[str, datetime] = field(default_factory=dict)
    waiting_contacts: set[tuple[str, str]] = field(default_factory=set)
    unknown_copies: set[tuple[str, str]] = field(default_factory=set)
    unread_contacts: Counter[str] = field(default_factory=Counter)
    handled_hints: list[Hint] = field(default_factory=list)
    newest_link: int = 0


@dataclass(slots=True)
class MessageContext:
    """The messages stream of one run. `contacts` is the contacts stream of the same run."""

    contacts: Context
    settings: MessagesStream
    deletes: str
    report: StreamReport
    staging: MessageStaging
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
        settings, direction = self.settings, str(self.settings.direction)
        for side in self.connection.sides:
            direction = direction if message_store(side).takes_copies else away_from(side.name, direction)
        self.scope = MessageScope(direction, frozenset(settings.channels), frozenset(settings.flows))
        self.tables = MessageTables(self.state, self.connection, STREAM, self.run.dry)
        self.findings = MessageFindings({side.account: ChangeWeight() for side in self.connection.sides})
        self.boundary = Boundary(self.state, self.tables.failures, self.errors, self.run.now_ms, "message")

    @property
    def lookback(self) -> timedelta:
        """Return how much before a gap is read again: no listing shows when a message changed."""
        return max(self.connection.lookback, self.settings.lookback)

    def is_read(self, side: Side) -> bool:
        """Return whether a side is read in windows: messages travel from it, or its listing shows our copies (R7)."""
        receives = self.scope.leaves(self.connection.other(side).name)
        return self.scope.leaves(side.name) or (receives and message_store(side).lists_copies)

    def linked_contact(self, side: Side, contact_id: str) -> str | None:
        """Return the id of a contact at the other side; None without a link, and of a parked or deleted one."""
        link = self.contacts.tables.links.of_record(side.name, contact_id)
        if link is None or link.gone is not None or is_parked(self.contacts, link):
            return None
        return link.side(self.connection.other(side).name).id

    def is_parked(self, side: Side, contact_id: str) -> bool:
        """Say whether nothing of a contact is carried now, messages included (R49)."""
        return is_parked(self.contacts, self.contacts.tables.links.of_record(side.name, contact_id))

    def original_contact(self, link: Link) -> str:
        """Return the contact of an original by its id at the original's side, '' where that is not known."""
        side = self.connection.side(original_side(link))
        known = self.tables.index(side).message(link.side(side.name).id)
        return known.contact_id if known else ""

    def copy_contact(self, link: Link) -> str:
        """Return the contact that has the copy now, by its id at the copy's side: a merged contact took it along."""
        contact_id, side = self.original_contact(link), self.connection.side(original_side(link))
        return (contact_id and self.linked_contact(side, contact_id)) or first_contact_of_copy(link)

    def who(self, side: Side, contact_id: str) -> str:
        """Name the contact of a message as reports do: by e-mail, else by number, else by id."""
        link = self.contacts.tables.links.of_record(side.name, contact_id)
        if link is not None:
            return contact_codec.display_name(side.account, contact_id, self.contacts.mapping.shadow(link, side.name))
        staged = self.contacts.staging.changed_record(side.name, contact_id)
        fields = contact_codec.decode(staged.contact).fields if staged is not None and staged.contact else {}
        return contact_codec.display_name(side.account, contact_id, fields)

    def around(
        self, side: Side, message_id: str, contact_id: str, operation: str = READ, *, digest: bytes | None = None
    ) -> AbstractContextManager[None]:
        """Return the boundary around one message of a side: an error in it is the failure of that message (R42)."""
        who = self.who(side, storable(contact_id)) if contact_id else ""
        return self.boundary.around(side, message_id, operation, who=who, digest=digest)


def message_store(side: Side) -> MessageStore:
    """Return the messages of a side's account."""
    return side.connector.message_store


def message_of(staged: StagedMessage) -> Message:
    """Return a staged message; one without content shows nothing but its ids."""
    return decode(staged.content) if staged.content else Message(staged.id, staged.contact_id)


def fingerprint(settings: MessagesStream) -> str:
    """Return what identifies the settings of a stream; when it changes, everything is read again (R18)."""
    chosen = (settings.direction, settings.as_, sorted(settings.channels), sorted(settings.flows))
    return blake2b(repr(chosen).encode(), digest_size=8).hexdigest()
