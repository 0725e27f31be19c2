"""What one run of one connection works with.

Both sides, the rules, the state behind them, and what is counted on the way.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.clock import Clock
from connectors.connector import Connector
from connectors.contact import Contact, Fields, Value
from connectors.http.concurrency import Dispatcher
from state.conflicts import Conflicts
from state.cursors import Cursors
from state.erasure_marks import Forgotten
from state.failures import Failures
from state.file import StateFile
from state.history import History
from state.holds import Holds
from state.identity_index import Identities
from state.intent_store import ContactIntents
from state.links import Link, Links
from state.owed_values import OwedValues
from state.staging import Stage, Staged
from state.webhook_hints import Hint, Hints
from sync.config.contacts import ContactsStream
from sync.contacts.audit_log import logged_tables
from sync.contacts.record_boundary import Boundary
from sync.output.progress import Progress
from sync.output.report import StreamReport
from sync.rules import contact_codec, kept_times, shadow_codec
from sync.rules.conflict_policy import correct
from sync.rules.erasure_marks import mark_of_record, marks_to_look_for
from sync.rules.guard import ChangeWeight
from sync.rules.mapping import Rules, present
from sync.rules.merge import LEFT, RIGHT, Judge, Resolution, SideView
from sync.rules.translation import Members
from sync.undo.run_history import UndoneRun

if TYPE_CHECKING:
    from sync.contacts.enrichment import Enrichment

OWN_WRITE_MS = 1000
"""A record whose time is at most so much after our own last write to it was last changed by us (R14)."""

AHEAD = timedelta(minutes=1)
AHEAD_MS = 60_000
"""A record whose time lies so far ahead of its server's clock is dated wrongly: nobody changes anything tomorrow."""

STREAM = contact_codec.STREAM
SIDE_NAMES = (LEFT, RIGHT)


@dataclass(frozen=True, slots=True)
class Side:
    """One account of the connection. `name` is 'left' or 'right'."""

    name: str
    account: str
    connector: Connector
    identities: Identities
    dispatcher: Dispatcher

    def changed_ms(self, contact: Contact, wrote_ms: int | None) -> int | None:
        """Return when a person changed the record, on our clock.

        None where that time is of our own write, or unknown (R14).
        """
        updated = contact_codec.to_ms(contact.updated_at)
        if updated is None or (wrote_ms is not None and updated <= wrote_ms + OWN_WRITE_MS):
            return None
        return contact_codec.to_ms(correct(contact.updated_at, self.connector.clock_offset()))

    def server_now_ms(self, clock: Clock) -> int:
        """Return the time of this side's server."""
        return contact_codec.to_ms(clock.now() + timedelta(seconds=self.connector.clock_offset())) or 0

    def needs_marker(self, person: Contact) -> bool:
        """Say whether nothing but a marker could ever tell who somebody is: neither e-mail nor phone (R6)."""
        return self.connector.marks and not person.fields.get("email") and not person.phones


