"""Failures of messages: which are listed, with what reason, and when they are tried again (R20, R22)."""

from state.database import Transaction
from state.failures import Failure
from state.message_staging import StagedMessage
from sync.contacts.failures import Troubles
from sync.messages.context import MessageContext
from sync.streams.connection import Side

CREATE, WAITS = "create", "wait"
"""Operations of failures: a copy that could not be made, and a message that waits for its person."""

WITHOUT_PERSON = "it waits for its person, who could not be carried"
UNKNOWN = "the answer to its copying never came; it is looked for before it is copied again"
BEHIND = "an earlier message of the same person has an unknown outcome; it is copied after that one"


def list_failure(
    transaction: Transaction, context: MessageContext, side: Side, staged: StagedMessage, operation: str, reason: str,
    *, blockers: tuple[str, ...] = (), due_ms: int = 0,
) -> None:  # fmt: skip
    """List a message of `side` that could not be carried to the other."""
    failure = Failure(
        side.name,
        staged.id,
        context.connection.other(side).account,
        context.who(side, staged.contact_id),
        operation,
        f"message {staged.id}: {reason}",
        blockers,
        staged.digest,
        due_ms,
    )
    context.tables.failures.put_failure(transaction, failure, context.run.now_ms())


def troubles_of(context: MessageContext) -> Troubles[StagedMessage]:
    """Return what sorts the errors of messages."""

    def listing(
        transaction: Transaction, side: Side, staged: StagedMessage, operation: str, reason: str, due_ms: int
    ) -> None:
        list_failure(transaction, context, side, staged, operation, reason, due_ms=due_ms)

    return Troubles(context.contacts, context.tables.failures, context.errors, listing)
