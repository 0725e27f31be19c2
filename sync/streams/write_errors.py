"""Sort the errors of writes: a failure of one record, a retry in the next run, or the end of the run (R22, R42)."""

from collections import Counter
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from connectors.errors import (
    AllowanceSpent,
    AnswerTooLarge,
    AuthError,
    Broken,
    ConnectorError,
    LoginNeeded,
    OtherRecord,
    RecordError,
    TransientError,
    Unreachable,
)
from state.database import Transaction
from state.failures import Failures
from sync.streams.connection import ConnectionSides, Side
from sync.streams.record_boundary import PATIENCE_RECORDS, PATIENCE_RUNS, log_defect


def is_fatal(error: ConnectorError) -> bool:
    """Return whether the account as a whole cannot be used."""
    return isinstance(error, AuthError | LoginNeeded | Unreachable | AllowanceSpent)


class StagedRecord(Protocol):
    """A record of either stream as it is staged."""

    @property
    def id(self) -> str:
        """Its id at its own side."""


Record = TypeVar("Record", bound=StagedRecord)

ListFailure = Callable[[Transaction, Side, Record, str, str], None]
"""Lists a record of a side as a failure: operation and reason."""


class WriteErrors(Generic[Record]):
    """The errors of one run's writes in one stream.

    `failures` and `errors` are those of the stream; an error that the next run retries goes into `errors`.
    """

    def __init__(
        self, connection: ConnectionSides, failures: Failures, errors: list[str], list_failure: ListFailure[Record]
    ) -> None:
        self._connection = connection
        self._failures = failures
        self._errors = errors
        self._list_failure = list_failure
        self._in_a_row: Counter[str] = Counter()
        self._fatal: ConnectorError | None = None

    def note_success(self, side: Side) -> None:
        """Note that a call to the account went through."""
        self._in_a_row[side.account] = 0

    def note_error(
        self, transaction: Transaction, side: Side, staged: Record, operation: str, error: ConnectorError
    ) -> None:
        """Handle the error of one record of `side` that could not be written to the other side.

        An error that makes the account useless is kept for `raise_fatal`, which is called outside the transaction.
        """
        target = self._connection.other(side)
        if isinstance(error, RecordError):
            self._list_failure(transaction, side, staged, operation, f"{target.account} refuses it: {error.message}")
        elif is_fatal(error):
            self._fatal = error
        elif isinstance(error, Broken | OtherRecord | AnswerTooLarge):
            if isinstance(error, Broken):
                log_defect(error.cause, f"{side.account}:{staged.id}")
            self._list_failure(transaction, side, staged, operation, error.message)
        else:
            self._in_a_row[target.account] += 1
            # Several records in a row fail because of the account, not because of the records.
            if isinstance(error, TransientError) and self._in_a_row[target.account] >= PATIENCE_RECORDS:
                self._fatal = error
            self._put_off(transaction, side, staged, operation, error)

    def is_fatal(self) -> bool:
        """Return whether an error ends the run."""
        return self._fatal is not None

    def raise_fatal(self) -> None:
        """Raise the error that ends the run, if there was one."""
        if self._fatal is not None:
            raise self._fatal

    def _put_off(
        self, transaction: Transaction, side: Side, staged: Record, operation: str, error: ConnectorError
    ) -> None:
        """Leave a record to the next run, until it has failed in PATIENCE_RUNS runs."""
        if self._failures.count_trouble(transaction, side.name, staged.id) >= PATIENCE_RUNS:
            reason = f"failed in {PATIENCE_RUNS} runs: {error.message}"
            self._list_failure(transaction, side, staged, operation, reason)
        else:
            self._errors.append(str(error))
