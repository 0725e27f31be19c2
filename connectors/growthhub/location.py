"""What a location and its users are like: settings that change rarely, kept in the cache of the account for a day.

Rules kept here:
- the canonical owner is a user's e-mail address without case; at the wire it is the user's id;
- a directory that cannot be read, or that is empty (recorded for a fresh account), says nothing about anybody:
  None;
- a location that may not be read (no scope `locations.readonly`) has no known settings, and nothing breaks on it.
"""

import threading
from collections.abc import Mapping
from typing import Any

from connectors.connector import Cache, Raw
from connectors.errors import AuthError, RecordError
from connectors.growthhub.client import Client
from connectors.values import email

_LOCATION = "location"
_USERS = "users"
_KEPT = ("id", "companyId", "name", "country", "timezone", "settings")


class Location:
    """The location's own record."""

    def __init__(self, client: Client, cache: Cache) -> None:
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
        """Read the record from the server, and remember it. Raises AuthError, RecordError, TransientError."""
        record = self._client.location()
        kept = {key: record[key] for key in _KEPT if key in record}
        self._cache.put(_LOCATION, kept)
        return kept


class Directory:
    """Who `assignedTo` is, by id and by e-mail address. Asked only when an owner matters."""

    def __init__(self, client: Client, cache: Cache, location: Location) -> None:
        self._client = client
        self._cache = cache
        self._location = location
        self._emails: dict[str, str] | None = None
        self._lock = threading.RLock()

    def email_of(self, user_id: str) -> str | None:
        """Return the address of a user, None for a stranger."""
        return self.emails().get(user_id)

    def id_of(self, address: str) -> str | None:
        """Return the id of the user with this address, None for a stranger."""
        wanted = email.key(address)
        return next((user_id for user_id, known in reversed(self.emails().items()) if known == wanted), None)

    def is_readable(self) -> bool:
        """Say whether anything is known about users."""
        return bool(self.emails())

    def is_known_unreadable(self) -> bool:
        """Say the same of what is known without a call."""
        emails = self._emails
        known = self._cache.get(_USERS) if emails is None else emails
        return known is not None and not known

    def emails(self) -> dict[str, str]:
        """Return the address by user id; empty when the directory cannot be read."""
        emails = self._emails
        if emails is None:
            with self._lock:  # several creates at a time ask for the users once
                emails = self._emails
                if emails is None:
                    emails = self._emails = self._load()
        return emails

    def renew(self) -> None:
        """Take the directory from the cache, or the server, before it is used next: for a new run."""
        self._emails = None

    def forget(self) -> None:
        """Read it from the server before it is used next."""
        self._cache.forget(_USERS)
        self._emails = None

    def _load(self) -> dict[str, str]:
        known = self._cache.get(_USERS)
        if known is None:
            known = self._read()
            self._cache.put(_USERS, known)
        return dict(known)

    def _read(self) -> dict[str, str]:
        company = self._location.settings().get("companyId")
        users = self._ask(str(company)) if company else {}
        return users or self._ask(None)

    def _ask(self, company_id: str | None) -> dict[str, str]:
        try:
            users = list(self._client.users(company_id))
        except (AuthError, RecordError):
            return {}
        users.sort(key=lambda user: user.get("deleted") is not True)  # who is there wins over who left
        return {str(user["id"]): address for user in users if user.get("id") and (address := _address(user))}


def _address(user: Raw) -> str | None:
    found = email.clean(user.get("email"))
    return email.key(found) if isinstance(found, str) else None
