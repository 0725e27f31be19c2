"""`sync run` and `sync plan`: one run of each connection, and what it would do."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.commands.invocation import config_option, json_option, open_config, show_json, show_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sync.config.model import Config
    from sync.engine.options import RunOptions
    from sync.output.progress import LineProgress, TerminalProgress
    from sync.output.report import RunReport

    Carry = Callable[[RunOptions], list[RunReport]]

WHEN = "A time (ISO 8601), a date, or a span back from now, like 2d or 36h."

_since = click.option("--since", metavar="WHEN", help=f"Only what changed since then. {WHEN}")
_until = click.option("--until", metavar="WHEN", help="Only what changed before then.")
_connection = click.option(
    "--connection", "connections", multiple=True, metavar="NAME", help="Only this connection; may be repeated."
)
_stream = click.option("--stream", type=click.Choice(["contacts", "messages"]), help="Only this stream.")
_deep = click.option("--deep", is_flag=True, help="With messages: read the notes of everybody who is linked.")
unguarded_option = click.option(
    "--unguarded", is_flag=True, help="Let this one run rewrite or delete an unusual share of people."
)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what run and plan both take, in the order in which help shows it."""
    for option in reversed((_since, _until, _connection, _stream, unguarded_option, config_option, json_option)):
        command = option(command)
    return command


@click.command()
@_options
@click.option("--dry-run", is_flag=True, help="Write nothing; the same as `sync plan`.")
@click.option("--yes", is_flag=True, help="Do not ask before the first run of a connection.")
@click.option("--scheduled", is_flag=True, help="As a daemon would, for timers: reconcile instead where that is due.")
def run(as_json: bool, dry_run: bool, yes: bool, scheduled: bool, **chosen: Any) -> int:
    """Carry over what has changed, once."""
    return _run(as_json=as_json, dry_run=dry_run, yes=yes, scheduled=scheduled, **chosen)


@click.command()
@_options
@click.option("--deep", is_flag=True, help="Price a `sync reconcile --deep` as well: one call for each person's notes.")
def plan(as_json: bool, **chosen: Any) -> int:
    """Show what a run would write, and what it would cost; write nothing."""
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
    """Compare both sides in full by id: find deletions, and carry over whatever windows can't show."""
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
) -> int:
    if scheduled and (dry_run or unguarded or since or until):
        raise click.UsageError("--scheduled is for timers: it goes with --connection and --stream alone")
    config = open_config(config_path)
    _check_stream(config, stream, connections)
    start, end = _window(since, until)

    from sync.engine.options import RunOptions

    options = RunOptions(
        start, end, connections, dry_run=dry_run, unguarded=unguarded, priced=dry_run, whole=whole, deep=deep,
        streams=(stream,) if stream else ("contacts", "messages"),
    )  # fmt: skip
    return carry_out(config, options, as_json=as_json, ask=not (yes or scheduled), scheduled=scheduled)


def carry_out(config: "Config", options: "RunOptions", *, as_json: bool, ask: bool, scheduled: bool = False) -> int:
    """Run, and show what was done; return the exit code."""
    from connectors.clock import SystemClock
    from sync.engine.runner import run_connections
    from sync.notifications.sender import NotificationSender
    from sync.output.report import document, exit_code

    clock = SystemClock()
    with _watched(config, options) as progress:
        carry = partial(
            run_connections,
            config,
            progress=progress,
            confirm=_question(progress, ask=ask),
            clock=clock,
            afterwards=NotificationSender(config, clock).after_run,
        )
        reports = _as_scheduled(config, options, carry) if scheduled else carry(options)
    if as_json:
        show_json(document(reports))
    else:
        show_lines(_lines(options, reports))
    return exit_code(reports)


def _lines(options: "RunOptions", reports: "Sequence[RunReport]") -> "Iterable[str]":
    from sync.text_output.runs import plan_lines, run_lines

    if options.undoes:
        from sync.text_output.runs import undo_lines

        return undo_lines(reports)
    return plan_lines(reports) if options.dry_run else run_lines(reports)


def _as_scheduled(config: "Config", options: "RunOptions", carry: "Carry") -> "list[RunReport]":
    """Carry over what is new, then compare in full where that is due.

    How it ended goes to the log, which is all that anybody reads of what a timer started.
    """
    reports = carry(options)
    _log_ends(reports, whole=False)
    due = _due(config, options, reports)
    if not due:
        return reports
    compared = carry(replace(options, connections=due, whole=True))
    _log_ends(compared, whole=True)
    return reports + compared


def _due(config: "Config", options: "RunOptions", reports: "list[RunReport]") -> tuple[str, ...]:
    """Return the connections to compare in full now: those that are due, and whose accounts have just answered."""
    from datetime import UTC, datetime

    from sync.engine.due import due_for_reconcile
    from sync.engine.runner import chosen_connections

    due = due_for_reconcile(config, chosen_connections(config, options.connections), datetime.now(UTC))
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
    """Show the progress to who watches; write a log where nobody does, but for a dry run, which is for people."""
    from sync.output.log_format import logging_to
    from sync.output.progress import LogProgress, for_stream

    if options.dry_run or sys.stderr.isatty():
        with for_stream() as progress:
            yield progress
        return
    with logging_to(sys.stderr, config.log.level, config.log.format), LogProgress(sys.stderr) as logged:
        yield logged


def _question(progress: "TerminalProgress | LineProgress", *, ask: bool) -> "Callable[[RunReport], bool]":
    """Return what asks a person whether the plan may be written, or says yes where there is nobody to ask.

    It raises Declined at a no: a run that is not to write ends as an interrupted one, so that the next one asks again.
    """
    from sync.errors import Declined
    from sync.output.formats import AUTOMATIONS
    from sync.text_output.runs import total_lines

    def confirm(report: "RunReport") -> bool:
        with progress.paused():
            for line in total_lines(report):
                click.echo(line, err=True)
            click.echo(AUTOMATIONS, err=True)
            if not click.confirm("Write this?", err=True):
                raise Declined
        return True

    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return confirm if ask and on_terminal else lambda _report: True


def _check_stream(config: "Config", stream: str | None, connections: tuple[str, ...]) -> None:
    """Refuse `--stream messages` where no connection that would run has the table for them. Raises UsageError."""
    if stream != "messages":
        return
    chosen = [one for name, one in config.connections.items() if not connections or name in connections]
    if chosen and all(one.messages is None for one in chosen):
        from sync.errors import UsageError

        table = f"[connections.{chosen[0].name}.messages]"
        raise UsageError(f"--stream messages: no messages travel; add the table {table} to {config.path}")


def _window(since: str | None, until: str | None) -> Any:
    from datetime import UTC, datetime

    from sync.operations.time_argument import parse_window

    return parse_window(since, until, datetime.now(UTC))
