"""Write results on a terminal: no wider than it, broken between words, in colour.

Rich decides whether there is colour: none with NO_COLOR or on a terminal that has none. It is imported only here, since
that takes longer than a whole `sync status` may where nobody looks.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, TextIO

from sync.output.text import columns, on_screen, wrapped

if TYPE_CHECKING:
    from rich.text import Text

STYLES: Final = (
    (re.compile(r"^ *[A-Z]+(?: [A-Z]+)*(?:  +[A-Z]+(?: [A-Z]+)*)+$"), "bold"),
    (re.compile(r"\b(?:ok|both sides agree)\b"), "green"),
    (re.compile(r"\b(?:partial|note|conflicts? open|parked|delayed|held since)\b"), "yellow"),
    (re.compile(r"\b(?:failed|wrong|guarded|error|damaged|does not work|failures? open)\b"), "red"),
    (re.compile(r"(?:(?<=: )|(?<=`)|(?<=then ))(?:growth)?sync [a-z][^`;,]*"), "cyan"),
)
"""What is coloured, and how. Values in double quotes are not."""

QUOTED: Final = re.compile(r'"[^"]*"')


def write_on_terminal(lines: Iterable[str], out: TextIO) -> None:
    """Write the lines."""
    from rich.console import Console

    console = Console(file=out, highlight=False, markup=False, emoji=False)
    with on_screen(console.width):
        for line in lines:
            for piece in fitting(line, console.width):
                console.print(_coloured(piece), soft_wrap=True)


def fitting(line: str, width: int) -> Iterator[str]:
    """Yield a line, in pieces where it is longer than the width; further pieces stand two columns to the right."""
    if columns(line) <= width:
        yield line
        return
    start = line[: len(line) - len(line.lstrip())]
    yield from (start + piece for piece in wrapped(line.strip(), width - len(start), "  "))


def _coloured(line: str) -> "Text":
    from rich.text import Text

    text = Text(line)
    quoted = [found.span() for found in QUOTED.finditer(line)]
    for pattern, style in STYLES:
        for found in pattern.finditer(line):
            if not any(begin <= found.start() < end for begin, end in quoted):
                text.stylize(style, *found.span())
    return text
