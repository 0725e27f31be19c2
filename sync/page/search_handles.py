"""Random names for what people searched for, so that no address in a browser or a log tells of anybody."""

import secrets
from collections import OrderedDict
from threading import Lock
from typing import Final

MOST: Final = 500


class SearchHandles:
    """The last searches, by their names. Calls may come from several threads."""

    def __init__(self) -> None:
        self._typed: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def keep(self, typed: str) -> str:
        """Remember what was typed, and return its name."""
        handle = secrets.token_urlsafe(16)
        with self._lock:
            self._typed[handle] = typed
            if len(self._typed) > MOST:
                self._typed.popitem(last=False)
        return handle

    def typed(self, handle: str) -> str | None:
        """Return what was typed, None where that is not remembered any more."""
        return self._typed.get(handle)
