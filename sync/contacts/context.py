"""What the contacts stream of one run works with: the run, the connection, the mapping, the tables, its findings.

Each part has a type of its own; a function that needs one part takes that part.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.contact import Contact, Fields, Value
from state.erasure_marks import ErasureMarks
from state.file import StateFile
from state.holds import Holds
from state.intent_store import ContactIntents
from state.links import Link
from state.owed_values import OwedValues
from state.staging import Staged, Staging
from sync.config.contacts import ContactsStream
from sync.contacts.findings import Findings, findings_for
from sync.contacts.mapping_in_force import MappingInForce
from sync.contacts.write_policy import WritePolicy
from sync.output.report import StreamReport
from sync.rules import contact_codec, kept_times, shadow_codec
from sync.rules.erasure_marks import mark_of_record, marks_to_look_for
from sync.rules.mapping import Rules
from sync.rules.merge import LEFT, Resolution, SideView
from sync.streams.connection import ConnectionSides, Side
from sync.streams.record_boundary import Boundary
from sync.streams.run import Run
from sync.streams.tables import Tables

if TYPE_CHECKING:
    from sync.contacts.enrichment import Enrichment

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

    def __post_init__(self) -> None:
        Tables.__post_init__(self)  # super() does not work in a dataclass with slots
        key = (self.state.db, self.connection.number, self.stream)
        self.intents = ContactIntents(*key)
        self.holds, self.owed_values = Holds(*key), OwedValues(*key)
        self.erasure_marks = ErasureMarks(self.state.db)


@dataclass(slots=True)
class Context:
    """The contacts stream of one run.

    `policy` decides what a run does in its own way: to sync, or to undo a run. `enrichment` is None if companies are
    not looked up.
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
    enrichment: "Enrichment | None" = None

    def __post_init__(self) -> None:
        self.tables = ContactTables(self.state, self.connection, STREAM, self.run.dry)
        self.findings = findings_for(side.account for side in self.connection.sides)
        self.boundary = Boundary(self.state, self.tables.failures, self.errors, self.run.now_ms)

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
            return SideView(now, base, contact_codec.from_ms(staged.changed_ms), frozenset(contact.unmapped), times)
        if link is None:
            return SideView({}, base)
        now = {**base, **{name: value for name, (value, _) in self._disputed(link, side).items()}}
        return SideView(now, base, times=self._times(link, side, now, None))

    def resolutions(self, link: Link) -> dict[str, Resolution]:
        """Return the decisions of users about the open conflicts of a link, by field."""
        decided = {}
        for name, conflict in self.tables.conflicts.of_link(link.id).items():
            if conflict.resolution is not None:
                kind, _, value = conflict.resolution.partition(":")
                decided[name] = (kind, shadow_codec.parse(value) if kind == "value" else None)
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
                found[name] = (shadow_codec.parse(value), contact_codec.from_ms(changed_ms))
        return found
