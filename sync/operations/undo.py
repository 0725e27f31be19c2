"""What `sync undo` needs beside a run: which connection a run was of, and what was not put back, for people."""

from collections.abc import Sequence

from state.history import find_run, recent_runs
from sync.config.model import Config
from sync.config.value_types import suggest
from sync.errors import UsageError
from sync.operations.queries import looking
from sync.output.formats import time_text
from sync.output.text import aligned
from sync.rules.contact_codec import from_ms

SHOWN_RUNS = 10


def connection_of(config: Config, run: str) -> str:
    """Return the name of the connection that a run was of.

    Raises UsageError where the state knows no such run, with those that it knows, or the config no such connection.
    """
    with looking(config) as db:
        name = find_run(db, run)
        if name is None:
            raise UsageError(_unknown(run, recent_runs(db, SHOWN_RUNS)))
    if name not in config.connections:
        known = suggest(name, config.connections)
        raise UsageError(f"run {run} was of the connection {name}, which {config.path} does not have; it has {known}")
    return name


def _unknown(run: str, recent: Sequence[tuple[str, str, int, str | None]]) -> str:
    if not recent:
        return f"there is no run {run}; the state file knows no run at all"
    rows = [(name, connection, _time(began), status or "not ended") for name, connection, began, status in recent]
    lines = [f"  {line}" for line in aligned(rows)]
    return "\n".join([f"there is no run {run} in the state file; the last ones were", *lines])


def _time(milliseconds: int) -> str:
    moment = from_ms(milliseconds)
    return time_text(moment) if moment else ""
