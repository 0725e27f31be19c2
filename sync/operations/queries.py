"""The documents of `sync status`, `sync conflicts` and `sync failures`, and the decisions of users.

Nothing here calls an account. A missing state file reads as an empty one, and reading does not create it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from connectors import registry
from state import connections
from state import queries as stored
from state.access import is_missing, is_writable
from state.conflicts import resolve_conflict
from state.cursors import COVERED, Cursors
from state.damage import MISREAD, faults, told
from state.database import Database, Transaction
from state.disk import telling
from state.failures import dismiss_failure, make_due
from state.file import StateFile
from state.heartbeat import is_daemon_there
from state.history import DISMISSED, History, HistoryEntry
from state.intervals import reach
from state.person_lookup import FoundPerson
from state.queries import ALL, OpenConflict, OpenFailure
from state.schedule import Planned, planned_runs
from state.webhook_hints import count_of_connection, heard_at
from sync.config.model import Config, Connection, MessagesStream
from sync.engine.cell_checks import READERS, naming
from sync.errors import NotThere, UsageError
from sync.operations.rate_waits import waits_of
from sync.output.formats import WHOLE, time_text
from sync.rules.contact_codec import from_ms, to_ms
from sync.rules.streams import CONTACTS, MESSAGES

Document = dict[str, Any]
T = TypeVar("T")


def status(config: Config) -> Document:
    """Return cursors, lag, last runs and open items of every connection of the config."""
    with looking(config) as db:
        return status_of(db, config)


def status_of(db: Database, config: Config) -> Document:
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


def conflicts_of(db: Database, after: int = 0, limit: int = ALL) -> list[Document]:
    """Return at most `limit` of them, after the one with the number `after`."""
    return [_conflict(found) for found in stored.open_conflicts(db, after, limit)]


def conflict(config: Config, conflict_id: int) -> Document:
    """Return one open conflict. Raises NotThere."""
    with looking(config) as db:
        return conflict_of(db, conflict_id)


def conflict_of(db: Database, conflict_id: int) -> Document:
    """Return the same from an open state file. Raises NotThere."""
    return _conflict(_one_conflict(db, conflict_id))


def resolve(config: Config, conflict_id: int, *, side: str | None, value: str | None) -> Document:
    """Settle a conflict with the value of a side, or with another value; the next run writes it. Raises UsageError."""
    with _deciding(config) as transaction:
        found = _one_conflict(transaction, conflict_id)
        if found.field == WHOLE and side is None:
            raise UsageError(f"conflict {conflict_id} is about a deletion, which has no value; give --left or --right")
        if found.stream == MESSAGES and side is None:
            raise UsageError(f"conflict {conflict_id} is about a message; give --left or --right")
        resolve_conflict(transaction, conflict_id, side or _typed(config, found, value or ""))
        return _conflict(found)


def failures(config: Config) -> Document:
    """Return the open failures, oldest first."""
    with looking(config) as db:
        return {"failures": failures_of(db)}


def failures_of(db: Database, after: int = 0, limit: int = ALL) -> list[Document]:
    """Return at most `limit` of them, after the one with the number `after`."""
    return [_failure(found) for found in stored.open_failures(db, after, limit)]


def retry(config: Config, failure_id: int | None) -> Document:
    """Let the next run retry one failure, or all of them. Raises NotThere."""
    with _deciding(config) as transaction:
        if failure_id is None:
            found = stored.open_failures(transaction)
        else:
            found = [_one_failure(stored.find_failure(transaction, failure_id), failure_id)]
        make_due(transaction, [one.id for one in found])
        return {"failures": [_failure(one) for one in found]}


def dismiss(config: Config, failure_id: int, why: str) -> Document:
    """Remove a failure from the list until its record changes; the history keeps the reason. Raises NotThere."""
    with _deciding(config) as transaction:
        found = _one_failure(stored.find_failure(transaction, failure_id, dismissed=False), failure_id)
        dismiss_failure(transaction, failure_id, why)
        entry = HistoryEntry(None, found.account, found.record_id, WHOLE, None, json.dumps(why), DISMISSED)
        History(transaction, found.connection, found.stream).add_entries(transaction, [entry], "", _now_ms())
        return _failure(found)


def open_about(db: Database, person: FoundPerson) -> Document:
    """Return the open conflicts and failures of a contact and its messages."""
    return {
        "conflicts": [_conflict(found) for found in stored.conflicts_of_link(db, person.link)],
        "failures": [_failure(found) for record in person.records for found in stored.failures_of_contact(db, record)],
    }


def back_up(config: Config, path: Path) -> Document:
    """Write a consistent copy of the state file. Raises StateError, and UsageError without a state file."""
    if not config.state.path.exists():
        raise UsageError(f"there is no state file {config.state.path} yet; create it with: sync run")
    with closing(StateFile.open(config.state.path)) as state:
        state.back_up(path)
    return {"state": str(config.state.path), "backup": str(path), "bytes": path.stat().st_size}


@contextmanager
def _opened(config: Config) -> Iterator[StateFile]:
    path = config.state.path
    with closing(StateFile.open_copy(path) if is_missing(path) else StateFile.open(path)) as state, telling(path):
        yield state


@contextmanager
def looking(config: Config) -> Iterator[Database]:
    """Open the state file for reading, an empty one where there is none. Raises StateError.

    A file that is readable but not writable is read from a copy.
    """
    path = config.state.path
    state = StateFile.open(path) if is_writable(path) else StateFile.open_copy(path)
    with closing(state), telling(path), naming(path):
        yield state.db


@contextmanager
def _deciding(config: Config) -> Iterator[Transaction]:
    with _opened(config) as state, naming(config.state.path), state.atomic() as transaction:
        yield transaction


def _plain(value: object) -> object:
    """Return a planned run as JSON. Raises TypeError for everything that JSON cannot show."""
    if isinstance(value, Planned):
        return [value.connection, value.stream, value.next_ms, value.delayed]
    raise TypeError(f"{type(value).__name__} cannot be shown")


def _planned(db: Database, config: Config) -> dict[str, Planned]:
    """Return the next planned run of each connection; without a daemon nothing is planned."""
    runs = planned_runs(db)
    if not (runs and is_daemon_there(config.state.path)):
        return {}
    return {run.connection: run for run in reversed(runs)}  # the earliest one counts


def _connection_status(
    db: Database, config: Config, name: str, planned: Mapping[str, Planned], known: _StateReader
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
        **asdict(stored.open_counts(db, number)),
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
    return {"covered_to": {account: _time(ms) for account, ms in reached.items()}, "lag_seconds": _lag(reached)}


def _reach(cursors: Cursors, side: str) -> int | None:
    """Return up to when a side has been read. Raises the errors of a damaged cell."""
    reached = reach(cursors.intervals(side, COVERED), 0)
    _time(reached)
    return reached


def _leaving(settings: MessagesStream) -> tuple[str, ...]:
    """Return the sides that messages are synced from. The other side is read only where it lists its copies."""
    return {"left_to_right": ("left",), "right_to_left": ("right",)}.get(settings.direction, ("left", "right"))


def _charged(db: Database, config: Config, name: str) -> Document:
    """Return how many company look-ups of the last 30 days may have been charged, where contacts are enriched."""
    connection = config.connections[name]
    if not connection.contacts.enrich:
        return {}
    from state.companies import KnownCompanies

    able = registry.kinds_with("company_lookup")
    asked = [side for side in (connection.left, connection.right) if config.accounts[side].connector in able]
    return {"charged": sum(KnownCompanies(db, account).count_questions(_now_ms()) for account in asked)}


def _webhooks(db: Database, config: Config, name: str) -> Document:
    """Return when the last webhook arrived and how many records wait to be read, where webhooks are configured."""
    if config.webhooks is None:
        return {}
    return {"webhooks": {"heard_at": _time(heard_at(db, name)), "waiting": count_of_connection(db, name)}}


def _lag(reached: Mapping[str, int | None]) -> float | None:
    known = [moment for moment in reached.values() if moment is not None]
    if len(known) < len(reached):
        return None
    return round(max(0, _now_ms() - min(known)) / 1000, 1)


def _last_run(db: Database, connection: int) -> Document | None:
    found = stored.last_run(db, connection)
    if found is None:
        return None
    return {
        "run": found.id,
        "status": found.status,
        "started_at": _time(found.started_ms),
        "finished_at": _time(found.finished_ms),
    }


def _one_conflict(db: Database, conflict_id: int) -> OpenConflict:
    found = stored.find_conflict(db, conflict_id)
    if found is None:
        raise NotThere(f"there is no conflict {conflict_id}; see `sync conflicts list`")
    return found


def _one_failure(found: OpenFailure | None, failure_id: int) -> OpenFailure:
    if found is None:
        raise NotThere(f"there is no failure {failure_id}; see `sync failures list`")
    return found


def _conflict(found: OpenConflict) -> Document:
    return {
        "id": found.id,
        "connection": found.connection_name,
        "stream": found.stream,
        "who": found.who,
        "field": found.field,
        "left": {
            "account": found.left_account,
            "value": json.loads(found.left_value),
            "changed_at": _time(found.left_changed_ms),
        },
        "right": {
            "account": found.right_account,
            "value": json.loads(found.right_value),
            "changed_at": _time(found.right_changed_ms),
        },
        "found_at": _time(found.found_ms),
        "run": found.run,
    }


def _failure(found: OpenFailure) -> Document:
    return {
        "id": found.id,
        "connection": found.connection_name,
        "stream": found.stream,
        "account": found.account,
        "who": found.who,
        "operation": found.operation,
        "reason": found.reason,
        "attempts": found.attempts,
        "first_at": _time(found.first_ms),
        "last_at": _time(found.last_ms),
    }


def _typed(config: Config, conflict: OpenConflict, typed: str) -> str:
    from sync.operations.value_argument import read_value
    from sync.rules.translation import NO_TRANSLATION, terms

    connection = config.connections.get(conflict.connection_name)
    value = read_value(conflict.field, typed, connection.country if connection else "US")
    option = connection.contacts.fields.get(conflict.field) if connection else None
    if (
        option is not None
        and option.map
        and all(terms(option.map).carried(value, to) is NO_TRANSLATION for to in ("left", "right"))
    ):
        raise UsageError(f"--value {typed!r}: the map of {conflict.field} in {config.path} has no such value")
    return f"value:{json.dumps(value, ensure_ascii=False)}"


def _time(milliseconds: int | None) -> str | None:
    moment = from_ms(milliseconds)
    return None if moment is None else time_text(moment)


def _now_ms() -> int:
    return to_ms(datetime.now(UTC)) or 0
