"""Find the connections that are due for a full comparison; runs of a timer do the same as the daemon (R24)."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime

from state.file import StateFile
from state.progress import progress_of
from sync.config.model import Config, Connection
from sync.rules import contact_codec, messages
from sync.rules.contact_codec import from_ms
from sync.rules.schedule import StreamStatus, reconcile_at


def streams_of(connection: Connection) -> tuple[str, ...]:
    """Return the streams of a connection: contacts, and messages where the config has them."""
    return (contact_codec.STREAM,) if connection.messages is None else (contact_codec.STREAM, messages.STREAM)


def due_for_reconcile(config: Config, connections: Iterable[Connection], now: datetime) -> tuple[str, ...]:
    """Return the names of the connections that are due; a connection that never ran is not. Raises StateError."""
    if not config.state.path.exists():
        return ()
    with closing(StateFile.open(config.state.path)) as state:
        return tuple(one.name for one in connections if any(at <= now for at in _times(state, one, now)))


def _times(state: StateFile, connection: Connection, now: datetime) -> Iterator[datetime]:
    """Yield when each stream of a connection that ran before is due for a full comparison."""
    for stream in streams_of(connection):
        known = progress_of(state.db, connection.name, stream)
        if known is None:
            continue
        last = from_ms(known.reconciled_ms)
        # A time in the future was noted before the clock was set back: it counts as now.
        at = reconcile_at(last and min(last, now), connection.reconcile, StreamStatus())
        if at is not None:
            yield at
