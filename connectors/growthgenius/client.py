"""The endpoints of GrowthGenius: which call goes where, and what its answer holds.

Rules kept here:
- contacts and messages are called alike (connectors.growthgenius.records);
- the key goes into the header `Authorization`, raw, and nowhere else (documented);
- ids go back into bodies with the JSON type that they came with;
- an answer in no known shape is ServerTrouble.
"""

from collections.abc import Sequence
from typing import Final

from connectors.errors import Malformed, RecordGone, ServerTrouble
from connectors.growthgenius.envelope import identity, listing
from connectors.growthgenius.records import Records, UserId
from connectors.http.client import HttpClient
from connectors.records import Raw

COMPANY_KEYS: Final = frozenset({"name", "website"})
"""An answer without any of these is no company."""


class GrowthGeniusClient:
    """The calls of one account. `user_ids` are the users that it is read as; the first is the default."""

    def __init__(self, wire: HttpClient, user_ids: Sequence[UserId]) -> None:
        self.wire = wire
        self.account = wire.account
        self.user_ids = tuple(user_ids)
        self.contacts = Records(wire, user_ids, "contact")
        self.messages = Records(wire, user_ids, "message")

    def search(self, keywords: str) -> Sequence[Raw]:
        """Return the contacts that a search by words shows. They are only hints: the endpoint is not documented.

        Raises RecordGone or RecordRefused where it does not exist, AuthError, TransientError.
        """
        found: dict[str, Raw] = {}
        for user in self.user_ids:
            asked = {"user_id": str(user)}
            reply = self.wire.send_query("POST", "/contacts/search", params=asked, json={"q_keywords": keywords})
            try:
                shown = listing(reply.body)
            except Malformed as reason:
                raise ServerTrouble(self.account, f"POST /contacts/search: {reason}") from reason
            # An unreadable row may be the contact that is looked for.
            if shown.broken:
                raise ServerTrouble(self.account, "POST /contacts/search: it shows a row that is no record")
            found |= {identity(raw): raw for raw in shown.records}
        return list(found.values())

    def company(self, domain: str) -> Raw | None:
        """Return the company that GET /companies/find shows for a domain, None where there is none.

        Raises RecordRefused, AuthError, TransientError.
        """
        asked = {"domain": domain, "user_id": str(self.user_ids[0])}
        try:
            body = self.wire.send_query("GET", "/companies/find", params=asked).body
        except RecordGone:
            return None
        found = body.get("company", body) if isinstance(body, dict) else body
        if found is None or found == {}:
            return None
        if not isinstance(found, dict) or not COMPANY_KEYS & found.keys():
            raise ServerTrouble(self.account, "GET /companies/find: the answer holds no company")
        return found

    def users(self, user: UserId | None) -> Sequence[Raw]:
        """Return the users that GET /users/ shows for a user, or that GET /users lists for None (older documents)."""
        path, asking = ("/users", self.user_ids[0]) if user is None else ("/users/", user)
        reply = self.wire.send_query("GET", path, params={"user_id": str(asking)})
        try:
            return listing(reply.body, "user").records
        except Malformed as reason:
            raise ServerTrouble(self.account, f"GET {path}: {reason}") from reason

    def user_for(self, raw: Raw | None) -> UserId:
        """Return the user to write as: the record's own if the account has it, else the first."""
        owner = None if raw is None else raw.get("user_id")
        return next((user for user in self.user_ids if str(user) == str(owner)), self.user_ids[0])
