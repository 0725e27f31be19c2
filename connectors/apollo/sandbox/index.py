"""The search index of the Apollo sandbox: some seconds behind the records, and 50,000 records at most in one search."""

from collections import deque
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.apollo.sandbox.records import Record

DISPLAY_LIMIT: Final = 50_000
LARGEST_PAGE: Final = 100
SORTS: Final = {
    "contact_updated_at": "updated_at", "contact_created_at": "created_at",
    "contact_last_activity_date": "last_activity_date",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ApolloIndexPage:
    """One page of a search, with its number, its size and the total."""

    rows: list[Record]
    page: int
    per_page: int
    total: int


class ApolloSearchIndex:
    """All that a search can show. `shown` keeps its rows, by default in memory; their times are kept there always."""

    def __init__(self, shown: MutableMapping[str, Record] | None = None) -> None:
        self.display_limit = DISPLAY_LIMIT
        self._shown: MutableMapping[str, Record] = {} if shown is None else shown
        self._times: dict[str, tuple[str, ...]] = {}
        self._pending: deque[tuple[float, str, Record | None]] = deque()
        self._orders: dict[str, list[str]] = {}

    def put(self, due: float, record_id: str, record: Record | None) -> None:
        """Let a version (None: a deletion) show from a moment on, in seconds since 1970."""
        self._pending.append((due, record_id, record))

    def refresh(self, now: float) -> None:
        """Show what is due."""
        while self._pending and self._pending[0][0] <= now:
            _, record_id, record = self._pending.popleft()
            self._orders.clear()
            if record is None:
                self._shown.pop(record_id, None)
                self._times.pop(record_id, None)
            else:
                self._shown[record_id] = record
                self._times[record_id] = tuple(record.get(key) or "" for key in SORTS.values())

    def search(self, body: Mapping[str, Any]) -> ApolloIndexPage | None:
        """Return a page, None for one beyond the display limit. Unknown keys are ignored, as Apollo does."""
        page, per_page = _number(body.get("page"), 1), min(_number(body.get("per_page"), 25), LARGEST_PAGE)
        if page * per_page > max(self.display_limit, per_page):
            return None
        ids = self._order(str(body.get("sort_by_field", "")))
        if body.get("sort_ascending") is not True:
            ids = ids[::-1]
        for key, of in (("contact_stage_ids", _stages), ("contact_label_ids", _labels)):
            wanted = body.get(key)
            if isinstance(wanted, list) and wanted:
                ids = [each for each in ids if not of(self._shown[each]).isdisjoint(wanted)]
        keywords = str(body.get("q_keywords") or "").casefold().split()
        if keywords:
            ids = [each for each in ids if any(word in _text(self._shown[each]) for word in keywords)]
        start = (page - 1) * per_page
        rows = [self._shown[each] for each in ids[start : start + per_page]]
        return ApolloIndexPage(rows, page, per_page, len(ids))

    def _order(self, field: str) -> list[str]:
        key = SORTS.get(field, "created_at")
        if key not in self._orders:
            place = tuple(SORTS.values()).index(key)
            self._orders[key] = sorted(self._times, key=lambda each: (self._times[each][place], each))
        return self._orders[key]


def _number(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default


def _stages(row: Record) -> set[str]:
    return {row["contact_stage_id"] or ""}


def _labels(row: Record) -> set[str]:
    return set(row["label_ids"])


def _text(row: Record) -> str:
    shown = (row["name"], row["email"], row["title"], row["organization_name"])
    return " ".join(filter(None, shown)).casefold()
