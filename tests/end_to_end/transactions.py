"""No call is made while a transaction is open: it would hold the write lock for as long as a server takes to answer,
and the book of calls, which has a connection of its own, could not be written meanwhile.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from state.call_log import SharedCallLog
from state.file import StateFile


@contextmanager
def no_call_inside_a_transaction() -> Iterator[None]:
    """Fail at once where a call is about to be made inside `atomic`, instead of when SQLite has waited long enough."""
    opened = 0
    atomic, revise = StateFile.atomic, SharedCallLog.revise

    @contextmanager
    def counted(state: StateFile) -> Iterator[sqlite3.Connection]:
        nonlocal opened
        with atomic(state) as db:
            opened += 1
            try:
                yield db
            finally:
                opened -= 1

    def watched(ledger: SharedCallLog, account: str, change: Callable[[str], str]) -> None:
        assert not opened, f"a call to {account} while a transaction is open"
        revise(ledger, account, change)

    with patch.object(StateFile, "atomic", counted), patch.object(SharedCallLog, "revise", watched):
        yield
