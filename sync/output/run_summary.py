"""Log the end of a run: its status and its counts."""

from sync.output import event_log
from sync.output.privacy import public
from sync.output.report import RunReport


def log_end(report: RunReport, *, whole: bool) -> None:
    """Log how a run ended, as a warning when it failed or the guard stopped it."""
    log = event_log.info if report.status in ("ok", "partial") else event_log.warning
    streams = report.streams.values()
    accounts = [counts for stream in streams for counts in stream.accounts.values()]
    log(
        "run ended",
        connection=report.connection,
        stream="+".join(report.asked),
        run=report.run,
        status=report.status,
        whole=whole,
        read=sum(one.read for one in accounts),
        created=sum(one.created for one in accounts),
        updated=sum(one.updated for one in accounts),
        deleted=sum(one.deleted for one in accounts),
        conflicts=sum(stream.conflicts for stream in streams),
        failed=sum(stream.failed for stream in streams),
        seconds=_seconds(report),
        reason="; ".join(map(public, filter(None, (*report.errors, report.guarded)))) or None,
    )


def _seconds(report: RunReport) -> float:
    if report.finished_at is None:
        return 0.0
    return round((report.finished_at - report.started_at).total_seconds(), 3)
