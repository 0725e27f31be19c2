"""The endpoints of GrowthGenius: which question goes where, and what its answer holds.

Rules kept here:
- `user_id` goes with every call, as a query parameter; the key goes into the header `Authorization`, raw, and
  nowhere else (documented);
- ids are quoted into URLs, and go back into bodies with the JSON type that they came with;
- a create is never repeated by itself (GrowthGenius documents no deduplication and no idempotency key);
- an answer in no known shape is ServerTrouble after a read; after a write it is no answer, and the caller looks (R20).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connectors.connector import Raw
from connectors.errors import RecordGone, ServerTrouble
from connectors.growthgenius.envelope import Listing, Malformed, identity, listing, one
from connectors.growthgenius.windows import PAGE_SIZE, Span
from connectors.values import instant
from connectors.wire import Reply, Wire

UserId = int | str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list answer and the server's time of it."""

    listing: Listing
    served_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """One record, None where the answer shows none, and the server's time of it."""

    raw: Raw | None
    served_at: datetime


class Client:
    """The calls of one account; `user_ids` are the users that it is read as, the first being the usual one."""

    def __init__(self, wire: Wire, user_ids: Sequence[UserId]) -> None:
        self.wire = wire
        self.account = wire.account
        self.user_ids = tuple(user_ids)

    def contacts(self, user: UserId, span: Span, page: int | None = None, *, splittable: bool = True) -> Listed:
        """Return the contacts updated in the window; `page` is None for the plain question, with neither page nor size.

        Raises AnswerTooLarge where it is splittable, AuthError, TransientError.
        """
        params = {"from": instant.render(span.first), "to": instant.render(span.last), "user_id": str(user)}
        if page is not None:
            params |= {"page": str(page), "per_page": str(PAGE_SIZE)}
        reply = self.wire.read("GET", "/contacts", params=params, splittable=splittable)
        try:
            return Listed(listing(reply.body), reply.served_at)
        except Malformed as reason:
            raise ServerTrouble(self.account, f"GET /contacts: {reason}") from reason

    def contact(self, record_id: str) -> Shown:
        """Return one contact. Raises RecordGone when no user of the account sees it (any more)."""
        for user in self.user_ids[:-1]:
            try:
                return self._contact(record_id, user)
            except RecordGone:
                continue
        return self._contact(record_id, self.user_ids[-1])

    def create(self, body: Mapping[str, Any], user: UserId) -> Shown:
        """Create a contact, once. The record is None where the answer shows nothing that has an id."""
        reply = self.wire.write("POST", "/contacts", params={"user_id": str(user)}, json=body, repeatable=False)
        return Shown(_shown(reply), reply.served_at)

    def patch(self, record_id: str, body: Mapping[str, Any], user: UserId) -> Shown:
        """Change some fields of a contact. The record is None where the answer does not show it."""
        path = _path(record_id)
        reply = self.wire.write("PATCH", path, params={"user_id": str(user)}, json=body, repeatable=True)
        raw = _shown(reply)
        return Shown(raw if raw is not None and identity(raw) == record_id else None, reply.served_at)

    def delete(self, record_id: str) -> None:
        """Delete a contact; any 2xx will do, whatever its body (table row G20). Raises RecordGone, OutcomeUnknown."""
        user = str(self.user_ids[0])
        self.wire.write("DELETE", _path(record_id), params={"user_id": user}, repeatable=True)

    def search(self, keywords: str) -> Sequence[Raw]:
        """Return the contacts that a search by words shows, a hint at best: that the endpoint exists is unproven.

        Raises RecordGone, RecordRefused where it does not, AuthError, TransientError.
        """
        body, user = {"q_keywords": keywords}, str(self.user_ids[0])
        reply = self.wire.read("POST", "/contacts/search", params={"user_id": user}, json=body)
        try:
            return listing(reply.body).records
        except Malformed as reason:
            raise ServerTrouble(self.account, f"POST /contacts/search: {reason}") from reason

    def users(self, user: UserId | None) -> Sequence[Raw]:
        """Return the users that GET /users/ shows for a user, or that GET /users lists for None (older documents)."""
        path, asking = ("/users", self.user_ids[0]) if user is None else ("/users/", user)
        reply = self.wire.read("GET", path, params={"user_id": str(asking)})
        try:
            return listing(reply.body, "user").records
        except Malformed as reason:
            raise ServerTrouble(self.account, f"GET {path}: {reason}") from reason

    def user_for(self, raw: Raw | None) -> UserId:
        """Return the user to write as: the record's own where the account has it, else the first."""
        owner = None if raw is None else raw.get("user_id")
        return next((user for user in self.user_ids if str(user) == str(owner)), self.user_ids[0])

    def _contact(self, record_id: str, user: UserId) -> Shown:
        reply = self.wire.read("GET", _path(record_id), params={"user_id": str(user)})
        try:
            raw = one(reply.body)
        except Malformed as reason:
            raise ServerTrouble(self.account, f"GET {_path(record_id)}: {reason}") from reason
        if raw is None:
            raise RecordGone(self.account, f"contact {record_id} is not there (any more)")
        if identity(raw) != record_id:
            raise ServerTrouble(self.account, f"GET {_path(record_id)} answered with contact {identity(raw)}")
        return Shown(raw, reply.served_at)


def _path(record_id: str) -> str:
    return f"/contacts/{quote(record_id, safe='')}"


def _shown(reply: Reply) -> Raw | None:
    try:
        return one(reply.body)
    except Malformed:
        return None
