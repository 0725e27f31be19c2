"""What runs of any connection wrote into one field of one record, newest first, from the history."""

from collections.abc import Iterator
from dataclasses import dataclass

from state.contact_lookup import STREAM
from state.database import Database
from state.history import REFUSED

NEWEST = 50
"""Writes that are looked at: more writes of one field mean that its values do not come from one edit."""


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """One write, by a run of the connection of that number.

    `old`, `new` and `shown` are JSON; `shown` is what the record showed afterwards, None where `new`.
    """

    id: int
    at_ms: int
    old: str | None
    new: str | None
    shown: str | None
    rule: str
    source: str | None
    connection: int


def written_values(
    db: Database, account: str, record_id: str, field: str, before: int | None = None
) -> Iterator[WrittenValue]:
    """Yield the writes with a lower number than `before`, all of them without it."""
    rows = db.execute(
        "SELECT id, at_ms, old, new, shown, rule, source, connection FROM history WHERE record_id = ? AND account = ?"
        " AND field = ? AND stream = ? AND rule <> ? AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?",
        (record_id, account, field, STREAM, REFUSED, before, before, NEWEST),
    )
    yield from (WrittenValue(*row) for row in rows.fetchall())
