"""Find the users of an account: the e-mail and the team of an id. The list is cached for a day.

Rules kept here:
- GET /users/ with user_id shows one user (newest documents), GET /users lists them (older ones): both are tried;
- only `email` identifies a user. `email_bcc` and `reporting_email` are other addresses;
- a user that is not in the list is unmapped (R17). Where no list can be read, owners are unknown (R4).
"""

from typing import Any, Final, NamedTuple

from connectors.connector import Cache
from connectors.errors import AuthError, RecordError
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.growthgenius.records import UserId
from connectors.records import Raw
from connectors.values import email, text
from connectors.values.text import UNKNOWN, Reading, Unmapped

CACHED: Final = "directory"


class User(NamedTuple):
    """A user: `id` and `team` with their wire types, and the e-mail address in lower case."""

    id: UserId
    address: str
    team: UserId | None


class UserDirectory:
    """The users that an account can read."""

    def __init__(self, client: GrowthGeniusClient, cache: Cache) -> None:
        self._client = client
        self._cache = cache
        self._seen: Any = None
        self._addresses: frozenset[str] = frozenset()

    def email_of(self, user_id: Any) -> Reading:
        """Return the e-mail of a raw `user_id`, in lower case."""
        found = text.clean_line(user_id)
        if not isinstance(found, str):
            return found
        known = self._known()
        if not known:
            return UNKNOWN
        return next((user.address for user in known if str(user.id) == found), Unmapped(found))

    def id_of(self, address: str) -> UserId | None:
        """Return the id of a user by e-mail, with its wire type, None for an unknown one."""
        user = self.user_of(address)
        return None if user is None else user.id

    def user_of(self, address: str) -> User | None:
        """Return the user with this e-mail, None where there is none."""
        return next((user for user in self._known() if user.address == email.key(address)), None)

    def known(self) -> frozenset[str] | None:
        """Return the addresses without a call, None before the list was read."""
        cached = self._cache.get(CACHED)
        if cached is None:
            return None
        # Every merge asks, so the set is built once per reading of the list.
        if cached is not self._seen:
            self._seen, self._addresses = cached, frozenset(User(*each).address for each in cached)
        return self._addresses

    def readable(self) -> bool:
        """Say whether the account shows any users."""
        return bool(self._known())

    def forget(self) -> None:
        """Read the list again next time."""
        self._cache.forget(CACHED)

    def _known(self) -> list[User]:
        cached = self._cache.get(CACHED)
        if cached is None:
            cached = self._read()
            self._cache.put(CACHED, cached)
        return [User(*each) for each in cached]

    def _read(self) -> list[list[Any]]:
        """Return [id, e-mail, team] of each user, as JSON for the cache."""
        found = {str(user["id"]): user for asked in self._client.user_ids for user in self._shown(asked)}
        if any(str(user) not in found for user in self._client.user_ids):
            found |= {str(user["id"]): user for user in self._shown(None)}
        addresses = ((user, email.clean(user.get("email"))) for user in found.values())
        shown = [(user, address) for user, address in addresses if isinstance(address, str)]
        return [[user["id"], email.key(address), _id(user.get("team_id"))] for user, address in shown]

    def _shown(self, asked: UserId | None) -> list[Raw]:
        try:
            return list(self._client.users(asked))
        except (AuthError, RecordError):
            return []


def _id(raw: Any) -> UserId | None:
    return raw if isinstance(raw, int | str) and raw != "" else None
