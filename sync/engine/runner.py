"""Run connections one after the other, each under its lock, and return a report of each, whatever goes wrong."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain

from connectors.account_options import AccountOptions
from connectors.clock import Clock, SystemClock
from connectors.http.rate_headers import RateLimit
from connectors.http.rate_limiter import CallLogStore, MemoryCallLogStore
from state.call_log import SharedCallLog
from state.disk import raising_unwritable
from state.errors import LockHeld
from state.file import StateFile
from state.lock import hold_connection
from state.settings import Settings
from state.staging import Staging
from sync.config.model import Config, Connection
from sync.config.secret import reveal
from sync.config.value_types import suggest
from sync.contacts.owed_values import by_account
from sync.contacts.verify import compare
from sync.engine.account_identity import confirm_identity
from sync.engine.accounts import Account, SharedResources, connect
from sync.engine.approval import Confirm, RunApproval
from sync.engine.build import build_scope
from sync.engine.list_rest import rest_of_lists
from sync.engine.options import RunOptions
from sync.engine.pair_limits import pair_limits
from sync.engine.preview import cost, planned_changes, totals
from sync.engine.run import RunScope, run
from sync.engine.run_progress import stored_progress
from sync.engine.run_record import begin_run, end_run
from sync.engine.saved_plan import SavedPlanPolicy, entries, heading
from sync.engine.undo import undo
from sync.errors import UsageError
from sync.messages.verify import add_comparison
from sync.oauth.token_sources import TokenSources, token_sources_of
from sync.output import event_log
from sync.output.privacy import hide
from sync.output.progress import Progress
from sync.output.report import RunReport
from sync.output.spool import ObjectSpool, Spool
from sync.output.stream_report import StreamReport
from sync.rules.contact_codec import to_ms
from sync.rules.streams import CONTACTS, MESSAGES
from sync.streams.cell_checks import raising_damage
from sync.undo.run_history import UndoneRun

Accounts = tuple[Account, Account]

Afterwards = Callable[[StateFile, RunReport], None]
"""Called with each report of a run that was no dry run, while the lock is still held; raises nothing."""


def run_connections(
    config: Config,
    options: RunOptions,
    progress: Progress,
    confirm: Confirm | None,
    clock: Clock | None = None,
    *,
    afterwards: Afterwards = lambda _state, _report: None,
) -> list[RunReport]:
    """Run the chosen connections one after the other, and return a report of each.

    `confirm` is asked before the first write of a connection's first run, and of an undo; without it they count as
    approved. Raises UsageError, ConfigError and StateError
    before any call is made, and StateUnwritable when a disk is full; what goes wrong with an account is in its report.
    """
    chosen = chosen_connections(config, options.connections)
    names = list(dict.fromkeys(name for one in chosen for name in (one.left, one.right)))
    credentials = reveal(config, names, progress.note)
    hide(credentials.values())
    time = clock or SystemClock()
    token_sources = token_sources_of(config, names, progress.note, time)
    runner = Runner(config, options, progress, confirm, time, credentials, token_sources, afterwards)
    return runner.run_all(chosen)


def run_copies(
    config: Config,
    options: RunOptions,
    progress: Progress,
    clock: Clock,
    copies: Mapping[str, tuple[AccountOptions, str]],
) -> list[RunReport]:
    """Run connections against copies of their accounts, each with its credential. Nothing is asked and reported.

    Records name the accounts of the config file as their sources, as those of a real run do (R31).
    """
    chosen = chosen_connections(config, options.connections)
    credentials = {name: secret for name, (_, secret) in copies.items()}
    reached = {name: account for name, (account, _) in copies.items()}
    runner = Runner(config, options, progress, None, clock, credentials, None, lambda _state, _report: None, reached)
    return runner.run_all(chosen)


def chosen_connections(config: Config, names: Sequence[str]) -> list[Connection]:
    """Return the connections of these names, all of them without a name. Raises UsageError."""
    for name in names:
        if name not in config.connections:
            known = suggest(name, config.connections)
            raise UsageError(f"--connection {name}: {config.path} has no such connection; allowed is {known}")
    return [one for name, one in config.connections.items() if not names or name in names]


@dataclass(frozen=True, slots=True)
class Runner:
    """What all runs of one command share. `reached` are accounts that are called in place of those of the config."""

    config: Config
    options: RunOptions
    progress: Progress
    confirm: Confirm | None
    clock: Clock
    credentials: Mapping[str, str]
    token_sources: TokenSources | None
    afterwards: Afterwards
    reached: Mapping[str, AccountOptions] = field(default_factory=dict)

    def run_all(self, chosen: Sequence[Connection]) -> list[RunReport]:
        """Run the connections one after the other; none of them if an account is another one than before (R28)."""
        path = self.config.state.path
        with raising_unwritable(path), raising_damage(path), ExitStack() as stack:
            state = StateFile.open_copy(path) if self.options.dry_run else StateFile.open(path)
            stack.callback(state.close)
            shared = self._shared_resources(state, stack)
            connected = [(one, self._connect(one, shared, stack)) for one in chosen]
            for _, accounts in connected:
                for account in accounts:
                    connector = account.connector
                    confirm_identity(state, connector.account, connector.system, connector.identity())
            return [self._run_connection(state, one, accounts) for one, accounts in connected]

    def _shared_resources(self, state: StateFile, stack: ExitStack) -> SharedResources:
        return SharedResources(
            self._call_log(stack), self.clock, lambda name: Settings(state, name, self._now_ms), self.token_sources,
            self.progress.note, self.config.accounts, self.config.connections,
        )  # fmt: skip

    def _call_log(self, stack: ExitStack) -> CallLogStore:
        """Return the call log that all processes share; a dry run creates no state file for it."""
        if self.options.dry_run and not self.config.state.path.exists():
            return MemoryCallLogStore()
        call_log = SharedCallLog(self.config.state.path)
        stack.callback(call_log.close)
        return call_log

    def _connect(self, connection: Connection, shared: SharedResources, stack: ExitStack) -> Accounts:
        accounts = []
        for name in (connection.left, connection.right):
            options = self.reached.get(name, self.config.accounts[name])
            account = connect(name, options, self.credentials[name], connection, shared)
            stack.callback(account.close)
            accounts.append(account)
        return accounts[0], accounts[1]

    def _run_connection(self, state: StateFile, connection: Connection, accounts: Accounts) -> RunReport:
        """Run one connection under its lock; where another run holds the lock, the report says so."""
        report = self._new_report(connection)
        about = {"run": report.run, "connection": connection.name, "stream": "+".join(report.asked)}
        try:
            with self._lock(state, connection), event_log.about(**about):
                self._run_locked(state, connection, accounts, report)
                if not self.options.dry_run:
                    self.afterwards(state, report)
        except LockHeld as error:
            report.locked = str(error)
        return report

    def _new_report(self, connection: Connection) -> RunReport:
        started, options = self.clock.now(), self.options
        run_id = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        report = RunReport(run_id, connection.name, started, dry_run=options.dry_run, command=options.command)
        report.undoes = options.undoes
        report.asked = tuple(one for one in options.streams if one != MESSAGES or connection.messages is not None)
        return report

    @contextmanager
    def _lock(self, state: StateFile, connection: Connection) -> Iterator[None]:
        """Hold the lock; a dry run takes none, since it works on its own copy."""
        if self.options.dry_run:
            yield
            return
        with hold_connection(state, connection.name, self._now_ms()):
            yield

    def _run_locked(self, state: StateFile, connection: Connection, accounts: Accounts, report: RunReport) -> None:
        staging = Staging(state)
        try:
            with stored_progress(self.progress, state, report, self.clock) as progress:
                scope = build_scope(
                    self.options, connection, accounts,
                    state=state, staging=staging, report=report, clock=self.clock, progress=progress,
                    configured=frozenset(self.config.connections),
                )  # fmt: skip
                self._run_scope(scope, accounts, report)
        finally:
            staging.detach()

    def _run_scope(self, scope: RunScope, accounts: Accounts, report: RunReport) -> None:
        """Run, and fill the report; the end of the run is recorded in the state whatever happens."""
        contacts, beginning = scope.contacts, begin_run(scope.contacts, report)
        report.streams = dict(_stream_reports(scope))
        for account in accounts:
            report.requests[account.connector.account] = account.connector.call_counts
        status = "interrupted"
        try:
            report.guarded = self._run_or_undo(scope, accounts, report, is_first=beginning.is_first)
            report.streams = dict(_stream_reports(scope))
            report.errors = scope.errors
            self._add_preview(scope, accounts, report)
            report.rest = rest_of_lists(scope.contacts, _limits(accounts))
            report.renewed_at = max(filter(None, (account.pacer.renewed_at() for account in accounts)), default=None)
            status = report.status
        finally:
            report.fields_created = contacts.findings.fields_created
            report.owed = by_account(contacts.findings.expected_owed)
            report.finished_at = self.clock.now()
            end_run(contacts, report, status, self.options, beginning, self.config.state.history)

    def _run_or_undo(self, scope: RunScope, accounts: Accounts, report: RunReport, *, is_first: bool) -> str:
        options = self.options
        if options.undoes:
            return self._undo(scope, report)
        approval = RunApproval(
            report, _limits(accounts), is_first,
            is_asked=is_first and not options.saved and self.config.connections[report.connection].first_run == "ask",
            waits=options.waits, confirm=self.confirm,
        )  # fmt: skip
        whole = options.deep and options.whole
        if options.saved is None:
            return run(scope, options.read_range, approval, deep=whole, unguarded=options.unguarded)
        policy = SavedPlanPolicy(options.saved.plans[report.connection])
        scope.contacts.policy = policy
        try:  # the user has seen the plan, so that no guard is needed
            return run(scope, options.read_range, approval, deep=whole, unguarded=True, select=policy.select)
        finally:
            report.skipped = policy.skipped

    def _undo(self, scope: RunScope, report: RunReport) -> str:
        options = self.options
        accounts = {side.name: side.account for side in scope.contacts.connection.sides}
        undone = UndoneRun(options.undoes, scope.contacts.tables.history, accounts, options.created, {})
        try:
            return undo(scope, undone, self._confirm_undo(report), unguarded=options.unguarded)
        finally:
            report.left_alone = list(undone.left_alone.values())

    def _confirm_undo(self, report: RunReport) -> Callable[[RunScope], bool]:
        """Return what asks the user before the first write of an undo."""

        def approve(scope: RunScope) -> bool:
            if self.options.dry_run or self.confirm is None:
                return True
            plan = RunReport(report.run, report.connection, report.started_at, dry_run=True, undoes=report.undoes)
            plan.streams = {name: totals(scope, name, stream) for name, stream in report.streams.items()}
            return self.confirm(plan)

        return approve

    def _add_preview(self, scope: RunScope, accounts: Accounts, report: RunReport) -> None:
        """Add what only a dry run may be asked for: the plan and its cost, or the comparison of both sides."""
        if self.options.dry_run and self.options.priced:
            report.changes = Spool(planned_changes(scope))
            report.cost = cost(scope, _limits(accounts), deep=self.options.deep)
            if self.options.saves:
                first = heading(report.connection, report.asked, self.options.read_range)
                report.saved = ObjectSpool(chain([first], entries(scope)))
            connectors = [account.connector for account in accounts]
            found = pair_limits(self.config.connections[report.connection], *connectors)
            report.limits = [limit.line for limit in found]
        if self.options.compared and not report.errors:
            report.comparison = compare(scope.contacts)
            report.comparison.owed = by_account(scope.contacts.findings.expected_owed)
            if scope.messages is not None:
                add_comparison(scope.messages, report.comparison)

    def _now_ms(self) -> int:
        return to_ms(self.clock.now()) or 0


def _stream_reports(scope: RunScope) -> Iterator[tuple[str, StreamReport]]:
    """Yield the reports of the streams: of contacts also where only messages were asked for and contacts came along."""
    if scope.with_contacts or scope.contacts.report.is_busy:
        yield CONTACTS, scope.contacts.report
    if scope.messages is not None:
        yield MESSAGES, scope.messages.report


def _limits(accounts: Accounts) -> dict[str, RateLimit | None]:
    return {account.connector.account: account.limit for account in accounts}
