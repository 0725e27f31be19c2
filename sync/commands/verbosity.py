"""`-v` and `-q`, which every command takes: how much is shown on standard error."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sync.config.model import Config
    from sync.output.log_format import Format
    from sync.output.progress import LineProgress, TerminalProgress

VERBOSE: Final = "growthsync.verbose"
QUIET: Final = "growthsync.quiet"


def is_verbose() -> bool:
    """Return whether `-v` was given."""
    return _is_set(VERBOSE)


def is_quiet() -> bool:
    """Return whether `-q` was given."""
    return _is_set(QUIET)


def log_level(configured: str) -> str:
    """Return the lowest level that a log on standard error has: with -v debug, with -q warning."""
    return "debug" if is_verbose() else "warning" if is_quiet() else configured


def verbosity_options() -> tuple[click.Option, click.Option]:
    """Return both options, to be added to a command."""
    return (
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_begin_log,
            help="Write each step to standard error, in place of the progress.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_be_quiet,
            help="Write only the result, warnings and errors: no progress, no notes.",
        ),
    )


@contextmanager
def log_opened(config: "Config", form: "Format | None" = None) -> "Iterator[None]":
    """Log as the config says: to its file, else to standard error. Raises ConfigError."""
    from sync.errors import ConfigError
    from sync.output.log_file import LogFile
    from sync.output.log_format import logging_to

    options = config.log
    if options.file is None:
        with logging_to(sys.stderr, log_level(options.level), form or options.format):
            yield
        return
    try:
        file = LogFile(options.file)
    except OSError as error:
        raise ConfigError(f"{config.path}: log.file: {options.file} cannot be written ({error.strerror})") from None
    with file, logging_to(file, options.level, form or options.format):
        yield


@contextmanager
def progress_shown() -> "Iterator[TerminalProgress | LineProgress]":
    """Show the progress on standard error: bars on a terminal, with -v the log, with -q nothing."""
    from sync.output.progress import LogProgress, QuietProgress, for_stream

    if is_verbose():
        yield LogProgress(sys.stderr)
    elif is_quiet():
        yield QuietProgress(sys.stderr)
    else:
        with for_stream() as progress:
            yield progress


def _begin_log(context: click.Context, _option: click.Parameter, value: bool) -> None:
    """Log every step until the command ends."""
    if not value:
        return
    from sync.output.log_format import logging_to

    if is_quiet():
        raise click.UsageError("give either -v or -q")
    context.meta[VERBOSE] = True
    context.with_resource(logging_to(sys.stderr, "debug", "auto"))


def _be_quiet(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value and is_verbose():
        raise click.UsageError("give either -v or -q")
    context.meta[QUIET] = context.meta.get(QUIET, False) or value


def _is_set(key: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(key))
