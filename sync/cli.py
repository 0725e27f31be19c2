"""The command line: its commands, and how it reports their errors.

No expected error shows a traceback. It becomes lines on standard error and an exit code (`sync.errors`). With `--json`
it also becomes a document on standard output, so that a script always finds exactly one document there.
"""

import io
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any, TextIO
from unicodedata import category

import click

from sync import __version__
from sync.commands.approve import approve, pause, resume
from sync.commands.auth import auth
from sync.commands.check import check
from sync.commands.command_line import SectionedGroup, complete, with_options_last
from sync.commands.completion import answer_shell, completion
from sync.commands.conflicts import conflicts
from sync.commands.daemon import daemon
from sync.commands.demo import demo, sandbox
from sync.commands.explain import explain
from sync.commands.failures import failures
from sync.commands.fields import fields
from sync.commands.forget import forget
from sync.commands.init import init
from sync.commands.invocation import json_pieces
from sync.commands.rehearse import rehearse
from sync.commands.run import plan, reconcile, run
from sync.commands.runs import runs
from sync.commands.service import service
from sync.commands.state import state
from sync.commands.status import status
from sync.commands.undo import undo
from sync.commands.verify import verify
from sync.output.program_name import as_called, called_name

BROKEN_PIPE = 128 + signal.SIGPIPE


SECTIONS: Mapping[str, tuple[click.Command, ...]] = {
    "Begin": (demo, sandbox, init, auth, check, fields, rehearse),
    "Sync": (run, plan, approve, reconcile, verify, daemon, pause, resume),
    "Look and decide": (status, runs, conflicts, failures, explain, undo),
    "Take care": (forget, state, service, completion),
}
"""The commands as help shows them, in the order in which a new user needs them."""


@click.group(cls=SectionedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="growthsync", message="%(prog)s %(version)s")
@click.option("--config", metavar="PATH", expose_value=False, help="The config file. These options may stand anywhere.")
@click.option("--json", is_flag=True, expose_value=False, help="Print one JSON document instead of text.")
def cli() -> None:
    """Keep the contacts of two CRM systems the same, in both directions."""


for _commands in SECTIONS.values():
    for _command in _commands:
        cli.add_command(_command)
cli.sections = {title: [str(one.name) for one in _commands] for title, _commands in SECTIONS.items()}
complete(cli)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process, and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    program = called_name(sys.argv[0] if arguments is None else "")
    if (answered := answer_shell(cli, program)) is not None:
        return answered
    _replace_unencodable_characters()
    try:
        with _signals_as_exceptions():
            return _invoke(program, given)
    except BrokenPipeError:
        return _end_without_reader()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - no error may show a traceback
        return _fail(error, program, given)


def _replace_unencodable_characters() -> None:
    """Print a replacement for each character that the encoding of standard output lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _invoke(program: str, given: list[str]) -> int:
    """Run the command. click's own `main` would exit with 1 for a broken pipe, and without the number for a signal."""
    for number, argument in enumerate(given, 1):
        if not argument.isprintable() and any(category(one) == "Cs" for one in argument):
            raise click.UsageError(f"argument {number} is not valid text in the encoding of this terminal; use UTF-8")
    try:
        with cli.make_context(program, with_options_last(cli, given)) as context:
            code = cli.invoke(context)
    except click.exceptions.Exit as end:
        code = end.exit_code
    sys.stdout.flush()
    return int(code or 0)


@contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """Raise Interrupted at the first SIGINT or SIGTERM. A second signal ends the process, which is safe (P6)."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        from connectors.clock import SystemClock
        from sync.errors import Interrupted

        # A second signal ends the process at once.
        signal.signal(number, signal.SIG_DFL)
        SystemClock.end_sleeps()  # another thread may sleep for hours, and this one waits for it
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if (clock := sys.modules.get("connectors.clock")) is not None:
            clock.SystemClock.allow_sleeps()


def _end_without_reader() -> int:
    """Return the exit code of a broken pipe, and leave the interpreter nothing to flush into it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _fail(error: BaseException, program: str, given: Sequence[str]) -> int:
    """Report the error, with `--json` on both streams, and return its exit code."""
    from sync.errors import WRONG_USE, exit_code

    if isinstance(error, click.Abort):  # click raises Abort for whatever interrupts a question
        error = error.__context__ or KeyboardInterrupt()
    text = _text(error)
    _write_line(_fitted(as_called(text, program, cli.commands), sys.stderr), sys.stderr)
    as_json = "--json" in takewhile(lambda argument: argument != "--", given)
    _write_line("".join(json_pieces(_document(text, given), sys.stdout)) if as_json else "", sys.stdout)
    return WRONG_USE if isinstance(error, click.ClickException) else exit_code(error)


def _fitted(text: str, stream: TextIO) -> str:
    """Return a text that is broken between words where the stream is a terminal."""
    if not stream.isatty():
        return text
    from sync.output.terminal import fitting

    width = shutil.get_terminal_size().columns
    return "\n".join(piece for line in text.splitlines() for piece in fitting(line, width))


def _write_line(text: str, stream: TextIO) -> None:
    """Write a line and flush the stream. Where that fails, only the exit code reports the error."""
    try:
        click.echo(text, file=stream, nl=bool(text))
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or the interpreter exits with its own code


def _document(text: str, given: Sequence[str]) -> dict[str, Any]:
    command = next((argument for argument in with_options_last(cli, given) if not argument.startswith("-")), "")
    return {"runs": [], "error": text} if command in ("run", "plan", "reconcile", "undo") else {"error": text}


def _text(error: BaseException) -> str:
    """Return the message of an expected error, and the place of an unexpected one."""
    from state.disk import is_refused
    from sync.errors import is_expected

    if isinstance(error, click.UsageError):
        return f"{error.format_message().rstrip('.')}{_try_help(error)}"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and is_refused(error):
        return f"the output cannot be written ({error}); nothing is lost: free some disk space and run again"
    if isinstance(error, KeyboardInterrupt | EOFError):
        return f"{str(error) or 'interrupted'}; nothing is lost, run again"
    return str(error) if is_expected(error) else _bug(error)


def _try_help(error: click.UsageError) -> str:
    if error.ctx is None or isinstance(error, click.exceptions.NoArgsIsHelpError):
        return ""
    return f"; see `{error.ctx.command_path} --help`"


def _bug(error: BaseException) -> str:
    """Describe a bug so that a user can report it: its place, without secrets and personal data."""
    import traceback

    from connectors.http.redaction import Redaction

    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno} in {place.name}"
    message = Redaction().text(" ".join(str(error).split()), people=True)
    return (
        f"unexpected {type(error).__name__} at {where}: {message}\n"
        "this is a bug in growthsync, please report these lines; nothing is lost, run again"
    )
