"""List messages that could not be carried as failures: the reasons, and when they are retried (R20, R22)."""

from typing import Final

from state.database import Transaction
from state.failures import Failure
from state.message_staging import StagedMessage
from sync.messages.context import MessageContext
from sync.streams.connection import Side
from sync.streams.write_errors import WriteErrors

NO_CONTACT: Final = "it waits for its contact, which could not be carried"
UNKNOWN: Final = "its copy was sent and no answer came; the next run looks for the copy before it sends it again"
BEHIND: Final = "an earlier message of the same contact has an unknown outcome; this message is copied after that one"


def list_failure(
    transaction: Transaction, context: MessageContext, side: Side, staged: StagedMessage, operation: str, reason: str,
    *, blockers: tuple[str, ...] = (), due_ms: int = 0,
) -> None:  # fmt: skip
    """List a message of `side` that could not be carried to the other side.

    `blockers` are the records that it waits for, as "SIDE:ID". `due_ms` is when it is retried, 0 for once a day.
    """
    target, who = context.connection.other(side), context.who(side, staged.contact_id)
    failure = Failure(
        side.name, staged.id, target.account, who, operation, f"message {staged.id}: {reason}",
        blockers, staged.digest, due_ms,
    )  # fmt: skip
    context.tables.failures.put_failure(transaction, failure, context.run.now_ms())


def write_errors(context: MessageContext) -> WriteErrors[StagedMessage]:
    """Return what sorts the errors of writes of messages."""

    def list_error(transaction: Transaction, side: Side, staged: StagedMessage, operation: str, reason: str) -> None:
        list_failure(transaction, context, side, staged, operation, reason)

    return WriteErrors(context.connection, context.tables.failures, context.errors, list_error)
