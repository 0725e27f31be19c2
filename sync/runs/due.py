"""Which connections are due for a comparison in full: a timer's runs do as the daemon does (R24)."""

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime

from state.file import StateFile
from state.progress import progress_of
from sync.config.model import Config, Connection
from sync.decisions.people import STREAM, from_ms
from sync.decisions.scheduling import Standing, reconcile_at


def due_for_reconcile(config: Config, connections: Iterable[Connection], now: datetime) -> tuple[str, ...]:
    """Return the names of the connections that are due. One that never ran is not. Raises StateError."""
    if not config.state.path.exists():
        return ()
    with closing(StateFile.open(config.state.path)) as state:
        progress = {one.name: progress_of(state.db, one.name, STREAM) for one in connections}
    spans = {name: config.connections[name].reconcile for name in progress}
    times = {
        name: reconcile_at(from_ms(known.reconciled_ms), spans[name], Standing())
        for name, known in progress.items()
        if known is not None
    }
    return tuple(name for name, at in times.items() if at is not None and at <= now)
