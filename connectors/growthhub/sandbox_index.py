"""The search index of the GrowthHub sandbox: what POST /contacts/search sees, some seconds behind the records.

Rules kept here:
- a change shows only once its lag has passed: until then the old version, and of a new contact nothing. Changes
  come to show in the order in which they were made;
- `dateUpdated` is in order all the time, and e-mail, phone and custom values are found by key, so that 100,000
  records do not make a search of a few rows slow;
- what the documents do not know is refused: fields, operators, sort keys, a `page` beyond 10,000 records.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.values import instant

Record = Mapping[str, Any]
"""A contact as the sandbox keeps it: wire properties, times in milliseconds, custom values by field id."""

DATES = frozenset({"dateUpdated", "dateAdded"})
KEYED = ("email", "phone")
PLAIN = frozenset({"city", "state", "postalCode", "companyName", "country", "assignedTo", "source", "website"})
SORTS = frozenset({"dateAdded", "dateUpdated", "email", "firstNameLowerCase", "lastNameLowerCase", "source"})
LAST_BY_PAGE = 10_000
_PREFIX = "customFields."
_FAR = 1 << 62
_MOST_SORTS = 2


class InvalidQuestion(Exception):
    """A search that the server refuses with 400."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page: the records with their `searchAfter`, and how many there are in all."""

    rows: list[tuple[Record, list[Any]]]
    total: int


class SearchIndex:
    """Everything that a search can show."""

    def __init__(self) -> None:
        self._shown: dict[str, Record] = {}
        self._by_updated: list[tuple[int, str]] = []
        self._keyed: dict[tuple[str, str], dict[str, None]] = {}
        self._pending: deque[tuple[int, str, Record | None]] = deque()

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

    def search(self, body: Mapping[str, Any]) -> Found:
        """Answer a question whose `pageLimit` is checked already. Raises InvalidQuestion."""
        filters = body.get("filters") or []
        sorts = [(each["field"], each.get("direction", "asc")) for each in body.get("sort") or []]
        sorts = sorts or [("dateAdded", "desc")]
        if len(sorts) > _MOST_SORTS or any(field not in SORTS for field, _ in sorts):
            raise InvalidQuestion(f"Invalid sort {sorts}")
        limit, after, page = int(body["pageLimit"]), body.get("searchAfter"), int(body.get("page") or 1)
        if page * limit > LAST_BY_PAGE:
            raise InvalidQuestion("page and pageLimit reach 10000 records only, use searchAfter")
        if sorts == [("dateUpdated", "asc")] and all(each.get("field") == "dateUpdated" for each in filters):
            return self._in_order(filters, limit, after, (page - 1) * limit)
        return self._sorted(self._matching(filters), sorts, limit, after, (page - 1) * limit)

    def _in_order(self, filters: list[Any], limit: int, after: Any, skip: int) -> Found:
        low, high = 0, len(self._by_updated)
        for each in filters:
            first, last = _span(each)
            low = max(low, bisect_left(self._by_updated, (first, "")))
            high = min(high, bisect_left(self._by_updated, (last, "")))
        start = low + skip
        if after:
            start = max(low, bisect_right(self._by_updated, (int(after[0]), str(after[1]))))
        keys = self._by_updated[start : min(high, start + limit)]
        return Found([(self._shown[key[1]], list(key)) for key in keys], max(0, high - low))

    def _sorted(
        self, records: Iterable[Record], sorts: list[tuple[str, str]], limit: int, after: Any, skip: int
    ) -> Found:
        found = sorted(records, key=lambda record: record["id"])
        for field, direction in reversed(sorts):
            found.sort(key=lambda record, by=field: _sort_value(record, by), reverse=direction == "desc")  # type: ignore[misc]
        keys = [[*(_sort_value(record, field) for field, _ in sorts), record["id"]] for record in found]
        start = keys.index(list(after)) + 1 if after and list(after) in keys else skip
        return Found(list(zip(found, keys, strict=True))[start : start + limit], len(found))

    def _matching(self, filters: list[Any]) -> Iterator[Record]:
        tests: list[Callable[[Record], bool]] = []
        ids: Iterable[str] = self._shown
        for each in filters:
            keyed = self._keyed_ids(each)
            if keyed is not None:
                ids = [each_id for each_id in keyed if each_id in set(ids)] if ids is not self._shown else keyed
            else:
                tests.append(_test(each))
        return (self._shown[each] for each in list(ids) if all(test(self._shown[each]) for test in tests))

    def _keyed_ids(self, question: Mapping[str, Any]) -> list[str] | None:
        """Return the ids that an `eq` on a keyed field finds, None for other questions."""
        field, operator = question.get("field", ""), question.get("operator")
        if operator != "eq":
            return None
        if field == "id":
            return [question["value"]] if question["value"] in self._shown else []
        if field in KEYED or field.startswith(_PREFIX):
            return list(self._keyed.get((field, str(question["value"]).lower()), ()))
        return None

    def _take_in(self, record_id: str, record: Record) -> None:
        self._shown[record_id] = record
        insort(self._by_updated, (record["dateUpdated"], record_id))
        for key in _keys(record):
            self._keyed.setdefault(key, {})[record_id] = None

    def _take_out(self, record_id: str) -> None:
        record = self._shown.pop(record_id, None)
        if record is None:
            return
        del self._by_updated[bisect_left(self._by_updated, (record["dateUpdated"], record_id))]
        for key in _keys(record):
            ids = self._keyed[key]
            del ids[record_id]
            if not ids:
                del self._keyed[key]


def _keys(record: Record) -> Iterator[tuple[str, str]]:
    for field in KEYED:
        if record.get(field):
            yield field, str(record[field]).lower()
    for field_id, value in record["customFields"].items():
        if isinstance(value, str | int | float):
            yield f"{_PREFIX}{field_id}", str(value).lower()


def _test(question: Mapping[str, Any]) -> Callable[[Record], bool]:
    field, operator, value = question.get("field"), question.get("operator"), question.get("value")
    if field in DATES and operator == "range":
        first, last = _span(question)
        return lambda record: first <= record[field] < last
    if field == "tags" and operator == "eq":
        return lambda record: str(value).lower() in record["tags"]
    if field in PLAIN and operator == "eq":
        return lambda record: record.get(str(field)) == value
    if field in PLAIN and operator in {"exists", "not_exists"}:
        return lambda record: bool(record.get(str(field))) == (operator == "exists")
    raise InvalidQuestion(f"Invalid field {field}" if operator != "range" else f"Invalid operator range for {field}")


def _span(question: Mapping[str, Any]) -> tuple[int, int]:
    """Return the first millisecond inside and the first outside of a range."""
    value = question.get("value")
    if question.get("operator") != "range" or not isinstance(value, Mapping):
        raise InvalidQuestion(f"Invalid operator {question.get('operator')}")
    unknown = value.keys() - {"gt", "gte", "lt", "lte"}
    if unknown or not value:
        raise InvalidQuestion(f"Invalid range {sorted(unknown)}")
    bounds = {key: _milliseconds(bound) for key, bound in value.items()}
    first = max(bounds.get("gte", 0), bounds.get("gt", -1) + 1)
    return first, min(bounds.get("lt", _FAR), bounds.get("lte", _FAR - 1) + 1)


def _milliseconds(bound: Any) -> int:
    moment = instant.parse(bound)
    if moment is None:
        raise InvalidQuestion(f"Invalid date {bound}")
    return instant.to_ms(moment)


def _sort_value(record: Record, field: str) -> Any:
    if field in DATES:
        return record[field]
    return str(record.get(field.removesuffix("LowerCase")) or "").lower()
