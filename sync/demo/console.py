"""How the demo is told: plain lines that can be read anywhere, with colour and tables where there is a terminal."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TextIO

from sync.output.text import aligned, printable

Row = Sequence[str]


class DemoConsole(Protocol):
    """Where the story goes."""

    def heading(self, text: str) -> None:
        """Begin a chapter."""

    def say(self, *lines: str) -> None:
        """Tell something, one line each."""

    def command(self, text: str) -> None:
        """Show what a person would type."""

    def result(self, lines: Iterable[str]) -> None:
        """Show what that command prints."""

    def table(self, header: Row, rows: Sequence[Row]) -> None:
        """Show rows below each other."""


def teller(out: TextIO) -> DemoConsole:
    """Return what suits the stream."""
    return RichConsole(out) if out.isatty() else PlainConsole(out)


class PlainConsole:
    """Lines of text, with one empty line between parts."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._after_table = False

    def heading(self, text: str) -> None:
        """Underline it."""
        self._write("", text, "-" * len(text))

    def say(self, *lines: str) -> None:
        """Write the lines as they are."""
        self._write(*([""] if self._after_table and lines[0] else []), *lines)

    def command(self, text: str) -> None:
        """Write it after a prompt."""
        self._write("", f"$ {text}")

    def result(self, lines: Iterable[str]) -> None:
        """Write the lines as they are, set off."""
        self._write(*(f"  {line}".rstrip() for line in lines))

    def table(self, header: Row, rows: Sequence[Row]) -> None:
        """Write aligned columns, set off."""
        self._write("", *(f"  {line}" for line in aligned([header, *rows])))
        self._after_table = True

    def _write(self, *lines: str) -> None:
        """Write at once, since somebody watches."""
        self._out.write("".join(f"{line}\n" for line in lines))
        self._out.flush()
        self._after_table = False


class RichConsole:
    """The same in colour. Nothing told is taken for markup."""

    def __init__(self, out: TextIO) -> None:
        from rich.console import Console

        self._console = Console(file=out, highlight=False, markup=False, emoji=False)

    def heading(self, text: str) -> None:
        """Draw a line with the title in it."""
        from rich.text import Text

        self._console.print()
        self._console.rule(Text(text, style="bold"), align="left", style="cyan")

    def say(self, *lines: str) -> None:
        """Write the lines, broken between words."""
        for line in lines:
            self._console.print(line)

    def command(self, text: str) -> None:
        """Write it bold after a prompt."""
        self._console.print()
        self._console.print(f"$ {text}", style="bold green")

    def result(self, lines: Iterable[str]) -> None:
        """Write the lines as they are, set off."""
        for line in lines:
            self._console.print(f"  {line}", style="cyan", soft_wrap=True)

    def table(self, header: Row, rows: Sequence[Row]) -> None:
        """Draw a table, its cells but the first broken between words where the terminal is narrow."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, header_style="bold")
        for position, name in enumerate(header):
            table.add_column(name, overflow="fold", no_wrap=position == 0)
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        self._console.print(table)
