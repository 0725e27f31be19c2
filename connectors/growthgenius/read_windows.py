"""Read windows until they are proven complete, page by page (decisions in connectors.growthgenius.windows).

Contacts and messages are read alike; a Feed holds the differences. Rules kept here (R42, R43):

- the parts of a window are read oldest first: an edit moves a record to a later time, so into a part still to come;
- a listing in pages shifts when a record of it changes, and its order is unknown. So its past is read alone, up to a
  second before the server's time of the first answer: records can only leave that. It is complete when its total stayed
  the same on every page and so many different ids were seen. Else it is split and read again, down to parts of one
  page;
- a message does not show when it was updated, which is what its windows go by. The sent time is a hint where to split;
- pages are passed on as they come, also those of a part that is read again later;
- a part must promise less than its whole in the end. A page that shows nothing new ends the reading of its part;
- a window that is still cut at its narrowest is IncompleteWindow. One with a round count is asked for further pages
  there, in case the server pages without saying so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from connectors.clock import Clock
from connectors.errors import AnswerTooLarge, IncompleteWindow, RecordError, ServerTrouble
from connectors.growthgenius import windows
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.growthgenius.envelope import identity
from connectors.growthgenius.records import ListResponse, Records, UserId
from connectors.growthgenius.windows import Span, WindowProof
from connectors.health import Health
from connectors.records import Page, Raw, UnreadableRow, Window
from connectors.values import instant

LAST_MS = instant.to_ms(datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC))
"""The last moment of the calendar. Some records are dated wrongly by thousands of years, and are read all the same."""

WIDER = timedelta(seconds=1)
_FIRST = instant.from_ms(0)
TRIES = 5
SAMPLED = 10
MISCOUNTED = 2
"""A total that stays wrong by this many records is accepted."""
ISOLATED_MS = 3_600_000
MOST_NARROWINGS = 256
"""The number of halvings of windows with rows that are no records: enough for the hours of ten of them."""
MOST_STUCK = 54
"""So many halvings lead from the whole calendar to a few milliseconds."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A span still to be read. `sized` asks for the largest pages, `tries` counts failed proofs on all of it.

    `promised` is the total of the part that it was cut out of, and `stuck` the number of cuts in a row that did not
    change that. `shown` is what an earlier reading showed that fell short of its total.
    """

    span: Span
    sized: bool = False
    tries: int = 0
    promised: int | None = None
    stuck: int = 0
    shown: str = ""


@dataclass(slots=True)
class Feed:
    """A list that is read in windows, and what was learned about it, shared by all its readers.

    `time` is the key of the time by which a window is split. `exact` says that its windows go by that time. `largest`
    is the largest answer that the server gave in one piece.
    """

    records: Records
    time: str
    exact: bool
    largest: int = 0


def contacts(client: GrowthGeniusClient) -> Feed:
    """Return the contacts of an account, by update time."""
    return Feed(client.contacts, "updated_at", exact=True)


def messages(client: GrowthGeniusClient) -> Feed:
    """Return the messages of an account, which do not show their update time."""
    return Feed(client.messages, "sent_at", exact=False)


class GrowthGeniusWindowReader:
    """Reads windows of one feed, one at a time."""

    def __init__(self, client: GrowthGeniusClient, clock: Clock, feed: Feed) -> None:
        self._client = client
        self._clock = clock
        self._feed = feed
        self._user: UserId = client.user_ids[0]
        self._health = Health(client.account, self._plain_read)
        self._narrowings = 0
        self._unread_end = 0

    def read(self, user: UserId, window: Window) -> Iterator[Page]:
        """Yield the records that this user sees in the window. Raises IncompleteWindow, AuthError, TransientError."""
        self._user, self._narrowings, self._unread_end = user, 0, 0
        self._health.begin()
        yield from self._whole(user, _asked(window))

    def _whole(self, user: UserId, span: Span) -> Iterator[Page]:
        pending = [_Part(span)]
        while pending:
            yield from self._take(user, pending.pop(), pending)

    def _take(self, user: UserId, part: _Part, pending: list[_Part]) -> Iterator[Page]:
        try:
            answer = self._ask(user, part)
        except AnswerTooLarge as error:
            if self._health.failed(error, smallest=True):
                pending.append(part)
                return
            yield from self._around(part, error, pending)
            return
        part = self._measured(part, answer)
        verdict = windows.proof_of(answer.listing, self._feed.largest)
        if answer.listing.total is None and not part.sized:
            self._feed.largest = max(self._feed.largest, len(answer.listing.records))
        if verdict is WindowProof.PAGED:
            yield from self._paged(user, part, answer, pending)
        elif verdict is WindowProof.PARTIAL:
            times = self._times(answer.listing.records)
            pending.extend(self._halves(part, times, "the server calls its answer partial"))
        elif verdict is WindowProof.DOUBTFUL:
            halves = self._split(part.span, self._times(answer.listing.records))
            pending.extend(self._parts(part, halves or (), sized=part.sized))
            yield from () if halves else self._unannounced(user, part, answer)
        else:
            yield from self._whole_answer(part, answer, pending)

    def _around(self, part: _Part, error: AnswerTooLarge, pending: list[_Part]) -> Iterator[Page]:
        """Cut a part at which the server fails. The narrowest is named by its place (R42)."""
        served_at = self._health.served_at
        if served_at is None or (self._is_divisible(part) and not self._health.is_spent):
            pending.extend(self._halves(part, (), str(error)))
            return
        # Parts overlap: the failing record may be in the part before.
        if part.span.start < self._unread_end < part.span.end:
            pending.append(replace(part, span=Span(self._unread_end, part.span.end)))
            return
        self._unread_end = part.span.end
        reason = f"the server fails at a list as soon as it holds what lies here ({error.message})"
        yield Page((), served_at, (_unread(part, reason),))

    def _whole_answer(self, part: _Part, answer: ListResponse, pending: list[_Part]) -> Iterator[Page]:
        """Yield a complete answer. A window with rows that are no records is narrowed until they have a place."""
        yield _page(answer)
        broken = answer.listing.broken
        if not broken:
            return
        halves = self._split(part.span, ()) if part.span.end - part.span.start > ISOLATED_MS else None
        if halves is not None and self._narrowings < MOST_NARROWINGS:
            self._narrowings += 1
            pending.extend(self._parts(replace(part, promised=None), halves, sized=part.sized))
            return
        yield from _broken(part, answer, broken)

    def _paged(self, user: UserId, part: _Part, answer: ListResponse, pending: list[_Part]) -> Iterator[Page]:
        """Read a window that the server answers in pages, or put into `pending` what to read instead."""
        listing, span = answer.listing, part.span
        past = windows.past_of(span, answer.served_at)
        if not part.sized and (listing.total or 0) <= windows.PAGE_SIZE:
            pending.append(replace(part, sized=True))
        elif part.sized and windows.page_count(listing) <= 1 and listing.rows < windows.PAGE_SIZE:
            ids = {identity(each) for each in listing.records}
            yield from self._short(part, answer, ids, self._times(listing.records), pending)
        elif past is not None and past.end < span.end:
            # The total says nothing about a part: nearly all of a window is its past.
            whole = replace(part, promised=None)
            pending.extend(self._parts(whole, (past, windows.after(span, past)), sized=True))
        elif past is None and span.last > answer.served_at:
            pending.append(self._later(part))
        elif not part.sized:
            pending.append(replace(part, sized=True))
        elif (listing.total or 0) > windows.readable(listing) and (spans := self._smaller(user, part, answer)):
            pending.extend(self._parts(part, spans, sized=True))
        else:
            yield from self._page_by_page(user, part, answer, pending)

    def _page_by_page(self, user: UserId, part: _Part, answer: ListResponse, pending: list[_Part]) -> Iterator[Page]:
        ids: set[str] = set()
        times: list[int] = []
        known, broken = -1, 0
        for listed in self._pages(user, part, answer):
            # The content of a missing page is unknown, so the total may still be right.
            if listed is None:
                break
            ids.update(identity(record) for record in listed.listing.records)
            times += self._times(listed.listing.records[::SAMPLED])
            yield _page(listed)
            broken += listed.listing.broken
            is_new = len(ids) > known
            known = len(ids)
            if listed.listing.total != answer.listing.total or listed.listing.partial or not is_new:
                break
        else:
            # Smaller parts come in one answer, which shows the place of these rows.
            if broken and self._split(part.span, times) is not None:
                pending.extend(self._again(part, times))
                return
            yield from _broken(part, answer, broken)
            if len(ids) + broken != answer.listing.total:
                yield from self._short(part, answer, ids, times, pending)
            return
        pending.extend(self._again(part, times))

    def _short(
        self, part: _Part, answer: ListResponse, ids: set[str], times: Sequence[int], pending: list[_Part]
    ) -> Iterator[Page]:
        """Read a window again that shows fewer records than its total. The same result twice counts as complete (R43).

        That holds where MISCOUNTED records are missing at most. Where more are missing, the server stops too early.
        """
        yield _page(answer)
        yield from _broken(part, answer, answer.listing.broken)
        if (answer.listing.total or 0) - len(ids) - answer.listing.broken > MISCOUNTED:
            pending.extend(self._again(part, times))
            return
        shown = f"{answer.listing.total}: {' '.join(sorted(ids))}"
        if part.shown != shown:
            pending.append(replace(part, shown=shown))
            return
        total = answer.listing.total
        warning = f"the window {part.span} shows {len(ids)} of {total} records, twice: its total is taken to be wrong"
        yield Page((), answer.served_at, warnings=(warning,))

    def _pages(self, user: UserId, part: _Part, first: ListResponse) -> Iterator[ListResponse | None]:
        """Yield all pages of a window, None for one that could not be read."""
        yield first
        for number in range(2, windows.page_count(first.listing) + 1):
            listed = self._later_page(user, part, number)
            if listed is not None and not listed.listing.records:
                return
            yield listed

    def _unannounced(self, user: UserId, part: _Part, answer: ListResponse) -> Iterator[Page]:
        """Read the narrowest window of a server that may page without saying so, until two rounds show the same."""
        yield _page(answer)
        yield from _broken(part, answer, answer.listing.broken)
        shown: list[tuple[str, ...]] = []
        for _ in range(TRIES):
            before, shown = shown, []
            for listed in self._until_nothing_new(user, part):
                shown.append(tuple(identity(record) for record in listed.listing.records))
                yield _page(listed)
            if len(shown) <= 1 or shown == before:
                return
        raise self._incomplete(part, f"its pages differed in {TRIES} attempts")

    def _until_nothing_new(self, user: UserId, part: _Part) -> Iterator[ListResponse]:
        seen: set[str] = set()
        for number in count(1):
            listed = self._later_page(user, part, number)
            ids = set() if listed is None else {identity(record) for record in listed.listing.records}
            if listed is None or ids <= seen:
                return
            seen |= ids
            yield listed

    def _again(self, part: _Part, times: Sequence[int]) -> list[_Part]:
        """Return what to read instead of a part with pages that proved nothing."""
        halves = self._split(part.span, times)
        if halves is not None:
            return self._parts(part, halves, sized=True)
        if part.tries >= TRIES:
            raise self._incomplete(part, f"its pages did not add up in {TRIES} attempts")
        return [replace(part, tries=part.tries + 1)]

    def _later(self, part: _Part) -> _Part:
        """Wait until a window with many records, all of the last second, has a past that can be read."""
        if part.tries >= TRIES:
            raise self._incomplete(part, "the server's clock stands still")
        self._clock.sleep(windows.GRACE.total_seconds())
        return replace(part, sized=True, tries=part.tries + 1)

    def _smaller(self, user: UserId, part: _Part, answer: ListResponse) -> Sequence[Span]:
        """Return a large window cut up. Where the last cut changed nothing, samples are not worth their calls."""
        if part.stuck:
            return self._split(part.span, self._times(answer.listing.records)) or ()
        return self._chunks(user, part, answer)

    def _chunks(self, user: UserId, part: _Part, answer: ListResponse) -> list[Span]:
        times: list[int] = []
        for number in windows.sample_pages(answer.listing):
            listed = self._later_page(user, part, number)
            times += self._times(listed.listing.records) if listed else []
        chunks = windows.cut(part.span, answer.listing, times or self._times(answer.listing.records))
        return chunks if len(chunks) > 1 else []

    def _later_page(self, user: UserId, part: _Part, number: int) -> ListResponse | None:
        """Return a page after the first, None where the server refuses it or it is too large: that proves nothing."""
        try:
            return self._seen(self._feed.records.list_window(user, part.span, number))
        except (RecordError, AnswerTooLarge):
            return None

    def _ask(self, user: UserId, part: _Part) -> ListResponse:
        once = self._health.is_failing and self._is_divisible(part)
        try:
            return self._seen(self._feed.records.list_window(user, part.span, 1 if part.sized else None, once=once))
        except RecordError as refused:
            raise ServerTrouble(
                self._client.account, f"the window {part.span} was refused: {refused.message}"
            ) from refused

    def _seen(self, answer: ListResponse) -> ListResponse:
        self._health.answered(answer.served_at, rows=answer.listing.rows)
        return answer

    def _plain_read(self) -> datetime:
        """Ask for nearly nothing. If the server fails at that too, asking for less does not help."""
        return self._feed.records.list_window(self._user, Span(0, 1000), splittable=False).served_at

    def _is_divisible(self, part: _Part) -> bool:
        return self._split(part.span, ()) is not None

    def _measured(self, part: _Part, answer: ListResponse) -> _Part:
        """Return the part with its total. Raises IncompleteWindow where cutting does not help."""
        total = answer.listing.total
        if total is None:
            return part
        stuck = part.stuck + 1 if part.promised is not None and total >= part.promised > windows.PAGE_SIZE else 0
        if stuck > MOST_STUCK:
            raise self._incomplete(part, f"it promises {total} records however it is cut")
        return replace(part, promised=total, stuck=stuck)

    def _parts(self, part: _Part, spans: Sequence[Span], *, sized: bool) -> list[_Part]:
        """Return the parts of a part, the oldest last, because it is read first."""
        return [_Part(span, sized, promised=part.promised, stuck=part.stuck) for span in reversed(spans)]

    def _halves(self, part: _Part, times: Sequence[int], why: str) -> list[_Part]:
        halves = self._split(part.span, times)
        if halves is None:
            raise self._incomplete(part, why)
        return self._parts(part, halves, sized=part.sized)

    def _split(self, span: Span, times: Sequence[int]) -> tuple[Span, Span] | None:
        """Return a window in two. Hints of times do not help where records crowd at another time."""
        halves = windows.split(span, times)
        return halves if halves is not None or self._feed.exact else windows.split(span, ())

    def _times(self, records: Sequence[Raw]) -> list[int]:
        moments = (instant.parse(record.get(self._feed.time)) for record in records)
        return [instant.to_ms(moment) for moment in moments if moment is not None]

    def _incomplete(self, part: _Part, why: str) -> IncompleteWindow:
        message = f"the window {part.span} cannot be read completely, nor be split further: {why}"
        return IncompleteWindow(self._client.account, message)


def _unread(part: _Part, reason: str) -> UnreadableRow:
    return UnreadableRow(str(part.span), reason, Window(part.span.first, part.span.last))


def _broken(part: _Part, answer: ListResponse, rows: int) -> Iterator[Page]:
    """Yield the place of the rows that are no records, if there are any."""
    if rows:
        yield Page((), answer.served_at, (_unread(part, f"the list shows {rows} row(s) here that are no records"),))


def _page(answer: ListResponse) -> Page:
    return Page(answer.listing.records, answer.served_at)


def _asked(window: Window) -> Span:
    """Return the window in whole seconds, a second wider at the start, for servers that cut times to seconds.

    An open end is the last moment of the calendar: a record may be dated ahead of the server's clock.
    """
    start = max(0, instant.to_ms(window.start - WIDER) // 1000 * 1000) if window.start > _FIRST else 0
    if window.end is None:
        return Span(start, LAST_MS)
    return Span(start, min(LAST_MS, max(1000, -(-instant.to_ms(window.end) // 1000) * 1000)))
