"""Unwrap answers: find the records in every shape that Whautomate may use. No I/O.

Rules kept here:
- a list is an array (documented), or stands under "data" or "contacts"; a record stands alone, or under the same keys;
- anything else is Malformed: no list is guessed to be empty (R43).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.errors import Malformed
from connectors.http.allowed_calls import is_usable_id
from connectors.records import Raw

LISTS: Final = ("data", "contacts", "messages", "items", "results")
ONE: Final = ("data", "contact")


@dataclass(frozen=True, slots=True)
class Rows:
    """The records of a list, and how many of its rows are no records."""

    records: Sequence[Raw]
    broken: int = 0

    @property
    def count(self) -> int:
        """The number of rows, those that are no records included."""
        return len(self.records) + self.broken


def rows_of(body: Any) -> Rows:
    """Return the rows of a list answer. Raises Malformed."""
    found = body
    if isinstance(body, dict):
        found = next((body[key] for key in LISTS if key in body), None)
    if not isinstance(found, list):
        raise Malformed("the answer holds no list")
    records = [row for row in found if is_record(row)]
    return Rows(records, len(found) - len(records))


def one_of(body: Any) -> Raw | None:
    """Return the record of a single answer, None where the answer shows none. Raises Malformed."""
    if body is None or body == {}:
        return None
    if isinstance(body, dict):
        found = body if "id" in body else next((body[key] for key in ONE if key in body), body)
        if found is None or found == {}:
            return None
        if is_record(found):
            record: Raw = found
            return record
    raise Malformed("the answer holds no record")


def is_record(row: Any) -> bool:
    """Say whether a row is a record that can be read by its id."""
    return isinstance(row, dict) and is_usable_id(row.get("id"))


def identity(raw: Raw) -> str:
    """Return the record's id as the key that the engine uses."""
    return str(raw["id"])
