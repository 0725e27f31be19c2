"""Undo a run in the daemon, in two jobs: the first one counts what would be restored, the second one writes it.

Rules kept here:
- a user has seen the totals before anything is written (R26). Where more would be written by then, the second job
  writes nothing, and the new totals are shown;
- the jobs run in the thread of their connection, one after the other with its runs;
- what is known of an undo is kept in memory: after a restart a user begins it again.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final, Literal

from connectors.clock import Clock
from connectors.errors import ConnectorError
from state.database import DatabaseError
from state.errors import LockHeld, StateError
from sync.config.model import Config
from sync.daemon.cancellation import Activity, StoppableClock, StopSignal, WatchedProgress
from sync.engine.approval import Confirm
from sync.engine.options import RunOptions
from sync.engine.runner import Afterwards, run_connections
from sync.errors import SyncError
from sync.output import event_log
from sync.output.report import RunReport
from sync.rules.streams import CONTACTS

MOST: Final = 100
"""Undos that are remembered."""

Totals = dict[str, dict[str, int]]
Step = Literal["counting", "counted", "writing", "done", "failed"]


@dataclass(frozen=True, slots=True)
class UndoState:
    """How far an undo is. `totals` has what would be or was written, by account; `reason` why it stopped.

    `by` is who asked. `run` is the undo's own run once it has written. `left_alone` counts fields that changed since.
    """

    undoes: str
    connection: str
    created: bool
    by: str
    step: Step
    totals: Totals
    left_alone: int = 0
    run: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run of a connection needs in the daemon."""

    config: Config
    stop: StopSignal
    clock: Clock
    activity: Activity
    afterwards: Afterwards

    def run(self, options: RunOptions, confirm: Confirm) -> RunReport:
        """Run once. Raises Interrupted when the daemon stops, and the errors of `run_connections`."""
        progress = WatchedProgress(self.stop, self.activity)
        clock = StoppableClock(self.clock, self.stop, self.activity)
        (report,) = run_connections(self.config, options, progress, confirm, clock, afterwards=self.afterwards)
        return report


class UndoJobs:
    """The undos that were asked for, by the run that they undo. Calls may come from several threads."""

    def __init__(self, tools: Callable[[str], Tools], submit: Callable[[str, Callable[[], None]], None]) -> None:
        self._tools = tools
        self._submit = submit
        self._states: OrderedDict[str, UndoState] = OrderedDict()
        self._lock = Lock()

    def state_of(self, run: str) -> UndoState | None:
        """Return how far the undo of a run is, None where none was asked for."""
        return self._states.get(run)

    def count(self, connection: str, run: str, *, created: bool, by: str) -> None:
        """Count what an undo would write, unless one is under way."""
        state = UndoState(run, connection, created, by, "counting", {})
        self._begin(state, {"counting", "writing"})

    def write(self, run: str, totals: Totals, by: str) -> bool:
        """Carry out the undo with these totals; return False where they are not the ones that were counted last."""
        state = self._states.get(run)
        if state is None or state.step != "counted" or state.totals != totals:
            return False
        return self._begin(replace(state, step="writing", by=by), {"counting", "writing"})

    def _begin(self, state: UndoState, busy: set[str]) -> bool:
        with self._lock:
            before = self._states.get(state.undoes)
            if before is not None and before.step in busy:
                return False
            self._keep(state)
        event_log.info("undo asked for", run=state.undoes, connection=state.connection, kind=state.step)
        self._submit(f"{state.connection}/undo-{state.undoes}", lambda: self._run(state))
        return True

    def _keep(self, state: UndoState) -> None:
        self._states[state.undoes] = state
        while len(self._states) > MOST:
            self._states.popitem(last=False)

    def _run(self, state: UndoState) -> None:
        """Run one of both jobs, and keep how it ended."""
        tools = self._tools(state.connection)
        tools.activity.begin()
        try:
            self._keep(self._ended(state, tools))
        except (ConnectorError, StateError, LockHeld, SyncError, DatabaseError) as error:
            self._keep(replace(state, step="failed", reason=str(error)))
        except Exception as error:  # noqa: BLE001 - a bug here must not end the daemon; its message may hold personal data
            reason = f"unexpected {type(error).__name__}: this is a bug in growthsync, please report it"
            self._keep(replace(state, step="failed", reason=reason))
        finally:
            tools.activity.end()

    def _ended(self, state: UndoState, tools: Tools) -> UndoState:
        writes = state.step == "writing"
        options = RunOptions(
            connections=(state.connection,), dry_run=not writes, undoes=state.undoes, streams=(CONTACTS,),
            created=state.created,
        )  # fmt: skip
        grown: list[Totals] = []

        def confirm(plan: object) -> bool:
            found = totals_of(plan) if isinstance(plan, RunReport) else {}
            if found != state.totals:
                grown.append(found)
            return not grown

        report = tools.run(options, confirm)
        reason = "; ".join([*report.errors, *filter(None, (report.locked, report.guarded))])
        if reason:
            return replace(state, step="failed", reason=reason)
        if grown:
            return replace(state, step="counted", totals=grown[0], reason="the totals have changed since; look again")
        step: Step = "done" if writes else "counted"
        run = report.run if writes else ""
        return replace(state, step=step, totals=totals_of(report), left_alone=len(report.left_alone), run=run)


def totals_of(report: RunReport) -> Totals:
    """Return how many records are created, updated and deleted, by account."""
    found: Totals = {}
    for stream in report.streams.values():
        for account, counts in stream.accounts.items():
            found[account] = {"created": counts.created, "updated": counts.updated, "deleted": counts.deleted}
    return found
