"""List contacts and values that could not be written as failures (R22, R42).

Rules kept here:
- no shadow holds a value that a server refused, or that is too long: it is tried again when its record changes, when
  the contact that it collides with changes, once a day, or when a user asks for it;
- a record has one failure, which names every refused value.
"""

import json
from collections.abc import Mapping

from connectors.values.text import is_of_too_long
from state.database import Transaction
from state.failures import Failure
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.pair_update import Rejection
from sync.contacts.staged_records import name_of
from sync.streams.connection import Side
from sync.streams.write_errors import WriteErrors

VALUE = "value"
LONGEST_SHOWN = 80


def note_failure(
    transaction: Transaction, context: Context, side: Side, staged: Staged, operation: str, reason: str, *,
    blockers: tuple[str, ...] = (), due_ms: int = 0,
) -> None:  # fmt: skip
    """List a record of `side` as a failure of an operation on the other side."""
    context.tables.failures.put_failure(
        transaction,
        Failure(
            side.name,
            staged.id,
            context.connection.other(side).account,
            name_of(side, staged),
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


def list_rejections(  # noqa: PLR0917 (a record, where it would go, and the two kinds of values that do not)
    transaction: Transaction,
    context: Context,
    source: Side,
    staged: Staged,
    target: Side,
    rejected: Mapping[str, Rejection],
    unmapped: str | None,
) -> None:
    """List the values of a source record that the target refused, and those of its `unmapped` values that are too long.

    Call it after the rest of the record is stored: storing closes its failures.
    """
    sentences = [_sentence(target, name, one) for name, one in sorted(rejected.items())]
    sentences += _too_long(source, target, unmapped)
    if not sentences:
        return
    blockers = tuple(f"{target.name}:{one.other_id}" for one in rejected.values() if one.other_id)
    note_failure(transaction, context, source, staged, VALUE, "; ".join(sentences), blockers=blockers)


def _too_long(source: Side, target: Side, unmapped: str | None) -> list[str]:
    found: Mapping[str, str] = json.loads(unmapped) if unmapped else {}
    return [
        f"{target.account} does not get {name} {raw}, and has the rest; shorten it at {source.account}"
        for name, raw in sorted(found.items())
        if is_of_too_long(raw)
    ]


def _sentence(target: Side, name: str, one: Rejection) -> str:
    value = ", ".join(one.value) if isinstance(one.value, tuple) else one.value or ""
    shown = f'"{value}"' if len(value) <= LONGEST_SHOWN else f'"{value[:LONGEST_SHOWN]}…"'
    other = f"; {target.account}:{one.other_id} has it" if one.other_id else ""
    return f"{target.account} refuses {name} {shown}, and has the rest: {one.reason}{other}"
