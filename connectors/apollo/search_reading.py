"""Read the contacts of Apollo by its sorted search, newest first, until a window is proven complete (R33).

Rules kept here:
- there is no filter by time: the reading goes from the newest contact to a page that is all older than the window;
- an edit moves a row to the front and pushes others back, so that rows come twice. A row can only slip past the reading
  where rows before it were deleted: the total shrank then, by at least as many. The reading steps back by that much;
- a contact that is edited before the reading comes to it moves to the front, behind the reading. So a reading of more
  than a page ends with a look at the front, until one page shows all that is new there;
- a page that the server cannot answer is read in smaller pages, down to the one row that is why (R42);
- one search shows 50,000 rows. More are read in slices, each row of which is checked: by stage, then by list, then both
  ends of all by creation, as long as contacts are missing. What no slice shows is said.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from connectors.apollo.client import PER_PAGE, ApolloClient, object_in, rows_in
from connectors.apollo.directory import Directory
from connectors.errors import AnswerTooLarge, IncompleteWindow, ServerTrouble
from connectors.health import Health
from connectors.http.allowed_calls import is_usable_id
from connectors.http.call import Reply
from connectors.records import Page, Raw, UnreadableRow, Window
from connectors.values import instant

DISPLAY_LIMIT: Final = 50_000
SIZES: Final = (100, 50, 25, 5, 1)
"""The sizes of pages. Each divides the one before, so that a page of any size begins where a larger one does."""
MOST_STEPS_BACK: Final = 200
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
UPDATED: Final = "contact_updated_at"
CREATED: Final = "contact_created_at"
_TIMES: Final = {UPDATED: "updated_at", CREATED: "created_at"}


@dataclass(slots=True)
class ApolloSearchReading:
    """Reads one sorted search. `only` are filters besides; `earliest` is the time at which it may stop.

    Without `to_the_end` there is no look at the front after the last page: what changes meanwhile is left out.
    """

    client: ApolloClient
    health: Health
    earliest: datetime
    by: str = UPDATED
    only: Mapping[str, Any] = field(default_factory=dict)
    limit: int = DISPLAY_LIMIT
    ascending: bool = False
    to_the_end: bool = True
    total: int = 0
    steps_back: int = 0
    reached_limit: bool = False
    read_pages: int = 0
    seen: set[int] = field(default_factory=set)
    looks_again: bool = False

    def pages(self) -> Iterator[Page]:
        """Yield the pages. Reaching the end is the proof. Raises IncompleteWindow, AuthError, TransientError."""
        self.health.begin()
        yield from self._from_front()
        while self.to_the_end and self.read_pages > 1:
            self.looks_again = True
            yield from self._from_front()

    def _from_front(self) -> Iterator[Page]:
        offset, size, promised = 0, PER_PAGE, None
        self.read_pages = 0
        while True:
            if offset + size > self.limit:
                self.reached_limit = True
                return
            try:
                reply = self._asked(offset, size)
            except AnswerTooLarge as error:
                if self.health.failed(error, smallest=size == SIZES[-1]):
                    continue
                smaller = next((each for each in SIZES if each < size), None)
                if smaller is not None and not self.health.is_spent:
                    size = smaller
                    continue
                if self.health.served_at is None:
                    raise
                yield Page((), self.health.served_at, (self._unread(offset, size, error),))
                offset += size
                continue
            rows = self._rows(reply)
            self.total = self._total(reply)
            self.health.answered(reply.served_at, rows=len(rows))
            found = [row for row in rows if is_usable_id(row.get("id"))]
            self.read_pages += 1
            is_known = self._note(found)
            yield Page(found, reply.served_at, self._broken(offset, rows, reply.served_at))
            if promised is not None and self.total < promised:
                offset = self._stepped_back(offset, promised - self.total)
                promised = self.total
                continue
            promised = self.total
            if (
                (self.looks_again and is_known)
                or not rows
                or self._is_past(found)
                or (len(rows) < size and offset + len(rows) >= self.total)
            ):
                return
            offset += size
            size = self._size_at(offset)

    def _asked(self, offset: int, size: int) -> Reply:
        body = {
            "sort_by_field": self.by,
            "sort_ascending": self.ascending,
            "page": offset // size + 1,
            "per_page": size,
        }
        return self.client.search({**self.only, **body}, once=self.health.is_failing)

    def _stepped_back(self, offset: int, missing: int) -> int:
        """Return where to go on after the total shrank: so many rows may have moved up past the reading."""
        self.steps_back += 1
        if self.steps_back > MOST_STEPS_BACK:
            message = "contacts are deleted faster than the search can be read"
            raise IncompleteWindow(self.client.account, message)
        return max(0, offset - -(-missing // PER_PAGE) * PER_PAGE) // PER_PAGE * PER_PAGE

    def _size_at(self, offset: int) -> int:
        return next(size for size in SIZES if offset % size == 0)

    def _note(self, rows: Sequence[Raw]) -> bool:
        """Remember the versions of a page; say whether its last one was seen before, so that all behind it was too."""
        versions = [hash((row["id"], row.get("updated_at"))) for row in rows]
        is_known = bool(versions) and versions[-1] in self.seen
        self.seen.update(versions)
        return is_known

    def _is_past(self, rows: Sequence[Raw]) -> bool:
        if self.ascending:
            return False
        times = [instant.parse(row.get(_TIMES[self.by])) for row in rows]
        return bool(times) and all(time is not None and time < self.earliest for time in times)

    def _rows(self, reply: Reply) -> list[Raw]:
        rows = rows_in(reply.body, "contacts")
        # An answer without its list proves nothing.
        if rows is None or object_in(reply.body, "pagination") is None:
            raise ServerTrouble(self.client.account, "POST /contacts/search was answered without contacts")
        return rows

    def _total(self, reply: Reply) -> int:
        total = reply.body["pagination"].get("total_entries")
        if not isinstance(total, int) or isinstance(total, bool):
            raise ServerTrouble(self.client.account, "POST /contacts/search was answered without a total")
        return total

    def _broken(self, offset: int, rows: Sequence[Raw], served_at: datetime) -> list[UnreadableRow]:
        wrong = [number for number, row in enumerate(rows) if not is_usable_id(row.get("id"))]
        reason = "the list shows a row here that is no contact"
        within = Window(self.earliest, served_at)
        return [UnreadableRow(f"row {offset + number}", reason, within) for number in wrong]

    def _unread(self, offset: int, size: int, error: AnswerTooLarge) -> UnreadableRow:
        reason = f"the server fails at a page of its list as soon as it holds what lies here ({error.message})"
        within = Window(self.earliest, self.health.served_at)
        return UnreadableRow(f"rows {offset} to {offset + size - 1}", reason, within)


class ApolloSearch:
    """Reads windows of one team, and its newest contacts."""

    def __init__(self, client: ApolloClient, stages: Directory, lists: Directory, limit: int = DISPLAY_LIMIT) -> None:
        self._client = client
        self._stages = stages
        self._lists = lists
        self._limit = limit
        self._health = Health(client.account, self._probe)

    def window(self, window: Window) -> Iterator[Page]:
        """Yield every contact updated in a window, and newer ones. Reaching the end is the proof."""
        reading = self._reading(window.start)
        seen: set[str] = set()
        for page in reading.pages():
            seen.update(str(raw["id"]) for raw in page.records)
            yield replace(page, records=[raw for raw in page.records if _is_within(raw, window)])
        if reading.reached_limit:
            yield from self._slices(window, seen, reading.total)

    def changed_since(self, since: datetime) -> Iterator[Page]:
        """Yield the contacts that the search shows as updated since a moment, and a few older ones, in one pass."""
        return ApolloSearchReading(self._client, self._health, since, limit=self._limit, to_the_end=False).pages()

    def created_since(self, since: datetime) -> Iterator[Page]:
        """Yield the contacts that were created since a moment, newest first, and a few older ones."""
        return self._reading(since, CREATED).pages()

    def _slices(self, window: Window, seen: set[str], total: int) -> Iterator[Page]:
        """Yield what one search cannot show, slice by slice, and say how many contacts stay unseen."""
        served_at = None
        for only, holds in self._filters():
            if len(seen) >= total:
                return
            for page in self._slice(window, only):
                # A filter that the server does not know is dropped: each row is checked.
                shown = [raw for raw in page.records if holds(raw)]
                seen.update(str(raw["id"]) for raw in shown)
                served_at = page.served_at
                yield Page([raw for raw in shown if _is_within(raw, window)], served_at, page.unread)
        if len(seen) < total and served_at is not None:
            reason = (
                f"Apollo shows {self._limit} contacts in one search, and up to {total - len(seen)} of {total} "
                "are in no slice of it: give each contact a stage or a list there"
            )
            yield Page((), served_at, (UnreadableRow("beyond the display limit", reason, None),), (reason,))

    def _filters(self) -> Iterator[tuple[Mapping[str, Any], Callable[[Raw], bool]]]:
        """Yield the filters of all slices, each with what its rows show: stages, lists, and none at all."""
        for stage in self._stages.names():
            yield {"contact_stage_ids": [stage]}, partial(_has_stage, stage)
        for name in self._lists.names():
            yield {"contact_label_ids": [name]}, partial(_has_list, name)
        yield {}, bool

    def _slice(self, window: Window, only: Mapping[str, Any]) -> Iterator[Page]:
        """Yield the rows of a slice; where it is too large itself, those of both its ends by creation.

        The order of creation does not change with an edit, so that both ends together show twice the limit.
        """
        reading = self._reading(window.start, UPDATED, only)
        if only:
            yield from reading.pages()
        if reading.reached_limit or not only:
            yield from self._reading(EVER, CREATED, only).pages()
            yield from replace(self._reading(EVER, CREATED, only), ascending=True, to_the_end=False).pages()

    def _reading(
        self, earliest: datetime, by: str = UPDATED, only: Mapping[str, Any] | None = None
    ) -> ApolloSearchReading:
        return ApolloSearchReading(self._client, self._health, earliest, by, only or {}, self._limit)

    def _probe(self) -> datetime:
        return self._client.search({"page": 1, "per_page": 1, "sort_by_field": CREATED}).served_at


def _has_stage(stage: str, raw: Raw) -> bool:
    return bool(raw.get("contact_stage_id") == stage)


def _has_list(name: str, raw: Raw) -> bool:
    return name in (raw.get("label_ids") or ())


def _is_within(raw: Raw, window: Window) -> bool:
    """Say whether a row was updated in a window. One without a time may have been."""
    time = instant.parse(raw.get(_TIMES[UPDATED]))
    return time is None or (window.start <= time and (window.end is None or time < window.end))
