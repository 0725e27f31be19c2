"""`sync run`, `sync plan` and `sync reconcile`: one run of each connection, or its preview."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.commands.invocation import config_option, json_option, open_config, show_json, show_lines, tell
from sync.commands.plan_files import NO_FILES, PlanFiles, write_files
from sync.commands.verbosity import is_verbose, log_opened, progress_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sync.config.model import Config
    from sync.engine.approval import Confirm
    from sync.engine.options import RunOptions
    from sync.output.progress import LineProgress, TerminalProgress
    from sync.output.report import RunReport

    RunOnce = Callable[[RunOptions], list[RunReport]]

SHOWN = 20
"""Records of each account and operation that a plan shows."""

WHEN = "A time (ISO 8601), a date, or a span back from now, like 2d or 36h."

_since = click.option("--since", metavar="WHEN", help=f"Only what changed since then. {WHEN}")
_until = click.option("--until", metavar="WHEN", help="Only what changed before then.")
_connection = click.option(
    "--connection", "connections", multiple=True, metavar="NAME", help="Only this connection; may be repeated."
)
_stream = click.option("--stream", type=click.Choice(["contacts", "messages"]), help="Only this stream.")
_deep = click.option("--deep", is_flag=True, help="With messages: read the notes of every linked contact.")
unguarded_option = click.option(
    "--unguarded", is_flag=True, help="Let this one run rewrite or delete an unusual share of contacts."
)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of both run and plan, in the order in which help shows them."""
    for option in reversed((_since, _until, _connection, _stream, unguarded_option, config_option, json_option)):
        command = option(command)
    return command


@click.command()
@_options
@click.option("--dry-run", is_flag=True, help="Write nothing; the same as `sync plan`.")
@click.option("--yes", is_flag=True, help="Do not ask before the first run of a connection.")
@click.option("--scheduled", is_flag=True, help="For timers: reconcile afterwards where that is due, as a daemon does.")
@click.option(
    "--plan", "saved", type=click.Path(path_type=Path), metavar="FILE", help="Write what `plan --save` saved."
)
def run(as_json: bool, dry_run: bool, yes: bool, scheduled: bool, saved: Path | None, **chosen: Any) -> int:
    """Sync what has changed, once."""
    if saved is not None:
        if (
            dry_run
            or scheduled
            or any(chosen[name] for name in ("since", "until", "connections", "stream", "unguarded"))
        ):
            raise click.UsageError("--plan runs the saved plan as it is: it takes only --config and --json")
        return _run_saved(saved, chosen["config_path"], as_json=as_json)
    return _run(as_json=as_json, dry_run=dry_run, yes=yes, scheduled=scheduled, **chosen)


@click.command()
@_options
@click.option("--deep", is_flag=True, help="Add the cost of `sync reconcile --deep`: one call per linked contact.")
@click.option("--all", "everything", is_flag=True, help="Show every record, not 20 of each kind.")
@click.option(
    "--csv", type=click.Path(path_type=Path), metavar="FILE", help="Write every planned field into a CSV file."
)
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Save the plan for `run --plan FILE`.")
def plan(as_json: bool, **chosen: Any) -> int:
    """Show what a run would write and what it would cost; write nothing."""
    return _run(as_json=as_json, dry_run=True, yes=True, **chosen)


@click.command()
@_connection
@_stream
@click.option("--dry-run", is_flag=True, help="Write nothing, and show what would be written.")
@_deep
@unguarded_option
@click.option("--yes", is_flag=True, help="Do not ask before the first run of a connection.")
@config_option
@json_option
def reconcile(as_json: bool, dry_run: bool, yes: bool, **chosen: Any) -> int:
    """Read and compare both sides in full: find deletions, and sync what windows cannot show."""
    return _run(since=None, until=None, as_json=as_json, dry_run=dry_run, yes=yes, whole=True, **chosen)


def _run(
    *,
    since: str | None,
    until: str | None,
    connections: tuple[str, ...],
    stream: str | None,
    unguarded: bool,
    config_path: Path | None,
    as_json: bool,
    dry_run: bool,
    yes: bool,
    whole: bool = False,
    deep: bool = False,
    scheduled: bool = False,
    everything: bool = False,
    csv: Path | None = None,
    save: Path | None = None,
) -> int:
    if scheduled and (dry_run or unguarded or since or until):
        raise click.UsageError("--scheduled is for timers: it can only be combined with --connection and --stream")
    config = open_config(config_path)
    _check_stream(config, stream, connections)
    start, end = _window(since, until)

    from sync.engine.options import RunOptions

    options = RunOptions(
        start, end, connections, dry_run=dry_run, unguarded=unguarded, priced=dry_run, whole=whole, deep=deep,
        streams=(stream,) if stream else ("contacts", "messages"), saves=save is not None,
    )  # fmt: skip
    if not dry_run and (scheduled or not connections):
        connections = _without_paused(config, connections)
        options = replace(options, connections=connections)
        if not connections:
            return run_none(as_json=as_json)
    files = PlanFiles(csv, save, everything=everything)
    return run_and_show(config, options, as_json=as_json, ask=not (yes or scheduled), scheduled=scheduled, files=files)


def _run_saved(path: Path, config_path: Path | None, *, as_json: bool) -> int:
    """Carry out a saved plan. Raises UsageError where the file holds none, or one of other connections."""
    from sync.engine.options import RunOptions
    from sync.operations.plan_files import load_plans

    config = open_config(config_path)
    saved = load_plans(path, config)
    options = RunOptions(
        saved.since, saved.until, tuple(saved.plans), whole=saved.whole, streams=saved.streams, saved=saved
    )
    return run_and_show(config, options, as_json=as_json, ask=False)


