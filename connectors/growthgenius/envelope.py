"""Unwrap answers: find the records in every shape that GrowthGenius documents. No I/O.

Rules kept here:
- one record: `{"contact": {}}`, bare `{}`, `{"contact": null}` (there is none);
- several: `{"contacts": [{}]}`, `{"contacts": [{"contact": {}}]}`, `[...]`, one `{"contact": {}}` (newest documents),
  each with or without `pagination` and `partial_results_*` (documented samples of January and February 2021);
- the key "//" is a comment of the documents; `fist_name` (documented sample) is first_name;
- anything else, `{"contacts": null}` too, is Malformed: no list is guessed to be empty (R43).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from connectors.errors import Malformed
from connectors.http.allowed_calls import is_usable_id, may_refer
from connectors.records import Raw


@dataclass(frozen=True, slots=True)
class Listing:
    """The records of one answer to a list request, and what the answer says about the others.

    `total`, `pages` and `per_page` are None where the answer has no pagination. `limit` is its `partial_results_limit`,
    `partial` its `partial_results_only`. `single` says that one record came instead of a list. `broken` counts the rows
    that are no records.
    """

    records: Sequence[Raw]
    total: int | None = None
    pages: int | None = None
    per_page: int | None = None
    limit: int | None = None
    partial: bool = False
    single: bool = False
    broken: int = 0

    @property
    def rows(self) -> int:
        """The number of rows, those that are no records included."""
        return len(self.records) + self.broken


def listing(body: Any, noun: str = "contact") -> Listing:
    """Return what a list answer holds. Raises Malformed."""
    if isinstance(body, list):
        records = _records(body, noun)
        return Listing(records, broken=len(body) - len(records))
    if not isinstance(body, dict):
        raise Malformed(f"the answer holds no {noun}s")
    rows, single = _rows(body, noun)
    pagination = body.get("pagination")
    pagination = pagination if isinstance(pagination, dict) else {}
    records = [tidy(row, noun) for row in rows] if single else _records(rows, noun)
    return Listing(
        records,
        total=_count(pagination.get("total_entries")),
        pages=_count(pagination.get("total_pages")),
        per_page=_count(pagination.get("per_page")) or None,
        limit=_count(body.get("partial_results_limit")) or None,
        partial=body.get("partial_results_only") is True,
        single=single,
        broken=len(rows) - len(records),
    )


def one(body: Any, noun: str = "contact") -> Raw | None:
    """Return the record of a single answer, None where the answer says that there is none. Raises Malformed."""
    if isinstance(body, dict):
        if noun in body and body[noun] is None:
            return None
        if isinstance(body.get(noun), dict):
            return tidy(body[noun], noun)
        if "id" in body:
            return tidy(body, noun)
    raise Malformed(f"the answer holds no {noun}")


def tidy(record: Any, noun: str = "contact") -> Raw:
    """Return the record itself: unwrapped, without comments, `fist_name` corrected. Raises Malformed without an id.

    The contact of a message is told by an id as well.
    """
    if isinstance(record, dict) and isinstance(record.get(noun), dict) and "id" not in record:
        record = record[noun]
    if not isinstance(record, dict) or not is_usable_id(record.get("id")):
        raise Malformed(f"a {noun} without a usable id")
    if noun == "message" and not may_refer(record.get("contact_id")):
        raise Malformed("a message of a contact without a usable id")
    if "//" in record or "fist_name" in record:
        return _without_oddities(record)
    return record


def identity(record: Raw) -> str:
    """Return the record's id as the key that the engine uses."""
    return str(record["id"])


def _rows(body: Mapping[str, Any], noun: str) -> tuple[list[Any], bool]:
    plural = f"{noun}s"
    if plural in body:
        rows = body[plural]
        if isinstance(rows, list):
            return rows, False
    elif noun in body:
        inner = body[noun]
        if isinstance(inner, list):
            return inner, False
        return ([], True) if inner is None else ([inner], True)
    elif "id" in body:
        return [body], True
    raise Malformed(f"the answer holds no {plural}")


def _records(rows: Sequence[Any], noun: str) -> list[Raw]:
    records = []
    for row in rows:
        with suppress(Malformed):
            # The caller counts the rows that are no records.
            records.append(tidy(row, noun))
    return records


def _without_oddities(record: Mapping[str, Any]) -> Raw:
    tidied = {key: value for key, value in record.items() if key not in ("//", "fist_name")}
    if "fist_name" in record:
        tidied.setdefault("first_name", record["fist_name"])
    return tidied


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
