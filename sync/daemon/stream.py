"""One stream of one connection in the daemon: run it, and observe its progress.

One thread runs the stream; the main thread observes it.
"""

import random
import traceback
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from connectors.clock import Clock
from connectors.errors import ConnectorError
from state.database import DatabaseError
from state.errors import LockHeld, StateError
from state.file import StateFile
from state.progress import StreamProgress, progress_of
from state.webhook_hints import Hints, last_webhook_ms
from sync.config.model import Config, Connection, only_lists
from sync.daemon.cancellation import Activity, StoppableClock, StopSignal, WatchedProgress
from sync.daemon.hold import turn_of
from sync.daemon.triggers import interval_at, latest_after
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.errors import SyncError
from sync.notifications.sender import NotificationSender
from sync.output import event_log
from sync.output.report import RunReport
from sync.output.run_summary import log_end
from sync.rules.contact_codec import from_ms
from sync.rules.schedule import (
    PATIENCE,
    EndedRun,
    NextRun,
    StreamStatus,
    after,
    hint_delay,
    is_hanging,
    is_stalled,
    next_run,
    poll_gap_with_webhooks,
    reconcile_at,
)


def key_of(connection: str, stream: str) -> str:
    """Return the key of a stream, which is the id of its job."""
    return f"{connection}/{stream}"


