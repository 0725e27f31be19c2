"""Records as a connector passes them to the engine: raw, in pages, by windows of time (R43).

Times are aware and UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Raw = Mapping[str, Any]
"""One record as the API shows it, unwrapped: the object that holds the fields."""


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time `[start, end)`. Without `end` it goes on as far as the server has records."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row of a list that cannot be read: it is no record, or every answer that contains it fails (R42).

    `key` names its position, the same in each reading. `within` is the span of time that it lies in, None if unknown.
    """

    key: str
    reason: str
    within: Window | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one answer, each with an id, and the server's own time of that answer (R1).

    `unread` are the rows that could not be read. `warnings` are about the list as a whole.
    """

    records: Sequence[Raw]
    served_at: datetime
    unread: Sequence[UnreadableRow] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RecordResponse:
    """One record, None where the answer shows none, and the server's time of it."""

    raw: Raw | None
    served_at: datetime
