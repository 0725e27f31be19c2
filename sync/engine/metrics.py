"""Count a run: how it ended, how long it took, what it read and wrote, and the calls that it made.

The names below are stored in the daily counts; the status page and /metrics show them.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Final

from state.daily_counts import DailyCount
from sync.output.report import RunReport

RUN: Final = "run "
"""The prefix of the status that a run ended with."""
TOOK: Final = "took_ms"
WITHIN: Final = "within "
"""The prefix of the smallest limit in seconds that a run kept; `inf` for longer runs."""
LIMITS: Final = (1, 5, 15, 60, 300, 1800, 7200)
RECORDS: Final = ("read", "created", "updated", "deleted")
CALLS: Final = ("reads", "writes", "retries", "throttled")


def counted(report: RunReport, status: str, ended_at: datetime) -> Iterator[DailyCount]:
    """Yield what a run that has ended adds to the daily counts."""
    seconds = max(0.0, (ended_at - report.started_at).total_seconds())
    yield DailyCount("", "", f"{RUN}{status}", 1)
    yield DailyCount("", "", f"{WITHIN}{limit_of(seconds)}", 1)
    yield DailyCount("", "", TOOK, round(seconds * 1000))
    for stream, one in report.streams.items():
        for account, counts in one.accounts.items():
            yield from (DailyCount(stream, account, name, number) for name, number in asdict(counts).items())
    for account, traffic in report.requests.items():
        yield from (DailyCount("", account, name, getattr(traffic, name)) for name in CALLS)


def limit_of(seconds: float) -> str:
    """Return the smallest limit that a run of so many seconds keeps."""
    return next((str(limit) for limit in LIMITS if seconds <= limit), "inf")
