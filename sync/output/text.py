"""Show values, numbers, times and tables as text.

Values come from other systems, so every character that a terminal would obey is spelled out. There is no table library:
importing one takes longer than a whole `sync status` may. On a terminal (`on_screen`) a table is no wider than that:
cells are broken between words, never within one, and a table that does not fit even so is shown row by row.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from unicodedata import combining, east_asian_width

from connectors.contact import Value

LONGEST_VALUE = 80
GAP = 2
INDENT = 2

_width: ContextVar[int | None] = ContextVar("width", default=None)


@contextmanager
def on_screen(width: int) -> Iterator[None]:
    """Let tables that are made within the block fit a terminal of this width."""
    token = _width.set(width)
    try:
        yield
    finally:
        _width.reset(token)


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines with aligned columns."""
    table = [[printable(cell) for cell in row] for row in rows]
    natural = [max(map(columns, column)) for column in zip(*table, strict=True)]
    screen = _width.get()
    widths = natural if screen is None else _fitted(table, natural, screen - INDENT)
    if widths is None:
        yield from _stacked(table, (screen or 0) - INDENT)
        return
    for row in table:
        yield from _row(row, widths)


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def _fitted(table: Sequence[Sequence[str]], natural: Sequence[int], screen: int) -> list[int] | None:
    """Return widths that fit the screen, no column narrower than its longest word; None where there are none."""
    least = [max(columns(word) for cell in column for word in cell.split(" ")) for column in zip(*table, strict=True)]
    widths, room = list(natural), screen - GAP * (len(natural) - 1)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda place: widths[place] - least[place])
        widths[widest] -= 1
    return widths


def _row(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield a row: more than one line where a cell is longer than its column."""
    cells = [
        [cell] if columns(cell) <= width else wrapped(cell, width) for cell, width in zip(row, widths, strict=True)
    ]
    for number in range(max(map(len, cells))):
        pieces = [cell[number] if number < len(cell) else "" for cell in cells]
        padded = (piece + " " * (width - columns(piece)) for piece, width in zip(pieces, widths, strict=True))
        yield (" " * GAP).join(padded).rstrip()


def _stacked(table: Sequence[Sequence[str]], screen: int) -> Iterator[str]:
    """Yield each row as lines of its own, one for each cell, with the name of its column where there is a heading."""
    header = table[0] if all(cell.isupper() for cell in table[0]) else [""] * len(table[0])
    longest = max(map(len, header))
    for row in table[1:] if header is table[0] else table:
        for number, (name, cell) in enumerate(zip(header, row, strict=True)):
            text = f"{name.ljust(longest)}  {cell}" if longest else cell
            yield from wrapped(f"{'' if number == 0 else '  '}{text}".rstrip(), screen, " " * (longest + 2 * INDENT))


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Return the lines of a text that is broken at spaces; a word that is longer than a line stays whole."""
    lines: list[str] = []
    line, *words = text.split(" ")
    for word in words:
        longer = f"{line} {word}"
        if line.strip() and columns(longer) > width:
            lines.append(line.rstrip())
            longer = indent + word
        line = longer
    return [*lines, line.rstrip()]


def time_shown(text: str) -> str:
    """Return a time of a document, ISO 8601 in UTC, in the zone of this machine with its offset, to the second."""
    return datetime.fromisoformat(text).astimezone().replace(microsecond=0).isoformat(" ")


def indented(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, two columns further to the right."""
    for line in lines:
        yield f"  {line}"


def printable(text: object) -> str:
    """Return the text with every character escaped that would move a cursor or colour a terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in str(text)
    )


def value_text(value: Value | Sequence[str], *, longest: int | None = LONGEST_VALUE) -> str:
    """Return a value in quotes, a set as a list, an empty value as (empty)."""
    if not value:
        return "(empty)"
    text = printable(value) if isinstance(value, str) else ", ".join(map(printable, value))
    return f'"{text}"' if longest is None or len(text) <= longest else f'"{text[:longest]}…"'


def counted(number: int, noun: str) -> str:
    """Return "1 call" or "1,200 calls"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def span_text(seconds: float) -> str:
    """Return a length of time in its two largest units, such as "3 d 4 h"."""
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.1f} s" if seconds % 1 else f"{int(seconds)} s"
    left, parts = timedelta(seconds=int(seconds)), []
    for name, unit in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count} {name}")
    if left:
        parts.append(f"{left.seconds} s")
    return " ".join(parts[:2])
