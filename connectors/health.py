"""Tell a server that fails at a page because of a record in it from a server that is down (R42).

Rules kept here:
- a page is read around only while a plain, small read succeeds. If that fails as well, the server is down and the
  reading ends: smaller pages would only cost the same patience again;
- after a plain read the failed page is asked for once more, because the server may have been down for a moment;
- one plain read is enough for a reading. Another one is made after AGAIN failed pages in a row;
- a reading may fail MOST times. Later failures are named as a whole. If the server has not shown any record by then, no
  record is the reason.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from connectors.errors import AnswerTooLarge, PageCrashed, PageTimedOut, ServerTrouble
from connectors.records import UnreadableRow

AGAIN: Final = 8
MOST: Final = 500


class Health:
    """The state of the lists of one account. `probe` makes the plain read and returns the server's time of it."""

    def __init__(self, account: str, probe: Callable[[], datetime]) -> None:
        self.served_at: datetime | None = None
        self._account = account
        self._probe = probe
        self._in_a_row = 0
        self._failures = 0
        self._is_known = False
        self._has_shown = False

    @property
    def is_failing(self) -> bool:
        """Whether the last page failed. Its parts are asked for once each."""
        return self._in_a_row > 0

    @property
    def is_spent(self) -> bool:
        """Whether this reading has failed so often that nothing is cut any smaller."""
        return self._failures >= MOST

    def begin(self) -> None:
        """Begin another reading."""
        self._in_a_row, self._failures, self._is_known, self._has_shown = 0, 0, False, False

    def answered(self, served_at: datetime, *, rows: int) -> None:
        """Record a page that came, and how many rows it shows."""
        self.served_at, self._in_a_row = served_at, 0
        self._has_shown = self._has_shown or rows > 0

    def failed(self, error: AnswerTooLarge, *, smallest: bool = False) -> bool:
        """Record a page that failed. Return whether to ask for the same page again. Raises ServerTrouble.

        An answer that is too large comes from a server that is up, except for the `smallest` page.
        """
        if not smallest and not isinstance(error, PageCrashed | PageTimedOut):
            return False
        self._in_a_row += 1
        self._failures += 1
        if self.is_spent and not self._has_shown:
            raise ServerTrouble(self._account, f"it fails at each list that is not empty: {error.message}")
        if self._is_known and self._in_a_row % AGAIN:
            return False
        try:
            self.served_at = self._probe()
        except AnswerTooLarge as failure:
            raise ServerTrouble(self._account, f"it fails at a plain read too: {failure.message}") from failure
        self._is_known = True
        return isinstance(error, PageCrashed)


def refuse_to_tell(account: str, unread: Sequence[UnreadableRow]) -> None:
    """Raise ServerTrouble where a searched list has unreadable parts.

    The record may be in one of them: to take it for missing could create it a second time (R20).
    """
    if unread:
        raise ServerTrouble(
            account, f"what is searched for may be in a part of the list that cannot be read: {unread[0].reason}"
        )
