"""The documents of `sync status`, `sync conflicts` and `sync failures`, and the decisions of users.

Nothing here calls an account. A missing state file reads as an empty one, and reading does not create it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from connectors import registry
from state import connections
from state.access import is_missing, is_writable
from state.cursors import COVERED, Cursors
from state.damage import MISREAD, faults, told
from state.disk import telling
from state.file import StateFile
from state.heartbeat import is_daemon_there
from state.intervals import reach
from state.person_lookup import FoundPerson
from state.schedule import Planned, planned_runs
from state.webhook_hints import heard_at
from sync.config.model import Config, Connection, MessagesStream
from sync.engine.cell_checks import READERS, naming
from sync.errors import NotThere, UsageError
from sync.operations.rate_waits import waits_of
from sync.output.formats import WHOLE, time_text
from sync.rules.contact_codec import from_ms, to_ms
from sync.rules.streams import CONTACTS, MESSAGES

Document = dict[str, Any]
T = TypeVar("T")

ALL = -1
"""No limit."""


def status(config: Config) -> Document:
    """Return cursors, lag, last runs and open items of every connection of the config."""
    with looking(config) as db:
        return status_of(db, config)


def status_of(db: sqlite3.Connection, config: Config) -> Document:
    """Return the same from an open state file. The value of a damaged cell is None, and `damaged` names the cell."""
    known = _StateReader()
    planned = known(lambda: _planned(db, config)) or {}
    found = [_connection_status(db, config, name, planned, known) for name in config.connections]
    waits = known(lambda: waits_of(db, config.accounts, _now_ms() / 1000))
    damaged = [told(config.state.path, fault) for fault in faults(db, READERS)] if known.misread else []
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


def conflicts(config: Config) -> Document:
    """Return the conflicts that are not settled yet, oldest first."""
    with looking(config) as db:
        return {"conflicts": conflicts_of(db)}


def conflicts_of(db: sqlite3.Connection, after: int = 0, limit: int = ALL) -> list[Document]:
    """Return at most `limit` of them, after the one with the number `after`."""
    condition = "c.resolution IS NULL AND c.id > ? ORDER BY c.id LIMIT ?"
    return [_conflict(row) for row in db.execute(f"{_CONFLICTS} WHERE {condition}", (after, limit)).fetchall()]


def conflict(config: Config, conflict_id: int) -> Document:
    """Return one open conflict. Raises NotThere."""
    with looking(config) as db:
        return conflict_of(db, conflict_id)


def conflict_of(db: sqlite3.Connection, conflict_id: int) -> Document:
    """Return the same from an open state file. Raises NotThere."""
    return _conflict(_one_conflict(db, conflict_id))


def resolve(config: Config, conflict_id: int, *, side: str | None, value: str | None) -> Document:
    """Settle a conflict with the value of a side, or with another value; the next run writes it. Raises UsageError."""
    with _deciding(config) as db:
        row = _one_conflict(db, conflict_id)
        if row["field"] == WHOLE and side is None:
            raise UsageError(f"conflict {conflict_id} is about a deletion, which has no value; give --left or --right")
        if row["stream"] == MESSAGES and side is None:
            raise UsageError(f"conflict {conflict_id} is about a message; give --left or --right")
        resolution = side or _typed(config, row, value or "")
        db.execute("UPDATE conflict SET resolution = ? WHERE id = ?", (resolution, conflict_id))
        return _conflict(row)


def failures(config: Config) -> Document:
    """Return the open failures, oldest first."""
    with looking(config) as db:
        return {"failures": failures_of(db)}


def failures_of(db: sqlite3.Connection, after: int = 0, limit: int = ALL) -> list[Document]:
    """Return at most `limit` of them, after the one with the number `after`."""
    condition = "f.dismissed IS NULL AND f.id > ? ORDER BY f.id LIMIT ?"
    return [_failure(row) for row in db.execute(f"{_FAILURES} WHERE {condition}", (after, limit)).fetchall()]


def retry(config: Config, failure_id: int | None) -> Document:
    """Let the next run retry one failure, or all of them. Raises NotThere."""
    with _deciding(config) as db:
        condition, values = ("f.id = ?", (failure_id,)) if failure_id is not None else ("f.dismissed IS NULL", ())
        rows = db.execute(f"{_FAILURES} WHERE {condition} ORDER BY f.id", values).fetchall()
        if failure_id is not None and not rows:
            raise NotThere(f"there is no failure {failure_id}; see `sync failures list`")
        db.executemany(
            "UPDATE failure SET due_ms = 0, digest = NULL, dismissed = NULL WHERE id = ?",
            [(row["id"],) for row in rows],
        )
        return {"failures": [_failure(row) for row in rows]}


def dismiss(config: Config, failure_id: int, why: str) -> Document:
    """Remove a failure from the list until its record changes; the history keeps the reason. Raises NotThere."""
    with _deciding(config) as db:
        row = db.execute(f"{_FAILURES} WHERE f.id = ? AND f.dismissed IS NULL", (failure_id,)).fetchone()
        if row is None:
            raise NotThere(f"there is no failure {failure_id}; see `sync failures list`")
        db.execute("UPDATE failure SET dismissed = ? WHERE id = ?", (why, failure_id))
        db.execute(
            "INSERT INTO history (at_ms, run, connection, stream, account, record_id, field, new, rule)"
            " VALUES (?, '', ?, ?, ?, ?, '*', ?, 'dismissed')",
            (_now_ms(), row["connection"], row["stream"], row["account"], row["record_id"], json.dumps(why)),
        )
        return _failure(row)


def open_about(db: sqlite3.Connection, person: FoundPerson) -> Document:
    """Return the open conflicts and failures of a contact and its messages."""
    rows = db.execute(
        f"{_CONFLICTS} WHERE c.link = ? AND c.resolution IS NULL ORDER BY c.id", (person.link,)
    ).fetchall()
    failures = [
        row
        for record in person.records
        for row in db.execute(
            f"{_FAILURES} WHERE f.dismissed IS NULL AND f.connection = ? AND f.side = ? AND (f.stream = 'contacts' AND"
            " f.record_id = ? OR f.stream = 'messages' AND EXISTS (SELECT 1 FROM message m WHERE m.id = f.record_id"
            " AND m.connection = f.connection AND m.side = f.side AND m.contact_id = ?)) ORDER BY f.id",
            (record.connection, record.side, record.id, record.id),
        ).fetchall()
    ]
    return {"conflicts": [_conflict(row) for row in rows], "failures": [_failure(row) for row in failures]}


def back_up(config: Config, path: Path) -> Document:
    """Write a consistent copy of the state file. Raises StateError, and UsageError without a state file."""
    if not config.state.path.exists():
        raise UsageError(f"there is no state file {config.state.path} yet; create it with: sync run")
    with closing(StateFile.open(config.state.path)) as state:
        state.back_up(path)
    return {"state": str(config.state.path), "backup": str(path), "bytes": path.stat().st_size}


_CONFLICTS = (
    "SELECT c.*, n.name AS connection_name, n.left_account, n.right_account"
    " FROM conflict c JOIN connection n ON n.id = c.connection"
)
_FAILURES = "SELECT f.*, n.name AS connection_name FROM failure f JOIN connection n ON n.id = f.connection"


@contextmanager
def _opened(config: Config) -> Iterator[StateFile]:
    path = config.state.path
    with closing(StateFile.open_copy(path) if is_missing(path) else StateFile.open(path)) as state, telling(path):
        yield state


@contextmanager
def looking(config: Config) -> Iterator[sqlite3.Connection]:
    """Open the state file for reading, an empty one where there is none. Raises StateError.

    A file that is readable but not writable is read from a copy.
    """
    path = config.state.path
    state = StateFile.open(path) if is_writable(path) else StateFile.open_copy(path)
    with closing(state), telling(path), naming(path):
        yield state.db


@contextmanager
def _deciding(config: Config) -> Iterator[sqlite3.Connection]:
    with _opened(config) as state, naming(config.state.path), state.atomic() as db:
        yield db


def _plain(value: object) -> object:
    """Return a row or a planned run as JSON. Raises TypeError for everything that JSON cannot show."""
    if isinstance(value, sqlite3.Row):
        return repr(value)
    if isinstance(value, Planned):
        return [value.connection, value.stream, value.next_ms, value.delayed]
    raise TypeError(f"{type(value).__name__} cannot be shown")


def _planned(db: sqlite3.Connection, config: Config) -> dict[str, Planned]:
    """Return the next planned run of each connection; without a daemon nothing is planned."""
    runs = planned_runs(db)
    if not (runs and is_daemon_there(config.state.path)):
        return {}
    return {run.connection: run for run in reversed(runs)}  # the earliest one counts


def _connection_status(
    db: sqlite3.Connection, config: Config, name: str, planned: Mapping[str, Planned], known: _StateReader
) -> Document:
    next_run = planned.get(name)
    settings = config.connections[name]
    number = known(lambda: _number(db, name)) or 0
    streams = (CONTACTS, *([MESSAGES] if settings.messages is not None else []))
    return {
        "name": name,
        "streams": {stream: _stream_status(db, number, stream, settings, known) for stream in streams},
        "last_run": known(lambda: _last_run(db, number)),
        "next_run_at": known(lambda: _time(next_run.next_ms)) if next_run else None,
        "conflicts": _count(db, "conflict", number, "resolution IS NULL"),
        "failures": _count(db, "failure", number, "dismissed IS NULL"),
        "deleted": _count(db, "link", number, "gone IS NOT NULL"),
        "held": _count(db, "held", number, "TRUE"),
        **(known(lambda: _charged(db, config, name)) or {}),
        **(known(lambda: _webhooks(db, config, name)) or {}),
        **((known(lambda: {"delayed": next_run.delayed}) or {}) if next_run and next_run.delayed else {}),
    }


def _number(db: sqlite3.Connection, name: str) -> int:
    row = connections.find_connection(db, name)
    return int(row["id"]) if row else 0


def _stream_status(
    db: sqlite3.Connection, connection: int, stream: str, settings: Connection, known: _StateReader
) -> Document:
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
    return {"covered_to": {account: _time(ms) for account, ms in reached.items()}, "lag_seconds": _lag(reached)}


def _reach(cursors: Cursors, side: str) -> int | None:
    """Return up to when a side has been read. Raises the errors of a damaged cell."""
    reached = reach(cursors.intervals(side, COVERED), 0)
    _time(reached)
    return reached


def _leaving(settings: MessagesStream) -> tuple[str, ...]:
    """Return the sides that messages are synced from. The other side is read only where it lists its copies."""
    return {"left_to_right": ("left",), "right_to_left": ("right",)}.get(settings.direction, ("left", "right"))


def _charged(db: sqlite3.Connection, config: Config, name: str) -> Document:
    """Return how many company look-ups of the last 30 days may have been charged, where contacts are enriched."""
    connection = config.connections[name]
    if not connection.contacts.enrich:
        return {}
    from state.companies import KnownCompanies

    able = registry.kinds_with("company_lookup")
    asked = [side for side in (connection.left, connection.right) if config.accounts[side].connector in able]
    return {"charged": sum(KnownCompanies(db, account).count_questions(_now_ms()) for account in asked)}


def _webhooks(db: sqlite3.Connection, config: Config, name: str) -> Document:
    """Return when the last webhook arrived and how many records wait to be read, where webhooks are configured."""
    if config.webhooks is None:
        return {}
    waiting = db.execute("SELECT count(*) FROM hint WHERE connection = ?", (name,)).fetchone()[0]
    return {"webhooks": {"heard_at": _time(heard_at(db, name)), "waiting": waiting}}


def _lag(reached: Mapping[str, int | None]) -> float | None:
    known = [moment for moment in reached.values() if moment is not None]
    if len(known) < len(reached):
        return None
    return round(max(0, _now_ms() - min(known)) / 1000, 1)


def _last_run(db: sqlite3.Connection, connection: int) -> Document | None:
    row = db.execute(
        "SELECT * FROM run WHERE connection = ? ORDER BY started_ms DESC, id DESC LIMIT 1", (connection,)
    ).fetchone()
    if row is None:
        return None
    return {
        "run": row["id"],
        "status": row["status"],
        "started_at": _time(row["started_ms"]),
        "finished_at": _time(row["finished_ms"]),
    }


def _count(db: sqlite3.Connection, table: str, connection: int, condition: str) -> int:
    row = db.execute(f"SELECT count(*) FROM {table} WHERE connection = ? AND {condition}", (connection,)).fetchone()
    return int(row[0])


def _one_conflict(db: sqlite3.Connection, conflict_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(f"{_CONFLICTS} WHERE c.id = ?", (conflict_id,)).fetchone()
    if row is None:
        raise NotThere(f"there is no conflict {conflict_id}; see `sync conflicts list`")
    return row


def _conflict(row: sqlite3.Row) -> Document:
    sides = {
        side: {
            "account": row[f"{side}_account"],
            "value": json.loads(row[f"{side}_value"]),
            "changed_at": _time(row[f"{side}_changed_ms"]),
        }
        for side in ("left", "right")
    }
    return {
        "id": row["id"],
        "connection": row["connection_name"],
        "stream": row["stream"],
        "who": row["who"],
        "field": row["field"],
        **sides,
        "found_at": _time(row["found_ms"]),
        "run": row["run"],
    }


def _failure(row: sqlite3.Row) -> Document:
    return {
        "id": row["id"],
        "connection": row["connection_name"],
        "stream": row["stream"],
        "account": row["account"],
        "who": row["who"],
        "operation": row["operation"],
        "reason": row["reason"],
        "attempts": row["attempts"],
        "first_at": _time(row["first_ms"]),
        "last_at": _time(row["last_ms"]),
    }


def _typed(config: Config, row: sqlite3.Row, typed: str) -> str:
    from sync.operations.value_argument import read_value
    from sync.rules.translation import NAMELESS, terms

    connection = config.connections.get(row["connection_name"])
    value = read_value(row["field"], typed, connection.country if connection else "US")
    option = connection.contacts.fields.get(row["field"]) if connection else None
    if (
        option is not None
        and option.map
        and all(terms(option.map).carried(value, to) is NAMELESS for to in ("left", "right"))
    ):
        raise UsageError(f"--value {typed!r}: the map of {row['field']} in {config.path} has no such value")
    return f"value:{json.dumps(value, ensure_ascii=False)}"


def _time(milliseconds: int | None) -> str | None:
    moment = from_ms(milliseconds)
    return None if moment is None else time_text(moment)


def _now_ms() -> int:
    return to_ms(datetime.now(UTC)) or 0
