"""What the contacts stream of one run works with: the run, the connection, the mapping, the tables, its findings.

Each part has a type of its own; a function that needs one part takes that part.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from connectors.connector import Connector, WriteResult
from connectors.contact import Contact, Fields, Value
from state.companies import CompanyCache
from state.database import Transaction
from state.erasure_marks import ErasureMarks
from state.file import StateFile
from state.holds import Holds
from state.intent_store import ContactIntents
from state.linked_elsewhere import LinkedElsewhere
from state.links import Link, LinkSide
from state.owed_values import OwedValues
from state.parked import ParkedLinks
from state.scope_verdicts import ScopeVerdicts
from state.staging import Staged, Staging
from sync.config.contacts import ContactsStream
from sync.contacts.findings import Findings, findings_for
from sync.contacts.scope_rules import scope_rule
from sync.output.stream_report import StreamReport
from sync.rules import contact_codec, kept_times, shadow_codec
from sync.rules.erasure_marks import mark_of_record, marks_to_look_for
from sync.rules.mapping import Rules, present
from sync.rules.merge import Resolution, WinnerChooser
from sync.rules.merge_result import LEFT, OPPOSITE, RIGHT, Merge, SideView
from sync.rules.scope import Scope
from sync.rules.shadow_update import ShadowPair
from sync.rules.translation import Members
from sync.rules.typed_fields import TypedField
from sync.streams.connection import ConnectionSides, Run, Side
from sync.streams.record_boundary import Boundary
from sync.streams.tables import Tables

if TYPE_CHECKING:
    from sync.contacts.pair_update import PairUpdate

AHEAD = timedelta(minutes=1)
AHEAD_MS = 60_000
"""A record with a time so far ahead of its server's clock has a wrong date: no user edits anything tomorrow (R43)."""

STREAM = contact_codec.STREAM


@dataclass(slots=True)
class ContactTables(Tables):
    """The tables of the contacts stream."""

    intents: ContactIntents = field(init=False)
    holds: Holds = field(init=False)
    owed_values: OwedValues = field(init=False)
    erasure_marks: ErasureMarks = field(init=False)
    linked_elsewhere: LinkedElsewhere = field(init=False)
    parked: ParkedLinks = field(init=False)
    scope_verdicts: ScopeVerdicts = field(init=False)

    def __post_init__(self) -> None:
        Tables.__post_init__(self)  # super() does not work in a dataclass with slots
        key = (self.state.db, self.connection.number, self.stream)
        self.intents = ContactIntents(*key)
        self.holds, self.owed_values = Holds(*key), OwedValues(*key)
        self.erasure_marks = ErasureMarks(self.state.db)
        self.linked_elsewhere = LinkedElsewhere(self.state.db, self.connection.number, self.connection.configured)
        self.parked = ParkedLinks(self.state.db, self.connection.number)
        self.scope_verdicts = ScopeVerdicts(self.state.db, self.connection.number)


