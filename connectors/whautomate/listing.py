"""Read the whole list until it is proven complete (R32).

Rules kept here:
- Whautomate documents no order, no total and no largest page, and pages shift while people add and delete contacts. So
  one pass through the pages proves nothing: the list is complete when two passes in a row show the same ids, or when
  PASSES in a row show no id that an earlier one did not show;
- a pass ends with an empty page, or with a page without an id that is new in this pass. Where that page is the first
  one again and holds all that was asked for, the server ignores `page`, and a larger page is asked for;
- a record is passed on when it is new, or shows something else than the pass before;
- a page that fails because of a record in it is read in smaller pages, down to that record (R42).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from connectors.errors import AnswerTooLarge, IncompleteWindow, RecordRefused
from connectors.health import Health
from connectors.records import Page, Raw, UnreadableRow
from connectors.whautomate.client import SMALLER, PageResponse, WhautomateClient
from connectors.whautomate.envelope import Rows, identity

LARGER: Final = {20: 100, 100: 500, 500: 5000}
CAPS: Final = frozenset({10, 20, 25, 30, 50, 100, 200, 250, 500, 1000, 2000, 5000})
"""Counts at which servers cut a list without saying so."""

PASSES: Final = 3
MOST_PASSES: Final = 12
MOST_PAGES: Final = 50_000


@dataclass(slots=True)
class _Pass:
    """One pass through the pages: the ids that it showed, and its first page."""

    ids: set[str] = field(default_factory=set)
    first: tuple[str, ...] = ()
    pages: int = 0


class ContactListing:
    """Reads all contacts of one account. `digest` tells whether a record shows something else than before."""

    def __init__(self, client: WhautomateClient, digest: Callable[[Raw], bytes]) -> None:
        self._client = client
        self._digest = digest
        self._health = Health(client.account, lambda: client.list_page(1, 1).served_at)

    def read_all(self) -> Iterator[Page]:
        """Yield every contact that is there. Reaching the end is the proof that none is missing.

        Raises IncompleteWindow, AuthError, TransientError.
        """
        self._health.begin()
        seen: dict[str, bytes] = {}
        before: set[str] | None = None
        without_news = 0
        for _ in range(MOST_PASSES):
            known, passed = len(seen), _Pass()
            yield from self._pass_through(passed, seen)
            without_news = without_news + 1 if len(seen) == known else 0
            if passed.ids == before or without_news >= PASSES:
                return
            before = passed.ids
        raise self._incomplete(f"{MOST_PASSES} readings of its contacts showed different ones")

    def _pass_through(self, passed: _Pass, seen: dict[str, bytes]) -> Iterator[Page]:
        """Yield the news of one pass through all pages."""
        number = 1
        while number <= MOST_PAGES:
            limit = self._client.limit
            try:
                pages = list(self._read_page(number, limit))
            except RecordRefused:
                # A server may refuse a large page; its pages are counted from the beginning again.
                self._client.limit, number = self._smaller(limit), 1
                passed.ids.clear()
                continue
            ids = [identity(raw) for page, _ in pages for raw in page.rows.records]
            news = set(ids) - passed.ids
            yield from self._news(pages, seen)
            if number == 1:
                passed.first = tuple(ids)
            elif ids and tuple(ids) == passed.first and (len(ids) >= limit or len(ids) in CAPS):
                # The first page comes again, and it may be cut: there may be more than this server shows at once.
                self._client.limit, number = self._larger(limit, len(ids)), 1
                passed.ids.clear()
                continue
            passed.ids |= news
            has_unread = any(unread for _, unread in pages)
            if not news and not has_unread:
                return
            number += 1
        raise self._incomplete(f"it shows more than {MOST_PAGES} pages")

    def _news(
        self, pages: list[tuple[PageResponse, tuple[UnreadableRow, ...]]], seen: dict[str, bytes]
    ) -> Iterator[Page]:
        for page, unread in pages:
            records = []
            for raw in page.rows.records:
                digest = self._digest(raw)
                if seen.get(identity(raw)) != digest:
                    seen[identity(raw)] = digest
                    records.append(raw)
            broken = (UnreadableRow("list", f"its list shows {page.rows.broken} row(s) that are no records"),)
            yield Page(records, page.served_at, (*unread, *(broken if page.rows.broken else ())))

    def _read_page(self, number: int, limit: int) -> Iterator[tuple[PageResponse, tuple[UnreadableRow, ...]]]:
        """Yield a page, or the smaller pages that make it up where it cannot be read as a whole."""
        tried = 0
        while True:
            try:
                once = self._health.is_failing
                page = self._client.list_page(number, limit, splittable=True, once=once)
            except AnswerTooLarge as error:
                tried += 1
                if self._health.failed(error, smallest=limit == 1) and tried == 1:
                    continue
                break
            self._health.answered(page.served_at, rows=page.rows.count)
            yield page, ()
            return
        if limit == 1:
            yield self._unread(number)
            return
        part = SMALLER[limit]
        for smaller in range((number - 1) * limit // part + 1, number * limit // part + 1):
            yield from self._read_page(smaller, part)

    def _unread(self, number: int) -> tuple[PageResponse, tuple[UnreadableRow, ...]]:
        served_at = self._health.served_at
        if served_at is None:
            raise self._incomplete("it answers no plain read")
        reason = f"its list fails at each page that holds row {number}"
        return PageResponse(Rows(()), served_at), (UnreadableRow(f"row {number}", reason),)

    def _smaller(self, limit: int) -> int:
        if limit not in SMALLER:
            raise self._incomplete("it refuses even the smallest page")
        return SMALLER[limit]

    def _larger(self, limit: int, count: int) -> int:
        if limit not in LARGER or count < limit:
            raise self._incomplete(f"it shows the same {count} contacts on each page, and there may be more")
        return LARGER[limit]

    def _incomplete(self, why: str) -> IncompleteWindow:
        return IncompleteWindow(self._client.account, f"its list cannot be read completely: {why}")
