"""Approve the plan of a run that waits, and pause and resume connections (R45)."""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from state import approvals, connections, pauses, queries
from state.database import Database
from state.file import StateFile
from sync.config.model import Config
from sync.config.value_types import suggest
from sync.errors import NotThere
from sync.operations.state_access import now_ms, reading
from sync.output.formats import ms_text
from sync.output.proposal import Proposal

Document = Mapping[str, Any]


def waiting_proposal(config: Config, name: str) -> Proposal | None:
    """Return the plan of a connection that waits for the user, None without one. Raises NotThere."""
    confirm_connection(config, name)
    if not config.state.path.exists():
        return None
    with reading(config) as db:
        return waiting_of(db, name)


def waiting_of(db: Database, name: str) -> Proposal | None:
    """Return the plan of a connection that waits for the user, None without one."""
    connection = connections.find_connection(db, name)
    stored = approvals.approval_of(db, connection.id) if connection is not None else None
    return Proposal.from_json(stored.plan) if stored is not None and stored.waits else None


def is_first(config: Config, name: str) -> bool:
    """Return whether no run of a connection has ended yet. Raises NotThere."""
    confirm_connection(config, name)
    if not config.state.path.exists():
        return True
    with reading(config) as db:
        connection = connections.find_connection(db, name)
        return connection is None or not queries.has_completed_run(db, connection.id)


def approve(config: Config, name: str, run: str, approved_by: str) -> Document:
    """Approve the plan of that run of a connection. Raises NotThere where another plan waits by now, or none."""
    with closing(StateFile.open(config.state.path)) as state, state.atomic() as transaction:
        connection = connections.find_connection(transaction, name)
        stored = approvals.approval_of(transaction, connection.id) if connection is not None else None
        if connection is None or stored is None or not stored.waits or stored.run != run:
            raise NotThere(f"{name}: this plan does not wait any more; look again with: growthsync approve {name}")
        approvals.approve(transaction, connection.id, approved_by, now_ms())
    return {
        "connection": name, "approved": True, "kind": stored.kind, "run": run, "approved_by": approved_by,
        "next": f"growthsync run --connection {name}",
    }  # fmt: skip


def pause(config: Config, name: str, paused_by: str) -> Document:
    """Pause a connection: no run of it starts by itself. Raises NotThere."""
    return _in_state(config, name, lambda transaction: pauses.pause(transaction, name, paused_by, now_ms()))


def resume(config: Config, name: str) -> Document:
    """End the pause of a connection. Raises NotThere."""
    return _in_state(config, name, lambda transaction: pauses.resume(transaction, name))


def paused_connections(config: Config) -> list[str]:
    """Return the connections of the config that are paused."""
    if not config.state.path.exists():
        return []
    with reading(config) as db:
        return [name for name in config.connections if pauses.pause_of(db, name) is not None]


def confirm_connection(config: Config, name: str) -> None:
    """Raise NotThere where the config has no such connection."""
    if name not in config.connections:
        known = suggest(name, config.connections)
        raise NotThere(f"{name}: {config.path} has no such connection; allowed is {known}")


def _in_state(config: Config, name: str, change: Callable[[Any], bool]) -> Document:
    confirm_connection(config, name)
    with closing(StateFile.open(config.state.path)) as state:
        with state.atomic() as transaction:
            changed = change(transaction)
        found = pauses.pause_of(state.db, name)
    return {
        "connection": name, "paused": found is not None, "changed": changed,
        "since": ms_text(found.since_ms) if found else None,
    }  # fmt: skip
