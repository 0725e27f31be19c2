"""Settings of an account that change rarely, kept for a day so that a run that finds nothing needs no call for them."""

import json
import threading
from collections.abc import Callable
from typing import Any

from state.file import StateFile

DAY_MS = 86_400_000
SLACK_MS = 60_000
PROBED = "probed"
"""The key of what a probe found: it does not grow old, since it costs a contact to find it out again."""


class Settings:
    """The settings of one account: a key to JSON store that forgets after a day.

    Calls may come from several threads.
    """

    def __init__(self, state: StateFile, account: str, now_ms: Callable[[], int]) -> None:
        self._state = state
        self._account = account
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._read: dict[str, tuple[Any, int]] = {}

    def get(self, key: str) -> Any | None:
        """Return the JSON value, or None when it is absent or older than a day."""
        with self._lock:
            value, stored_ms = self._read.get(key) or self._load(key)
        age_ms = self._now_ms() - stored_ms
        return value if -SLACK_MS < age_ms < DAY_MS else None  # what was stored in the future knew another clock

    def put(self, key: str, value: Any) -> None:
        """Remember a JSON value from now on."""
        with self._lock, self._state.atomic() as db:
            self._read.pop(key, None)
            db.execute(
                "INSERT OR REPLACE INTO setting VALUES (?, ?, ?, ?)",
                (self._account, key, json.dumps(value), self._now_ms()),
            )

    def forget(self, key: str) -> None:
        """Drop it, because a write was refused on account of it."""
        with self._lock, self._state.atomic() as db:
            self._read.pop(key, None)
            db.execute("DELETE FROM setting WHERE account = ? AND key = ?", (self._account, key))

    def forget_all(self) -> None:
        """Drop everything that is known of the account, apart from what a person had tried."""
        with self._lock, self._state.atomic() as db:
            self._read.clear()
            db.execute("DELETE FROM setting WHERE account = ? AND key <> ?", (self._account, PROBED))

    def probed(self) -> dict[str, Any]:
        """Return what the last probe found, however long ago that was (R46); empty before the first one."""
        with self._lock:
            value, _ = self._load(PROBED)
        return value or {}

    def keep_probed(self, found: dict[str, Any]) -> None:
        """Keep what a probe found, until the next one."""
        self.put(PROBED, found)

    def _load(self, key: str) -> tuple[Any, int]:
        """Return the value and when it was stored, 0 where there is none; each is read once, since every write asks."""
        row = self._state.db.execute(
            "SELECT value, stored_ms FROM setting WHERE account = ? AND key = ?", (self._account, key)
        ).fetchone()
        self._read[key] = (None, 0) if row is None else (json.loads(row["value"]), row["stored_ms"])
        return self._read[key]
