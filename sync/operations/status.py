"""`sync status`: the progress of every connection and what is open, without any call."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

from connectors import registry
from state import approvals, connections, pauses, queries
from state.activity import activities
from state.cursors import COVERED, Cursors
from state.damage import MISREAD, damage_message, damaged_cells
from state.database import Database
from state.heartbeat import is_connection_running, is_daemon_running
from state.intervals import reach
from state.schedule import PlannedRun, planned_runs
from state.webhook_hints import count_hints_of, last_webhook_ms
from sync.config.model import Config, Connection, MessagesStream
from sync.operations.rate_waits import waits_of
from sync.operations.state_access import now_ms, reading
from sync.output.formats import ms_text
from sync.rules.pace import pace_of
from sync.rules.streams import CONTACTS, MESSAGES
from sync.streams.cell_checks import READERS

Document = dict[str, Any]
T = TypeVar("T")


def read_status(config: Config) -> Document:
    """Return cursors, lag, last runs and open items of every connection of the config."""
    with reading(config) as db:
        return status_of(db, config)


def status_of(db: Database, config: Config) -> Document:
    """Return the same from an open state file. The value of a damaged cell is None, and `damaged` names the cell."""
    known = _StateReader()
    planned = known(lambda: _planned(db, config)) or {}
    found = [_connection_status(db, config, name, planned, known) for name in config.connections]
    waits = known(lambda: waits_of(db, config.accounts, now_ms() / 1000))
    damaged = (
        [damage_message(config.state.path, fault) for fault in damaged_cells(db, READERS)] if known.misread else []
    )
    return {
        "connections": found,
        **({"waits": waits} if waits else {}),
        **({"damaged": damaged} if known.misread else {}),
    }


class _StateReader:
    """Read parts of the state one by one, and remember whether one could not be read."""

    def __init__(self) -> None:
        self.misread = False

    def __call__(self, read: Callable[[], T]) -> T | None:
        """Return the part, None where it cannot be read or shown as JSON."""
        try:
            found = read()
            json.dumps(found, default=_plain)
        except MISREAD:
            self.misread = True
            return None
        return found


def _plain(value: object) -> object:
    """Return a planned run as JSON. Raises TypeError for everything that JSON cannot show."""
    if isinstance(value, PlannedRun):
        return [value.connection, value.stream, value.next_ms, value.delayed]
    raise TypeError(f"{type(value).__name__} cannot be shown")


def _planned(db: Database, config: Config) -> dict[str, PlannedRun]:
    """Return the next planned run of each connection; without a daemon nothing is planned."""
    runs = planned_runs(db)
    if not (runs and is_daemon_running(config.state.path)):
        return {}
    return {run.connection: run for run in reversed(runs)}  # the earliest one counts


def _connection_status(
    db: Database, config: Config, name: str, planned: Mapping[str, PlannedRun], known: _StateReader
) -> Document:
    next_run = planned.get(name)
    settings = config.connections[name]
    number = known(lambda: _number(db, name)) or 0
    streams = (CONTACTS, *([MESSAGES] if settings.messages is not None else []))
    return {
        "name": name,
        "streams": {stream: _stream_status(db, number, stream, settings, known) for stream in streams},
        "last_run": known(lambda: _last_run(db, number)),
        "next_run_at": known(lambda: ms_text(next_run.next_ms)) if next_run else None,
        **asdict(queries.open_counts(db, number)),
        **(known(lambda: _held_back(db, number, name)) or {}),
        **(known(lambda: _progress(db, config, name)) or {}),
        **(known(lambda: _charged(db, config, name)) or {}),
        **(known(lambda: _webhooks(db, config, name)) or {}),
        **((known(lambda: {"delayed": next_run.delayed}) or {}) if next_run and next_run.delayed else {}),
    }


def _number(db: Database, name: str) -> int:
    found = connections.find_connection(db, name)
    return found.id if found else 0


def _stream_status(db: Database, connection: int, stream: str, settings: Connection, known: _StateReader) -> Document:
    """Return the progress of a stream. A side that is not read, because its messages are not synced, is left out."""
    cursors = Cursors(db, connection, stream)
    accounts = {"left": settings.left, "right": settings.right}
    reached = {account: known(partial(_reach, cursors, side)) for side, account in accounts.items()}
    if stream == MESSAGES and settings.messages is not None:
        leaving = _leaving(settings.messages)
        reached = {
            account: moment
            for (side, account), moment in zip(accounts.items(), reached.values(), strict=True)
            if side in leaving or moment is not None
        }
    return {"covered_to": {account: ms_text(ms) for account, ms in reached.items()}, "lag_seconds": _lag(reached)}


def _reach(cursors: Cursors, side: str) -> int | None:
    """Return up to when a side has been read. Raises the errors of a damaged cell."""
    reached = reach(cursors.intervals(side, COVERED), 0)
    ms_text(reached)
    return reached


def _leaving(settings: MessagesStream) -> tuple[str, ...]:
    """Return the sides that messages are synced from. The other side is read only where it lists its copies."""
    return {"left_to_right": ("left",), "right_to_left": ("right",)}.get(settings.direction, ("left", "right"))


def _held_back(db: Database, number: int, name: str) -> Document:
    """Return since when the connection is paused, and since when a run of it waits for the user (R45)."""
    pause, approval = pauses.pause_of(db, name), approvals.approval_of(db, number)
    found: Document = {}
    if pause is not None:
        found["paused"] = {"since": ms_text(pause.since_ms), "by": pause.paused_by}
    if approval is not None and approval.waits:
        found["waiting"] = {"kind": approval.kind, "run": approval.run, "since": ms_text(approval.asked_ms)}
    return found


def _progress(db: Database, config: Config, name: str) -> Document:
    """Return how far the present run of a connection is. What a killed run left behind is none."""
    found = activities(db).get(name)
    if found is None or not is_connection_running(config.state.path, name):
        return {}
    pace = pace_of(found.done, found.total, (found.moved_ms - found.step_ms) / 1000)
    return {
        "progress": {
            "run": found.run, "step": found.step, "done": found.done, "total": found.total,
            "per_second": pace.per_second, "seconds_left": pace.seconds_left, "began_at": ms_text(found.began_ms),
        }
    }  # fmt: skip


def _charged(db: Database, config: Config, name: str) -> Document:
    """Return how many company look-ups of the last 30 days may have been charged, where contacts are enriched."""
    connection = config.connections[name]
    if not connection.contacts.enrich:
        return {}
    from state.companies import CompanyCache

    able = registry.kinds_with("company_lookup")
    asked = [side for side in (connection.left, connection.right) if config.accounts[side].connector in able]
    return {"charged": sum(CompanyCache(db, account).count_questions(now_ms()) for account in asked)}


def _webhooks(db: Database, config: Config, name: str) -> Document:
    """Return when the last webhook arrived and how many records wait to be read, where webhooks are configured."""
    if config.webhooks is None:
        return {}
    return {"webhooks": {"heard_at": ms_text(last_webhook_ms(db, name)), "waiting": count_hints_of(db, name)}}


def _lag(reached: Mapping[str, int | None]) -> float | None:
    known = [moment for moment in reached.values() if moment is not None]
    if len(known) < len(reached):
        return None
    return round(max(0, now_ms() - min(known)) / 1000, 1)


def _last_run(db: Database, connection: int) -> Document | None:
    found = queries.last_run(db, connection)
    if found is None:
        return None
    return {
        "run": found.id,
        "status": found.status,
        "started_at": ms_text(found.started_ms),
        "finished_at": ms_text(found.finished_ms),
    }
