"""What the daemon logs about its runs: how they end, when the next one begins, and what makes no progress."""

from datetime import datetime

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
)

from sync.daemon.stream import Stream
from sync.daemon.triggers import latest_after
from sync.output import event_log
from sync.output.formats import time_text
from sync.rules.schedule import EndedRun, NextRun

JOB_EVENTS = {EVENT_JOB_ERROR: "job failed", EVENT_JOB_MISSED: "job missed", EVENT_JOB_MAX_INSTANCES: "still running"}


def report_stall(stream: Stream, since: datetime | None) -> None:
    """Log a stall once, and notify of it; `since` is None where the stream makes progress."""
    if since is None:
        stream.stalled = False
        return
    name, connection = stream.name, stream.connection
    if not stream.stalled:
        stream.stalled = True
        event_log.error("no progress", connection=connection.name, stream=name, since=time_text(since))
    stream.notifier.notify_stalled(connection.name, name, since, latest_after(connection, since) - since)


def log_next_run(ended: EndedRun, following: NextRun, at: datetime | None) -> None:
    """Log how a run ended and when the next one begins."""
    next_run_at = None if at is None else time_text(at)
    if ended.how == "locked":
        log = event_log.info if following.is_news else event_log.debug
        log("another run holds the lock", reason=ended.reason, next_run_at=next_run_at)
    elif ended.how == "failed":
        log = event_log.warning if following.is_news else event_log.info
        failures = following.standing.failures
        log("the next run is delayed", failures=failures, reason=ended.reason, next_run_at=next_run_at)
    else:
        event_log.debug("next run", next_run_at=next_run_at)


def log_job_event(event: JobEvent) -> None:
    """Log what APScheduler says of a job."""
    connection, _, stream = str(event.job_id).partition("/")
    log = event_log.info if event.code == EVENT_JOB_MAX_INSTANCES else event_log.error
    error = getattr(event, "exception", None)
    kind = None if error is None else type(error).__name__
    log(JOB_EVENTS[event.code], connection=connection, stream=stream, kind=kind)
