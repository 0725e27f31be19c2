"""Find stages, users and lists of a team by id and by name. Each is read once and cached for a day.

Rules kept here:
- an id that no list shows is looked for once more in a run, because it may be new;
- users who left are still owners of the contacts that name them, but become the owner of no other contact;
- a list that cannot be read (no scope) says nothing, and nothing fails for it: the field is unknown then.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from connectors.apollo.client import ApolloClient
from connectors.connector import Cache
from connectors.errors import AuthError, RecordError
from connectors.records import Raw
from connectors.values import email, labels, text

CONTACTS: Final = "contacts"
UNREADABLE: Final = "unreadable"
"""What the cache holds of a list that the key may not read."""


class Directory:
    """Names by id, of one kind. `load` reads the pairs of id and name, and whether each may be written."""

    def __init__(self, cache: Cache, key: str, load: Callable[[], Iterable[tuple[str, str, bool]]]) -> None:
        self._cache = cache
        self._key = key
        self._load = load
        self._names: dict[str, str] | None = None
        self._ids: dict[str, str] = {}
        self._is_current = False
        self._can_be_read = True
        self._lock = threading.RLock()

    def name_of(self, record_id: str) -> str | None:
        """Return the name of an id, None for an unknown one."""
        names = self.names()
        if record_id not in names and not self._is_current:
            with self._lock:
                if not self._is_current:
                    self.forget()
                    names = self.names()
        return names.get(record_id)

    def id_of(self, name: str) -> str | None:
        """Return the id of a name, in any case, None for an unknown one."""
        self.names()
        return self._ids.get(labels.key(name))

    def names(self) -> dict[str, str]:
        """Return all names by id; empty where they cannot be read."""
        if self._names is None:
            with self._lock:
                if self._names is None:
                    self._keep(self._rows())
        return self._names or {}

    def known(self) -> frozenset[str] | None:
        """Return the comparable names that may be written, without a call, None before they were read."""
        if self._names is None and self._cache.get(self._key) is None:
            return None
        self.names()
        return frozenset(self._ids)

    def is_readable(self) -> bool:
        """Say whether the names can be read. There may be none."""
        self.names()
        return self._can_be_read

    def learn(self, rows: Iterable[tuple[str, str, bool]]) -> None:
        """Add what an answer shows of names that may be new."""
        with self._lock:
            known = self.names()
            more = [list(row) for row in rows if known.get(row[0]) != row[1]]
            if more and self._can_be_read:
                fresh = {str(row[0]) for row in more}
                kept = [row for row in self._rows() if str(row[0]) not in fresh]
                self._cache.put(self._key, [*kept, *more])
                self._keep([*kept, *more])

    def fresh_names(self, wanted: Iterable[str]) -> dict[str, str]:
        """Return all names by id, read again where one of those wanted is not among them."""
        if any(self.id_of(name) is None for name in wanted):
            self.forget()
        return self.names()

    def expect_new(self) -> None:
        """Read the names again as soon as an unknown one is shown: a write may have added some."""
        self._is_current = False

    def renew(self) -> None:
        """Read from the cache or the server before the next use: for a new run."""
        self._names, self._is_current = None, False

    def forget(self) -> None:
        """Read from the server before the next use."""
        self._cache.forget(self._key)
        self._names = None

    def _keep(self, rows: Sequence[Sequence[object]]) -> None:
        self._ids = {labels.key(str(name)): str(record_id) for record_id, name, is_there in reversed(rows) if is_there}
        self._names = {str(record_id): str(name) for record_id, name, _ in rows}

    def _rows(self) -> list[list[object]]:
        cached = self._cache.get(self._key)
        if cached is not None:
            self._can_be_read = cached != UNREADABLE
            return list(cached) if self._can_be_read else []
        self._is_current = True
        try:
            rows: list[list[object]] = [list(row) for row in self._load()]
        except (AuthError, RecordError):
            self._cache.put(self._key, UNREADABLE)
            self._can_be_read = False
            return []
        self._cache.put(self._key, rows)
        self._can_be_read = True
        return rows


def stages(client: ApolloClient, cache: Cache) -> Directory:
    """Return the stages of a team."""

    def load() -> Iterable[tuple[str, str, bool]]:
        return named_rows(client.list_stages(), ("name", "display_name"))

    return Directory(cache, "stages", load)


def lists(client: ApolloClient, cache: Cache) -> Directory:
    """Return the lists of contacts of a team; those of companies are left out."""

    def load() -> Iterable[tuple[str, str, bool]]:
        rows = (row for row in client.list_labels() if row.get("modality") in (None, CONTACTS))
        return named_rows(rows)

    return Directory(cache, "lists", load)


def users(client: ApolloClient, cache: Cache) -> Directory:
    """Return the users of a team, by their e-mail addresses."""

    def load() -> Iterable[tuple[str, str, bool]]:
        for row in client.list_users():
            address = email.clean(row.get("email"))
            if row.get("id") and isinstance(address, str):
                yield str(row["id"]), email.key(address), row.get("deleted") is not True

    return Directory(cache, "directory", load)


def named_rows(rows: Iterable[Raw], keys: Sequence[str] = ("name",)) -> Iterable[tuple[str, str, bool]]:
    """Yield id and name of each row that shows both; each may be written."""
    for row in rows:
        name = next((found for key in keys if isinstance(found := text.clean_line(row.get(key)), str)), None)
        record_id = row.get("id") or row.get("_id")
        if name is not None and record_id:
            yield str(record_id), name, True
