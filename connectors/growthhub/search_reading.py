"""Read a window with POST /contacts/search, and prove that no record is missing.

Rules kept here (R42, R43):
- pages follow each other by `searchAfter` of the last item, sorted by time and id. An edit moves a record behind, so it
  comes again and none is skipped. `page` is not used: it ends at 10,000 records;
- the distinct records must reach `total`. If not, the end of the window is read again, then all of it. A total that
  stays wrong by MISCOUNTED records at most, with the same records twice, counts as complete with a warning;
- a row that is no record, and a record at which the server fails, are named by their place. The rest is read, from both
  ends where pages fail;
- each page must show a new record or a later time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import AnswerTooLarge, IncompleteWindow
from connectors.growthhub.client import is_record
from connectors.growthhub.distinct_count import DistinctCount
from connectors.growthhub.search import Search
from connectors.records import Page, Raw, UnreadableRow, Window
from connectors.values import instant

AT_MOST_TIMES = 2
AT_MOST_MORE = 10_000
"""A reading ends that shows more than twice the promised rows and this many more. Edits do not explain that."""
END_OF_SPAN = timedelta(minutes=15)
MISCOUNTED = 2
"""A total that stays wrong by this many records is accepted."""
_MILLISECOND = timedelta(milliseconds=1)
_SHORTEST = timedelta(milliseconds=2)
DEEPEST = 24
"""The number of times that a span is halved in which several records make the server fail."""


def read_window(search: Search, window: Window, by: str = "dateUpdated") -> Iterator[Page]:
    """Yield the contacts with a `dateUpdated` (or `dateAdded`) in the window.

    A record that the server cannot answer is named by its place. Raises IncompleteWindow, AuthError, TransientError.
    """
    search.health.begin()
    return SearchReading(search, window, by).pages()


def _until_last_record(rows: list[Any]) -> list[Any]:
    """Return the rows of a page up to its last record."""
    behind = next(number for number, row in enumerate(reversed(rows)) if is_record(row))
    return rows[: len(rows) - behind]


class _Headway:
    """Decides whether the pages of one reading show anything new.

    For a server that sorts as asked, the ids at the latest time decide. For one that does not, a count of all ids does.
    """

    def __init__(self, by: str) -> None:
        self._by = by
        self._latest: datetime | None = None
        self._at_latest: set[str] = set()
        self._seen = DistinctCount()
        self._rows = 0

    def made_by(self, found: Sequence[Raw], promised: int) -> bool:
        """Say whether a page shows a record, or a time of one, that is new in this reading."""
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


class SearchReading:
    """Reads one window until it is proven complete."""

    def __init__(self, search: Search, window: Window, by: str, depth: int = 0) -> None:
        self._search = search
        self._window = window
        self._by = by
        self._seen = DistinctCount()
        self._promised = 0
        self._last_time: datetime | None = None
        self._served_at: datetime | None = None
        self._unread: dict[str, int] = {}
        self._depth = depth

    def pages(self) -> Iterator[Page]:
        """Yield the pages. Reaching the end is the proof. Raises IncompleteWindow."""
        largest = self._search.page_limit
        try:
            yield from self._proven()
        except AnswerTooLarge as error:
            self._search.page_limit = largest
            yield from self._around(error)
            self._search.page_limit = largest

    def _proven(self) -> Iterator[Page]:
        yield from self._from(self._window.start)
        first = self._shown()
        for start in self._second_looks():
            if self._is_proven():
                return
            yield from self._from(start)
        if self._is_proven():
            return
        what = f"shows {self._seen.distinct()} of {self._promised} records"
        is_far_off = self._promised - self._shown()[0] > MISCOUNTED
        if is_far_off or self._shown() != first or self._served_at is None:
            raise self._incomplete(what)
        warning = f"{self._incomplete(what).message}, twice: its total is taken to be wrong"
        yield Page((), self._served_at, warnings=(warning,))

    def _shown(self) -> tuple[int, int]:
        return self._seen.distinct() + sum(self._unread.values()), self._promised

    def _around(self, error: AnswerTooLarge) -> Iterator[Page]:
        """Read what lies behind a record that the server cannot answer, from the end.

        Then name what is between (R42).
        """
        low, high = self._last_time or self._window.start, self._window.end
        for page in self._backwards(low):
            high = _earliest(page.records, self._by) or high
            yield page
        served_at = self._served_at or self._search.health.served_at
        if served_at is None:
            raise error
        high = max(low, high or served_at) + _MILLISECOND
        missing = self._promised - self._shown()[0]
        is_spent = self._depth >= DEEPEST or self._search.health.is_spent
        if missing > 1 and not is_spent and high - low > _SHORTEST:
            middle = low + (high - low) / 2
            for half in (Window(low, middle), Window(middle, high)):
                yield from SearchReading(self._search, half, self._by, self._depth + 1).pages()
            return
        if self._promised and missing <= 0:
            return
        within = Window(low, high)
        reason = f"the server fails at a page of its list as soon as it holds what lies here ({error.message})"
        yield Page((), served_at, (UnreadableRow(_place(within), reason, within),))

    def _backwards(self, low: datetime) -> Iterator[Page]:
        """Yield pages from the end of the window backwards, while the server answers them and they show new records."""
        after: Any = None
        headway = DistinctCount()
        while True:
            question = {**self._question(self._window.start, after), "sort": [{"field": self._by, "direction": "desc"}]}
            try:
                reply = self._search.ask(question)
            except AnswerTooLarge:
                return
            found, known = self._search.items(reply), headway.distinct()
            self._note(found, self._search.total(reply))
            self._served_at = self._served_at or reply.served_at
            headway.add(str(each["id"]) for each in found)
            yield Page(found, reply.served_at)
            earliest = _earliest(found, self._by)
            after = found[-1].get("searchAfter") if found else None
            if not after or headway.distinct() == known or (earliest is not None and earliest < low):
                return

    def _second_looks(self) -> Iterator[datetime]:
        if self._last_time is not None:
            yield max(self._window.start, self._last_time - END_OF_SPAN)
        yield self._window.start

    def _is_proven(self) -> bool:
        return self._shown()[0] >= self._promised

    def _from(self, start: datetime) -> Iterator[Page]:
        """Yield pages from `start` on. Where items have no `searchAfter`, go on from the last time."""
        after: Any = None
        rows = 0
        headway = _Headway(self._by)
        while True:
            limit = self._search.page_limit
            reply = self._search.ask(self._question(start, after))
            shown, promised = self._search.rows(reply), self._search.total(reply)
            found = [each for each in shown if is_record(each)]
            limit = min(limit, self._search.page_limit)
            is_short = len(shown) < limit
            is_last = not found or (is_short and rows + len(shown) >= promised)
            # The next page follows the last record, so rows behind it come again and must count once.
            if not is_last:
                shown = _until_last_record(shown)
            self._served_at = self._served_at or reply.served_at
            unread = self._not_records(shown, reply.served_at) if len(found) < len(shown) else ()
            self._note(found, promised if start == self._window.start else None)
            yield Page(found, reply.served_at, unread)
            leads_on = headway.made_by(found, promised)
            rows += len(shown)
            if is_last:
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

    def _not_records(self, shown: Sequence[Any], served_at: datetime) -> list[UnreadableRow]:
        """Name the rows that are no records by the times of the records around them."""
        places: dict[str, tuple[int, Window]] = {}
        times = [instant.parse(each.get(self._by)) if is_record(each) else None for each in shown]
        for number, row in enumerate(shown):
            if is_record(row):
                continue
            before = next(filter(None, reversed(times[:number])), None) or self._last_time or self._window.start
            behind = next(filter(None, times[number:]), None) or self._window.end or served_at
            within = Window(before, max(before, behind) + _MILLISECOND)
            count, _ = places.get(_place(within), (0, within))
            places[_place(within)] = (count + 1, within)
        self._unread.update({place: count for place, (count, _) in places.items()})
        return [
            UnreadableRow(place, f"the list shows {count} row(s) here that are no records", within)
            for place, (count, within) in places.items()
        ]

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


def _earliest(found: Sequence[Raw], by: str) -> datetime | None:
    """Return the earliest time of some records, None where they show none."""
    return min(filter(None, (instant.parse(each.get(by)) for each in found)), default=None)


def _place(within: Window) -> str:
    end = instant.render(within.end) if within.end else ""
    return f"{instant.render(within.start)} to {end}"
