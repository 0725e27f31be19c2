"""The endpoints of Whautomate: which call goes where, and what its answer holds.

Rules kept here:
- the key goes into the header `x-api-key`, and nowhere else (documented); `limit` and `page` are decimal texts, and
  pages begin with 1;
- a create is never repeated here (R20), and no body of a create has an id: a server might overwrite that record;
- a record is gone when the server says so: 404, a refusal that says "not found", or an answer without a record, twice;
- 401 and 403 are about the key, unless a plain read is let through (connectors.http.forbidden);
- an answer in no known shape is ServerTrouble after a read. After a write it is no answer, and the caller looks (R20).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from connectors.errors import Malformed, OtherRecord, RecordGone, RecordRefused, ServerTrouble
from connectors.http.call import Reply
from connectors.http.client import HttpClient
from connectors.http.forbidden import ForbiddenCheck
from connectors.records import Page, Raw, RecordResponse
from connectors.whautomate.envelope import Rows, identity, one_of, rows_of

LIMIT: Final = 100
"""Contacts per page, at most."""

SMALLER: Final = {5000: 500, 500: 100, 100: 20, 20: 5, 5: 1}
"""The size of the pages that a page is read in where it cannot be read as a whole."""

MOST_FOUND: Final = 10
"""Pages of a search that are read, at most."""

FEW: Final = 10
"""A page of a search with fewer contacts is the last one: no server shows so few at once."""

_PAGE_TOO_LARGE: Final = re.compile(
    r"\blimit\b.{0,30}\b(?:must|cannot|may not|at most|max(?:imum)?|between)\b", re.IGNORECASE
)
_NOT_THERE: Final = re.compile(r"\bnot\s+(?:be\s+)?found\b|\bdoes(?:\s+not|n't)\s+exist\b|\bno\s+such\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageResponse:
    """A page of a list, and the server's time of it."""

    rows: Rows
    served_at: datetime


