"""The calls for one kind of record at GrowthGenius, contacts or messages.

Rules kept here:
- `user_id` goes with every call, as a query parameter. Ids are quoted into URLs;
- it is not documented whether a user sees the records of others: a record that is gone for one user is asked for as the
  next one;
- a create is never repeated here (R20): GrowthGenius documents no deduplication and no idempotency key;
- `{"contact": null}` is believed when it comes twice, because it may be a broken answer;
- an answer in no known shape is ServerTrouble after a read. After a write it is no answer, and the caller looks (R20).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from connectors.errors import Malformed, OtherRecord, RecordGone, ServerTrouble
from connectors.growthgenius.envelope import Listing, identity, listing, one
from connectors.growthgenius.windows import PAGE_SIZE, Span
from connectors.http.call import Reply
from connectors.http.client import HttpClient
from connectors.http.forbidden import ForbiddenCheck
from connectors.records import Raw, RecordResponse
from connectors.values import instant

UserId = int | str

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class ListResponse:
    """A list answer and the server's time of it."""

    listing: Listing
    served_at: datetime


class Records:
    """The records of one account that are called `noun`: "contact" or "message"."""

    def __init__(self, wire: HttpClient, user_ids: Sequence[UserId], noun: str) -> None:
        self._wire = wire
        self._user_ids = tuple(user_ids)
        self._noun = noun
        self._path = f"/{noun}s"
        self._admission = ForbiddenCheck(lambda: self.list_window(self._user_ids[0], Span(0, 1000), splittable=False))

    def list_window(
        self, user: UserId, span: Span, page: int | None = None, *, splittable: bool = True, once: bool = False
    ) -> ListResponse:
        """Return the records updated in the window. Without `page` neither page nor size is sent.

        Raises AnswerTooLarge where it is splittable, AuthError, TransientError.
        """
        params = {"from": instant.render(span.first), "to": instant.render(span.last), "user_id": str(user)}
        if page is not None:
            params |= {"page": str(page), "per_page": str(PAGE_SIZE)}
        listed = self._list(params, splittable=splittable, once=once)
        is_null = listed.listing.single and not listed.listing.rows
        return self._list(params, splittable=splittable, once=once) if is_null else listed

    def read_record(self, record_id: str) -> RecordResponse:
        """Return one record. Raises RecordGone when no user of the account sees it."""
        return self._first(self._user_ids, lambda user: self._get(record_id, user))

    def create_record(self, body: Mapping[str, Any], user: UserId) -> RecordResponse:
        """Create a record, once. It is None where the answer shows nothing with an id."""
        params = {"user_id": str(user)}

        def post() -> Reply:
            return self._wire.send_change("POST", self._path, params=params, json=body, repeatable=False)

        reply = self._admission.of_record(post)
        return RecordResponse(self._shown(reply), reply.served_at)

    def patch_record(self, record_id: str, body: Mapping[str, Any], user: UserId) -> RecordResponse:
        """Change some fields of a record, as this user if possible. It is None where the answer does not show it.

        Raises RecordGone when no user of the account sees it.
        """
        others = [each for each in self._user_ids if each != user]
        return self._first([user, *others], lambda each: self._patch(record_id, body, each))

    def delete_record(self, record_id: str) -> None:
        """Delete a record. Any 2xx counts, whatever its body. Raises RecordGone, OutcomeUnknown."""
        self._first(self._user_ids, lambda user: self._delete(record_id, user))

    def _list(self, params: Mapping[str, str], *, splittable: bool, once: bool) -> ListResponse:
        reply = self._wire.send_query("GET", self._path, params=params, splittable=splittable, once=once)
        try:
            return ListResponse(listing(reply.body, self._noun), reply.served_at)
        except Malformed as reason:
            raise ServerTrouble(self._wire.account, f"GET {self._path}: {reason}") from reason

    def _first(self, users: Sequence[UserId], ask: Callable[[UserId], _Found]) -> _Found:
        """Return the answer for the first of the users that does not get the answer that the record is gone."""
        for user in users[:-1]:
            try:
                return ask(user)
            except RecordGone:
                continue
        return ask(users[-1])

    def _get(self, record_id: str, user: UserId) -> RecordResponse:
        try:
            return self._asked(record_id, user)
        except OtherRecord:
            # A crossed answer or a stale cache goes away with a second call, a merge of records does not.
            return self._asked(record_id, user)

    def _asked(self, record_id: str, user: UserId, *, is_first: bool = True) -> RecordResponse:
        path = self._path_of(record_id)
        reply = self._admission.of_record(lambda: self._wire.send_query("GET", path, params={"user_id": str(user)}))
        try:
            raw = one(reply.body, self._noun)
        except Malformed as reason:
            raise ServerTrouble(self._wire.account, f"GET {path}: {reason}") from reason
        if raw is None and is_first:
            return self._asked(record_id, user, is_first=False)
        if raw is None:
            raise RecordGone(self._wire.account, f"{self._noun} {record_id} is not there (any more)")
        if identity(raw) != record_id:
            message = f"GET {path} was answered with {self._noun} {identity(raw)}"
            raise OtherRecord(self._wire.account, message, raw)
        return RecordResponse(raw, reply.served_at)

    def _patch(self, record_id: str, body: Mapping[str, Any], user: UserId) -> RecordResponse:
        path = self._path_of(record_id)
        params = {"user_id": str(user)}

        def patch() -> Reply:
            return self._wire.send_change("PATCH", path, params=params, json=body, repeatable=True, overwrites=True)

        reply = self._admission.of_record(patch)
        raw = self._shown(reply)
        return RecordResponse(raw if raw is not None and identity(raw) == record_id else None, reply.served_at)

    def _delete(self, record_id: str, user: UserId) -> None:
        params, path = {"user_id": str(user)}, self._path_of(record_id)
        self._admission.of_record(lambda: self._wire.send_change("DELETE", path, params=params, repeatable=True))

    def _path_of(self, record_id: str) -> str:
        return f"{self._path}/{quote(record_id, safe='')}"

    def _shown(self, reply: Reply) -> Raw | None:
        try:
            return one(reply.body, self._noun)
        except Malformed:
            return None