@dataclass(slots=True)
class Stream:
    """A stream under one config. `started_at` is when the daemon scheduled it under this config.

    `rests_until` is when a list of everything may be read again, `lists_at` when it is due: a run before reads of a
    system that can only list what webhooks reported (R32). `clock_set_at` is when the machine's clock was
    last set, by the new time. Spans across that moment are unknown.
    """

    config: Config
    connection: Connection
    name: str
    notifier: NotificationSender
    stop: StopSignal
    clock: Clock
    activity: Activity
    started_at: datetime
    standing: StreamStatus = field(default_factory=StreamStatus)
    tried: bool = False
    stalled: bool = False
    guarded: bool = False
    waiting: bool = False
    slower: timedelta = timedelta(0)
    rests_until: datetime | None = None
    lists_at: datetime | None = None
    clock_set_at: datetime | None = None
    _watched: WatchedProgress = field(init=False)
    _progress: StreamProgress | None = None

    def __post_init__(self) -> None:
        self._watched = WatchedProgress(self.stop, self.activity)

    @property
    def can_be_woken(self) -> bool:
        """Return whether a run now makes sense: none is under way, the accounts answer, and nothing holds it back."""
        held_back = self.standing.delayed or self.guarded or self.waiting
        return self.activity.began_at is None and not held_back

    @property
    def is_bulk(self) -> bool:
        """Return whether the next run is long, as far as this object knows: a first sync, or a full comparison."""
        return self._progress is None or self._seems_due()

    @property
    def key(self) -> str:
        """Return the key of the stream, which is the id of its job."""
        return key_of(self.connection.name, self.name)

    def run(self) -> EndedRun:
        """Run the stream once, as a reconcile where that is due, and return how it ended. Raises Interrupted."""
        whole = False
        self.activity.begin()
        try:
            whole = self._is_whole()
            return self._run(whole=whole)
        except LockHeld as error:
            return EndedRun("locked", self.clock.now(), str(error), whole=whole)
        except Exception as error:  # noqa: BLE001 - an error of one stream must not end the others
            return EndedRun("failed", self.clock.now(), _reason(error), whole=whole)
        finally:
            self.tried = True
            self.activity.end()

    def conclude(self, ended: EndedRun) -> NextRun:
        """Update the status after a run, and return when the next run is due."""
        interval = interval_at(self.connection, ended.at).total_seconds()
        following = after(self.standing, ended, interval, random.random())  # noqa: S311 - spreads calls, guards nothing
        self.standing = following.standing
        if ended.rest:
            self.rests_until = ended.at + ended.rest
        if ended.how != "locked":
            self.guarded = ended.how == "guarded"
            if ended.how == "waiting" and not self.waiting:
                event_log.warning("no run starts", reason=ended.reason)
            self.waiting = ended.how == "waiting"
        return following

    def next_time(self, ended: EndedRun, planned: datetime | None, *, hinted: bool) -> datetime | None:
        """Return when the stream runs next after a run without an error, and note when everything is listed next.

        `planned` is the next time of the schedule, `hinted` whether hints wait.
        """
        soon, slower = self.clock.now() + hint_delay(self.connection.settle), ended.at + self.slower
        if ended.how == "done" and ended.lists and only_lists(self.config, self.connection):
            self.lists_at = next_run(planned, soon, slower, look=False)
        at = next_run(planned, soon, slower, look=hinted and self.can_be_woken)
        # A run for the sake of hints moves the schedule, and no list.
        times = [each for each in (at, self.reconcile_at(), self.lists_at) if each is not None]
        # Before a contact is created, a run lists everything, even for the sake of one hint.
        return max(min(times), self.rests_until or min(times)) if times else None

    def look_for_hints(self, ended: EndedRun) -> bool:
        """Return whether hints wait after a run without an error.

        While webhooks arrive, also set the longer polling interval that the config gives for that.
        """
        webhooks = self.config.webhooks
        if webhooks is None:
            return False
        try:
            with closing(StateFile.open(self.config.state.path)) as state:
                heard = from_ms(last_webhook_ms(state.db, self.connection.name))
                waiting = Hints(state.db, self.connection.name, self.name).count_hints()
        except (StateError, LockHeld, DatabaseError) as error:
            event_log.error("the state cannot be read", reason=str(error))
            return False
        self.slower = poll_gap_with_webhooks(heard, self.clock.now(), webhooks.every)
        return ended.how == "done" and waiting > 0

    def reconcile_at(self) -> datetime | None:
        """Return when the next reconcile is due as far as this object knows, None for never."""
        last = None if self._progress is None else from_ms(self._progress.reconciled_ms)
        last = None if last is None else min(last, self.clock.now())  # the clock may have been set back
        return reconcile_at(last, self.connection.reconcile, self.standing)

    def stalled_since(self) -> datetime | None:
        """Return since when no run has ended without an error, where that is too long; otherwise None."""
        if not self._seems_stalled():
            return None
        # The stream may have made progress in another process, such as a manual `sync run`.
        self._read_progress()
        return self._ended_at() if self._seems_stalled() else None

    def hangs(self) -> bool:
        """Return whether a run is under way that neither moves nor waits."""
        now = self.activity.now()
        return is_hanging(now, self.activity.moved_at, latest_after(self.connection, now) - now)

    def _is_whole(self) -> bool:
        """Return whether a reconcile is due now. The state also knows reconciles of other processes."""
        if self._progress is None or self._seems_due():
            self._read_progress()
        return self._seems_due()

    def _seems_due(self) -> bool:
        at = self.reconcile_at()
        return at is not None and at <= self.clock.now()

    def _run(self, *, whole: bool) -> EndedRun:
        turn = turn_of(self.config, self.connection, self.name, self.clock.now())
        if turn.reason:
            return EndedRun("waiting", self.clock.now(), turn.reason)
        name = self.connection.name
        lists = whole or self.lists_at is None or self.lists_at <= self.clock.now()
        options = RunOptions(connections=(name,), streams=turn.streams, whole=whole, lists=lists, waits=turn.waits)
        clock = StoppableClock(self.clock, self.stop, self.activity)
        event_log.debug("run begins", whole=whole)
        (report,) = run_connections(self.config, options, self._watched, None, clock, afterwards=self._afterwards)
        return replace(_ended(report, self.clock.now(), whole=whole), lists=lists)

    def _seems_stalled(self) -> bool:
        if self.waiting:
            return False
        since = self._ended_at()
        start = max(since, self.clock_set_at or since) if self.tried else max(since, self.started_at)
        due = max(latest_after(self.connection, start), start + PATIENCE * self.slower)
        moving = self.activity.began_at is not None and not self.hangs()
        return is_stalled(self.clock.now(), due, moving=moving)

    def _ended_at(self) -> datetime:
        ended_ms = self._progress.ended_ms if self._progress else 0
        return min(from_ms(ended_ms or None) or self.started_at, self.clock.now())

    def _afterwards(self, state: StateFile, report: RunReport) -> None:
        self._progress = progress_of(state.db, self.connection.name, self.name)
        self.notifier.after_run(state, report)

    def _read_progress(self) -> None:
        """Read the progress of the stream from the state."""
        if self.config.state.path.exists():
            with closing(StateFile.open(self.config.state.path)) as state:
                self._progress = progress_of(state.db, self.connection.name, self.name)


def _reason(error: Exception) -> str:
    """Return the reason of an error. Of a bug only the place, because its message may hold personal data."""
    if isinstance(error, ConnectorError | StateError | SyncError):
        return str(error)
    if isinstance(error, OSError | DatabaseError):
        return f"a file cannot be used ({error})"
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"unexpected {type(error).__name__} at {where}: this is a bug in growthsync, please report it"


def _ended(report: RunReport, now: datetime, *, whole: bool) -> EndedRun:
    if report.locked:
        return EndedRun("locked", now, report.locked, whole=whole)
    log_end(report, whole=whole)
    if report.errors:
        return EndedRun("failed", now, "; ".join(report.errors), report.renewed_at, whole, report.rest)
    if report.waiting:
        return EndedRun("waiting", now, report.waiting, rest=report.rest)
    return EndedRun("guarded" if report.guarded else "done", now, report.guarded, whole=whole, rest=report.rest)
