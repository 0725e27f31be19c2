"""Two accounts in memory, and runs of the contacts stream over them, step by step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

from connectors.contact import Fields, Value
from connectors.http.concurrency import Dispatcher
from state import connections
from state.cursors import INDEXED, Cursors
from state.file import StateFile
from state.identity_index import IdentityIndex
from state.intervals import reach
from state.links import Link
from state.staging import Staging
from sync.config.contacts import ContactsStream
from sync.contacts.context import Context, MappingInForce
from sync.contacts.execute import record_dry_run, write
from sync.contacts.plan import plan
from sync.contacts.read import read_side
from sync.contacts.sync_policy import SyncPolicy
from sync.engine import contact_stream
from sync.output.progress import SilentProgress
from sync.output.stream_report import Counts, StreamReport
from sync.rules import mapping
from sync.rules.conflict_policy import winner_by_policy
from sync.rules.shadow_update import ShadowPair
from sync.rules.windows import ReadRange
from sync.streams.connection import ConnectionSides, Run, Side
from tests.connectors.clocks import FakeClock
from tests.memory_connector import MemoryConnector

FIELDS = ("first_name", "last_name", "email", "phone", "mobile_phone", "city", "tags", "do_not_contact")
SETTLE = timedelta(seconds=10)


@dataclass(slots=True)
class MemoryWorld:
    """A connection of two accounts in memory, with a state file."""

    state: StateFile
    clock: FakeClock
    left: MemoryConnector
    right: MemoryConnector
    settings: ContactsStream = field(default_factory=lambda: ContactsStream(max_changed=1.0))
    _runs: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def context(self, *, dry: bool = False) -> Iterator[Context]:
        """Give the context of one run; its staging goes at the end."""
        staging = Staging(self.state)
        try:
            yield self._context(staging, dry=dry)
        finally:
            staging.detach()

    @contextmanager
    def planned(self, *, dry: bool = False, prepare: Callable[[Context], None] = lambda _: None) -> Iterator[Context]:
        """Give the context of a run that has read both sides and has made its plan, after `prepare` has changed it."""
        self.clock.pass_by(60)
        with self.context(dry=dry) as context:
            prepare(context)
            for side in context.connection.sides:
                read_side(context, side, ReadRange())
            plan(context)
            yield context

    def run(self) -> Context:
        """Carry out one run; its context still has the report and the tables."""
        with self.planned() as context:
            write(context)
            return context

    def dry_run(self) -> Context:
        """Carry out one dry run."""
        with self.planned(dry=True) as context:
            record_dry_run(context)
            return context

    @contextmanager
    def compared(self, *, dry: bool = False) -> Iterator[Context]:
        """Give the context of a run that has read everything and has planned it, deletions too."""
        self.clock.pass_by(60)
        everything = ReadRange(whole=True)
        with self.context(dry=dry) as context:
            found = contact_stream.read_contacts(context, everything)
            targets = contact_stream.plan_contacts(context, everything, found)
            contact_stream.plan_deletions(context, everything, found, targets)
            yield context

    def reconcile(self) -> Context:
        """Carry out one run over everything; its context still has the report and the tables."""
        with self.compared() as context:
            write(context)
            contact_stream.report_contacts(context)
            return context

    def sync_changes(self) -> Context:
        """Carry out one run over what has changed, with the steps before and after its plan."""
        self.clock.pass_by(60)
        changes = ReadRange()
        with self.context() as context:
            found = contact_stream.read_contacts(context, changes)
            contact_stream.plan_contacts(context, changes, found)
            contact_stream.write_contacts(context, found)
            contact_stream.report_contacts(context)
            return context

    def add_linked(self, **fields: Value) -> tuple[str, str]:
        """Let a user create a contact at the left, carry it, and return both ids."""
        left_id = self.left.add(**fields)
        context = self.run()
        self.clock.pass_by(60)
        return left_id, self.link(context, left_id).right.id

    def link(self, context: Context, left_id: str) -> Link:
        """Return the link of a record of the left side."""
        return context.tables.links.by_record("left", [left_id])[left_id]

    def agree(self, context: Context, left_id: str, *, left: Fields | None = None, right: Fields | None = None) -> Link:
        """Let the shadows of a link hold these values besides those that they hold; return the link."""
        link = self.link(context, left_id)
        shadows = ShadowPair(
            {**context.mapping.shadow(link, "right"), **(right or {})},
            {**context.mapping.shadow(link, "left"), **(left or {})},
        )
        context.mapping.set_shadows(link, "right", shadows)
        with self.state.atomic() as transaction:
            context.tables.links.save_link(transaction, link, context.run.id)
        return link

    def _context(self, staging: Staging, *, dry: bool) -> Context:
        table = {name: rule for name, rule in _rules(self.left, self.right).items() if name in FIELDS}
        with self.state.atomic() as transaction:
            number = connections.connection_id(transaction, "sales", self.left.account, self.right.account)
            known = connections.mappings(transaction, number)
            in_force = max(known, default=0) or connections.add_mapping(transaction, number, "one", tuple(table))
        sides = ConnectionSides(
            "sales", number, self._side(number, "left", self.left), self._side(number, "right", self.right),
            SETTLE, timedelta(0),
        )  # fmt: skip
        context = Context(
            Run(f"run-{next(self._runs)}", "sync run", dry, self.clock, SilentProgress()),
            sides,
            MappingInForce(in_force, table, {in_force: tuple(table)}, winner_by_policy("newest", (0.0, 0.0))),
            self.settings,
            self.state,
            staging,
            StreamReport({side.account: Counts() for side in sides.sides}),
            SyncPolicy(),
        )
        cursors = Cursors(self.state.db, number, "contacts")
        context.findings.first = {
            side.account: reach(cursors.intervals(side.name, INDEXED), 0) is None for side in sides.sides
        }
        return context

    def _side(self, connection: int, name: str, connector: MemoryConnector) -> Side:
        identities = IdentityIndex(self.state.db, connection, name)
        return Side(name, connector.account, connector, identities, Dispatcher(self.clock, lambda: None))


def memory_world(path: Path) -> MemoryWorld:
    """Return a world with a new state file at a path."""
    clock = FakeClock()
    state = StateFile.open(path)
    return MemoryWorld(state, clock, MemoryConnector("one", clock), MemoryConnector("two", clock, markers=True))


def _rules(left: MemoryConnector, right: MemoryConnector) -> mapping.Rules:
    places = [
        mapping.Places(one.mappable_fields, one.read_only, one.consent_fields, one.derived) for one in (left, right)
    ]
    return mapping.rules(places[0], places[1], "both", mapping.Options())
