"""Cache settings of an account that change rarely for a day, so that a run that finds nothing asks for none of them.

Only the connector knows the shape of a setting. So each is stored with a digest, and one that does not match it, such
as one of a release that stored none, is read from the account again. Only what a probe found is taken without a digest
too, because no run can find it again; a damaged one is known by its shape.
"""

import json
import threading
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final

from state.file import StateFile

DAY_MS = 86_400_000
SLACK_MS = 60_000
PROBED = "probed"
"""The key of a probe's result: it does not expire, because a probe needs a contact to try with."""

DIGEST_BYTES: Final = 8


class Settings:
    """The settings of one account: JSON values by key that expire after a day.

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
        """Store a JSON value."""
        with self._lock, self._state.atomic() as db:
            self._read.pop(key, None)
            db.execute(
                "INSERT OR REPLACE INTO setting VALUES (?, ?, ?, ?)",
                (self._account, key, _sealed(value), self._now_ms()),
            )

    def forget(self, key: str) -> None:
        """Delete a value, because a write was refused on account of it."""
        with self._lock, self._state.atomic() as db:
            self._read.pop(key, None)
            db.execute("DELETE FROM setting WHERE account = ? AND key = ?", (self._account, key))

    def forget_all(self) -> None:
        """Delete all settings of the account, except the result of a probe."""
        with self._lock, self._state.atomic() as db:
            self._read.clear()
            db.execute("DELETE FROM setting WHERE account = ? AND key <> ?", (self._account, PROBED))

    def probed(self) -> dict[str, Any]:
        """Return the result of the last probe, however old it is (R46); empty before the first one."""
        with self._lock:
            value, _ = self._load(PROBED)
        return value if isinstance(value, dict) and isinstance(value.get("at"), str) else {}

    def keep_probed(self, found: dict[str, Any]) -> None:
        """Store the result of a probe until the next one."""
        self.put(PROBED, found)

    def _load(self, key: str) -> tuple[Any, int]:
        """Return the value and when it was stored, 0 where there is none. It is read once: every write asks for it."""
        row = self._state.db.execute(
            "SELECT value, stored_ms FROM setting WHERE account = ? AND key = ?", (self._account, key)
        ).fetchone()
        self._read[key] = (None, 0) if row is None else (_content(key, row["value"]), row["stored_ms"])
        return self._read[key]


def _sealed(value: Any) -> str:
    return json.dumps({"digest": _digest(value), "value": value})


def _content(key: str, text: str) -> Any | None:
    """Return the value in a cell, None where it was changed in the file."""
    content = json.loads(text)
    if not isinstance(content, dict) or content.keys() != {"digest", "value"}:
        # Releases before the digests wrote a probe's result alone.
        return content if key == PROBED and _is_of_probe(content) else None
    value = content["value"]
    return value if content["digest"] == _digest(value) else None


def _is_of_probe(value: Any) -> bool:
    """Say whether a value has the shape of a probe's result of earlier releases: the time, yes or no for a call."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("at"), str)
        and all(isinstance(found, bool) for name, found in value.items() if name != "at")
    )


def _digest(value: Any) -> str:
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=DIGEST_BYTES).hexdigest()
