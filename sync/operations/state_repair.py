"""`sync state repair`: delete unreadable cells of the state file where the next run reads the values again."""

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from state.cell_repair import repair_cells
from state.connections import connection_names
from state.damage import DamagedCell, damaged_cells
from state.disk import raising_unwritable
from state.file import StateFile
from state.lock import hold_connection
from sync.config.model import Config
from sync.errors import UsageError
from sync.rules.contact_codec import to_ms
from sync.streams.cell_checks import READERS

Document = dict[str, Any]


def repair(config: Config) -> Document:
    """Delete the damaged cells that can be read again, and return these and the others.

    Raises UsageError without a state file, StateError, LockHeld.
    """
    path = config.state.path
    if not path.exists():
        raise UsageError(f"there is no state file {path} yet; create it with: sync run")
    with ExitStack() as stack:
        stack.enter_context(raising_unwritable(path))
        state = StateFile.open(path)
        stack.callback(state.close)
        # A damaged name cannot be locked, and no run can use that connection either.
        for name in connection_names(state.db):
            stack.enter_context(hold_connection(state, name, to_ms(datetime.now(UTC)) or 0))
        found = list(damaged_cells(state.db, READERS))
        with state.atomic() as transaction:
            repair_cells(transaction, found)
        left = list(damaged_cells(state.db, READERS))
    return {
        "state": str(path),
        "dropped": [_document(fault) for fault in found if fault.is_repairable],
        "left": [_document(fault) for fault in left],
    }


def _document(fault: DamagedCell) -> Document:
    return {"table": fault.table, "row": fault.row, "column": fault.column, "reason": fault.reason}
