"""Show values, numbers and tables as plain text.

Values come from other systems, so every character that a terminal would obey is spelled out. There is no table library:
importing one takes longer than a whole `sync status` may.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from connectors.contact import Value

LONGEST_VALUE = 80


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines with aligned columns."""
    table = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


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
