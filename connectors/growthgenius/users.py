"""The users of an account: whose e-mail an id stands for. Asked for only when an owner matters, and then once a day.

Rules kept here:
- GET /users/ with user_id shows one user (newest documents), GET /users lists them (older ones): both are tried;
- only `email` identifies a user; `email_bcc` and `reporting_email` are other addresses;
- a user whom the directory does not show is unmapped (R17); where it cannot be read at all, owners are unknown (R4).
"""

from typing import Any

from connectors.connector import Cache, Raw
from connectors.errors import AuthError, RecordError
from connectors.growthgenius.client import Client
from connectors.growthgenius.records import UserId
from connectors.values import email, text
from connectors.values.text import UNKNOWN, Reading, Unmapped

CACHED = "users"


class Directory:
    """The users that an account can read."""

    def __init__(self, client: Client, cache: Cache) -> None:
        self._client = client
        self._cache = cache

    def email_of(self, user_id: Any) -> Reading:
        """Return the e-mail of a raw `user_id`, without case."""
        found = text.clean_line(user_id)
        if not isinstance(found, str):
            return found
        known = self._known()
        if not known:
            return UNKNOWN
        return next((address for other, address in known if str(other) == found), Unmapped(found))

    def id_of(self, address: str) -> UserId | None:
        """Return the id of a user by e-mail, with its type at the wire, None for a stranger."""
        return next((user for user, known in self._known() if known == email.key(address)), None)

    def readable(self) -> bool:
        """Say whether the account shows any users."""
        return bool(self._known())

    def forget(self) -> None:
        """Ask anew next time."""
        self._cache.forget(CACHED)

    def _known(self) -> list[tuple[UserId, str]]:
        cached = self._cache.get(CACHED)
        if cached is None:
            cached = self._read()
            self._cache.put(CACHED, cached)
        return [(user, address) for user, address in cached]

    def _read(self) -> list[list[Any]]:
        """Return [id, e-mail] of each user, JSON for the cache."""
        found = {str(user["id"]): user for asked in self._client.user_ids for user in self._shown(asked)}
        if any(str(user) not in found for user in self._client.user_ids):
            found |= {str(user["id"]): user for user in self._shown(None)}
        addresses = ((user["id"], email.clean(user.get("email"))) for user in found.values())
        return [[user, email.key(address)] for user, address in addresses if isinstance(address, str)]

    def _shown(self, asked: UserId | None) -> list[Raw]:
        try:
            return list(self._client.users(asked))
        except (AuthError, RecordError):
            return []
