"""Values that a server refuses with an error: left out of a write, and listed with the reason (R42).

Rules kept here:
- nothing is agreed of such a value: it is tried again when its record changes, when the contact that it collides with
  does, once a day, or when a person asks for it;
- of one record there is one failure, which names every refused value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contact import Value
from connectors.errors import DuplicateRefused
from state.stage import Staged
from sync.contacts.context import Context, Side
from sync.contacts.trouble import note_failure

OPERATION = "value"
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Rejection:
    """A value that a server refused, with its words; `other_id` is the contact that it collides with, if it says so."""

    value: Value
    reason: str
    other_id: str | None = None


def collision(value: Value, error: DuplicateRefused) -> Rejection:
    """Return the rejection of a value that another contact has."""
    return Rejection(value, error.message, error.other_id)


def list_rejections(
    context: Context, source: Side, staged: Staged, target: Side, rejected: Mapping[str, Rejection]
) -> None:
    """List what of a record of `source` the target refused. Call inside `atomic`, after the rest is remembered."""
    if not rejected:
        return
    sentences = [_sentence(target, name, one) for name, one in sorted(rejected.items())]
    blockers = tuple(f"{target.name}:{one.other_id}" for one in rejected.values() if one.other_id)
    note_failure(context, source, staged, OPERATION, "; ".join(sentences), blockers=blockers)


def _sentence(target: Side, name: str, one: Rejection) -> str:
    value = ", ".join(one.value) if isinstance(one.value, tuple) else one.value or ""
    shown = f'"{value}"' if len(value) <= LONGEST else f'"{value[:LONGEST]}…"'
    other = f"; {target.account}:{one.other_id} has it" if one.other_id else ""
    return f"{target.account} refuses {name} {shown}, and has the rest: {one.reason}{other}"