@dataclass(slots=True)
class MappingInForce:
    """The mapping of number `number`. `fields` holds the fields of every mapping that links were stored under.

    `judge` decides conflicts; it knows the offsets of both clocks once both servers have answered.
    """

    number: int
    rules: Rules
    fields: Mapping[int, tuple[str, ...]]
    judge: WinnerChooser
    _present: tuple[tuple[object, ...], Rules] | None = None
    _has_places: bool = False

    def present_rules(self, connection: ConnectionSides) -> Rules:
        """Return the rules as both accounts can keep them now. Raises AuthError, TransientError."""
        left, right = connection.left.connector, connection.right.connector
        self._load_places(left, right)
        places = left.mapped_places, right.mapped_places
        key = (left.fields, right.fields, left.owner_emails, right.owner_emails, *places)
        if self._present is None or self._present[0] != key:
            owners = Members(left.owner_emails, right.owner_emails)
            self._present = (key, present(self.rules, left.fields, right.fields, owners, places))
        return self._present[1]

    def _load_places(self, *connectors: Connector) -> None:
        """Let each account read once what its places hold, so that only what fits is written (R47)."""
        if self._has_places:
            return
        typed = frozenset(name for name, rule in self.rules.items() if isinstance(rule.exchange, TypedField))
        for connector in connectors if typed else ():
            connector.missing_places(typed)
        self._has_places = True

    def travelling(self, fields: Fields) -> Fields:
        """Return those of the fields that travel on this connection."""
        if fields.keys() <= self.rules.keys():
            return fields
        return {name: value for name, value in fields.items() if name in self.rules}

    def encoded(self, shadow: Fields) -> str:
        """Write a shadow in the order that this mapping was stored with; the config may list its fields in another."""
        return shadow_codec.encode(self.travelling(shadow), self.fields[self.number])

    def shadow(self, link: Link, side: str) -> Fields:
        """Return the shadow of one side of a link."""
        return shadow_codec.decode(link.side(side).shadow, self.fields[link.mapping])

    def new_link(self, target: str, end: LinkSide, source_end: LinkSide, shadows: ShadowPair) -> Link:
        """Return the link of a record on `target` ('left' or 'right') and of its counterpart."""
        link = Link(*((end, source_end) if target == LEFT else (source_end, end)), self.number)
        self.set_shadows(link, target, shadows)
        return link

    def set_shadows(self, link: Link, target: str, shadows: ShadowPair) -> None:
        """Set both shadows of a link under this mapping."""
        link.mapping = self.number
        for side, shadow in ((target, shadows.target), (OPPOSITE[target], shadows.source)):
            link.side(side).shadow = self.encoded(shadow)


@dataclass(frozen=True, slots=True)
class Enrichment:
    """The side that looks companies up (`source`), the side that is filled in (`target`), and the cached answers."""

    source: Side
    target: Side
    known: CompanyCache


class WritePolicy(Protocol):
    """The decisions about a pair that depend on what the run is for."""

    @property
    def moves_refused_phone(self) -> bool:
        """Say whether a phone that another contact has goes to another phone field (R9)."""

    def merge_fields(self, context: "Context", link: Link | None, left: SideView, right: SideView) -> Merge:
        """Return what is to be written to each side."""

    def complete_merge(
        self, context: "Context", link: Link | None, result: Merge, left: SideView, right: SideView
    ) -> None:
        """Add to a merge what comes from outside of the pair."""

    def expected_shadows(self, job: "PairUpdate") -> ShadowPair:
        """Return the shadows of both sides if the write takes effect as it is sent."""

    def review(self, context: "Context", job: "PairUpdate") -> None:
        """Look at a merge right before its write."""

    def leave_alone(self, job: "PairUpdate", field: str, reason: str) -> None:
        """Take note that a field, or the whole record (`*`), is not written after all."""

    def commit_written(
        self, transaction: Transaction, context: "Context", job: "PairUpdate", answer: WriteResult
    ) -> None:
        """Store what a write led to (R21)."""

    def commit_unwritten(self, transaction: Transaction, context: "Context", job: "PairUpdate") -> None:
        """Store what a merge that needs no write led to."""


