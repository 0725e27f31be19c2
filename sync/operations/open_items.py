"""The documents of `sync conflicts` and `sync failures`, and the decisions of users. No account is called."""

import json
from typing import Any

from state import queries
from state.conflicts import resolve_conflict
from state.contact_lookup import FoundContact
from state.database import Database
from state.failures import dismiss_failure, make_due
from state.history import DISMISSED, History, HistoryEntry
from state.queries import ALL, OpenConflict, OpenFailure
from sync.config.model import Config
from sync.errors import NotThere, UsageError
from sync.operations.decisions import NEWEST, UNKNOWN, newest_side, record
from sync.operations.state_access import deciding, now_ms, reading
from sync.output.formats import WHOLE, ms_text
from sync.rules import shadow_codec
from sync.rules.streams import MESSAGES

Document = dict[str, Any]


def conflicts(config: Config) -> Document:
    """Return the conflicts that are not settled yet, oldest first."""
    with reading(config) as db:
        return {"conflicts": conflicts_of(db)}


def conflicts_of(
    db: Database, after: int = 0, limit: int = ALL, *, connection: str = "", field: str = "", fights: bool = False
) -> list[Document]:
    """Return at most `limit` of them, after the one with the number `after`; those of a connection, of a field."""
    found = queries.open_conflicts(db, after, limit, connection=connection, field=field, fights=fights)
    return [_conflict(one) for one in found]


def conflict(config: Config, conflict_id: int) -> Document:
    """Return one open conflict. Raises NotThere."""
    with reading(config) as db:
        return conflict_of(db, conflict_id)


def conflict_of(db: Database, conflict_id: int) -> Document:
    """Return the same from an open state file. Raises NotThere."""
    return _conflict(_one_conflict(db, conflict_id))


def resolve(
    config: Config, conflict_id: int, *, side: str | None, value: str | None, by: str | None = None
) -> Document:
    """Settle a conflict with the value of a side ('newest': of the one that was edited last), or with another value.

    The next run writes it. `by` is who decides, by default the user of the process. Raises UsageError.
    """
    with deciding(config) as transaction:
        found = _one_conflict(transaction, conflict_id)
        if found.field == WHOLE and side is None:
            raise UsageError(f"conflict {conflict_id} is about a deletion, which has no value; give --left or --right")
        if found.stream == MESSAGES and side is None:
            raise UsageError(f"conflict {conflict_id} is about a message; give --left or --right")
        resolution = _side(found, side) if side else _typed(config, found, value or "")
        resolve_conflict(transaction, conflict_id, resolution)
        record(transaction, found, resolution, by or _user_name())
        return _conflict(found)


def failures(config: Config) -> Document:
    """Return the open failures, oldest first."""
    with reading(config) as db:
        return {"failures": failures_of(db)}


def failures_of(db: Database, after: int = 0, limit: int = ALL, *, connection: str = "") -> list[Document]:
    """Return at most `limit` of them, after the one with the number `after`; those of a connection."""
    return [_failure(found) for found in queries.open_failures(db, after, limit, connection=connection)]


def retry(config: Config, failure_id: int | None) -> Document:
    """Let the next run retry one failure, or all of them. Raises NotThere."""
    with deciding(config) as transaction:
        if failure_id is None:
            found = queries.open_failures(transaction)
        else:
            found = [_one_failure(queries.find_failure(transaction, failure_id), failure_id)]
        make_due(transaction, [one.id for one in found])
        return {"failures": [_failure(one) for one in found]}


def dismiss(config: Config, failure_id: int, why: str) -> Document:
    """Remove a failure from the list until its record changes; the history keeps the reason. Raises NotThere."""
    with deciding(config) as transaction:
        found = _one_failure(queries.find_failure(transaction, failure_id, dismissed=False), failure_id)
        dismiss_failure(transaction, failure_id, why)
        entry = HistoryEntry(None, found.account, found.record_id, WHOLE, None, json.dumps(why), DISMISSED)
        History(transaction, found.connection, found.stream).add_entries(transaction, [entry], "", now_ms())
        return _failure(found)


def open_about(db: Database, person: FoundContact) -> Document:
    """Return the open conflicts and failures of a contact and its messages."""
    return {
        "conflicts": [_conflict(found) for found in queries.conflicts_of_link(db, person.link)],
        "failures": [_failure(found) for record in person.records for found in queries.failures_of_contact(db, record)],
    }


def _one_conflict(db: Database, conflict_id: int) -> OpenConflict:
    found = queries.find_conflict(db, conflict_id)
    if found is None:
        raise NotThere(f"there is no conflict {conflict_id}; see `sync conflicts list`")
    return found


def _user_name() -> str:
    from sync.engine.approval import user_name  # it loads what runs need, and lists need not

    return user_name()


def _side(conflict: OpenConflict, side: str) -> str:
    """Return the side that wins. Raises UsageError where neither is known to be newer."""
    winner = newest_side(conflict) if side == NEWEST else side
    if not winner:
        raise UsageError(f"conflict {conflict.id}: {UNKNOWN}; give --left or --right")
    return winner


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
            "value": shadow_codec.parse(found.field, found.left_value),
            "changed_at": ms_text(found.left_changed_ms),
        },
        "right": {
            "account": found.right_account,
            "value": shadow_codec.parse(found.field, found.right_value),
            "changed_at": ms_text(found.right_changed_ms),
        },
        "found_at": ms_text(found.found_ms),
        "run": found.run,
        **({"reason": found.reason} if found.reason else {}),
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
        "first_at": ms_text(found.first_ms),
        "last_at": ms_text(found.last_ms),
    }


def _typed(config: Config, conflict: OpenConflict, typed: str) -> str:
    from sync.engine.field_settings import exchange_of
    from sync.operations.value_argument import read_value
    from sync.rules.translation import NO_TRANSLATION

    connection = config.connections.get(conflict.connection_name)
    option = connection.contacts.fields.get(conflict.field) if connection else None
    value = read_value(conflict.field, typed, connection.country if connection else "US", option)
    exchange = exchange_of(conflict.field, option, "both", grouped=False) if option is not None else None
    if exchange is not None and all(exchange.carried(value, to) is NO_TRANSLATION for to in ("left", "right")):
        transform = option.transform if option is not None else None
        raise UsageError(f"--value {typed!r}: the {transform} of {conflict.field} in {config.path} has no such value")
    return f"value:{json.dumps(value, ensure_ascii=False)}"
