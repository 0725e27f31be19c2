"""An undo in two jobs: what was counted is written, or nothing is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from connectors.clock import SystemClock
from sync.daemon.cancellation import Activity
from sync.daemon.undo_jobs import Tools, UndoJobs
from sync.engine.options import RunOptions
from sync.errors import UsageError
from sync.output.report import RunReport
from sync.output.stream_report import Counts, StreamReport

RUN = "20260301T120000-abc123"


@dataclass(slots=True)
class Engine:
    """Runs that update so many records, or fail."""

    updates: int = 3
    error: Exception | None = None
    written: list[int] = field(default_factory=list)
    activity: Activity = field(default_factory=lambda: Activity(SystemClock()))

    def run(self, options: RunOptions, confirm: Callable[[RunReport], bool]) -> RunReport:
        assert (options.undoes, options.streams) == (RUN, ("contacts",))
        if self.error is not None:
            raise self.error
        report = RunReport("own", "sales", datetime.now(UTC), undoes=RUN)
        report.streams = {"contacts": StreamReport({"hub": Counts(updated=self.updates)})}
        if not options.dry_run and confirm(report):
            self.written.append(self.updates)
        return report


def jobs_of(engine: Engine, due: list[Callable[[], None]]) -> UndoJobs:
    return UndoJobs(lambda _connection: cast("Tools", engine), lambda _key, job: due.append(job))


def totals(updated: int) -> dict[str, Any]:
    return {"hub": {"created": 0, "updated": updated, "deleted": 0}}


def test_what_was_counted_is_written_once() -> None:
    engine, due = Engine(), list[Callable[[], None]]()
    jobs = jobs_of(engine, due)
    assert jobs.state_of(RUN) is None
    assert not jobs.write(RUN, totals(3), "ann")
    jobs.count("sales", RUN, created=False, by="ann")
    jobs.count("sales", RUN, created=True, by="bob")  # one is under way
    assert len(due) == 1
    due.pop()()
    state = jobs.state_of(RUN)
    assert state is not None
    assert (state.step, state.totals, state.by, state.created) == ("counted", totals(3), "ann", False)
    assert engine.written == []
    assert not jobs.write(RUN, totals(4), "bob")
    assert jobs.write(RUN, totals(3), "bob")
    assert not jobs.write(RUN, totals(3), "bob")
    due.pop()()
    state = jobs.state_of(RUN)
    assert state is not None
    assert (state.step, state.run, state.by, engine.written, due) == ("done", "own", "bob", [3], [])


def test_totals_that_changed_meanwhile_are_shown_and_nothing_is_written() -> None:
    engine, due = Engine(), list[Callable[[], None]]()
    jobs = jobs_of(engine, due)
    jobs.count("sales", RUN, created=False, by="ann")
    due.pop()()
    engine.updates = 5
    assert jobs.write(RUN, totals(3), "ann")
    due.pop()()
    state = jobs.state_of(RUN)
    assert state is not None
    assert (state.step, state.totals, engine.written) == ("counted", totals(5), [])
    assert "changed since" in state.reason


def test_an_error_is_kept_with_its_reason_and_a_bug_without_its_message() -> None:
    engine, due = Engine(error=UsageError("the account is gone")), list[Callable[[], None]]()
    jobs = jobs_of(engine, due)
    for error, reason in ((engine.error, "the account is gone"), (ValueError("ada@example.com"), "this is a bug")):
        engine.error = error
        jobs.count("sales", RUN, created=False, by="ann")
        due.pop()()
        state = jobs.state_of(RUN)
        assert state is not None
        assert state.step == "failed"
        assert reason in state.reason
        assert "ada@" not in state.reason
    assert engine.activity.began_at is None