def _without_paused(config: "Config", connections: tuple[str, ...]) -> tuple[str, ...]:
    """Return these connections, or all of them, without those that a user has paused, and say so."""
    from sync.operations.approvals import paused_connections

    paused = paused_connections(config)
    for name in paused:
        tell([f"{name}: paused, so it does not run; end it with: sync resume {name}"])
    return tuple(name for name in connections or config.connections if name not in paused)


def run_none(*, as_json: bool) -> int:
    """Show that no connection ran, because all of them are paused."""
    if as_json:
        show_json({"runs": []})
    return 0


def run_and_show(
    config: "Config", options: "RunOptions", *, as_json: bool, ask: bool, scheduled: bool = False,
    files: PlanFiles = NO_FILES,
) -> int:  # fmt: skip
    """Run the connections, show the reports and return the exit code."""
    from connectors.clock import SystemClock
    from sync.engine.runner import run_connections
    from sync.notifications.sender import NotificationSender
    from sync.output.report import document, exit_code

    clock = SystemClock()
    with _watched(config, options) as progress:
        run_once = partial(
            run_connections,
            config,
            progress=progress,
            confirm=_question(progress, ask=ask),
            clock=clock,
            afterwards=NotificationSender(config, clock).after_run,
        )
        reports = _run_scheduled(config, options, run_once) if scheduled else run_once(options)
    write_files(files, reports)
    if as_json:
        show_json(document(reports))
    else:
        show_lines(_report_lines(options, reports, everything=files.everything))
    return exit_code(reports)


def _report_lines(options: "RunOptions", reports: "Sequence[RunReport]", *, everything: bool) -> "Iterable[str]":
    from sync.text_output.runs import plan_lines, run_lines

    if options.undoes:
        from sync.text_output.runs import undo_lines

        return undo_lines(reports)
    return plan_lines(reports, records=None if everything else SHOWN) if options.dry_run else run_lines(reports)


def _run_scheduled(config: "Config", options: "RunOptions", run_once: "RunOnce") -> "list[RunReport]":
    """Sync what is new, then reconcile where that is due.

    Each end goes to the log, because nothing else shows the result of a run that a timer started.
    """
    reports = run_once(options)
    _log_ends(reports, whole=False)
    due = _due(config, options, reports)
    if not due:
        return reports
    compared = run_once(replace(options, connections=due, whole=True))
    _log_ends(compared, whole=True)
    return reports + compared


def _due(config: "Config", options: "RunOptions", reports: "list[RunReport]") -> tuple[str, ...]:
    """Return the connections to reconcile now: those that are due and had no error in the run before."""
    from datetime import UTC, datetime

    from sync.engine.due import due_for_reconcile
    from sync.engine.runner import chosen_connections

    due = due_for_reconcile(config, chosen_connections(config, options.connections), datetime.now(UTC))
    # An account that has just failed would fail again.
    answered = {report.connection for report in reports if not (report.locked or report.errors)}
    return tuple(name for name in due if name in answered)


def _log_ends(reports: "list[RunReport]", *, whole: bool) -> None:
    from sync.output import event_log
    from sync.output.run_summary import log_end

    for report in reports:
        if report.locked:
            event_log.info("another run holds the lock", connection=report.connection, reason=report.locked)
        else:
            log_end(report, whole=whole)


@contextmanager
def _watched(config: "Config", options: "RunOptions") -> "Iterator[TerminalProgress | LineProgress]":
    """Show the progress on a terminal and in dry runs; otherwise, and where the log has a file, write the log."""
    from sync.output.progress import LogProgress

    is_shown = options.dry_run or sys.stderr.isatty() or is_verbose()
    is_logged = not (options.dry_run or is_verbose()) and (config.log.file is not None or not is_shown)
    with ExitStack() as stack:
        if is_logged:
            stack.enter_context(log_opened(config))
        yield stack.enter_context(progress_shown() if is_shown else LogProgress(sys.stderr))


def _question(progress: "TerminalProgress | LineProgress", *, ask: bool) -> "Confirm | None":
    """Return a function that asks the user whether the plan may be written; None without a terminal.

    It raises Declined when the user says no. The run then ends as an interrupted one, so that the next run asks again.
    """
    from sync.errors import Declined
    from sync.output.proposal import Proposal
    from sync.text_output.proposal import proposal_lines
    from sync.text_output.runs import total_lines

    def confirm(plan: "Proposal | RunReport") -> bool:
        with progress.paused():
            tell(proposal_lines(plan) if isinstance(plan, Proposal) else total_lines(plan))
            if not click.confirm("Write this?", err=True):
                raise Declined
        return True

    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return confirm if ask and on_terminal else None


def _check_stream(config: "Config", stream: str | None, connections: tuple[str, ...]) -> None:
    """Refuse `--stream messages` where no chosen connection has a table for messages. Raises UsageError."""
    if stream != "messages":
        return
    chosen = [one for name, one in config.connections.items() if not connections or name in connections]
    if chosen and all(one.messages is None for one in chosen):
        from sync.errors import UsageError

        table = f"[connections.{chosen[0].name}.messages]"
        raise UsageError(f"--stream messages: no connection syncs messages; add the table {table} to {config.path}")


def _window(since: str | None, until: str | None) -> Any:
    from datetime import UTC, datetime

    from sync.operations.time_argument import parse_window

    return parse_window(since, until, datetime.now(UTC))
