"""Read a window with GET /conversations/messages/export, and prove that no message is missing.

Rules kept here (R42, R43):
- it is not documented whether the dates mean when a message was sent, recorded or changed. So a span is asked for a
  millisecond wider at its start and with its end included, and parts are cut by the question, not by shown times;
- a reading follows the cursor to the end and must show as many different messages as the first page promised. If not,
  the span is read in the other order, then in halves, and then it is IncompleteWindow. The order of changes is first,
  because it may find edits; the order of creation is stable;
- a span with many messages is halved before it is read: a cursor may expire, counts may be capped, and memory stays
  flat;
- a span at which the server fails is halved until the message that causes it is alone. That place is named, each run
  asks for it again, and all other messages are carried.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from connectors.errors import (
    AnswerTooLarge,
    IncompleteWindow,
    PageCrashed,
    RecordError,
    RecordRefused,
    ServerTrouble,
)
from connectors.growthhub import message_mapping
from connectors.growthhub.client import is_record
from connectors.growthhub.distinct_count import DistinctCount
from connectors.growthhub.message_client import MessageClient
from connectors.health import Health
from connectors.http.call import Reply
from connectors.records import Page, Raw, UnreadableRow, Window
from connectors.values import instant

LARGEST_PAGE: Final = 500
SMALLER_PAGE: Final = 100
SMALLEST_PAGE: Final = 10
MANY: Final = 10_000
"""Messages in a span from which on it is halved first. Some search servers stop counting here."""
MISCOUNTED: Final = 2
"""A total that stays wrong by this many messages is accepted."""
HALVINGS: Final = 4
"""How often a span that was not proven is halved."""

BY_CHANGE: Final = "updatedAt"
BY_MAKING: Final = "createdAt"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SHORTEST: Final = timedelta(seconds=1)
_NARROWEST: Final = timedelta(milliseconds=10)
"""A span at which the server fails is halved down to this. Questions overlap by a millisecond at either end."""


class Export:
    """The export of one location. Remembers how many messages a page may have, and what it may be sorted by."""

    def __init__(self, client: MessageClient) -> None:
        self.client = client
        self.page_limit = LARGEST_PAGE
        self.orders: tuple[str, ...] = (BY_CHANGE, BY_MAKING)
        self.health = Health(client.account, self._plain_read)

    def read(self, window: Window, narrowed: Mapping[str, str]) -> Iterator[Page]:
        """Yield the messages of a window as the wire shows them, activity entries included.

        `narrowed` are more parameters: `channel`, `contactId`. Without a channel e-mails are left out. Reaching the end
        is the proof. Raises IncompleteWindow, AuthError, TransientError.
        """
        self.health.begin()
        yield from self._span(window, narrowed, _Narrowing())

    def ask(self, question: Mapping[str, str]) -> Reply:
        """Ask for a first page, as large as the server allows. Raises ServerTrouble when it refuses the question."""
        while True:
            try:
                return self._asked(question)
            except RecordRefused as refused:
                question = self._simpler(question, refused)
            except RecordError as refused:
                raise ServerTrouble(refused.account, f"the export is refused: {refused.message}") from refused

    def go_on(self, question: Mapping[str, str], cursor: str) -> Reply | None:
        """Ask for the page behind a cursor, None where the server no longer knows the cursor."""
        try:
            return self._asked({**question, "cursor": cursor})
        except RecordError:
            return None

    def _span(self, window: Window, narrowed: Mapping[str, str], cut: "_Narrowing") -> Iterator[Page]:
        """Yield a span, whole or in halves."""
        shown: list[tuple[int, int]] = []
        for order in self.orders if len(self.orders) > 1 else self.orders * 2:
            look = _Look(self, window, narrowed, order, halved=cut.helps)
            yield from look.pages()
            if look.is_proven:
                return
            if look.broken and not self._can_be_cut(look, cut):
                reason = f"the export shows {look.broken} row(s) here that are no messages"
                yield look.unread(look.served_at, reason)
                return
            # The same result twice: the total is wrong (R43).
            if look.shown in shown and look.is_nearly_all():
                yield Page((), look.served_at, warnings=(f"{look.trouble()}, twice: its total is taken to be wrong",))
                return
            shown += [] if look.shown is None else [look.shown]
            if look.is_too_large:
                yield from self._around(look, cut)
                return
            if look.is_long:
                break
        if look.is_long and cut.helps is None and not self._heeds_dates(look):
            yield from self._span(window, narrowed, _Narrowing(helps=False))
            return
        below = replace(cut, helps=True)
        if not look.is_long:
            below = _Narrowing(cut.helps, cut.left - 1, cut.trouble or look.trouble())
        for half in self._halves(look, below):
            yield from self._span(half, narrowed, below)

    def _around(self, look: "_Look", cut: "_Narrowing") -> Iterator[Page]:
        """Yield the halves of a span at which the server fails. The narrowest is named (R42)."""
        window, served_at = look.window, self.health.served_at or look.served_at
        until = window.end or served_at
        if self.health.is_spent or not until - window.start > _NARROWEST:
            yield look.unread(served_at, f"the server fails at the export as soon as it holds what {look.outcome}")
            return
        middle = window.start + (until - window.start) / 2
        for half in (Window(window.start, middle), Window(middle, window.end)):
            yield from self._span(half, look.narrowed, cut)

    def _halves(self, look: "_Look", cut: "_Narrowing") -> tuple[Window, Window]:
        window = look.window
        until = window.end or look.served_at
        if cut.left < 0 or not is_divisible(window, until):
            raise IncompleteWindow(self.client.account, cut.trouble)
        middle = window.start + (until - window.start) / 2
        return Window(window.start, middle), Window(middle, window.end)

    def _can_be_cut(self, look: "_Look", cut: "_Narrowing") -> bool:
        return cut.left > 0 and is_divisible(look.window, look.window.end or look.served_at)

    def _heeds_dates(self, look: "_Look") -> bool:
        """Say whether the server respects dates: the first second of 1970 has fewer messages than a span with many."""
        nothing = _Look(self, Window(_EPOCH, _EPOCH + _SHORTEST), look.narrowed, look.order)
        return _total(self.ask(nothing.question())) < look.promised

    def _asked(self, question: Mapping[str, str]) -> Reply:
        while True:
            try:
                asked = {**question, "limit": str(self.page_limit)}
                reply = self.client.export_messages(asked, once=self.health.is_failing)
            except AnswerTooLarge as error:
                if self.health.failed(error, smallest=self.page_limit == SMALLEST_PAGE):
                    continue
                if isinstance(error, PageCrashed) or self.page_limit == SMALLEST_PAGE:
                    raise
                self.page_limit = max(SMALLEST_PAGE, self.page_limit // 2)
                continue
            if not isinstance(reply.body, Mapping) or not isinstance(reply.body.get("messages"), list):
                raise ServerTrouble(self.client.account, "the export was answered without messages")
            if not _has_total(reply.body):
                raise ServerTrouble(self.client.account, "the export was answered without a total")
            self.health.answered(reply.served_at, rows=len(reply.body["messages"]))
            return reply

    def _plain_read(self) -> datetime:
        """Ask for nearly nothing. If the server fails at that too, no message is the reason."""
        nothing = _Look(self, Window(_EPOCH, _EPOCH + _SHORTEST), {}, self.orders[0])
        return self.client.export_messages(
            {**nothing.question(), "limit": str(SMALLEST_PAGE)}, splittable=False
        ).served_at

    def _simpler(self, question: Mapping[str, str], refused: RecordRefused) -> Mapping[str, str]:
        """Return a question that the server may accept where it refused another."""
        if self.page_limit > SMALLER_PAGE:
            self.page_limit = SMALLER_PAGE
            return question
        if question["sortBy"] == BY_CHANGE:
            self.orders = (BY_MAKING,)
            return {**question, "sortBy": BY_MAKING}
        raise ServerTrouble(refused.account, f"the export is refused: {refused.message}") from refused


@dataclass(frozen=True, slots=True)
class _Narrowing:
    """Whether halving a long span helps (None: not known yet), and how often an unproven span may still be halved.

    `trouble` is what was wrong with the whole span.
    """

    helps: bool | None = None
    left: int = HALVINGS
    trouble: str = ""


@dataclass(slots=True)
class _Look:
    """One reading of a span, from its first page to the end of its cursors.

    `halved` is the `helps` of its _Narrowing.
    """

    export: Export
    window: Window
    narrowed: Mapping[str, str]
    order: str
    halved: bool | None = None
    served_at: datetime = _EPOCH
    promised: int = 0
    is_proven: bool = False
    is_long: bool = False
    is_too_large: bool = False
    broken: int = 0
    shown: tuple[int, int] | None = None
    outcome: str = "broke off: its cursor is not known any more"

    def pages(self) -> Iterator[Page]:
        """Yield the pages, none of a span that is too long to be read whole."""
        question = self.question()
        reply = self._unless_too_large(lambda: self.export.ask(question))
        if reply is None:
            return
        self.promised, self.served_at = _total(reply), reply.served_at
        until = self.window.end or reply.served_at
        self.is_long = self.promised >= MANY and self.halved is not False and is_divisible(self.window, until)
        if not self.is_long:
            yield from self._pages(question, reply)

    def question(self) -> dict[str, str]:
        """Return the parameters of the first page."""
        start = max(_EPOCH, self.window.start - _MILLISECOND)
        asked = {**self.narrowed, "sortBy": self.order, "sortOrder": "asc", "startDate": instant.render(start)}
        if self.window.end is None:
            return asked
        return {**asked, "endDate": instant.render(self.window.end + _MILLISECOND - timedelta(microseconds=1))}

    def is_nearly_all(self) -> bool:
        """Say whether the reading reached its end and misses so few messages that the total may be wrong."""
        return self.shown is not None and not self.broken and self.promised - self.shown[0] <= MISCOUNTED

    def unread(self, served_at: datetime, reason: str) -> Page:
        """Return a page that names the span as unreadable. An open span ends now."""
        end = max(self.window.end or served_at, self.window.start) + _MILLISECOND
        place = f"{instant.render(self.window.start)} to {instant.render(end)}"
        return Page((), served_at, (UnreadableRow(place, reason, Window(self.window.start, end)),))

    def trouble(self) -> str:
        """Return a sentence that says how the reading ended."""
        end = self.window.end.isoformat() if self.window.end else "now"
        return f"the export from {self.window.start.isoformat()} to {end} {self.outcome}"

    def _pages(self, question: Mapping[str, str], first: Reply) -> Iterator[Page]:
        reply: Reply | None = first
        seen, known, cursors = DistinctCount(), 0, set[str]()
        while reply is not None:
            messages, cursor = _messages(reply), _cursor(reply)
            self.broken += len(reply.body["messages"]) - len(messages)
            yield Page(messages, reply.served_at)
            seen.add(str(each["id"]) for each in messages)
            before, known = known, seen.distinct()
            if cursor is None or not messages:
                self.is_proven = known >= self.promised and not self.broken
                self.shown = (known + self.broken, self.promised) if cursor is None else None
                self.outcome = f"shows {known} of {self.promised} messages"
                return
            if cursor in cursors or known == before:
                self.outcome = "goes round in circles"
                return
            cursors.add(cursor)
            reply = self._unless_too_large(partial(self.export.go_on, question, cursor))

    def _unless_too_large(self, ask: Callable[[], Reply | None]) -> Reply | None:
        try:
            return ask()
        except AnswerTooLarge as error:
            self.is_too_large, self.outcome = True, f"lies here ({error.message})"
            return None


def is_divisible(window: Window, until: datetime) -> bool:
    """Say whether a window that ends at `until` can be halved."""
    return until - window.start > _SHORTEST


def _messages(reply: Reply) -> list[Raw]:
    return [each for each in reply.body["messages"] if is_record(each) and message_mapping.has_usable_ids(each)]


def _cursor(reply: Reply) -> str | None:
    cursor: Any = reply.body.get("nextCursor")
    return str(cursor) if cursor else None


def _has_total(body: Mapping[str, Any]) -> bool:
    total = body.get("total")
    return isinstance(total, int) and not isinstance(total, bool) and total >= 0


def _total(reply: Reply) -> int:
    return int(reply.body["total"])
