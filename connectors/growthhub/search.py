"""Reading a span of time from POST /contacts/search, page by page, with a proof at the end that nothing is missing.

Rules kept here:
- pages follow each other by key (`searchAfter` of the last item, sorted by the time and then the id): an edit
  moves a record behind and it comes again, nothing is skipped. `page` is never used, it ends at 10,000 records;
- `total` of the last answer is what the reading is measured by: distinct records seen must reach it. If they do
  not, the end of the span is read again, then all of it, then it is IncompleteWindow. A deletion lowers the
  total;
- each page must lead on: a record that this reading has not shown yet, or a later time. A server that repeats itself
  under ever new keys, or shows far more than it promises, ends the reading (R43);
- an answer without `total` proves nothing: this API always gives it;
- items without `searchAfter` (it is in no published schema): the reading goes on from the last item's time,
  united by id;
- a server that refuses 500 items a page is asked for 100; an answer that is too large is asked for in halves.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.connector import Page, Raw, Window
from connectors.errors import AnswerTooLarge, IncompleteWindow, RecordError, RecordRefused, ServerTrouble
from connectors.growthhub.client import Client
from connectors.growthhub.tally import Tally
from connectors.values import instant
from connectors.wire import Reply

LARGEST_PAGE = 500
SMALLER_PAGE = 100
AT_MOST_TIMES = 2
AT_MOST_MORE = 10_000
"""A reading ends that shows more than twice what is promised and so many rows more: edits do not explain that."""
END_OF_SPAN = timedelta(minutes=15)
_REFUSALS = frozenset({400, 422})
_MILLISECOND = timedelta(milliseconds=1)


class Search:
    """POST /contacts/search of one location. Remembers how many items a page may have."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.page_limit = LARGEST_PAGE

    def read(self, window: Window, by: str = "dateUpdated") -> Iterator[Page]:
        """Yield everybody whose `dateUpdated` (or `dateAdded`) lies in the window.

        Raises IncompleteWindow, AnswerTooLarge (a single record is too large), AuthError, TransientError.
        """
        return Reading(self, window, by).pages()

    def having(self, field: str, value: str) -> list[Raw]:
        """Return those whose field equals the value; a page of them is more than anybody needs."""
        reply = self.ask({"filters": [{"field": field, "operator": "eq", "value": value}]})
        return self.items(reply)

    def ask(self, body: Mapping[str, Any]) -> Reply:
        """Ask for one page, as large as the server lets us. Raises ServerTrouble when it refuses the question."""
        while True:
            try:
                return self.client.search({"pageLimit": self.page_limit, **body})
            except AnswerTooLarge:
                if self.page_limit == 1:
                    raise
                self.page_limit //= 2
            except RecordRefused as refused:
                if self.page_limit <= SMALLER_PAGE or refused.status not in _REFUSALS:
                    raise ServerTrouble(refused.account, f"search refused: {refused.message}") from refused
                self.page_limit = SMALLER_PAGE
            except RecordError as refused:
                raise ServerTrouble(refused.account, f"search refused: {refused.message}") from refused

    def total(self, reply: Reply) -> int:
        """Return how many records an answer promises in all. Raises ServerTrouble when it does not say (R43)."""
        total = reply.body.get("total") if isinstance(reply.body, Mapping) else None
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:
            raise ServerTrouble(self.client.account, "search was answered without a total")
        return total

    def items(self, reply: Reply) -> list[Raw]:
        """Return the contacts of an answer. Raises ServerTrouble when it has none of that name."""
        found = reply.body.get("contacts") if isinstance(reply.body, Mapping) else None
        if not isinstance(found, list):
            raise ServerTrouble(self.client.account, "search was answered without contacts")
        return [each for each in found if isinstance(each, Mapping)]


