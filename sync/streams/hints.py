"""The records that webhooks reported, and how many of them a run reads by id."""

from collections.abc import Iterator, Sequence
from typing import Final

from state.webhook_hints import Hint
from sync.rules.windows import ReadRange
from sync.streams.connection import Side
from sync.streams.tables import Tables

MAX_READ_BY_ID: Final = 200
"""At most so many hinted records of a side are read by id in one run; the others wait, or a window shows them."""


def hinted_sides(tables: Tables, read_range: ReadRange) -> Iterator[tuple[Side, Sequence[Hint]]]:
    """Yield the sides that have hints, with the hints; none where the run was asked for a window of its own."""
    if not read_range.heeds_hints:
        return
    for side in tables.connection.sides:
        hints = tables.hints.waiting_hints(side.account)
        if hints:
            yield side, hints
