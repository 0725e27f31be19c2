"""History, conflicts and failures that also write a line to the log about each record.

A line names a record by account and id, and contains none of its values (P8).
"""

from collections.abc import Iterable, Mapping

from state.conflicts import Conflict, Conflicts
from state.database import Database, Transaction
from state.failures import Failure, Failures
from state.history import History, HistoryEntry
from state.links import records_of_link
from sync.output import event_log


def logged_tables(
    db: Database, connection: int, stream: str, accounts: Mapping[str, str], *, dry: bool
) -> tuple[History, Conflicts, Failures]:
    """Return the tables of a stream that runs fill; a dry run fills a copy and writes nothing to the log.

    `accounts` are the names of left and right.
    """
    key = (db, connection, stream)
    if dry:
        return History(*key), Conflicts(*key), Failures(*key)
    return LoggedHistory(*key), LoggedConflicts(*key), LoggedFailures(*key, accounts)


class LoggedHistory(History):
    """A history that logs each field that is written."""

    def add_entries(self, transaction: Transaction, entries: Iterable[HistoryEntry], run: str, now_ms: int) -> None:
        """Append entries, and log them."""
        kept = list(entries)
        super().add_entries(transaction, kept, run, now_ms)
        if event_log.is_enabled("debug"):
            for entry in kept:
                record = f"{entry.account}:{entry.record_id}"
                event_log.debug(
                    "record changed", stream=self._key[1], record=record, field=entry.field, rule=entry.rule
                )


class LoggedFailures(Failures):
    """Failures that are logged when they are listed. `accounts` are the names of left and right."""

    def __init__(self, db: Database, connection: int, stream: str, accounts: Mapping[str, str]) -> None:
        super().__init__(db, connection, stream)
        self._accounts = accounts

    def put_failure(self, transaction: Transaction, failure: Failure, now_ms: int) -> None:
        """List a failure, and log it."""
        super().put_failure(transaction, failure, now_ms)
        record = f"{self._accounts[failure.side]}:{failure.record_id}"
        event_log.warning(
            "record not carried",
            stream=self._key[1],
            record=record,
            account=failure.account,
            operation=failure.operation,
            reason=failure.reason,
        )


class LoggedConflicts(Conflicts):
    """Conflicts that are logged when they open."""

    def put_conflict(self, transaction: Transaction, conflict: Conflict) -> None:
        """Open a conflict, or update an open one, and log it."""
        known = conflict.field in self.of_link(conflict.link)
        super().put_conflict(transaction, conflict)
        records = records_of_link(transaction, conflict.link)
        log = event_log.debug if known else event_log.warning
        log("conflict", stream=self._key[1], link=conflict.link, field=conflict.field, **records)
