"""Runs: one connection after the other, each under its lock, each with a report, whatever happens on the way."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from connectors.clock import Clock, SystemClock
from connectors.pace import Ledger, MemoryLedger
from state import connections, history
from state.cursors import INDEXED, Cursors
from state.errors import LockHeld
from state.file import StateFile
from state.identity import Identities
from state.intervals import reach
from state.ledger import SharedLedger
from state.lock import hold
from state.settings import Settings
from state.stage import Stage
from sync.config.allowed import suggest
from sync.config.model import Config, Connection
from sync.config.secret import reveal
from sync.contacts.comparison import compare
from sync.contacts.context import STREAM, Context, Side
from sync.contacts.forecast import changes
from sync.contacts.pricing import price
from sync.decisions import mapping, people
from sync.decisions.newest import judge
from sync.decisions.windows import Bounds
from sync.errors import UsageError
from sync.reporting.progress import Progress
from sync.reporting.report import Counts, RunReport, StreamReport
from sync.reporting.spool import Spool
from sync.runs.accounts import Account, Edges, connect
from sync.runs.identity import confirm_identity, remember_identity
from sync.runs.options import RunOptions
from sync.runs.run import finish, run

Confirm = Callable[[RunReport], bool]
Emit = Callable[[RunReport], None]


def run_connections(
    config: Config, options: RunOptions, progress: Progress, confirm: Confirm, clock: Clock | None = None
) -> list[RunReport]:
    """Run the connections that were asked for, one after the other, and return a report of each.

    `confirm` is asked before the first write of a connection's first run. Raises UsageError, ConfigError and StateError
    before anything is called; what goes wrong with an account stands in its report.
    """
    chosen = chosen_connections(config, options.connections)
    names = list(dict.fromkeys(name for one in chosen for name in (one.left, one.right)))
    credentials = reveal(config, names, progress.note)
    runner = Runner(config, options, progress, confirm, clock or SystemClock(), credentials)
    return runner.run_all(chosen)


def chosen_connections(config: Config, names: Sequence[str]) -> list[Connection]:
    """Return the connections of these names, all of them when there are none. Raises UsageError."""
    for name in names:
        if name not in config.connections:
            known = suggest(name, config.connections)
            raise UsageError(f"--connection {name}: {config.path} has no such connection; allowed is {known}")
    return [one for name, one in config.connections.items() if not names or name in names]


@dataclass(frozen=True, slots=True)
class Runner:
    """What all runs of one command share."""

    config: Config
    options: RunOptions
    progress: Progress
    confirm: Confirm
    clock: Clock
    credentials: Mapping[str, str]

    def run_all(self, chosen: Sequence[Connection]) -> list[RunReport]:
        """Run the connections one after the other, none of them unless all accounts are who they were (R28)."""
        path = self.config.state.path
        with ExitStack() as stack:
            state = StateFile.open_copy(path) if self.options.dry_run else StateFile.open(path)
            stack.callback(state.close)
            ledger = self._ledger(stack)
            edges = Edges(ledger, self.clock, lambda name: Settings(state, name, self._now_ms))
            joined = [(one, self._connect(one, edges, stack)) for one in chosen]
            for _, accounts in joined:
                for account in accounts:
                    connector = account.connector
                    confirm_identity(state, connector.account, connector.system, connector.identity())
            return [self._run_locked(state, one, accounts) for one, accounts in joined]

    def _ledger(self, stack: ExitStack) -> Ledger:
        """Return the book that all processes share; a dry run before the first run has nobody to share it with."""
        if self.options.dry_run and not self.config.state.path.exists():
            return MemoryLedger()
        ledger = SharedLedger(self.config.state.path)
        stack.callback(ledger.close)
        return ledger

    def _connect(self, connection: Connection, edges: Edges, stack: ExitStack) -> tuple[Account, Account]:
        accounts = []
        for name in (connection.left, connection.right):
            account = connect(name, self.config.accounts[name], self.credentials[name], connection, edges)
            stack.callback(account.close)
            accounts.append(account)
        return accounts[0], accounts[1]

    def _run_locked(self, state: StateFile, connection: Connection, accounts: tuple[Account, Account]) -> RunReport:
        started = self.clock.now()
        run_id = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        options = self.options
        report = RunReport(run_id, connection.name, started, dry_run=options.dry_run, command=options.command)
        try:
            with self._lock(state, connection):
                self._run(state, connection, accounts, report)
        except LockHeld as error:
            report.locked = str(error)
        return report

    @contextmanager
    def _lock(self, state: StateFile, connection: Connection) -> Iterator[None]:
        """Hold the lock; a dry run takes none, since it works on its own copy."""
        if self.options.dry_run:
            yield
            return
        with hold(state, connection.name, self._now_ms()):
            yield

    def _run(
        self, state: StateFile, connection: Connection, accounts: tuple[Account, Account], report: RunReport
    ) -> None:
        stage = Stage(state)
        try:
            context = self._context(state, stage, connection, accounts, report)
            self._work(context, accounts, report)
        finally:
            stage.close()

    def _work(self, context: Context, accounts: tuple[Account, Account], report: RunReport) -> None:
        newcomer = self._begin(context, report)
        report.streams[STREAM] = context.report
        for account in accounts:
            report.requests[account.connector.account] = account.connector.traffic

        def consent(ready: Context) -> bool:
            return not newcomer or self.options.dry_run or self._ask(ready, report)

        status = "interrupted"
        try:
            bounds = Bounds(self.options.since, self.options.until, whole=self.options.whole)
            report.guarded = run(context, bounds, unguarded=self.options.unguarded, consent=consent)
            if self.options.dry_run and self.options.priced:
                limits = {account.connector.account: account.limit for account in accounts}
                report.changes = Spool(changes(context))
                report.cost = price(context, limits)
            report.errors = context.errors
            if self.options.compared and not report.errors:
                report.comparison = compare(context)
            status = report.status
        finally:
            report.fields_created = context.fields_created
            report.finished_at = self.clock.now()
            self._end(context, report, status)

    def _begin(self, context: Context, report: RunReport) -> bool:
        """Note that a run has begun; return whether it is the connection's first."""
        with context.state.atomic() as db:
            earlier = db.execute(
                "SELECT count(*) FROM run WHERE connection = ? AND status IN ('ok', 'partial')", (context.connection,)
            ).fetchone()[0]
            history.begin_run(db, report.run, context.connection, context.now_ms())
        return not earlier

    def _end(self, context: Context, report: RunReport, status: str) -> None:
        with context.state.atomic() as db:
            if context.horizons.keys() == {side.account for side in context.sides}:
                self._remember_accounts(context)
            document = json.dumps(report.to_json() | {"plan": []}, ensure_ascii=False)
            history.end_run(db, report.run, context.now_ms(), status, document)
        finish(context, self.config.state.history)

    def _remember_accounts(self, context: Context) -> None:
        """Keep who the accounts are, now that both have answered."""
        for side in context.sides:
            connector = side.connector
            sides = {
                row["id"]: "left" if row["left_account"] == side.account else "right"
                for row in context.state.db.execute("SELECT * FROM connection").fetchall()
                if side.account in (row["left_account"], row["right_account"])
            }
            remember_identity(context.state, side.account, connector.system, connector.identity(), sides)

    def _ask(self, context: Context, report: RunReport) -> bool:
        """Show the plan's totals and ask, before the first write of a connection's first run."""
        counts = {
            side.account: Counts(
                read=context.report.accounts[side.account].read,
                created=context.stage.count_steps("create", side.name),
                updated=context.stage.count_steps("pair", side.name),
            )
            for side in context.sides
        }
        shown = StreamReport(counts, context.report.windows, context.report.unchanged)
        preview = RunReport(report.run, report.connection, report.started_at, dry_run=True)
        preview.streams[STREAM] = shown
        return self.confirm(preview)

    def _context(
        self,
        state: StateFile,
        stage: Stage,
        connection: Connection,
        accounts: tuple[Account, Account],
        report: RunReport,
    ) -> Context:
        left, right = accounts
        rules = self._rules(connection, left, right)
        with state.atomic() as db:
            number = connections.connection_id(db, connection.name, connection.left, connection.right)
            table, in_force = _mapping_in_force(state, number, rules, _settings(connection))
        context = Context(
            run=report.run,
            name=connection.name,
            connection=number,
            state=state,
            stage=stage,
            left=_side(state, number, "left", left),
            right=_side(state, number, "right", right),
            rules=rules,
            table=table,
            mapping=in_force,
            settings=connection.contacts,
            settle=connection.settle,
            lookback=connection.lookback,
            judge=judge("manual", (0.0, 0.0)),
            clock=self.clock,
            progress=self.progress,
            report=StreamReport({account.connector.account: Counts() for account in accounts}),
            dry=self.options.dry_run,
            command=self.options.command,
        )
        cursors = Cursors(state.db, number, STREAM)
        context.first = {side.account: reach(cursors.get(side.name, INDEXED), 0) is None for side in context.sides}
        return context

    def _rules(self, connection: Connection, left: Account, right: Account) -> dict[str, mapping.FieldRule]:
        places = [mapping.Places(one.connector.mapped, one.connector.read_only) for one in (left, right)]
        directions = {name: option.direction for name, option in connection.contacts.fields.items()}
        return mapping.rules(places[0], places[1], connection.contacts.direction, directions)

    def _now_ms(self) -> int:
        return people.to_ms(self.clock.now()) or 0


