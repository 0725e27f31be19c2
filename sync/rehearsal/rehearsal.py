"""Run connections against copies of their accounts until they are quiet, and collect what was found."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from connectors.clock import Clock, SystemClock
from connectors.errors import ConnectorError
from state import connections
from state.call_log import forget_call_logs
from state.file import StateFile
from state.history import History, HistoryEntry
from sync.config.model import Config, Connection
from sync.engine.options import RunOptions
from sync.engine.runner import chosen_connections, run_copies
from sync.operations import open_items
from sync.output.progress import Progress, SilentProgress
from sync.output.report import RunReport
from sync.rehearsal.clock import RehearsalClock
from sync.rehearsal.copies import CopiedAccount, copied_accounts
from sync.rehearsal.outcome import LaterRun, Rehearsal, RehearsalFinding, written
from sync.rehearsal.progress import RehearsedProgress
from sync.rules.streams import CONTACTS
from sync.streams.price import price_of_calls

LATER_RUNS: Final = 2
"""After two runs both sides are equal, and the third writes nothing (P5)."""

AFTER_SETTLING: Final = timedelta(seconds=2)
"""How much more time passes between two runs than the longest `settle`: the time of servers has whole seconds."""

POLICIES: Final = frozenset({"newest", "left", "right"})
"""The rules of history entries that a conflict policy decided."""

ENRICHMENT: Final = "enrichment: no company is looked up"
MESSAGES: Final = "messages: only contacts are copied"


def rehearse(
    config: Config, names: Sequence[str], newest: int | None, progress: Progress, clock: Clock | None = None
) -> list[Rehearsal]:
    """Rehearse the chosen connections, all of them without a name, and return what was found of each.

    `newest` is how many contacts of each account are copied, None for all. Raises UsageError, ConfigError and
    StateError before any call is made, and StateUnwritable when the disk is full; what goes wrong with an account is in
    the errors.
    """
    chosen, time = chosen_connections(config, names), clock or SystemClock()
    ahead = RehearsalClock(time)
    try:
        with _private_folder() as folder, copied_accounts(config, chosen, newest, progress, time, ahead) as copies:
            rehearsed = _private_config(config, folder)
            _copy_state(config, rehearsed)
            return _Rehearser(rehearsed, chosen, newest, progress, ahead, copies).rehearse_all()
    except ConnectorError as error:
        return [Rehearsal(one.name, _no_report(one, time), newest=newest, errors=[str(error)]) for one in chosen]


@contextmanager
def _private_folder() -> Iterator[Path]:
    """Yield a folder that only its owner can read; it is removed in any case."""
    with TemporaryDirectory(prefix="growthsync-rehearsal-") as folder:  # mode 0700
        yield Path(folder)


def _private_config(config: Config, folder: Path) -> Config:
    """Return the config with another state file, and without the look-up of companies, which may cost money."""
    connections = {
        name: one.model_copy(update={"contacts": one.contacts.model_copy(update={"enrich": False})})
        for name, one in config.connections.items()
    }
    state = config.state.model_copy(update={"path": folder / "sync.db"})
    return config.model_copy(update={"state": state, "connections": connections})


def _copy_state(config: Config, rehearsed: Config) -> None:
    """Copy the state file where there is one, so that what is linked is linked in the rehearsal."""
    if not config.state.path.exists():
        return
    with closing(StateFile.open_copy(config.state.path)) as state:
        state.back_up(rehearsed.state.path)
    with closing(StateFile.open(rehearsed.state.path)) as copied, copied.atomic() as transaction:
        forget_call_logs(transaction)  # the copies of the accounts have allowances of their own


def _no_report(connection: Connection, clock: Clock) -> RunReport:
    return RunReport("", connection.name, clock.now())


@dataclass(frozen=True, slots=True)
class _Rehearser:
    """What the runs of a rehearsal share."""

    config: Config
    chosen: Sequence[Connection]
    newest: int | None
    progress: Progress
    clock: RehearsalClock
    copies: dict[str, CopiedAccount]

    def rehearse_all(self) -> list[Rehearsal]:
        """Run all connections until they are quiet, as one command runs them: one after the other."""
        found = {report.connection: self._first(report) for report in self._run(RehearsedProgress(self.progress))}
        stopped = tuple(name for name, one in found.items() if one.guarded)
        if stopped:
            for report in self._run(SilentProgress(), connections=stopped, unguarded=True):
                found[report.connection] = self._first(report, guarded=found[report.connection].guarded)
        for one in found.values():
            self._describe_first(one)
        for _ in range(LATER_RUNS):
            for report in self._run(SilentProgress(), unguarded=True):
                found[report.connection].errors += report.errors
                found[report.connection].later.append(LaterRun.of(report, self._history(report)))
        self._compare(found)
        return list(found.values())

    def _run(self, progress: Progress, **options: Any) -> list[RunReport]:
        settle = max(one.settle for one in self.chosen)
        self.clock.move_ahead(settle + AFTER_SETTLING)
        wanted = RunOptions(
            **{"connections": tuple(one.name for one in self.chosen), "streams": (CONTACTS,), **options}
        )
        reached = {name: copy.reached_by for name, copy in self.copies.items()}
        return run_copies(self.config, wanted, progress, self.clock, reached)

    def _first(self, report: RunReport, guarded: str = "") -> Rehearsal:
        """Return the findings of a first run that its report has."""
        connection = self.config.connections[report.connection]
        accounts = (connection.left, connection.right)
        calls = {name: counts.reads + counts.writes for name, counts in report.requests.items()}
        return Rehearsal(
            report.connection,
            report,
            guarded or report.guarded,
            newest=self.newest,
            read={name: self.copies[name].read for name in accounts},
            unread={name: self.copies[name].unread for name in accounts},
            cost={name: price_of_calls(count, self.copies[name].limit) for name, count in calls.items()},
            left_out=[*self._left_out(connection.name)],
            errors=list(report.errors),
        )

    def _left_out(self, name: str) -> Iterator[str]:
        asked = next(one for one in self.chosen if one.name == name)
        if asked.messages is not None:
            yield MESSAGES
        if asked.contacts.enrich:
            yield ENRICHMENT

    def _describe_first(self, found: Rehearsal) -> None:
        """Add the open conflicts and failures, and what a policy decided."""
        with closing(self._open_state()) as state:
            found.conflicts = RehearsalFinding.of(_of(open_items.conflicts_of(state.db), found.name))
            found.failures = RehearsalFinding.of(_of(open_items.failures_of(state.db), found.name))
        found.settled = RehearsalFinding.of(written(one) for one in self._history(found.first) if one.rule in POLICIES)

    def _history(self, report: RunReport) -> Iterator[HistoryEntry]:
        """Yield what a run wrote."""
        with closing(self._open_state()) as state:
            connection = connections.find_connection(state.db, report.connection)
            if connection is None:
                return
            history, last = History(state.db, connection.id, CONTACTS), 0
            while page := history.of_run(report.run, last):
                yield from (line.entry for line in page)
                last = page[-1].id

    def _compare(self, found: dict[str, Rehearsal]) -> None:
        """Add what the comparison of both sides shows after the last run."""
        options = {"dry_run": True, "unguarded": True, "whole": True, "compared": True}
        for report in self._run(SilentProgress(), **options):
            one, comparison = found[report.connection], report.comparison
            one.errors += report.errors
            if comparison is not None:
                one.alone = {name: RehearsalFinding.of(listed) for name, listed in comparison.only.items()}
                one.differ = RehearsalFinding.of(comparison.differ)

    def _open_state(self) -> StateFile:
        return StateFile.open(self.config.state.path)


def _of(documents: Sequence[dict[str, Any]], name: str) -> Iterator[dict[str, Any]]:
    """Yield the open items of the contacts of a connection, without the numbers, which only the copied state knows."""
    for one in documents:
        if (one["connection"], one["stream"]) == (name, CONTACTS):
            yield {key: value for key, value in one.items() if key not in {"id", "run"}}
