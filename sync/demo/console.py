"""Print the demo: plain lines, with colour and tables where the output is a terminal."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TextIO

from sync.output.text import aligned, printable

Row = Sequence[str]


class DemoConsole(Protocol):
    """Prints the parts of the demo."""

    def heading(self, text: str) -> None:
        """Print the heading of a part."""

    def say(self, *lines: str) -> None:
        """Print lines of text."""

    def command(self, text: str) -> None:
        """Print a command as a person would type it."""

    def result(self, lines: Iterable[str]) -> None:
        """Print the output of that command."""

    def table(self, header: Row, rows: Sequence[Row]) -> None:
        """Print a table."""


def console_for(out: TextIO) -> DemoConsole:
    """Return the console that suits a stream."""
    return RichConsole(out) if out.isatty() else PlainConsole(out)


class PlainConsole:
    """Prints lines of text, with one empty line between parts."""

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
        """Write the lines as they are, indented."""
        self._write(*(f"  {line}".rstrip() for line in lines))

    def table(self, header: Row, rows: Sequence[Row]) -> None:
        """Write aligned columns, indented."""
        self._write("", *(f"  {line}" for line in aligned([header, *rows])))
        self._after_table = True

    def _write(self, *lines: str) -> None:
        """Write without delay, because a person watches."""
        self._out.write("".join(f"{line}\n" for line in lines))
        self._out.flush()
        self._after_table = False


class RichConsole:
    """Prints the same in colour. No text is taken for markup."""

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
        """Write the lines as they are, indented."""
        for line in lines:
            self._console.print(f"  {line}", style="cyan", soft_wrap=True)

    def table(self, header: Row, rows: Sequence[Row]) -> None:
        """Draw a table. On a narrow terminal all columns but the first are broken between words."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, header_style="bold")
        for position, name in enumerate(header):
            table.add_column(name, overflow="fold", no_wrap=position == 0)
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        self._console.print(table)
