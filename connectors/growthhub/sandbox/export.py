"""The export of the GrowthHub sandbox: GET /conversations/messages/export, some seconds behind the messages.

Rules kept here:
- a change shows only after its lag;
- messages of each channel, and all that are no e-mails, are sorted by each of their three times, and the result of a
  question is kept until something changes, so that a page out of 100,000 messages is cheap;
- a cursor stands for a place behind a message. It is bound to its question, and expires some time after its last use.
"""

import base64
import json
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Row = Mapping[str, Any]
"""A message as the sandbox keeps it: times in milliseconds, `channel` besides what is shown."""

SORTS: Final = {"createdAt": "createdAt", "updatedAt": "dateUpdated"}
TIMES: Final = ("dateAdded", "createdAt", "dateUpdated")
EMAIL: Final = "Email"
NO_EMAIL: Final = ""
RECORDED: Final = "recorded"
"""In cursors of recordings, which belong to no question of this server."""

_FAR: Final = 1 << 62


class UnknownCursor(Exception):
    """A cursor of another question, an expired one, or an invented one."""


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """What is asked: times in milliseconds, `until` excluded. `dates` is the time that they mean."""

    channel: str | None
    contact_id: str | None
    conversation_id: str | None
    since: int
    until: int
    dates: str
    sort: str
    descending: bool
    limit: int


@dataclass(frozen=True, slots=True)
class ExportPage:
    """One page, the cursor behind it (None: there is no more), and the total."""

    rows: list[Row]
    cursor: str | None
    total: int


class ExportIndex:
    """All that an export can show."""

    def __init__(self) -> None:
        self._shown: dict[str, Row] = {}
        self._ordered: dict[tuple[str, str], list[tuple[int, str]]] = {}
        self._disordered: set[tuple[str, str]] = set()
        self._answered: tuple[ExportQuery, list[tuple[int, str]]] | None = None
        self._of_contact: dict[str, dict[str, None]] = {}
        self._pending: deque[tuple[int, str, Row | None]] = deque()
        self._used: dict[str, int] = {}

    def put(self, due: int, message_id: str, row: Row | None) -> None:
        """Let a version (None: a deletion) show from `due` milliseconds on."""
        self._pending.append((due, message_id, row))

    def refresh(self, now: int) -> None:
        """Show what is due."""
        while self._pending and self._pending[0][0] <= now:
            _, message_id, row = self._pending.popleft()
            self._answered = None
            self._take_out(message_id)
            if row is not None:
                self._take_in(message_id, row)

    def page(self, question: ExportQuery, cursor: str | None, now: int, life: float | None) -> ExportPage:
        """Answer a question. Raises UnknownCursor."""
        keys = self._keys(question)
        start = 0 if cursor is None else _behind(keys, question, self._place(cursor, question, now, life))
        chosen = keys[start : start + question.limit]
        rows = [self._shown[message_id] for _, message_id in chosen]
        more = start + question.limit < len(keys)
        return ExportPage(rows, _write(chosen[-1], question, now) if more else None, len(keys))

    def _place(self, cursor: str, question: ExportQuery, now: int, life: float | None) -> tuple[int, str]:
        """Return the place of a cursor, and renew its life. Raises UnknownCursor."""
        bound, made, last = _read(cursor)
        used = max(made, self._used.get(cursor, made))
        if bound != RECORDED and (bound != _bound(question) or (life is not None and now - used > life * 1000)):
            raise UnknownCursor("No search context found for the cursor")
        if life is not None:
            self._used = {one: at for one, at in self._used.items() if now - at <= life * 1000} | {cursor: now}
        return last

    def _keys(self, question: ExportQuery) -> list[tuple[int, str]]:
        """Return the matching messages in their order, as pairs of time and id."""
        if self._answered is None or self._answered[0] != question:
            self._answered = question, self._found(question)
        return self._answered[1]

    def _found(self, question: ExportQuery) -> list[tuple[int, str]]:
        channel = NO_EMAIL if question.channel is None else question.channel
        if question.contact_id is not None or question.conversation_id is not None:
            keys = self._few(question, channel)
        else:
            ordered = self._in_order((channel, question.dates))
            keys = ordered[bisect_left(ordered, (question.since, "")) : bisect_left(ordered, (question.until, ""))]
            if question.dates != question.sort:
                keys = sorted((self._shown[each][question.sort], each) for _, each in keys)
        return keys[::-1] if question.descending else keys

    def _few(self, question: ExportQuery, channel: str) -> list[tuple[int, str]]:
        ids: Iterable[str] = self._shown
        if question.contact_id is not None:
            ids = self._of_contact.get(question.contact_id, {})
        rows = (self._shown[each] for each in ids)
        return sorted(
            (row[question.sort], row["id"])
            for row in rows
            if channel in _streams(row)
            and question.since <= row[question.dates] < question.until
            and question.conversation_id in (None, row["conversationId"])
        )

    def _in_order(self, key: tuple[str, str]) -> list[tuple[int, str]]:
        ordered = self._ordered.setdefault(key, [])
        if key in self._disordered:
            ordered.sort()
            self._disordered.discard(key)
        return ordered

    def _take_in(self, message_id: str, row: Row) -> None:
        self._shown[message_id] = row
        self._of_contact.setdefault(row["contactId"], {})[message_id] = None
        for stream in _streams(row):
            for time in TIMES:
                self._ordered.setdefault((stream, time), []).append((row[time], message_id))
                self._disordered.add((stream, time))

    def _take_out(self, message_id: str) -> None:
        row = self._shown.pop(message_id, None)
        if row is None:
            return
        del self._of_contact[row["contactId"]][message_id]
        for stream in _streams(row):
            for time in TIMES:
                ordered = self._in_order((stream, time))
                del ordered[bisect_left(ordered, (row[time], message_id))]


def span(since: int | None, until: int | None, *, excluded: bool) -> tuple[int, int]:
    """Return the first millisecond inside and the first outside of a question, with both ends included or excluded."""
    first = 0 if since is None else since + excluded
    return first, _FAR if until is None else until + 1 - excluded


def _streams(row: Row) -> tuple[str, ...]:
    """Return the lists of a message: its channel, and all that are no e-mails."""
    if row["channel"] == EMAIL:
        return (EMAIL,)
    return (NO_EMAIL,) if row["channel"] is None else (NO_EMAIL, row["channel"])


def _behind(keys: list[tuple[int, str]], question: ExportQuery, last: tuple[int, str]) -> int:
    if not question.descending:
        return bisect_right(keys, last)
    return len(keys) - bisect_left(keys[::-1], last)


def _bound(question: ExportQuery) -> str:
    return str(hash(question) & 0xFFFFFFFF)


def _write(last: tuple[int, str], question: ExportQuery, now: int) -> str:
    place = {"pitId": f"{_bound(question)}.{now}", "lastSort": [last[0]], "lastId": last[1]}
    return base64.b64encode(json.dumps(place).encode()).decode()


def _read(cursor: str) -> tuple[str, int, tuple[int, str]]:
    """Return the question of a cursor, its creation time and its place. Raises UnknownCursor."""
    try:
        place = json.loads(base64.b64decode(cursor, validate=True))
        bound, made = place["pitId"].split(".")
        return bound, int(made), (int(place["lastSort"][0]), str(place["lastId"]))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise UnknownCursor(f"Invalid cursor {cursor}") from error
