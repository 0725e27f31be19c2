"""Decide whether a stream of the daemon may run: the user pauses connections, and approves first runs (R45)."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from state import approvals, connections, pauses
from state.database import Database
from state.file import StateFile
from state.queries import has_completed_run
from sync.config.model import Config, Connection
from sync.engine.due import streams_of
from sync.output.formats import ms_text
from sync.rules.contact_codec import to_ms
from sync.rules.streams import CONTACTS

AGAIN_MS: Final = 86_400_000
"""A plan that waits for the user is made again after a day, so that the user sees what is true."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a stream may do now: nothing, for a reason, or run these streams; `waits` if its plan needs an approval."""

    reason: str = ""
    streams: tuple[str, ...] = ()
    waits: bool = False


def turn_of(config: Config, connection: Connection, stream: str, now: datetime) -> Turn:
    """Return what a stream may do now. A first run has all streams of its connection, so that it is approved once."""
    if not config.state.path.exists():
        return _first_turn(connection, stream, None, 0)
    with closing(StateFile.open(config.state.path)) as state:
        return _turn(state.db, connection, stream, to_ms(now) or 0)


def _turn(db: Database, connection: Connection, stream: str, now_ms: int) -> Turn:
    pause = pauses.pause_of(db, connection.name)
    if pause is not None:
        return Turn(f"paused since {ms_text(pause.since_ms)}; end it with: growthsync resume {connection.name}")
    known = connections.find_connection(db, connection.name)
    if known is not None and has_completed_run(db, known.id):
        return Turn(streams=(stream,))
    return _first_turn(connection, stream, approvals.approval_of(db, known.id) if known else None, now_ms)


def _first_turn(connection: Connection, stream: str, stored: approvals.StoredApproval | None, now_ms: int) -> Turn:
    if connection.first_run == "go":
        return Turn(streams=(stream,))
    if stream != CONTACTS:
        return Turn(f"the first run of {connection.name} comes with its contacts")
    if stored is not None and stored.waits and 0 <= now_ms - stored.asked_ms < AGAIN_MS:
        return Turn(f"the first run waits until a user approves it, with: growthsync approve {connection.name}")
    return Turn(streams=tuple(streams_of(connection)), waits=True)
