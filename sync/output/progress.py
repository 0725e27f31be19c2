"""Show the progress of a run on standard error; standard output is for the result.

A terminal shows a progress bar per step, with speed and remaining time. Elsewhere only notes are written.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from sync.output import event_log

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress(Protocol):
    """How the engine reports its progress. Called from one thread."""

    def begin_step(self, text: str, total: int | None = None) -> None:
        """Begin a step, which ends the step before; `total` is its number of records, if known."""

    def advance(self, count: int = 1) -> None:
        """Record that so many more records of the present step are done."""

    def note(self, text: str) -> None:
        """Show a sentence that a user should see, on a terminal or in the log."""


class SilentProgress:
    """Report nothing."""

    def begin_step(self, text: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, count: int = 1) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""


class LineProgress:
    """Write notes, one line each, and nothing else: for logs and pipes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        pass

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do nothing: a log needs no pause."""
        yield

    def begin_step(self, text: str, total: int | None = None) -> None:
        """Do nothing: a log shows results only."""

    def advance(self, count: int = 1) -> None:
        """Do nothing: a log shows results only."""

    def note(self, text: str) -> None:
        """Write the line and flush."""
        self._out.write(f"{text}\n")
        self._out.flush()


class LogProgress(LineProgress):
    """Log notes (`sync.output.log_format`) and nothing else: for runs without a terminal."""

    def note(self, text: str) -> None:
        """Log the note."""
        event_log.info("note", text=text)


class QuietProgress(LineProgress):
    """Show nothing, for `-q`."""

    def note(self, text: str) -> None:
        """Do nothing."""


class TerminalProgress:
    """A progress bar on a terminal; a context manager, so that the terminal is restored."""

    def __init__(self, out: TextIO) -> None:
        self._bars = _bars(out)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._bars.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hide the bar while a question is on the terminal."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

    def begin_step(self, text: str, total: int | None = None) -> None:
        """Replace the bar by one for this step."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(_plain(text), total=total)

    def advance(self, count: int = 1) -> None:
        """Advance the bar."""
        if self._task is not None:
            self._bars.advance(self._task, count)

    def note(self, text: str) -> None:
        """Write the text above the bar, where it stays."""
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)


def for_stream(out: TextIO | None = None) -> TerminalProgress | LineProgress:
    """Return TerminalProgress for a terminal, otherwise LineProgress; the default stream is standard error."""
    stream = sys.stderr if out is None else out
    return TerminalProgress(stream) if stream.isatty() else LineProgress(stream)


def _bars(out: TextIO) -> "RichProgress":
    """Build the bar. Rich is imported here, because that takes longer than a whole `sync status` may."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Throughput(ProgressColumn):
        """Records per second, once known."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    class Done(ProgressColumn):
        """Records that are done, and of how many where that is known."""

        def render(self, task: Task) -> Text:
            done = f"{int(task.completed):,}"
            return Text(done if task.total is None else f"{done}/{int(task.total):,}")

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        Done(),
        Throughput(),
        TimeRemainingColumn(),
    )
    return RichProgress(*columns, console=Console(file=out), transient=True)


def _plain(text: str) -> str:
    """Escape the brackets of a text, which Rich would read as markup."""
    return text.replace("[", r"\[")
