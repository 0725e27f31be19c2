"""Settle many conflicts at once, and record who settled what and when: the history keeps it, `sync explain` shows it.

Rules kept here: a conflict about a deletion is settled only by its number, or where its field is named; where neither
side is known to be newer, the conflict stays open and is listed.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from state import queries
from state.conflicts import resolve_conflict
from state.database import Transaction
from state.history import SETTLED, History, HistoryEntry
from state.queries import OpenConflict
from sync.config.model import Config
from sync.operations.state_access import deciding, now_ms
from sync.output.formats import WHOLE
from sync.rules.streams import CONTACTS

Document = dict[str, Any]

NEWEST: Final = "newest"
UNKNOWN: Final = "neither side is known to have been edited later"
DELETION: Final = "it is about a deletion: settle it by its number"


def settle_many(
    config: Config,
    field: str | None,
    connections: tuple[str, ...],
    side: str,
    by: str,
    confirm: Callable[[int, int], None],
    *,
    keeps: Callable[[OpenConflict], bool] = lambda _conflict: True,
) -> Document:
    """Settle the open conflicts of a field, or of every field, for 'left', 'right' or 'newest'.

    `confirm` gets how many will be settled and how many stay open, before anything is stored; it may raise. Only
    conflicts that `keeps` takes are meant.
    """
    with deciding(config) as transaction:
        chosen = [
            one
            for one in queries.open_conflicts(transaction)
            if field in (None, one.field) and (not connections or one.connection_name in connections) and keeps(one)
        ]
        decided = [(one, *_decided(one, side, is_named=field is not None)) for one in chosen]
        settled = [(one, winner) for one, winner, _ in decided if winner]
        confirm(len(settled), len(decided) - len(settled))
        for one, winner in settled:
            resolve_conflict(transaction, one.id, winner)
            record(transaction, one, winner, by)
        return {
            "settled": [_short(one) | {"side": winner} for one, winner in settled],
            "left_open": [_short(one) | {"reason": why} for one, winner, why in decided if not winner],
        }


def newest_side(conflict: OpenConflict) -> str:
    """Return the side that was edited last, '' where that is not known."""
    left, right = conflict.left_changed_ms, conflict.right_changed_ms
    if left is None or right is None or left == right:
        return ""
    return "left" if left > right else "right"


def record(transaction: Transaction, conflict: OpenConflict, resolution: str, by: str) -> None:
    """Store in the history of the contact who settled a conflict, and how."""
    account, record_id = queries.contact_of_conflict(transaction, conflict.id) or (conflict.left_account, "")
    how = f"{conflict.field}: {resolution.removeprefix('value:')}, by {by}"
    entry = HistoryEntry(None, account, record_id, WHOLE, None, json.dumps(how, ensure_ascii=False), SETTLED)
    History(transaction, conflict.connection, CONTACTS).add_entries(transaction, [entry], "", now_ms())


def _decided(conflict: OpenConflict, side: str, *, is_named: bool) -> tuple[str, str]:
    """Return the side that wins, or '' and why the conflict stays open."""
    if conflict.field == WHOLE and not is_named:
        return "", DELETION
    winner = newest_side(conflict) if side == NEWEST else side
    return (winner, "") if winner else ("", UNKNOWN)


def _short(conflict: OpenConflict) -> Document:
    return {
        "id": conflict.id,
        "connection": conflict.connection_name,
        "stream": conflict.stream,
        "who": conflict.who,
        "field": conflict.field,
    }