@dataclass(slots=True)
class Context:
    """One run.

    `table` holds the fields of every mapping that links were stored under, `mapping` is the one in force. `horizons`
    and `weights` are by account; `first` tells for which of them everybody is read for the first time by this run;
    `unknown` are the creates, by target side and source id, whose outcome nobody knows yet; `unfinished` is the first
    pair made since the last run that came to its end; `nameless` counts, by account, field and value, what this run
    left alone because it has no name on the other side; `owes` tells that values waited for a place when the run began,
    `foreseen_owed` counts, by account and field, those of people whom a dry run would make; `furnished` are, by side,
    the fields whose places this run has made; `doubted` counts, by account, the records that were read by id because a
    list does not show what was agreed on; `relinked` are contacts who are taken up again, by the number of their
    hashes: side and id; `absent` are the numbers of those whose other record is proven to be gone, `read_whole` the
    sides that this run has read in full for them, `lifted_ids` the records that have their hashes, by side and number;
    `heeded` are the hints that this run carries to their end; `enrichment` is there where
    companies are looked up; `undone` is the run that this one is to undo, if that is what it is for.
    """

    run: str
    name: str
    connection: int
    state: StateFile
    stage: Stage
    left: Side
    right: Side
    rules: Rules
    table: Mapping[int, tuple[str, ...]]
    mapping: int
    settings: ContactsStream
    settle: timedelta
    lookback: timedelta
    judge: Judge
    clock: Clock
    progress: Progress
    report: StreamReport
    dry: bool
    command: str
    links: Links = field(init=False)
    conflicts: Conflicts = field(init=False)
    failures: Failures = field(init=False)
    intents: ContactIntents = field(init=False)
    history: History = field(init=False)
    held: Holds = field(init=False)
    owed: OwedValues = field(init=False)
    forgotten: Forgotten = field(init=False)
    cursors: Cursors = field(init=False)
    hints: Hints = field(init=False)
    boundary: Boundary = field(init=False)
    heeded: list[Hint] = field(default_factory=list)
    relinked: dict[int, tuple[str, str]] = field(default_factory=dict)
    absent: set[int] = field(default_factory=set)
    read_whole: set[str] = field(default_factory=set)
    lifted_ids: dict[str, dict[int, Sequence[str]]] = field(default_factory=dict)
    weights: dict[str, ChangeWeight] = field(default_factory=dict)
    horizons: dict[str, datetime] = field(default_factory=dict)
    first: dict[str, bool] = field(default_factory=dict)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    unfinished: int | None = None
    undone: UndoneRun | None = None
    errors: list[str] = field(default_factory=list)
    doubted: Counter[str] = field(default_factory=Counter)
    nameless: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _present: tuple[tuple[frozenset[str] | None, ...], Rules] | None = None
    fields_created: dict[str, list[str]] = field(default_factory=dict)
    foreseen_owed: Counter[tuple[str, str]] = field(default_factory=Counter)
    furnished: dict[str, frozenset[str]] = field(default_factory=dict)
    owes: bool = False
    enrichment: "Enrichment | None" = None

    def __post_init__(self) -> None:
        key = (self.state.db, self.connection, STREAM)
        accounts = {side.name: side.account for side in self.sides}
        self.history, self.conflicts, self.failures = logged_tables(*key, accounts, dry=self.dry)
        self.links, self.intents, self.cursors = Links(*key), ContactIntents(*key), Cursors(*key)
        self.held, self.forgotten = Holds(*key), Forgotten(self.state.db)
        self.owed = OwedValues(*key)
        self.hints = Hints(self.state.db, self.name, STREAM)
        self.boundary = Boundary(self.state, self.failures, self.errors, self.now_ms)
        self.weights = {side.account: ChangeWeight() for side in self.sides}

    @property
    def sides(self) -> tuple[Side, Side]:
        """Return left and right."""
        return self.left, self.right

    def side(self, name: str) -> Side:
        """Return 'left' or 'right'."""
        return self.left if name == LEFT else self.right

    def other(self, side: Side) -> Side:
        """Return the opposite side."""
        return self.right if side.name == LEFT else self.left

    def present_rules(self) -> Rules:
        """Return the rules as both accounts can keep them now."""
        left, right = self.left.connector, self.right.connector
        key = (left.fields, right.fields, left.owners, right.owners)
        if self._present is None or self._present[0] != key:
            owners = Members(left.owners, right.owners)
            self._present = (key, present(self.rules, left.fields, right.fields, owners))
        return self._present[1]

    def is_forgotten(self, side: Side, contact: Contact) -> bool:
        """Say whether a record is that of somebody who was forgotten, and is left out."""
        if not self.forgotten:
            return False
        marks = marks_to_look_for(side.account, self.other(side).account, contact_codec.known(contact))
        return self.forgotten.knows_any(marks)

    def is_forgotten_record(self, side: Side, record_id: str) -> bool:
        """Say whether a record of that id was forgotten, without looking at it."""
        return self.forgotten.knows_any([mark_of_record(side.account, record_id)])

    def now_ms(self) -> int:
        """Return our own time."""
        return contact_codec.to_ms(self.clock.now()) or 0

    def travelling(self, fields: Fields) -> Fields:
        """Return those of the fields that travel on this connection."""
        return {name: value for name, value in fields.items() if name in self.rules}

    def base(self, link: Link, side: str) -> Fields:
        """Return the shadow of one side of a link."""
        return shadow_codec.decode(link.side(side).shadow, self.table[link.mapping])

    def set_base(self, link: Link, side: str, base: Fields) -> None:
        """Set the shadow of one side of a link; both sides are set before it is saved, under the mapping in force."""
        link.side(side).shadow = shadow_codec.encode(self.travelling(base), tuple(self.rules))

    def view(self, link: Link | None, side: Side, staged: Staged | None) -> SideView:
        """Return what a side shows, as far as this run knows it without asking again.

        A side of which nothing new was read shows what was agreed, but for the fields in conflict: of these it shows
        what it showed when the conflict was found.
        """
        base = self.base(link, side.name) if link else {}
        if staged is not None and staged.contact is not None:
            contact = contact_codec.decode(staged.contact)
            now = self.travelling(contact.fields)
            times = self._times(link, side, now, staged.changed_ms) if link else {}
            return SideView(now, base, contact_codec.from_ms(staged.changed_ms), frozenset(contact.unmapped), times)
        if link is None:
            return SideView({}, base)
        now = {**base, **{name: value for name, (value, _) in self._disputed(link, side).items()}}
        return SideView(now, base, times=self._times(link, side, now, None))

    def resolutions(self, link: Link) -> dict[str, Resolution]:
        """Return what people decided about the open conflicts of a link."""
        decided = {}
        for name, conflict in self.conflicts.of_link(link.id).items():
            if conflict.resolution is not None:
                kind, _, value = conflict.resolution.partition(":")
                decided[name] = (kind, shadow_codec.parse(value) if kind == "value" else None)
        return decided

    def kept(self, link: Link, side: Side) -> kept_times.Kept:
        """Return what a side of a link showed before our own write in the fields that wait, and the times (R40)."""
        return kept_times.decode(link.side(side.name).kept, side.connector.clock_offset())

    def keep(self, link: Link, side: Side, kept: kept_times.Kept) -> None:
        """Set what `kept` returns."""
        link.side(side.name).kept = kept_times.encode(kept, side.connector.clock_offset())

    def _times(self, link: Link, side: Side, now: Fields, changed_ms: int | None) -> dict[str, datetime]:
        """Return the times that count for single fields: those from before our own write (R40).

        Of a field in conflict they count only where the record shows no other time: a later edit lets the rule decide.
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
        """Return what a side showed in the fields that are in conflict, and when it was changed."""
        found = {}
        for name, conflict in self.conflicts.of_link(link.id).items():
            if name in self.rules:
                left = (conflict.left_value, conflict.left_changed_ms)
                value, changed_ms = left if side.name == LEFT else (conflict.right_value, conflict.right_changed_ms)
                found[name] = (shadow_codec.parse(value), contact_codec.from_ms(changed_ms))
        return found