class _Headway:
    """Whether the pages of one reading lead on.

    The ids at the latest time tell it for a server that sorts as asked; a tally of all ids for one that does not.
    """

    def __init__(self, by: str) -> None:
        self._by = by
        self._latest: datetime | None = None
        self._at_latest: set[str] = set()
        self._seen = Tally()
        self._rows = 0

    def made_by(self, found: Sequence[Raw], promised: int) -> bool:
        """Say whether a page shows a record, or a time of one, that the reading has not shown yet."""
        ids = [str(each.get("id")) for each in found]
        self._rows += len(ids)
        if self._rows > AT_MOST_TIMES * promised + AT_MOST_MORE:
            return False
        sorted_news = self._note_times(found, ids)
        before = -1 if sorted_news else self._seen.distinct()
        self._seen.add(ids)
        return sorted_news or self._seen.distinct() > before

    def _note_times(self, found: Sequence[Raw], ids: Sequence[str]) -> bool:
        news = False
        for each, record_id in zip(found, ids, strict=True):
            time = instant.parse(each.get(self._by))
            if time is None or (self._latest is not None and time < self._latest):
                continue
            if self._latest is None or time > self._latest:
                self._latest, self._at_latest, news = time, set(), True
            news = news or record_id not in self._at_latest
            self._at_latest.add(record_id)
        return news


class Reading:
    """One reading of one window, until it is proven complete."""

    def __init__(self, search: Search, window: Window, by: str) -> None:
        self._search = search
        self._window = window
        self._by = by
        self._seen = Tally()
        self._promised = 0
        self._last_time: datetime | None = None

    def pages(self) -> Iterator[Page]:
        """Yield the pages. To come to the end is the proof. Raises IncompleteWindow."""
        yield from self._from(self._window.start)
        for start in self._second_looks():
            if self._is_proven():
                return
            yield from self._from(start)
        if not self._is_proven():
            raise self._incomplete(f"shows {self._seen.distinct()} of {self._promised} records")

    def _second_looks(self) -> Iterator[datetime]:
        if self._last_time is not None:
            yield max(self._window.start, self._last_time - END_OF_SPAN)
        yield self._window.start

    def _is_proven(self) -> bool:
        return self._seen.distinct() >= self._promised

    def _from(self, start: datetime) -> Iterator[Page]:
        """Yield pages from a moment on, and on again from the last time where there is no key to go by."""
        after: Any = None
        rows = 0
        headway = _Headway(self._by)
        while True:
            limit = self._search.page_limit
            reply = self._search.ask(self._question(start, after))
            found, promised = self._search.items(reply), self._search.total(reply)
            limit = min(limit, self._search.page_limit)
            self._note(found, promised if start == self._window.start else None)
            yield Page(found, reply.served_at)
            leads_on = headway.made_by(found, promised)
            rows += len(found)
            is_short = len(found) < limit
            if not found or (is_short and rows >= promised):
                return
            before, after = after, found[-1].get("searchAfter")
            if (after and after == before) or not leads_on:
                raise self._incomplete("shows the same records again and again")
            if not after:
                last = self._last_time
                if last is None or last <= start:
                    return self._give_up_unless(is_short)
                start, rows = last, 0

    def _note(self, found: Sequence[Raw], promised: int | None) -> None:
        self._seen.add(str(each.get("id")) for each in found)
        if promised is not None:
            self._promised = promised
        if found:
            self._last_time = instant.parse(found[-1].get(self._by)) or self._last_time

    def _give_up_unless(self, is_short: bool) -> None:
        if not is_short:
            raise self._incomplete("has neither searchAfter nor another time to go on from")

    def _question(self, start: datetime, after: Any) -> dict[str, Any]:
        span = {"gte": instant.render(start)}
        if self._window.end is not None:
            span["lt"] = instant.render(self._window.end + _MILLISECOND - timedelta(microseconds=1))
        question = {
            "filters": [{"field": self._by, "operator": "range", "value": span}],
            "sort": [{"field": self._by, "direction": "asc"}],
        }
        return {**question, "searchAfter": after} if after else question

    def _incomplete(self, what: str) -> IncompleteWindow:
        start, end = self._window.start.isoformat(), self._window.end
        until = end.isoformat() if end else "now"
        return IncompleteWindow(self._search.client.account, f"search from {start} to {until} {what}")


def _total(reply: Reply) -> int:
    total = reply.body.get("total")
    return total if isinstance(total, int) else 0
