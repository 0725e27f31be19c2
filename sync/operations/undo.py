"""Find the connection of the run that `sync undo` restores."""

from collections.abc import Sequence

from state.history import find_run, recent_runs
from sync.config.model import Config
from sync.config.value_types import suggest
from sync.errors import UsageError
from sync.operations.state_access import reading
from sync.output.formats import ms_text
from sync.output.text import aligned

SHOWN_RUNS = 10


def connection_of(config: Config, run: str) -> str:
    """Return the name of a run's connection.

    Raises UsageError where the state does not know the run, with the latest runs, or the config not the connection.
    """
    with reading(config) as db:
        name = find_run(db, run)
        if name is None:
            raise UsageError(_unknown(run, recent_runs(db, SHOWN_RUNS)))
    if name not in config.connections:
        known = suggest(name, config.connections)
        raise UsageError(
            f"run {run} was a run of the connection {name}, which is not in {config.path}; allowed is {known}"
        )
    return name


def _unknown(run: str, recent: Sequence[tuple[str, str, int, str | None]]) -> str:
    if not recent:
        return f"there is no run {run}; the state file knows no runs yet"
    rows = [
        (name, connection, ms_text(began) or "", status or "not ended") for name, connection, began, status in recent
    ]
    lines = [f"  {line}" for line in aligned(rows)]
    return "\n".join([f"there is no run {run} in the state file; the latest runs are", *lines])
