"""Store how far a run is, so that `status`, the page, the metrics and the log show it, whoever started the run.

Rules kept here:
- the state is written at most every two seconds and at each step of a long run, never within a transaction, and not at
  all for a run that is over sooner: an idle run writes nothing here (R51);
- a line goes to the log every minute;
- times are those of the monotonic clock, so that a clock that is set makes no pace (R43).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from connectors.clock import Clock
from state.activity import RunActivity, end_activity, note_activity
from state.file import StateFile
from sync.output import event_log
from sync.output.progress import Progress
from sync.output.report import RunReport
from sync.output.text import counted
from sync.rules.contact_codec import to_ms
from sync.rules.pace import Pace, pace_of

STORE_SECONDS: Final = 2.0
LOG_SECONDS: Final = 60.0


@contextmanager
def stored_progress(shown: Progress, state: StateFile, report: RunReport, clock: Clock) -> Iterator[Progress]:
    """Yield the progress of a run, which is stored while the block runs; a dry run stores none.

    An interrupted run says what it has done.
    """
    if report.dry_run:
        yield shown
        return
    progress = RunProgress(shown, state, report.connection, report.run, clock)
    try:
        yield progress
    except KeyboardInterrupt:
        progress.note(_interrupted_text(progress, report))
        raise
    finally:
        progress.end()


class RunProgress:
    """The progress of one run: it goes on to the terminal, into the state and into the log."""

    def __init__(self, shown: Progress, state: StateFile, connection: str, run: str, clock: Clock) -> None:
        self._shown = shown
        self._state = state
        self._clock = clock
        self._names = (connection, run)
        self._began_ms = self._step_ms = to_ms(clock.now()) or 0
        self._stored_at = self._logged_at = self._step_at = clock.monotonic()
        self._is_stored = False
        self.step, self.done = "", 0
        self.total: int | None = None

    def begin_step(self, text: str, total: int | None = None) -> None:
        """Begin a step; `total` is its number of records, if known."""
        self.step, self.done, self.total = text, 0, total
        self._step_ms, self._step_at = to_ms(self._clock.now()) or 0, self._clock.monotonic()
        self._shown.begin_step(text, total)
        self._store(is_step=True)

    def advance(self, count: int = 1) -> None:
        """Record that so many more records of the step are done."""
        self.done += count
        self._shown.advance(count)
        self._store()

    def note(self, text: str) -> None:
        """Show a sentence that a user should see."""
        self._shown.note(text)

    def end(self) -> None:
        """Delete what is stored, because the run has ended."""
        if self._is_stored and not self._state.db.in_transaction:
            with self._state.atomic() as transaction:
                end_activity(transaction, self._names[0])

    def pace(self) -> Pace:
        """Return how fast the step is, and how long it will take."""
        return pace_of(self.done, self.total, self._clock.monotonic() - self._step_at)

    def _store(self, *, is_step: bool = False) -> None:
        now = self._clock.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            pace = self.pace()
            event_log.info(
                "progress", step=self.step, done=self.done, total=self.total,
                per_second=pace.per_second, seconds_left=pace.seconds_left,
            )  # fmt: skip
        is_due = now - self._stored_at >= STORE_SECONDS or (is_step and self._is_stored)
        if not is_due or self._state.db.in_transaction:
            return
        self._stored_at, self._is_stored = now, True
        activity = RunActivity(
            *self._names, self.step, self.done, self.total, self._began_ms, self._step_ms,
            to_ms(self._clock.now()) or 0,
        )  # fmt: skip
        with self._state.atomic() as transaction:
            note_activity(transaction, activity)


def _interrupted_text(progress: RunProgress, report: RunReport) -> str:
    """Return what an interrupted run has done, and what is left."""
    written = sum(
        counts.created + counts.updated + counts.deleted
        for stream in report.streams.values()
        for counts in stream.accounts.values()
    )
    of_total = "" if progress.total is None else f" of {progress.total:,}"
    where = f"{progress.step}, {progress.done:,}{of_total} done" if progress.step else "the beginning"
    return (
        f"{report.connection}: interrupted at: {where}; {counted(written, 'record')} written. "
        "The next run carries out the rest"
    )
