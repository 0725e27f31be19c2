"""Read the table of a `lookup`: a CSV file with a value of the left side and one of the right side in each row (R48).

Rules kept here: UTF-8; a first row "left,right" is a heading; empty rows are skipped; a value of the left stands in one
row, compared without case. The file is read with the config, so a mistake in it is one line before any call.
"""

import csv
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationInfo

LARGEST: Final = 5_000_000
"""Bytes of a file."""
HEADING: Final = ["left", "right"]
_COLUMNS: Final = 2
_HELP: Final = "a CSV file in UTF-8, relative to this one, with a value of the left and one of the right in each row"


class Lookup(NamedTuple):
    """The rows of a file, in its order."""

    pairs: tuple[tuple[str, str], ...]

    @property
    def ambiguous(self) -> str | None:
        """Return a value of the right side that stands in several rows, None where every row can be inverted."""
        several = Counter(right.casefold() for _, right in self.pairs)
        return next((right for _, right in self.pairs if several[right.casefold()] > 1), None)


def read_lookup(value: object, info: ValidationInfo) -> Lookup:
    """Read a file; its path starts from the folder of the config. Raises ValueError for what is wrong with it."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError(_HELP)
    path = Path(info.context or ".", Path(value).expanduser())
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{_HELP}, of at most {LARGEST:,} bytes")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"{_HELP}; this one cannot be read: {reason}") from None
    return Lookup(_pairs(rows))


def _pairs(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    pairs: dict[str, tuple[str, str]] = {}
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and [cell.casefold() for cell in cells] == HEADING):
            continue
        if len(cells) != _COLUMNS or not all(cells):
            raise ValueError(f"{_HELP}; row {number} has not two values")
        if cells[0].casefold() in pairs:
            raise ValueError(f"{_HELP}; row {number} has a value of the left that an earlier row has")
        pairs[cells[0].casefold()] = (cells[0], cells[1])
    if not pairs:
        raise ValueError(f"{_HELP}; this one has no row")
    return tuple(pairs.values())
