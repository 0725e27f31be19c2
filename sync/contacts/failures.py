"""List contacts that could not be written as failures (R22)."""

from state.database import Transaction
from state.failures import Failure
from state.staging import Staged
from sync.contacts.context import Context
from sync.rules import contact_codec
from sync.streams.connection import Side
from sync.streams.write_errors import WriteErrors


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


def write_errors(context: Context) -> WriteErrors[Staged]:
    """Return what sorts the errors of writes of contacts."""

    def list_failure(transaction: Transaction, side: Side, staged: Staged, operation: str, reason: str) -> None:
        note_failure(transaction, context, side, staged, operation, reason)

    return WriteErrors(context.connection, context.tables.failures, context.errors, list_failure)