def _mapping_in_force(
    state: StateFile, connection: int, rules: mapping.Rules, settings: Mapping[str, object]
) -> tuple[dict[int, tuple[str, ...]], int]:
    """Return the fields of every mapping there was, and the number of the one in force, made when it is new (R18).

    A field that has moved to another place since is none of the present fields: what it held there was never agreed on.
    """
    fingerprint = mapping.fingerprint(rules, settings)
    housed = mapping.housed(rules, settings)
    known = connections.mappings(state.db, connection)
    number = max(known, default=0)
    if not known or known[number][0] != fingerprint:
        number = connections.add_mapping(state.db, connection, fingerprint, tuple(housed))
        known = connections.mappings(state.db, connection)
    table = {key: tuple(housed.get(each, f"{each}, moved") for each in fields) for key, (_, fields) in known.items()}
    return table, number


def _settings(connection: Connection) -> dict[str, object]:
    """Return what else of the config decides who and what is carried."""
    contacts = connection.contacts
    places = {name: dict(option.places) for name, option in contacts.fields.items() if option.places}
    return {"create": contacts.create, "only": contacts.only.model_dump(), "places": places}


def _side(state: StateFile, connection: int, name: str, account: Account) -> Side:
    identities = Identities(state.db, connection, name)
    return Side(name, account.connector.account, account.connector, identities, account.dispatcher)
