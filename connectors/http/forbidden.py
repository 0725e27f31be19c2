"""Decide whether a 403 concerns one record or the whole account (R42).

Rules kept here:
- a firewall refuses single calls with 403, for a word in their body or for no reason, and a server may forbid one
  record. Neither says anything about the token;
- so after a 403 for one record a plain read is made. If that is refused too, the account is concerned;
- an answer that names a scope says itself that the token lacks it;
- too many refused records in a row concern the account as well.
"""

import re
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from connectors.errors import ConnectorError, Forbidden, RecordRefused

MOST_IN_A_ROW: Final = 20
FORBIDDEN: Final = 403

_SCOPE: Final = re.compile(r"\bscopes?\b", re.IGNORECASE)


def names_scope(said: str) -> bool:
    """Say whether an answer names a scope that a token lacks."""
    return _SCOPE.search(said) is not None


Result = TypeVar("Result")


class ForbiddenCheck:
    """Classifies the 403 of one account. `plain_read` asks for something small that the account surely may read."""

    def __init__(self, plain_read: Callable[[], object]) -> None:
        self._plain_read = plain_read
        self._lock = threading.Lock()
        self._in_a_row = 0

    def of_record(self, call: Callable[[], Result]) -> Result:
        """Make a call about one record. Raises RecordRefused where the server forbids only this one."""
        try:
            result = call()
        except Forbidden as error:
            raise self._judged(error) from error
        with self._lock:
            self._in_a_row = 0
        return result

    def _judged(self, error: Forbidden) -> ConnectorError:
        with self._lock:
            self._in_a_row += 1
            too_many = self._in_a_row > MOST_IN_A_ROW
        if too_many or names_scope(error.said):
            return error
        self._plain_read()
        said = f"{error.said}; a plain read is let through, so this is about the one record or about a firewall"
        return RecordRefused(error.account, said, (error.said,), status=FORBIDDEN)
