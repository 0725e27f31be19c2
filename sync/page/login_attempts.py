"""Limit how often tokens can be guessed: per address, with a wait that doubles after each wrong token beyond FREE.

While an address waits, no token is compared, so that a right one says nothing either. Logins and programs are counted
apart: a program with an old token keeps no user of the same machine out.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

FREE: Final = 5
"""Wrong tokens before the first wait."""
LONGEST: Final = 300.0
FORGOTTEN: Final = 3600.0
"""Seconds after the last wrong token until an address starts again."""
MOST: Final = 10_000
"""Addresses that are remembered."""


class LoginAttempts:
    """The wrong tokens by address; `now` is in seconds. Calls may come from several threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, key: str) -> float:
        """Return how many seconds an address has to wait, 0 where it may try."""
        with self._lock:
            count, last = self._wrong.get(key, (0, 0.0))
        passed = max(0.0, self._now() - last)
        if count < FREE or passed >= FORGOTTEN:
            return 0.0
        return max(0.0, min(LONGEST, 2.0 ** min(count - FREE, 20)) - passed)

    def note_wrong(self, key: str) -> None:
        """Count a wrong token."""
        with self._lock:
            count, last = self._wrong.pop(key, (0, 0.0))
            count = 0 if self._now() - last >= FORGOTTEN else count
            self._wrong[key] = (count + 1, self._now())
            if len(self._wrong) > MOST:
                self._wrong.popitem(last=False)

    def note_right(self, key: str) -> None:
        """Forget the wrong tokens of an address."""
        with self._lock:
            self._wrong.pop(key, None)
