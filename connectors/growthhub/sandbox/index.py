"""The search index of the GrowthHub sandbox: POST /contacts/search, some seconds behind the records.

Rules kept here:
- a change shows only after its lag: until then the old version, and nothing of a new contact. Changes show in the order
  in which they were made;
- `dateUpdated` is kept sorted, and e-mail, phone and custom values are found by key from the first search for such a
  value on, so that 100,000 records do not slow down a search of a few rows;
- what the documents do not mention is refused: fields, operators, sort keys, a `page` beyond 10,000 records.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from connectors.growthhub.sandbox.filters import CUSTOM, DATES, InvalidQuestion, Record, Test, checked, passing, span

__all__ = ["IndexPage", "InvalidQuestion", "Record", "SearchIndex"]

KEYED = ("email", "phone")
SORTS = frozenset({"dateAdded", "dateUpdated", "email", "firstNameLowerCase", "lastNameLowerCase", "source"})
LAST_BY_PAGE = 10_000
_MOST_SORTS = 2


@dataclass(frozen=True, slots=True)
class IndexPage:
    """One page: the records with their `searchAfter`, and the total."""

    rows: list[tuple[Record, list[Any]]]
    total: int


class SearchIndex:
    """All that a search can show. `shown` holds the records."""

    def __init__(self, shown: MutableMapping[str, Record] | None = None) -> None:
        self._shown = {} if shown is None else shown
        self._by_updated: list[tuple[int, str]] = []
        self._keyed: dict[str, dict[str, dict[str, None]]] = {}
        self._pending: deque[tuple[int, str, Record | None]] = deque()
        self._listed: set[str] = set()

    def put(self, due: int, record_id: str, record: Record | None) -> None:
        """Let a version (None: a deletion) show from `due` milliseconds on."""
        self._pending.append((due, record_id, record))

    def refresh(self, now: int) -> None:
        """Show what is due."""
        while self._pending and self._pending[0][0] <= now:
            _, record_id, record = self._pending.popleft()
            self._take_out(record_id)
            if record is not None:
                self._take_in(record_id, record)

    def search(self, body: Mapping[str, Any]) -> IndexPage:
        """Answer a question with a checked `pageLimit`. Raises InvalidQuestion."""
        filters, sorts = checked(body.get("filters") or []), _sorts(body.get("sort") or [])
        passes = passing(filters)
        limit, after, page = int(body["pageLimit"]), _after(body.get("searchAfter")), body.get("page") or 1
        if isinstance(page, bool) or not isinstance(page, int) or page < 1:
            raise InvalidQuestion("page must be a positive number")
        if page * limit > LAST_BY_PAGE:
            raise InvalidQuestion("page and pageLimit reach 10000 records only, use searchAfter")
        if sorts == [("dateUpdated", "asc")] and all(
            each.get("field") == "dateUpdated" and each.get("operator") == "range" for each in filters
        ):
            return self._in_order(filters, limit, after, (page - 1) * limit)
        return self._sorted(self._matching(filters, passes), sorts, limit, after, (page - 1) * limit)

    def _in_order(self, filters: list[Any], limit: int, after: Any, skip: int) -> IndexPage:
        low, high = 0, len(self._by_updated)
        for each in filters:
            first, last = span(each)
            low = max(low, bisect_left(self._by_updated, (first, "")))
            high = min(high, bisect_left(self._by_updated, (last, "")))
        start = low + skip
        if after:
            start = max(low, bisect_right(self._by_updated, (_moment(after), str(after[-1]))))
        keys = self._by_updated[start : min(high, start + limit)]
        return IndexPage([(self._shown[key[1]], list(key)) for key in keys], max(0, high - low))

    def _sorted(
        self, records: Iterable[Record], sorts: list[tuple[str, str]], limit: int, after: Any, skip: int
    ) -> IndexPage:
        found = sorted(records, key=lambda record: record["id"])
        for field, direction in reversed(sorts):
            found.sort(key=lambda record, by=field: _sort_value(record, by), reverse=direction == "desc")  # type: ignore[misc]
        keys = [[*(_sort_value(record, field) for field, _ in sorts), record["id"]] for record in found]
        start = keys.index(after) + 1 if after and after in keys else skip
        return IndexPage(list(zip(found, keys, strict=True))[start : start + limit], len(found))

    def _matching(self, filters: Iterable[Mapping[str, Any]], passes: Test) -> Iterator[Record]:
        """Yield the records that pass. Where a filter names a key, only those with that key are looked at."""
        found = [ids for each in filters if (ids := self._keyed_ids(each)) is not None]
        ids = min(found, key=len) if found else list(self._shown)
        return (self._shown[each] for each in ids if passes(self._shown[each]))

    def _keyed_ids(self, question: Mapping[str, Any]) -> list[str] | None:
        """Return the ids that an `eq` on a keyed field finds, None for other questions."""
        field, value = str(question.get("field", "")), question.get("value")
        if question.get("operator") != "eq" or "group" in question:
            return None
        if field == "id":
            return [str(value)] if str(value) in self._shown else []
        if field in KEYED or field.startswith(CUSTOM):
            return list(self._ids_by_value(field).get(str(value).lower(), ())) if self._is_keyed(field) else None
        return None

    def _ids_by_value(self, field: str) -> dict[str, dict[str, None]]:
        """Return the ids by the values of a field, which are kept up from now on."""
        if field not in self._keyed:
            found = self._keyed[field] = {}
            for record_id, record in self._shown.items():
                for value in _values(record, field):
                    found.setdefault(value, {})[record_id] = None
        return self._keyed[field]

    def _is_keyed(self, field: str) -> bool:
        """Say whether every value of a field is found by key. One of several choices is not."""
        name = field.removeprefix(CUSTOM)
        return field in KEYED or name not in self._listed

    def _take_in(self, record_id: str, record: Record) -> None:
        self._shown[record_id] = record
        self._listed |= {name for name, value in record["customFields"].items() if isinstance(value, list)}
        insort(self._by_updated, (record["dateUpdated"], record_id))
        for field, ids in self._keyed.items():
            for value in _values(record, field):
                ids.setdefault(value, {})[record_id] = None

    def _take_out(self, record_id: str) -> None:
        record = self._shown.pop(record_id, None)
        if record is None:
            return
        del self._by_updated[bisect_left(self._by_updated, (record["dateUpdated"], record_id))]
        for field, ids in self._keyed.items():
            for value in _values(record, field):
                del ids[value][record_id]
                if not ids[value]:
                    del ids[value]


def _values(record: Record, field: str) -> Iterator[str]:
    """Yield the value by which a record is found in a field, if it has one."""
    if field in KEYED:
        if record.get(field):
            yield str(record[field]).lower()
        return
    value = record["customFields"].get(field.removeprefix(CUSTOM))
    if isinstance(value, str | int | float):
        yield str(value).lower()


def _sorts(sort: Any) -> list[tuple[str, str]]:
    """Return the sort keys. Raises InvalidQuestion."""
    listed = sort if isinstance(sort, list) else [sort]
    sorts = [
        (str(each.get("field")), str(each.get("direction", "asc"))) for each in listed if isinstance(each, Mapping)
    ]
    known = all(field in SORTS and way in ("asc", "desc") for field, way in sorts)
    if not known or len(sorts) > _MOST_SORTS or len(listed) > len(sorts):
        raise InvalidQuestion(f"Invalid sort {sort}")
    return sorts or [("dateAdded", "desc")]


def _after(after: Any) -> list[Any] | None:
    """Return the place behind which to go on. Raises InvalidQuestion."""
    if after is not None and not isinstance(after, list):
        raise InvalidQuestion("searchAfter must be an array")
    return after


def _moment(after: list[Any]) -> int:
    try:
        return int(after[0])
    except (TypeError, ValueError, OverflowError):
        raise InvalidQuestion("Invalid searchAfter") from None


def _sort_value(record: Record, field: str) -> Any:
    if field in DATES:
        return record[field]
    return str(record.get(field.removesuffix("LowerCase")) or "").lower()
