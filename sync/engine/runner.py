"""Runs: one connection after the other, each under its lock, each with a report, whatever happens on the way."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from connectors.clock import Clock, SystemClock
from connectors.http.rate_limiter import CallLogStore, MemoryCallLogStore
from state import daily_counts, history
from state.call_log import SharedCallLog
from state.connections import all_connections
from state.database import Transaction
from state.disk import raising_unwritable
from state.errors import LockHeld
from state.file import StateFile
from state.lock import hold_connection
from state.queries import has_completed_run
from state.settings import Settings
from state.staging import Staging
from sync.config.model import Config, Connection
from sync.config.secret import reveal
from sync.config.value_types import suggest
from sync.contacts.context import Context
from sync.contacts.owed_values import by_account
from sync.contacts.verify import compare
from sync.engine.account_identity import confirm_identity, remember_identity
from sync.engine.accounts import Account, SharedResources, connect
from sync.engine.build import assemble
from sync.engine.cell_checks import naming
from sync.engine.metrics import counted
from sync.engine.options import RunOptions
from sync.engine.preview import cost, planned_changes, totals
from sync.engine.progress import fresh_streams, note_progress
from sync.engine.run import Consent, RunScope, finish, run
from sync.engine.undo import undo
from sync.errors import UsageError
from sync.messages.verify import add_comparison
from sync.oauth.token_sources import TokenSources, token_sources_of
from sync.output import event_log
from sync.output.privacy import hide
from sync.output.progress import Progress
from sync.output.report import RunReport, StreamReport
from sync.output.spool import Spool
from sync.rules import contact_codec, messages
from sync.rules.windows import ReadRange
from sync.undo.run_history import UndoneRun

Confirm = Callable[[RunReport], bool]
Afterwards = Callable[[StateFile, RunReport], None]
"""What is to be done with each report of a run that was no dry one, while the lock is still held; raises nothing."""


def run_connections(
    config: Config,
    options: RunOptions,
    progress: Progress,
    confirm: Confirm,
    clock: Clock | None = None,
    *,
    afterwards: Afterwards = lambda _state, _report: None,
) -> list[RunReport]:
    """Run the connections that were asked for, one after the other, and return a report of each.

    `confirm` is asked before the first write of a connection's first run. Raises UsageError, ConfigError and StateError
    before anything is called, and StateUnwritable whenever a disk is full; what goes wrong with an account stands in
    its report.
    """
    chosen = chosen_connections(config, options.connections)
    names = list(dict.fromkeys(name for one in chosen for name in (one.left, one.right)))
    credentials = reveal(config, names, progress.note)
    hide(credentials.values())
    time = clock or SystemClock()
    token_sources = token_sources_of(config, names, progress.note, time)
    runner = Runner(config, options, progress, confirm, time, credentials, token_sources, afterwards)
    with raising_unwritable(config.state.path), naming(config.state.path):
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
    token_sources: TokenSources | None
    afterwards: Afterwards

    def run_all(self, chosen: Sequence[Connection]) -> list[RunReport]:
        """Run the connections one after the other, none of them unless all accounts are who they were (R28)."""
        path = self.config.state.path
        with ExitStack() as stack:
            state = StateFile.open_copy(path) if self.options.dry_run else StateFile.open(path)
            stack.callback(state.close)
            ledger = self._ledger(stack)
            edges = SharedResources(
                ledger, self.clock, lambda name: Settings(state, name, self._now_ms), self.token_sources,
                self.progress.note, self.config.accounts,
            )  # fmt: skip
            joined = [(one, self._connect(one, edges, stack)) for one in chosen]
            for _, accounts in joined:
                for account in accounts:
                    connector = account.connector
                    confirm_identity(state, connector.account, connector.system, connector.identity())
            return [self._run_locked(state, one, accounts) for one, accounts in joined]

    def _ledger(self, stack: ExitStack) -> CallLogStore:
        """Return the book that all processes share; a dry run before the first run has nobody to share it with."""
        if self.options.dry_run and not self.config.state.path.exists():
            return MemoryCallLogStore()
        ledger = SharedCallLog(self.config.state.path)
        stack.callback(ledger.close)
        return ledger

    def _connect(self, connection: Connection, edges: SharedResources, stack: ExitStack) -> tuple[Account, Account]:
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
        report.undoes = options.undoes
        report.asked = tuple(_asked(options, connection))
        about = {"run": run_id, "connection": connection.name, "stream": "+".join(report.asked)}
        try:
            with self._lock(state, connection), event_log.about(**about):
                self._run(state, connection, accounts, report)
                if not options.dry_run:
                    self.afterwards(state, report)
        except LockHeld as error:
            report.locked = str(error)
        return report

    @contextmanager
    def _lock(self, state: StateFile, connection: Connection) -> Iterator[None]:
        """Hold the lock; a dry run takes none, since it works on its own copy."""
        if self.options.dry_run:
            yield
            return
        with hold_connection(state, connection.name, self._now_ms()):
            yield

    def _run(
        self, state: StateFile, connection: Connection, accounts: tuple[Account, Account], report: RunReport
    ) -> None:
        stage = Staging(state)
        try:
            work = assemble(
                self.options, connection, accounts,
                state=state, stage=stage, report=report, clock=self.clock, progress=self.progress,
            )  # fmt: skip
            self._work(work, accounts, report)
        finally:
            stage.detach()

    def _work(self, work: RunScope, accounts: tuple[Account, Account], report: RunReport) -> None:
        context = work.contacts
        newcomer, fresh = self._begin(context, report), fresh_streams(context, report.asked)
        report.streams = dict(_streams(work))
        for account in accounts:
            report.requests[account.connector.account] = account.connector.call_counts

        def consent(ready: RunScope) -> bool:
            asks = newcomer or self.options.undoes
            return not asks or self.options.dry_run or self._ask(ready, report)

        status = "interrupted"
        try:
            report.guarded = self._observe_and_write(work, report, consent)
            report.streams = dict(_streams(work))
            self._foresee(work, accounts, report)
            report.renewed_at = max(filter(None, (account.pacer.renewed_at() for account in accounts)), default=None)
            status = report.status
        finally:
            report.fields_created = context.findings.fields_created
            report.owed = by_account(context.findings.expected_owed)
            report.finished_at = self.clock.now()
            self._end(context, report, status, fresh)

    def _observe_and_write(self, work: RunScope, report: RunReport, consent: Consent) -> str:
        options = self.options
        if not options.undoes:
            bounds = ReadRange(options.since, options.until, whole=options.whole, hinted=not options.compared)
            deep = options.deep and options.whole
            return run(work, bounds, deep=deep, unguarded=options.unguarded, consent=consent)
        accounts = {side.name: side.account for side in work.contacts.connection.sides}
        undone = UndoneRun(options.undoes, work.contacts.tables.history, accounts, options.created, {})
        try:
            return undo(work, undone, unguarded=options.unguarded, consent=consent)
        finally:
            report.left_alone = list(undone.left_alone.values())

    def _foresee(self, work: RunScope, accounts: tuple[Account, Account], report: RunReport) -> None:
        """Add what only a dry run is asked for: the plan and its cost, or what both sides disagree about."""
        report.errors = [*work.contacts.errors, *(work.messages.errors if work.messages else ())]
        if self.options.dry_run and self.options.priced:
            limits = {account.connector.account: account.limit for account in accounts}
            report.changes = Spool(planned_changes(work))
            report.cost = cost(work, limits, deep=self.options.deep)
        if self.options.compared and not report.errors:
            report.comparison = compare(work.contacts)
            report.comparison.owed = by_account(work.contacts.findings.expected_owed)
            if work.messages is not None:
                add_comparison(work.messages, report.comparison)

    def _begin(self, context: Context, report: RunReport) -> bool:
        """Note that a run has begun; return whether it is the connection's first."""
        with context.state.atomic() as transaction:
            is_first = not has_completed_run(transaction, context.connection.number)
            history.begin_run(
                transaction, report.run, context.connection.number, context.run.now_ms(), report.undoes or None
            )
        return is_first

    def _end(self, context: Context, report: RunReport, status: str, fresh: frozenset[str]) -> None:
        with context.state.atomic() as transaction:
            note_progress(transaction, context, report.asked, status, self.options, fresh)
            if context.findings.horizons.keys() == {side.account for side in context.connection.sides}:
                self._remember_accounts(transaction, context)
            document = json.dumps(_kept(report.to_json()), ensure_ascii=False)
            history.end_run(transaction, report.run, context.run.now_ms(), status, document)
            daily_counts.add_counts(
                transaction, context.connection.number, context.run.now_ms(), counted(report, status, self.clock.now())
            )
        finish(context, self.config.state.history)

    def _remember_accounts(self, transaction: Transaction, context: Context) -> None:
        """Keep who the accounts are, now that both have answered."""
        for side in context.connection.sides:
            connector = side.connector
            sides = {
                connection.id: name
                for connection in all_connections(transaction)
                if (name := connection.side_of(side.account)) is not None
            }
            remember_identity(transaction, side.account, connector.system, connector.identity(), sides)

    def _ask(self, work: RunScope, report: RunReport) -> bool:
        """Show the plan's totals and ask, before the first write of a connection's first run."""
        preview = RunReport(report.run, report.connection, report.started_at, dry_run=True, undoes=report.undoes)
        preview.streams = {name: totals(work, name, stream) for name, stream in report.streams.items()}
        return self.confirm(preview)

    def _now_ms(self) -> int:
        return contact_codec.to_ms(self.clock.now()) or 0


def _kept(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the state keeps of a report: not whom a plan or an undo names, of whom the history tells."""
    return document | {name: [] for name in ("plan", "left_alone") if name == "plan" or name in document}


def _asked(options: RunOptions, connection: Connection) -> Iterator[str]:
    """Yield the streams that were asked for and that the connection has."""
    for stream in options.streams:
        if stream != messages.STREAM or connection.messages is not None:
            yield stream


def _streams(work: RunScope) -> Iterator[tuple[str, StreamReport]]:
    """Yield the reports of the streams that were asked for, and of people whom messages brought along."""
    if work.with_people or work.contacts.report.is_busy:
        yield contact_codec.STREAM, work.contacts.report
    if work.messages is not None:
        yield messages.STREAM, work.messages.report
