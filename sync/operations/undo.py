"""What `sync undo` needs beside a run: which connection a run was of, and what was not put back, for people."""

from collections.abc import Iterable, Iterator, Sequence

from state.history import find_run, recent_runs
from sync.config.model import Config
from sync.config.value_types import suggest
from sync.errors import UsageError
from sync.operations.queries import looking
from sync.output.formats import WHOLE, time_text
from sync.output.report import RunReport
from sync.rules.contact_codec import from_ms
from sync.text_output.tables import aligned, counted, plan_lines, printable, run_lines

SHOWN_RUNS = 10


def connection_of(config: Config, run: str) -> str:
    """Return the name of the connection that a run was of.

    Raises UsageError where the state knows no such run, with those that it knows, or the config no such connection.
    """
    with looking(config) as db:
        name = find_run(db, run)
        if name is None:
            raise UsageError(_unknown(run, recent_runs(db, SHOWN_RUNS)))
    if name not in config.connections:
        known = suggest(name, config.connections)
        raise UsageError(f"run {run} was of the connection {name}, which {config.path} does not have; it has {known}")
    return name


def undo_lines(reports: Iterable[RunReport]) -> Iterator[str]:
    """Yield what an undo did, or would do: the run itself, what it left alone, and who stays."""
    for report in reports:
        yield from plan_lines([report]) if report.dry_run else run_lines([report])
        for one in report.left_alone:
            what = printable(one.who) if one.field == WHOLE else f"{printable(one.who)}: {one.field}"
            yield f"  left alone at {one.account}: {what} {printable(one.reason)}"
        yield from _kept_lines(report)


def _kept_lines(report: RunReport) -> Iterator[str]:
    kept = {account: count for stream in report.streams.values() for account, count in stream.kept.items()}
    for account, count in kept.items():
        verb = "stays" if count == 1 else "stay"
        yield f"  {counted(count, 'record')} that run {report.undoes} created at {account} {verb}"
    if kept:
        yield f"  delete what it created, too: sync undo {report.undoes} --created"


def _unknown(run: str, recent: Sequence[tuple[str, str, int, str | None]]) -> str:
    if not recent:
        return f"there is no run {run}; the state file knows no run at all"
    rows = [(name, connection, _time(began), status or "not ended") for name, connection, began, status in recent]
    lines = [f"  {line}" for line in aligned(rows)]
    return "\n".join([f"there is no run {run} in the state file; the last ones were", *lines])


def _time(milliseconds: int) -> str:
    moment = from_ms(milliseconds)
    return time_text(moment) if moment else ""
