"""All streams under one scheduler: begun, begun anew with another config, watched, and stopped.

Rules kept here:
- a job per connection and stream, under a stable name, in memory: the config says what there is, the state how far it
  has come, so a restart loses nothing and starts nothing over;
- runs of one job never overlap; what was missed is made up for by one run;
- what is to come is noted in the state for `sync status`, and removed at the end.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from threading import Lock

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from connectors.clock import Clock
from state.database import DatabaseError, Transaction
from state.errors import LockHeld, StateError
from state.file import StateFile
from state.schedule import Planned, plan_run, plan_runs
from sync.config.model import Config
from sync.daemon.cancellation import Activity, StopSignal
from sync.daemon.clock_step import ClockStep
from sync.daemon.stream import Stream, key_of
from sync.daemon.triggers import latest_after, moved, trigger_of
from sync.engine.due import streams_of
from sync.errors import Interrupted
from sync.notifications.sender import NotificationSender
from sync.output import event_log
from sync.output.formats import time_text
from sync.rules.contact_codec import to_ms
from sync.rules.schedule import EndedRun, NextRun, gathering, next_run
from sync.webhooks.counters import Counters

SETTLED = timedelta(seconds=1)
"""What a job takes at most to end once its work is done: until then APScheduler starts no other of its name."""

TROUBLES = {EVENT_JOB_ERROR: "job failed", EVENT_JOB_MISSED: "job missed", EVENT_JOB_MAX_INSTANCES: "still running"}


class Daemon:
    """The streams of a config, run by their schedules in threads, one thread per connection."""

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
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._scheduler.add_listener(_tell_trouble, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)

    def start(self, *, paused: bool = False) -> None:
        """Begin with everything at once; `paused` plans it, and leaves it to `tick` to run it."""
        self._scheduler.start(paused=paused)
        self.take_up(self._config)

    def take_up(self, config: Config) -> None:
        """Put a config in force: jobs of its streams, each to be run at once, and no others.

        What is under way goes on under the config that it began with, and is followed by a run under the new one.
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
        self._note_plan()

    def streams(self) -> list[Stream]:
        """Return the streams that are in force."""
        return list(self._streams.values())

    def hanging(self) -> list[str]:
        """Return the names of streams whose run neither moves nor waits for anything."""
        return [stream.key for stream in self.streams() if stream.hangs()]

    def watch(self) -> None:
        """Tell of streams that make no progress, after the plan has followed a clock that was set."""
        self._follow_clock()
        for stream in self.streams():
            try:
                since = stream.stands_still_since()
            except (StateError, LockHeld, DatabaseError) as error:
                event_log.error("the state can't be read", reason=str(error))
                continue
            if since is None:
                stream.stalled = False
                continue
            span = latest_after(stream.connection, since) - since
            if not stream.stalled:
                stream.stalled = True
                event_log.error(
                    "no progress", connection=stream.connection.name, stream=stream.name, since=time_text(since)
                )
            stream.teller.stalled(stream.connection.name, stream.name, since, span)

    def _follow_clock(self) -> None:
        """Move what is planned along where the machine's clock was set back: APScheduler plans by wall time."""
        step = self._clock_step.since_last_look()
        if not step:
            return
        event_log.warning("the clock was set", seconds=round(step.total_seconds()))
        now = self._clock.now()
        with self._lock:
            for stream in self._streams.values():
                stream.clock_set_at = now
                planned = self._planned(stream.key)
                if planned is not None and step < timedelta(0):
                    with suppress(JobLookupError):
                        self._scheduler.modify_job(stream.key, next_run_time=moved(stream.connection, planned, step))
        self._scheduler.wakeup()
        self._note_plan()

    def wake(self, keys: Iterable[tuple[str, str]]) -> None:
        """Run streams soon: hints wait for them. One that is under way, or was stopped, looks at them in its time."""
        for connection, name in keys:
            stream = self._streams.get(key_of(connection, name))
            if stream is None or not stream.can_be_woken:
                continue
            at = self._clock.now() + gathering(stream.connection.settle)
            with self._lock:
                planned = self._planned(stream.key)
                if planned is not None and planned > at:
                    with suppress(JobLookupError):
                        self._scheduler.modify_job(stream.key, next_run_time=at)

    def end(self, seconds: float) -> bool:
        """Start nothing more, and wait so long for what is under way; say whether all of it has ended."""
        self._scheduler.shutdown(wait=False)
        deadline = self._clock.monotonic() + seconds
        while any(activity.began_at for activity in self._activities.values()):
            if self._clock.monotonic() >= deadline:
                return False
            self._clock.sleep(0.02)
        return True

    def forget_plan(self) -> None:
        """Take the plan out of the state: nothing comes any more."""
        self._in_state(lambda transaction: plan_runs(transaction, ()))

    @property
    def is_running(self) -> bool:
        """Say whether runs are being started when they are due."""
        return bool(self._scheduler.running) and not self._stop.is_asked

    def next_run_at(self) -> datetime | None:
        """Return when the next run begins, None when none is planned."""
        times = [job.next_run_time for job in self._scheduler.get_jobs() if job.next_run_time is not None]
        return min(times, default=None)

    def _new_streams(self, config: Config) -> Iterator[Stream]:
        teller = NotificationSender(config, self._clock, lambda: self._stop.is_asked)
        for connection in config.connections.values():
            for name in streams_of(connection):
                activity = self._activities.setdefault(key_of(connection.name, name), Activity(self._clock))
                yield Stream(config, connection, name, teller, self._stop, self._clock, activity, self._clock.now())

    def _schedule(self, stream: Stream) -> None:
        executor = stream.connection.name
        with suppress(ValueError):  # there is one already
            self._scheduler.add_executor(ThreadPoolExecutor(1), executor)
        self._scheduler.add_job(
            self.tick,
            trigger_of(stream.connection),
            args=[stream.key],
            id=stream.key,
            executor=executor,
            replace_existing=True,
            next_run_time=datetime.now(UTC),
        )

    def tick(self, key: str) -> None:
        """Run a stream once, in the thread of its connection, and plan what follows."""
        stream = self._streams.get(key)
        if stream is None or self._stop.is_asked:
            return
        with event_log.about(connection=stream.connection.name, stream=stream.name), suppress(Interrupted):
            ended = stream.run()
            following = stream.conclude(ended)
            self._plan(stream, ended, following)

    def _plan(self, stream: Stream, ended: EndedRun, following: NextRun) -> None:
        """Say when a stream is run next, unless another config is in force by now."""
        if self._stop.is_asked:
            return
        hinted = stream.look_for_hints(ended)
        with self._lock:
            if self._streams.get(stream.key) is not stream:
                self._run_at(stream.key, self._clock.now())  # under the config that came into force meanwhile
                return
            at = following.at or self._next_time(stream, ended, hinted=hinted)
            if at is not None:
                at = self._run_at(stream.key, at)
        _tell_next(ended, following, at)
        row = Planned(stream.connection.name, stream.name, to_ms(at), stream.standing.delayed)
        self._in_state(lambda transaction: plan_run(transaction, row))

    def _next_time(self, stream: Stream, ended: EndedRun, *, hinted: bool) -> datetime | None:
        """Return when a stream whose run came to its end is run next."""
        soon = self._clock.now() + gathering(stream.connection.settle)
        look = hinted and stream.can_be_woken
        planned = next_run(self._planned(stream.key), soon, ended.at + stream.slower, look=look)
        return _earlier(planned, stream.reconcile_at())

    def _run_at(self, key: str, at: datetime) -> datetime:
        """Have a stream run then, but not before the run that is about to end has ended; return when that will be."""
        at = max(at, self._clock.now() + SETTLED)
        with suppress(JobLookupError):
            self._scheduler.modify_job(key, next_run_time=at)
        return at

    def _planned(self, key: str) -> datetime | None:
        job = self._scheduler.get_job(key)
        return None if job is None else job.next_run_time

    def _note_plan(self) -> None:
        rows = [
            Planned(stream.connection.name, stream.name, to_ms(self._planned(stream.key)), stream.standing.delayed)
            for stream in self.streams()
        ]
        self._in_state(lambda transaction: plan_runs(transaction, rows))

    def _in_state(self, change: Callable[[Transaction], None]) -> None:
        """Change what the state says of the plan. It is for people to look at: no run fails for it."""
        try:
            with closing(StateFile.open(self._config.state.path)) as state, state.atomic() as transaction:
                change(transaction)
        except (StateError, LockHeld, DatabaseError) as error:
            event_log.error("the plan can't be noted", reason=str(error))


def _earlier(*times: datetime | None) -> datetime | None:
    return min(filter(None, times), default=None)


def _tell_next(ended: EndedRun, following: NextRun, at: datetime | None) -> None:
    next_run_at = None if at is None else time_text(at)
    if ended.how == "locked":
        tell = event_log.info if following.told else event_log.debug
        tell("another run holds the lock", reason=ended.reason, next_run_at=next_run_at)
    elif ended.how == "failed":
        tell = event_log.warning if following.told else event_log.info
        failures = following.standing.failures
        tell("the next run is delayed", failures=failures, reason=ended.reason, next_run_at=next_run_at)
    else:
        event_log.debug("next run", next_run_at=next_run_at)


def _tell_trouble(event: JobEvent) -> None:
    connection, _, stream = str(event.job_id).partition("/")
    tell = event_log.info if event.code == EVENT_JOB_MAX_INSTANCES else event_log.error
    error = getattr(event, "exception", None)
    kind = None if error is None else type(error).__name__
    tell(TROUBLES[event.code], connection=connection, stream=stream, kind=kind)
