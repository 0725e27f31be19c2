"""List the values that a server refuses, or that are too long, and that a write leaves out (R42).

Rules kept here:
- no shadow holds such a value: it is tried again when its record changes, when the contact that it collides with
  changes, once a day, or when a user asks for it;
- a record has one failure, which names every refused value.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contact import Value
from connectors.errors import DuplicateRefused
from connectors.values.text import is_of_too_long
from state.database import Transaction
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.failures import note_failure
from sync.streams.connection import Side

OPERATION = "value"
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Rejection:
    """A value that a server refused, with its words; `other_id` is the contact that it collides with, if known."""

    value: Value
    reason: str
    other_id: str | None = None


def collision(value: Value, error: DuplicateRefused) -> Rejection:
    """Return the rejection of a value that another contact has already."""
    return Rejection(value, error.message, error.other_id)


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
    note_failure(transaction, context, source, staged, OPERATION, "; ".join(sentences), blockers=blockers)


def _too_long(source: Side, target: Side, unmapped: str | None) -> list[str]:
    found: Mapping[str, str] = json.loads(unmapped) if unmapped else {}
    return [
        f"{target.account} does not get {name} {raw}, and has the rest; shorten it at {source.account}"
        for name, raw in sorted(found.items())
        if is_of_too_long(raw)
    ]


def _sentence(target: Side, name: str, one: Rejection) -> str:
    value = ", ".join(one.value) if isinstance(one.value, tuple) else one.value or ""
    shown = f'"{value}"' if len(value) <= LONGEST else f'"{value[:LONGEST]}…"'
    other = f"; {target.account}:{one.other_id} has it" if one.other_id else ""
    return f"{target.account} refuses {name} {shown}, and has the rest: {one.reason}{other}"
