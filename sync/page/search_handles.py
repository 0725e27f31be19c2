"""Replace search texts by random names, so that no URL in a browser or a log holds personal data."""

import secrets
from collections import OrderedDict
from threading import Lock
from typing import Final

MOST: Final = 500


class SearchHandles:
    """The latest searches, by their names. Calls may come from several threads."""

    def __init__(self) -> None:
        self._typed: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def keep(self, typed: str) -> str:
        """Store a search text, and return its name."""
        handle = secrets.token_urlsafe(16)
        with self._lock:
            self._typed[handle] = typed
            # The oldest search is dropped, so that a long-running daemon needs no more memory.
            if len(self._typed) > MOST:
                self._typed.popitem(last=False)
        return handle

    def typed(self, handle: str) -> str | None:
        """Return the search text of a name, None after it was dropped."""
        return self._typed.get(handle)
