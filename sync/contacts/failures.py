"""What becomes of a record that could not be written.

A failure, a trouble to try again, or the end of the run (R22).
"""

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
from state.failures import Failure, Failures
from state.staging import Staged
from sync.contacts.context import Context
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.record_boundary import tell_mistake

PATIENCE_RUNS = 3
"""A record that alone meets transient errors in so many runs is a failure."""

PATIENCE_RECORDS = 3
"""So many records in a row that meet transient errors are not the records' fault."""


def note_failure(
    transaction: Transaction, context: Context, side: Side, staged: Staged, operation: str, reason: str, *,
    blockers: tuple[str, ...] = (), due_ms: int = 0,
) -> None:  # fmt: skip
    """List a record of `side` as a failure of an operation on the other side."""
    fields = contact_codec.decode(staged.contact).fields if staged.contact else {}
    context.tables.failures.put_failure(
        transaction,
        Failure(
            side.name,
            staged.id,
            context.connection.other(side).account,
            contact_codec.display_name(side.account, staged.id, fields),
            operation,
            reason,
            blockers,
            staged.digest,
            due_ms,
        ),
        context.run.now_ms(),
    )


def troubles_of(context: Context) -> "Troubles[Staged]":
    """Return what sorts the errors of people."""

    def listing(transaction: Transaction, side: Side, staged: Staged, operation: str, reason: str, due_ms: int) -> None:
        note_failure(transaction, context, side, staged, operation, reason, due_ms=due_ms)

    return Troubles(context, context.tables.failures, context.errors, listing)


def is_fatal(error: ConnectorError) -> bool:
    """Say whether the account as a whole can't be worked with."""
    return isinstance(error, AuthError | LoginNeeded | Unreachable | AllowanceSpent)


class StagedRecord(Protocol):
    """Whatever was staged of a record: it has an id."""

    @property
    def id(self) -> str:
        """Its id on its side."""


Record = TypeVar("Record", bound=StagedRecord)

List = Callable[[Transaction, Side, Record, str, str, int], None]
"""Lists a record of a side as a failure: operation, reason, and when to try again (milliseconds, 0 in a day)."""


class Troubles(Generic[Record]):
    """Sorts errors of single records for one account, and notices when it is the account that is sick.

    `listing` lists one as a failure; `failures` and `errors` are those of the stream, `run` tells the time.
    """

    def __init__(self, run: Context, failures: Failures, errors: list[str], listing: List[Record]) -> None:
        self._context = run
        self._failures = failures
        self._errors = errors
        self._list = listing
        self._in_a_row: dict[str, int] = {}

    def fine(self, side: Side) -> None:
        """A call to the account went through."""
        self._in_a_row[side.account] = 0

    def note(self, transaction: Transaction, side: Side, staged: Record, operation: str, error: ConnectorError) -> None:
        """Deal with the error of one record of `side` whose write to the other side failed.

        What makes the account useless is kept for `raise_fatal`, to be called outside.
        """
        target = self._context.connection.other(side)
        if isinstance(error, RecordError):
            self._list(transaction, side, staged, operation, f"{target.account} refuses it: {error.message}", 0)
            return
        if is_fatal(error):
            self._fatal = error
            return
        if isinstance(error, Broken):
            tell_mistake(error.cause, f"{side.account}:{staged.id}")
        if isinstance(error, Broken | OtherRecord | AnswerTooLarge):
            self._list(transaction, side, staged, operation, error.message, 0)
            return
        self._in_a_row[target.account] = self._in_a_row.get(target.account, 0) + 1
        if isinstance(error, TransientError) and self._in_a_row[target.account] >= PATIENCE_RECORDS:
            self._fatal = error
        self._put_off(transaction, side, staged, operation, error)

    _fatal: ConnectorError | None = None

    def _put_off(
        self, transaction: Transaction, side: Side, staged: Record, operation: str, error: ConnectorError
    ) -> None:
        """Leave a record for the next run, but not for ever."""
        if self._failures.count_trouble(transaction, side.name, staged.id) >= PATIENCE_RUNS:
            self._list(transaction, side, staged, operation, f"failed in {PATIENCE_RUNS} runs: {error.message}", 0)
        else:
            self._errors.append(str(error))

    def is_fatal(self) -> bool:
        """Say whether an error ends the run."""
        return self._fatal is not None

    def raise_fatal(self) -> None:
        """Raise the error that ends the run, if there was one."""
        if self._fatal is not None:
            raise self._fatal
