"""What a run tells while it works. All of it goes to standard error; standard output belongs to the result.

A long step shows how far it is, how fast and how long it will take yet, redrawn in place on a terminal and left out
elsewhere: a log holds notes, not bars.
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
    """Where the engine tells what it does. Called from one thread."""

    def stage(self, text: str, total: int | None = None) -> None:
        """Begin a step, which ends the one before; `total` is how many records it will take, if that is known."""

    def advance(self, count: int = 1) -> None:
        """Say that so many more records of the present step are done."""

    def note(self, text: str) -> None:
        """Tell one thing that a person should see, once, whether anybody watches or not."""


class SilentProgress:
    """Tells nothing."""

    def stage(self, text: str, total: int | None = None) -> None:
        """Keep quiet."""

    def advance(self, count: int = 1) -> None:
        """Keep quiet."""

    def note(self, text: str) -> None:
        """Keep quiet."""


class LineProgress:
    """Writes notes, one line each, and nothing else: for logs and pipes."""

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
        """Go on as before: a log needs no pause."""
        yield

    def stage(self, text: str, total: int | None = None) -> None:
        """Keep quiet: a log wants results."""

    def advance(self, count: int = 1) -> None:
        """Keep quiet: a log wants results."""

    def note(self, text: str) -> None:
        """Write the line, at once."""
        self._out.write(f"{text}\n")
        self._out.flush()


class LogProgress(LineProgress):
    """Puts notes into the log (`sync.output.log_format`), and tells nothing else: for runs that nobody watches."""

    def note(self, text: str) -> None:
        """Tell it."""
        event_log.info("note", text=text)


class TerminalProgress:
    """A line on a terminal that is redrawn in place; a context manager, so that the terminal is given back."""

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
        """Take the line away while somebody else uses the terminal, to ask."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

    def stage(self, text: str, total: int | None = None) -> None:
        """Replace the line by one for this step."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(_plain(text), total=total)

    def advance(self, count: int = 1) -> None:
        """Move the line on."""
        if self._task is not None:
            self._bars.advance(self._task, count)

    def note(self, text: str) -> None:
        """Write the text above the line, where it stays."""
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)


def for_stream(out: TextIO | None = None) -> TerminalProgress | LineProgress:
    """Return what suits the stream (standard error unless told): a Screen on a terminal, else Lines."""
    stream = sys.stderr if out is None else out
    return TerminalProgress(stream) if stream.isatty() else LineProgress(stream)


def _bars(out: TextIO) -> "RichProgress":
    """Build the line. Rich is imported here, since it costs more than a whole `sync status` may."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Throughput(ProgressColumn):
        """Records per second, once there is something to tell."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Throughput(),
        TimeRemainingColumn(),
    )
    return RichProgress(*columns, console=Console(file=out), transient=True)


def _plain(text: str) -> str:
    """Return the text so that Rich takes no bracket in it for markup."""
    return text.replace("[", r"\[")
