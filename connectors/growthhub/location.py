"""The settings and users of a location, cached for a day.

Rules kept here:
- the canonical owner is a user's e-mail address in lower case. At the wire it is the user's id;
- a user who left is still the owner in records that name that user, but becomes the owner of no other record;
- an unreadable or empty user list (recorded for a new account) says nothing about owners;
- a location that may not be read (no scope `locations.readonly`) has no known settings, and nothing fails for it.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.connector import Cache
from connectors.errors import AuthError, RecordError
from connectors.growthhub.client import GrowthHubClient
from connectors.records import Raw
from connectors.values import email

_LOCATION = "location"
_USERS = "directory"
_KEPT = ("id", "companyId", "name", "country", "timezone", "settings")


class Location:
    """The record of the location."""

    def __init__(self, client: GrowthHubClient, cache: Cache) -> None:
        self._client = client
        self._cache = cache

    def settings(self) -> Mapping[str, Any]:
        """Return the record, empty where it may not be read."""
        known = self._cache.get(_LOCATION)
        if known is None:
            try:
                return self.read()
            except (AuthError, RecordError):
                known = {}
                self._cache.put(_LOCATION, known)
        return dict(known)

    def read(self) -> Mapping[str, Any]:
        """Read the record from the server and cache it. Raises AuthError, RecordError, TransientError."""
        record = self._client.read_location()
        kept = {key: record[key] for key in _KEPT if key in record}
        self._cache.put(_LOCATION, kept)
        return kept


class Users:
    """The users of a location. `emails` by id includes users who left; `ids` by address and `addresses` do not."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self.emails: dict[str, str] = {user_id: address for user_id, address, _ in rows}
        self.ids: dict[str, str] = {address: user_id for user_id, address, is_there in rows if is_there}
        self.addresses = frozenset(self.ids)


class LocationUsers:
    """Finds users by id and by e-mail address. The list is read only when an owner matters."""

    def __init__(self, client: GrowthHubClient, cache: Cache, location: Location) -> None:
        self._client = client
        self._cache = cache
        self._location = location
        self._users: Users | None = None
        self._lock = threading.RLock()

    def email_of(self, user_id: str) -> str | None:
        """Return the address of a user, None for an unknown one."""
        return self.users().emails.get(user_id)

    def id_of(self, address: str) -> str | None:
        """Return the id of the present user with this address, None where there is none."""
        return self.users().ids.get(email.key(address))

    def is_readable(self) -> bool:
        """Say whether any user is known."""
        return bool(self.users().emails)

    def known(self) -> frozenset[str] | None:
        """Return the addresses of the present users without a call, None before the list was read.

        An empty set is a list that cannot be read.
        """
        if self._users is None and self._cache.get(_USERS) is None:
            return None
        return self.users().addresses

    def users(self) -> Users:
        """Return all users. Empty when the list cannot be read."""
        users = self._users
        if users is None:
            with self._lock:
                # Several concurrent creates read the users once.
                users = self._users
                if users is None:
                    users = self._users = Users(self._load())
        return users

    def renew(self) -> None:
        """Read the list from the cache or the server before its next use: for a new run."""
        self._users = None

    def forget(self) -> None:
        """Read the list from the server before its next use."""
        self._cache.forget(_USERS)
        self._users = None

    def _load(self) -> list[list[Any]]:
        known = self._cache.get(_USERS)
        if known is None:
            known = self._read()
            self._cache.put(_USERS, known)
        return list(known)

    def _read(self) -> list[list[Any]]:
        """Return [id, address, is present] of each user, as JSON for the cache."""
        company = self._location.settings().get("companyId")
        users = self._ask(str(company)) if company else []
        return users or self._ask(None)

    def _ask(self, company_id: str | None) -> list[list[Any]]:
        try:
            users = list(self._client.list_users(company_id))
        except (AuthError, RecordError):
            return []
        return [
            [str(user["id"]), address, user.get("deleted") is not True]
            for user in users
            if user.get("id") and (address := _address(user))
        ]


def _address(user: Raw) -> str | None:
    found = email.clean(user.get("email"))
    return email.key(found) if isinstance(found, str) else None
