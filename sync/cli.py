"""The command line: its commands, and what becomes of their errors.

No expected error shows a traceback: it becomes lines on standard error and an exit code (`sync.errors`), and with
`--json` a document on standard output as well, so that a script always finds exactly one there.
"""

import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any, TextIO
from unicodedata import category

import click

from sync.commands.auth import auth
from sync.commands.check import check
from sync.commands.conflicts import conflicts
from sync.commands.daemon import daemon
from sync.commands.demo import demo
from sync.commands.explain import explain
from sync.commands.failures import failures
from sync.commands.forget import forget
from sync.commands.init import init
from sync.commands.invocation import json_pieces
from sync.commands.run import plan, reconcile, run
from sync.commands.service import service
from sync.commands.state import state
from sync.commands.status import status
from sync.commands.undo import undo
from sync.commands.verify import verify

BROKEN_PIPE = 128 + signal.SIGPIPE


class OrderedGroup(click.Group):
    """Lists its commands as they were added: from the first that people need to the last."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click asks so
        """Return the names, unsorted."""
        return list(self.commands)


@click.group(cls=OrderedGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Keep the people in GrowthGenius and GrowthHub the same, in both directions."""


for _command in (
    demo, init, auth, check, run, plan, daemon, status, conflicts, failures, explain, undo, verify, reconcile, forget,
    state, service,
):  # fmt: skip
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line (that of the process unless told) and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _replace_what_cannot_be_shown()
    try:
        with _signals_as_exceptions():
            return _invoke(given)
    except BrokenPipeError:
        return _without_reader()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - nothing may pass as a traceback; unexpected ones are told as such
        return _fail(error, given)


def _replace_what_cannot_be_shown() -> None:
    """Have a terminal that knows no UTF-8 show something else for a character that it lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _invoke(given: list[str]) -> int:
    """Run the command itself: click's own `main` ends a broken pipe with 1, and a signal without its number."""
    for number, argument in enumerate(given, 1):
        if not argument.isprintable() and any(category(one) == "Cs" for one in argument):
            raise click.UsageError(f"argument {number} is no text in the encoding of this terminal; use UTF-8")
    try:
        with cli.make_context("sync", given) as context:
            code = cli.invoke(context)
    except click.exceptions.Exit as end:
        code = end.exit_code
    sys.stdout.flush()
    return int(code or 0)


@contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """Raise Interrupted at SIGINT and SIGTERM, once; who insists ends the process at once, which is safe too (P6)."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        from connectors.clock import SystemClock
        from sync.errors import Interrupted

        signal.signal(number, signal.SIG_DFL)
        SystemClock.end_sleeps()  # a call of another thread may wait for hours, and this one for that thread
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if (clock := sys.modules.get("connectors.clock")) is not None:
            clock.SystemClock.allow_sleeps()


def _without_reader() -> int:
    """Nobody reads what we print: end as others do, and leave the interpreter nothing to flush into a closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _fail(error: BaseException, given: Sequence[str]) -> int:
    """Tell the error, on both channels where JSON is wanted, and return its exit code."""
    from sync.errors import WRONG_USE, exit_code

    if isinstance(error, click.Abort):  # click hides behind it what came while a question was open
        error = error.__context__ or KeyboardInterrupt()
    text = _text(error)
    _tell(text, sys.stderr)
    as_json = "--json" in takewhile(lambda argument: argument != "--", given)
    _tell("".join(json_pieces(_document(text, given), sys.stdout)) if as_json else "", sys.stdout)
    return WRONG_USE if isinstance(error, click.ClickException) else exit_code(error)


def _tell(text: str, stream: TextIO) -> None:
    """Write a line, and what waits in the stream; where that can't be written, the exit code has to tell it alone."""
    try:
        click.echo(text, file=stream, nl=bool(text))
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or the interpreter ends with a code of its own


def _document(text: str, given: Sequence[str]) -> dict[str, Any]:
    command = next((argument for argument in given if not argument.startswith("-")), "")
    return {"runs": [], "error": text} if command in ("run", "plan", "reconcile", "undo") else {"error": text}


def _text(error: BaseException) -> str:
    """Return what a person should read: the message of an expected error, and where an unexpected one came from."""
    from state.disk import is_refused
    from sync.errors import is_expected

    if isinstance(error, click.UsageError):
        return f"{error.format_message().rstrip('.')}{_try_help(error)}"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and is_refused(error):
        return f"the output can't be written ({error}); nothing is lost: free some space, and run again"
    if isinstance(error, KeyboardInterrupt | EOFError):
        return f"{str(error) or 'interrupted'}; nothing is lost, run again"
    return str(error) if is_expected(error) else _bug(error)


def _try_help(error: click.UsageError) -> str:
    if error.ctx is None or isinstance(error, click.exceptions.NoArgsIsHelpError):
        return ""
    return f"; see `{error.ctx.command_path} --help`"


def _bug(error: BaseException) -> str:
    """Describe a mistake of ours so that it can be reported: neither secrets nor people, but the place."""
    import traceback

    from connectors.http.redaction import Redaction

    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno} in {place.name}"
    message = Redaction().text(" ".join(str(error).split()), people=True)
    return (
        f"unexpected {type(error).__name__} at {where}: {message}\n"
        "this is a mistake in growthsync, please report these lines; nothing is lost, run again"
    )
