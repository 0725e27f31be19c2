"""Schedule, watch and stop all streams of a config.

Rules kept here:
- each connection and stream has one job under a stable name, in memory. The config lists the jobs and the state holds
  their progress, so a restart loses nothing and repeats nothing;
- runs of one job never overlap; one run makes up for all missed ones;
- the plan is written to the state for `sync status`, and removed at the end.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from threading import Lock

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
)
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from connectors.clock import Clock
from state.database import DatabaseError, Transaction
from state.errors import LockHeld, StateError
from state.file import StateFile
from state.schedule import PlannedRun, plan_run, plan_runs
from sync.config.model import Config
from sync.daemon.cancellation import Activity, StopSignal
from sync.daemon.clock_step import ClockStep
from sync.daemon.connection_pool import ConnectionPool
from sync.daemon.log_lines import log_job_event, log_next_run, report_stall
from sync.daemon.stream import Stream, key_of
from sync.daemon.triggers import moved, trigger_of
from sync.daemon.undo_jobs import Tools, UndoJobs
from sync.engine.due import streams_of
from sync.errors import Interrupted
from sync.notifications.sender import NotificationSender
from sync.output import event_log
from sync.rules.contact_codec import to_ms
from sync.rules.schedule import EndedRun, NextRun, hint_delay
from sync.webhooks.counters import Counters

SETTLED = timedelta(seconds=1)
"""A job ends within this time after its run. Until then APScheduler starts no other job of the same name."""


POOL = "connections"
"""The name of the pool for APScheduler."""


class Daemon:
    """Run the streams of a config on their schedules, in the threads of a pool."""

    def __init__(self, config: Config, stop: StopSignal, clock: Clock) -> None:
        self._config = config
        self._stop = stop
        self._clock = clock
        self._streams: dict[str, Stream] = {}
        self._activities: dict[str, Activity] = {}
        self._lock = Lock()
        self.webhooks = Counters()
        self._clock_step = ClockStep(clock)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            # Runs of one job never overlap, and one run makes up for all missed ones, however late.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        engine = config.engine
        self._scheduler.add_executor(ConnectionPool(engine.threads, engine.bulk, self._is_bulk), POOL)
        self.undos = UndoJobs(self._tools, self._submit)
        self._scheduler.add_listener(log_job_event, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)

    def start(self, *, paused: bool = False) -> None:
        """Start every stream at once. With `paused`, plan the runs and leave it to `tick` to start them."""
        self._scheduler.start(paused=paused)
        self.apply_config(self._config)

    def apply_config(self, config: Config) -> None:
        """Make this the active config: schedule its streams, each to run at once, and remove all other jobs.

        A run under way continues with the config that it began with. A run with the new config follows it.
        """
        with self._lock:
            self._config = config
            kept = self._streams
            self._streams = {stream.key: stream for stream in self._new_streams(config)}
            for key in kept.keys() - self._streams.keys():
                with suppress(JobLookupError):
                    self._scheduler.remove_job(key)
            for stream in self._streams.values():
                self._schedule(stream)
        self._write_plan()

    def streams(self) -> list[Stream]:
        """Return the streams of the active config."""
        return list(self._streams.values())

    def hanging(self) -> list[str]:
        """Return the keys of streams with a run that hangs: it neither moves nor waits."""
        return [stream.key for stream in self.streams() if stream.hangs()]

    def watch(self) -> None:
        """Report streams without progress, after moving the plan where the machine's clock was set."""
        self._follow_clock()
        for stream in self.streams():
            try:
                since = stream.stalled_since()
            except (StateError, LockHeld, DatabaseError) as error:
                event_log.error("the state cannot be read", reason=str(error))
                continue
            report_stall(stream, since)

    def _follow_clock(self) -> None:
        """Move the planned runs where the machine's clock was set back, because APScheduler plans by wall time."""
        step = self._clock_step.since_last_measurement()
        if not step:
            return
        event_log.warning("the clock was set", seconds=round(step.total_seconds()))
        now = self._clock.now()
        with self._lock:
            for stream in self._streams.values():
                stream.clock_set_at = now
                stream.lists_at = None
                planned = self._planned(stream.key)
                if planned is not None and step < timedelta(0):
                    with suppress(JobLookupError):
                        self._scheduler.modify_job(stream.key, next_run_time=moved(stream.connection, planned, step))
        self._scheduler.wakeup()
        self._write_plan()

    def wake(self, keys: Iterable[tuple[str, str]]) -> None:
        """Run streams soon, because hints wait for them. A stream under way, delayed or guarded keeps its plan."""
        for connection, name in keys:
            stream = self._streams.get(key_of(connection, name))
            if stream is None or not stream.can_be_woken:
                continue
            soon = self._clock.now() + hint_delay(stream.connection.settle)
            at = max(soon, stream.rests_until or soon)
            with self._lock:
                planned = self._planned(stream.key)
                if planned is not None and planned > at:
                    with suppress(JobLookupError):
                        self._scheduler.modify_job(stream.key, next_run_time=at)

    def run_now(self, connection: str) -> bool:
        """Run the streams of a connection now, because a user asked; return False where a run is under way."""
        streams = [one for one in self.streams() if one.connection.name == connection]
        if any(one.activity.began_at for one in streams):
            return False
        for stream in streams:
            stream.lists_at = None  # a user who asks wants everything read, webhooks or not
            with self._lock:
                # An account that must not be listed yet is listed when it may be.
                self._run_at(stream.key, max(self._clock.now(), stream.rests_until or self._clock.now()))
        self._write_plan()
        return True

    def end(self, seconds: float) -> bool:
        """Start no more runs, wait at most this many seconds for the present ones; return whether all have ended."""
        self._scheduler.shutdown(wait=False)
        deadline = self._clock.monotonic() + seconds
        while any(activity.began_at for activity in self._activities.values()):
            if self._clock.monotonic() >= deadline:
                return False
            self._clock.sleep(0.02)
        return True

    def remove_plan(self) -> None:
        """Remove the plan from the state, because no run follows."""
        self._in_state(lambda transaction: plan_runs(transaction, ()))

    @property
    def is_running(self) -> bool:
        """Return whether due runs are started."""
        return bool(self._scheduler.running) and not self._stop.is_requested

    def next_run_at(self) -> datetime | None:
        """Return when the next run begins, None without a planned run."""
        times = [job.next_run_time for job in self._scheduler.get_jobs() if job.next_run_time is not None]
        return min(times, default=None)

    def _new_streams(self, config: Config) -> Iterator[Stream]:
        notifier = NotificationSender(config, self._clock, lambda: self._stop.is_requested)
        for connection in config.connections.values():
            for name in streams_of(connection):
                activity = self._activities.setdefault(key_of(connection.name, name), Activity(self._clock))
                yield Stream(config, connection, name, notifier, self._stop, self._clock, activity, self._clock.now())

    def _is_bulk(self, key: str) -> bool:
        """Say whether the next run of a stream is long: a first sync, or a full comparison."""
        stream = self._streams.get(key)
        return stream is not None and stream.is_bulk

    def _tools(self, connection: str) -> Tools:
        """Return what a job of a connection beside its streams needs."""
        activity = self._activities.setdefault(key_of(connection, "undo"), Activity(self._clock))
        notifier = NotificationSender(self._config, self._clock, lambda: self._stop.is_requested)
        return Tools(self._config, self._stop, self._clock, activity, notifier.after_run)

    def _submit(self, key: str, job: Callable[[], None]) -> None:
        """Run a job once, in turn with the streams of its connection."""
        self._scheduler.add_job(job, executor=POOL, id=key)

    def _schedule(self, stream: Stream) -> None:
        self._scheduler.add_job(
            self.tick,
            trigger_of(stream.connection),
            args=[stream.key],
            id=stream.key,
            executor=POOL,
            replace_existing=True,
            next_run_time=datetime.now(UTC),
        )

    def tick(self, key: str) -> None:
        """Run a stream once, in a thread of the pool, and plan its next run."""
        stream = self._streams.get(key)
        if stream is None or self._stop.is_requested:
            return
        with event_log.about(connection=stream.connection.name, stream=stream.name), suppress(Interrupted):
            ended = stream.run()
            following = stream.conclude(ended)
            self._plan(stream, ended, following)

    def _plan(self, stream: Stream, ended: EndedRun, following: NextRun) -> None:
        """Plan the next run of a stream, unless another config became active meanwhile."""
        if self._stop.is_requested:
            return
        hinted = stream.look_for_hints(ended)
        with self._lock:
            if self._streams.get(stream.key) is not stream:
                self._run_at(stream.key, self._clock.now())  # with the config that became active meanwhile
                return
            at = following.at or stream.next_time(ended, self._planned(stream.key), hinted=hinted)
            if at is not None:
                at = self._run_at(stream.key, at)
        log_next_run(ended, following, at)
        row = PlannedRun(stream.connection.name, stream.name, to_ms(at), stream.standing.delayed)
        self._in_state(lambda transaction: plan_run(transaction, row))

    def _run_at(self, key: str, at: datetime) -> datetime:
        """Plan a run, but not before the present job has ended; return its time."""
        at = max(at, self._clock.now() + SETTLED)
        with suppress(JobLookupError):
            self._scheduler.modify_job(key, next_run_time=at)
        return at

    def _planned(self, key: str) -> datetime | None:
        job = self._scheduler.get_job(key)
        return None if job is None else job.next_run_time

    def _write_plan(self) -> None:
        rows = [
            PlannedRun(stream.connection.name, stream.name, to_ms(self._planned(stream.key)), stream.standing.delayed)
            for stream in self.streams()
        ]
        self._in_state(lambda transaction: plan_runs(transaction, rows))

    def _in_state(self, change: Callable[[Transaction], None]) -> None:
        """Change the plan in the state. Only `sync status` reads it, so an error is logged and stops no run."""
        try:
            with closing(StateFile.open(self._config.state.path)) as state, state.atomic() as transaction:
                change(transaction)
        except (StateError, LockHeld, DatabaseError) as error:
            event_log.error("the plan cannot be written", reason=str(error))