class WhautomateClient:
    """The calls of one account. `limit` is how many contacts are asked for at once: a server may refuse more."""

    def __init__(self, wire: HttpClient) -> None:
        self.wire = wire
        self.account = wire.account
        self.limit = LIMIT
        self._admission = ForbiddenCheck(lambda: self.list_page(1, 1))

    def list_page(self, page: int, limit: int, *, splittable: bool = False, once: bool = False) -> PageResponse:
        """Return one page of all contacts. Raises AnswerTooLarge, RecordRefused, AuthError, TransientError."""
        params = {"limit": str(limit), "page": str(page)}
        try:
            reply = self.wire.send_query("GET", "/contacts", params=params, splittable=splittable, once=once)
        except ServerTrouble as error:
            # An error may come with 200, and then a refusal looks like trouble.
            if _PAGE_TOO_LARGE.search(error.message):
                raise RecordRefused(self.account, error.message) from error
            raise
        return self._listed(reply)

    def search(self, text: str) -> Iterator[Raw]:
        """Yield what `searchText` finds. What it looks at is not documented: these are only hints."""
        seen: set[str] = set()
        for page in range(1, MOST_FOUND + 1):
            found = self._found(text, page)
            news = [raw for raw in found if identity(raw) not in seen]
            if not news:
                return
            seen |= {identity(raw) for raw in news}
            yield from news
            if len(found) < FEW:
                return

    def _found(self, text: str, page: int) -> Sequence[Raw]:
        params = {"limit": str(self.limit), "page": str(page), "searchText": text}
        try:
            return self._listed(self.wire.send_query("GET", "/contacts", params=params)).rows.records
        except RecordRefused:
            if page > 1 or self.limit not in SMALLER:
                raise
        self.limit = SMALLER[self.limit]
        return self._found(text, page)

    def read_contact(self, record_id: str) -> Page:
        """Return one contact, as a page of one. Raises RecordGone, AuthError, TransientError."""
        try:
            return self._get(record_id)
        except OtherRecord:
            # A crossed answer goes away with a second call.
            return self._get(record_id)

    def create_contact(self, body: Mapping[str, Any]) -> RecordResponse:
        """Create a contact, once. The record is None where the answer shows nothing with an id."""
        if "id" in body:
            raise AssertionError(f"{self.account}: a create never names an id")

        def post() -> Reply:
            return self.wire.send_change("POST", "/contacts", json=body, repeatable=False)

        return self._shown(self._admission.of_record(post))

    def put_contact(self, record_id: str, body: Mapping[str, Any]) -> RecordResponse:
        """Replace a contact. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        path = self._path_of(record_id)

        def put() -> Reply:
            return self.wire.send_change("PUT", path, json=body, repeatable=True, overwrites=True)

        shown = self._shown(self._about(record_id, put))
        return shown if shown.raw is not None and identity(shown.raw) == record_id else RecordResponse(
            None, shown.served_at
        )  # fmt: skip

    def change_tags(self, record_id: str, action: str, tags: Sequence[str]) -> tuple[Any, datetime]:
        """Add or remove tags; return the tags that the answer shows, None without any, and its time."""
        path = f"{self._path_of(record_id)}/tags/{action}"

        def post() -> Reply:
            return self.wire.send_change("POST", path, json={"tags": list(tags)}, repeatable=True, overwrites=True)

        reply = self._about(record_id, post)
        body = reply.body if isinstance(reply.body, dict) else {}
        return body.get("tags"), reply.served_at

    def delete_contact(self, record_id: str) -> None:
        """Delete a contact. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        path = self._path_of(record_id)
        self._about(record_id, lambda: self.wire.send_change("DELETE", path, repeatable=True))

    def read_messages(self, record_id: str) -> PageResponse:
        """Return the messages of a contact. Raises RecordGone, RecordRefused, AuthError, TransientError."""
        path = f"/messages/{quote(record_id, safe='')}"
        return self._listed(self._about(record_id, lambda: self.wire.send_query("GET", path)))

    def locations(self) -> Sequence[Raw]:
        """Return the locations of the account."""
        return self._listed(self.wire.send_query("GET", "/locations")).rows.records

    def _get(self, record_id: str, *, is_first: bool = True) -> Page:
        path = self._path_of(record_id)
        reply = self._about(record_id, lambda: self.wire.send_query("GET", path))
        try:
            raw = one_of(reply.body)
        except Malformed as reason:
            raise ServerTrouble(self.account, f"GET {path}: {reason}") from reason
        if raw is None and is_first:
            return self._get(record_id, is_first=False)
        if raw is None:
            raise RecordGone(self.account, f"contact {record_id} is not there (any more)")
        if identity(raw) != record_id:
            raise OtherRecord(self.account, f"GET {path} was answered with contact {identity(raw)}", raw)
        return Page([raw], reply.served_at)

    def _about(self, record_id: str, call: Any) -> Reply:
        """Make a call about one record. Raises RecordGone where the server refuses it because there is no such one."""
        try:
            reply: Reply = self._admission.of_record(call)
        except RecordRefused as refused:
            if refused.status in {400, 422} and any(map(_NOT_THERE.search, refused.messages)):
                raise RecordGone(self.account, f"contact {record_id}: {refused.message}") from refused
            raise
        return reply

    def _listed(self, reply: Reply) -> PageResponse:
        try:
            return PageResponse(rows_of(reply.body), reply.served_at)
        except Malformed as reason:
            raise ServerTrouble(self.account, f"a list: {reason}") from reason

    @staticmethod
    def _shown(reply: Reply) -> RecordResponse:
        try:
            return RecordResponse(one_of(reply.body), reply.served_at)
        except Malformed:
            return RecordResponse(None, reply.served_at)

    @staticmethod
    def _path_of(record_id: str) -> str:
        return f"/contacts/{quote(record_id, safe='')}"