@dataclass(slots=True)
class Context:
    """The contacts stream of one run.

    `policy` decides what a run does in its own way: to sync, or to undo a run. `enrichment` is None if companies are
    not looked up. `scopes` say by side which contacts travel from it (R49). `followed` are the sides whose messages
    travel and are read contact by contact.
    """

    run: Run
    connection: ConnectionSides
    mapping: MappingInForce
    settings: ContactsStream
    state: StateFile
    staging: Staging
    report: StreamReport
    policy: WritePolicy
    errors: list[str] = field(default_factory=list)
    tables: ContactTables = field(init=False)
    findings: Findings = field(init=False)
    boundary: Boundary = field(init=False)
    scopes: Mapping[str, Scope] = field(init=False)
    enrichment: "Enrichment | None" = None
    followed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.tables = ContactTables(self.state, self.connection, STREAM, self.run.dry)
        self.findings = findings_for(side.account for side in self.connection.sides)
        self.boundary = Boundary(self.state, self.tables.failures, self.errors, self.run.now_ms)
        only = self.settings.only
        self.scopes = {LEFT: scope_rule(only.left), RIGHT: scope_rule(only.right)}

    def present_rules(self) -> Rules:
        """Return the rules as both accounts can keep them now."""
        return self.mapping.present_rules(self.connection)

    def is_forgotten(self, side: Side, contact: Contact) -> bool:
        """Say whether a record belongs to an erased contact, which is left out."""
        if not self.tables.erasure_marks:
            return False
        other = self.connection.other(side)
        marks = marks_to_look_for(side.account, other.account, contact_codec.index_entry(contact))
        return self.tables.erasure_marks.knows_any(marks)

    def is_forgotten_record(self, side: Side, record_id: str) -> bool:
        """Say whether the record with that id was erased, by its id alone."""
        return self.tables.erasure_marks.knows_any([mark_of_record(side.account, record_id)])

    def view(self, link: Link | None, side: Side, staged: Staged | None) -> SideView:
        """Return what a side shows, as far as this run has read it.

        A side without new values shows what was agreed. Its fields in conflict show what they showed when the conflict
        was opened.
        """
        base = self.mapping.shadow(link, side.name) if link else {}
        if staged is not None and staged.contact is not None:
            contact = contact_codec.decode(staged.contact)
            now = self.mapping.travelling(contact.fields)
            times = self._times(link, side, now, staged.changed_ms) if link else {}
            changed_at, unmapped = contact_codec.from_ms(staged.changed_ms), frozenset(contact.unmapped)
            return SideView(now, base, changed_at, unmapped, times, staged.id)
        if link is None:
            return SideView({}, base)
        now = {**base, **{name: value for name, (value, _) in self._disputed(link, side).items()}}
        return SideView(now, base, times=self._times(link, side, now, None))

    def agreed_name(self, link: Link, side: Side) -> str:
        """Return the name of a linked record by the values that were agreed last."""
        return contact_codec.display_name(side.account, link.side(side.name).id, self.mapping.shadow(link, side.name))

    def resolutions(self, link: Link) -> dict[str, Resolution]:
        """Return the decisions of users about the open conflicts of a link, by field."""
        decided = {}
        for name, conflict in self.tables.conflicts.of_link(link.id).items():
            if conflict.resolution is not None:
                decided[name] = shadow_codec.parse_resolution(name, conflict.resolution)
        return decided

    def kept(self, link: Link, side: Side) -> kept_times.Kept:
        """Return the values and times from before our own write, for the fields of a side that still wait (R40)."""
        return kept_times.decode(link.side(side.name).kept, side.connector.clock_offset())

    def keep(self, link: Link, side: Side, kept: kept_times.Kept) -> None:
        """Set what `kept` returns."""
        link.side(side.name).kept = kept_times.encode(kept, side.connector.clock_offset())

    def _times(self, link: Link, side: Side, now: Fields, changed_ms: int | None) -> dict[str, datetime]:
        """Return the times that count for single fields: those from before our own write (R40).

        For a field in conflict they count only if the record has no later time: after a later edit the policy decides.
        """
        kept = kept_times.still_shown(self.kept(link, side), now) if link.side(side.name).kept else {}
        if changed_ms is not None and not kept:
            return {}
        disputed = self._disputed(link, side)
        if changed_ms is not None:
            return {name: time for name, time in kept.items() if name not in disputed}
        timed = {name: (value, time) for name, (value, time) in disputed.items() if time is not None}
        return kept_times.still_shown(timed, now) | kept

    def _disputed(self, link: Link, side: Side) -> dict[str, tuple[Value, datetime | None]]:
        """Return what a side showed in its fields in conflict, and when it was changed."""
        found = {}
        for name, conflict in self.tables.conflicts.of_link(link.id).items():
            if name in self.mapping.rules:
                left = (conflict.left_value, conflict.left_changed_ms)
                value, changed_ms = left if side.name == LEFT else (conflict.right_value, conflict.right_changed_ms)
                found[name] = (shadow_codec.parse(name, value), contact_codec.from_ms(changed_ms))
        return found
