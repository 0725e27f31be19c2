"""`sync explain`: return everything that the state knows about a contact. No account is called.

Per contact: both ids; every value that was written, with its source, its rule and its run; the values that both sides
last agreed on; and what is open, held, refused or unmapped (R17).
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.contact import FIELDS
from state import connections, person_lookup
from state.history import REFUSED, HistoryLine
from state.person_lookup import FoundPerson
from sync.config.model import Config
from sync.config.value_types import suggest
from sync.errors import UsageError
from sync.operations import queries
from sync.operations.contact_argument import ContactArgument, parse_who
from sync.operations.forget import is_forgotten
from sync.output.formats import WHOLE, time_text
from sync.rules import shadow_codec
from sync.rules.contact_codec import from_ms, who

Document = dict[str, Any]


def explain(config: Config, typed: str, field: str | None) -> Document:
    """Return the contacts that match, with their history, or that of one field. Raises UsageError."""
    with queries.looking(config) as db:
        return explain_in(db, config, typed, field)


def explain_in(db: sqlite3.Connection, config: Config, typed: str, field: str | None) -> Document:
    """Return the same from an open state file. Raises UsageError."""
    if field is not None and field not in FIELDS:
        raise UsageError(f"there is no field {field}; allowed is {suggest(field, FIELDS)}")
    asked = parse_who(typed, config, person_lookup.accounts(db))
    found = person_lookup.persons(db, asked.records(db))
    return {
        "people": [_person(db, person, asked, field) for person in found],
        "forgotten": not found and is_forgotten(db, asked),
    }


def _person(db: sqlite3.Connection, person: FoundPerson, asked: ContactArgument, field: str | None) -> Document:
    link = _link(db, person)
    accounts = {record.side: record.account for record in person.records}
    agreed = _agreed(db, person, link)
    history = person_lookup.history(db, person)
    owed = _owed(db, person, accounts)
    agreed = {name: values for name, values in agreed.items() if name not in {one["field"] for one in owed}}
    facts: dict[str, Any] = {
        "agreed": agreed,
        "owed": owed,
        "held": _held(db, person, agreed),
        "refused": _refused(history),
        "unmapped": _unmapped(link, accounts),
        **queries.open_about(db, person),
    }
    return {
        "ids": dict(person.ids),
        "who": _who(db, person, agreed, asked),
        "connection": _connection(db, person),
        "linked": link is not None,
        "deleted_from": accounts.get(link["gone"]) if link is not None and link["gone"] else None,
        "history": [_event(line) for line in history if field in (None, line.entry.field)],
        **{name: _of_field(name, value, field) for name, value in facts.items()},
        "unanswered": _unanswered(db, person),
    }


def _event(line: HistoryLine) -> Document:
    entry = line.entry
    event: Document = {
        "at": _time(line.at_ms),
        "run": line.run,
        "account": entry.account,
        "field": entry.field,
        "old": _value(entry.old),
        "new": _value(entry.new),
        "rule": entry.rule,
        "id": entry.record_id,
        "source": entry.source,
        "stream": line.stream,
    }
    if entry.shown is not None:
        event["shown"] = _value(entry.shown)
    if line.undoes is not None:
        event["undoes"] = line.undoes
    return event


def _of_field(name: str, value: Any, field: str | None) -> Any:
    """Return the part of a fact that concerns the field; all of it without a field."""
    if field is None:
        return value
    if name == "agreed":
        return {key: each for key, each in value.items() if key == field}
    if name == "failures":
        return value
    if name == "unmapped":
        return {account: {key: text for key, text in each.items() if key == field} for account, each in value.items()}
    return [each for each in value if each["field"] == field]


def _link(db: sqlite3.Connection, person: FoundPerson) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM link WHERE id = ?", (person.link,)).fetchone()
    return row


def _agreed(db: sqlite3.Connection, person: FoundPerson, link: sqlite3.Row | None) -> dict[str, dict[str, Any]]:
    """Return the values that both sides last agreed on, by field and account; fields empty on both are left out."""
    if link is None:
        return {}
    _, fields = connections.mappings(db, person.connection)[link["mapping"]]
    names = [each.partition(" ")[0] for each in fields]  # the name of a moved field is followed by its place
    found: dict[str, dict[str, Any]] = {}
    for record in person.records:
        for name, value in shadow_codec.decode(link[f"{record.side}_shadow"], names).items():
            found.setdefault(name, {})[record.account] = value
    return {name: values for name, values in found.items() if any(value is not None for value in values.values())}


def _held(db: sqlite3.Connection, person: FoundPerson, agreed: Mapping[str, Mapping[str, Any]]) -> list[Document]:
    rows = db.execute("SELECT * FROM held WHERE link = ? ORDER BY field", (person.link,))
    return [
        {
            "field": row["field"],
            "values": {account: agreed.get(row["field"], {}).get(account) for account in person.ids},
            "since": _time(row["since_ms"]),
            "run": row["run"],
        }
        for row in rows
    ]


def _owed(db: sqlite3.Connection, person: FoundPerson, accounts: Mapping[str, str]) -> list[Document]:
    """Return the values that wait for a place at an account (R41)."""
    rows = db.execute("SELECT side, field, value FROM owed WHERE link = ? ORDER BY field", (person.link,))
    return [
        {"account": accounts.get(row["side"], row["side"]), "field": row["field"], "value": _value(row["value"])}
        for row in rows.fetchall()
    ]


def _unmapped(link: sqlite3.Row | None, accounts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    if link is None:
        return {}
    found = {account: link[f"{side}_unmapped"] for side, account in accounts.items()}
    return {account: json.loads(text) for account, text in found.items() if text}


def _refused(history: Sequence[HistoryLine]) -> list[Document]:
    """Return the values that a server refused, unless the field was written since."""
    last = {(line.entry.account, line.entry.field): line for line in history if line.entry.field != WHOLE}
    return [
        {"account": account, "field": field, "value": _value(line.entry.new), "at": _time(line.at_ms)}
        for (account, field), line in last.items()
        if line.entry.rule == REFUSED
    ]


def _unanswered(db: sqlite3.Connection, person: FoundPerson) -> list[Document]:
    """Return the creates with an unknown outcome (R20)."""
    found = []
    for record in person.records:
        rows = db.execute(
            "SELECT i.*, c.left_account, c.right_account FROM intent i JOIN connection c ON c.id = i.connection"
            " WHERE i.connection = ? AND i.stream = 'contacts' AND i.source_id = ? AND i.side <> ? ORDER BY i.id",
            (record.connection, record.id, record.side),
        )
        found += [
            {"account": row[f"{row['side']}_account"], "run": row["run"], "sent_at": _time(row["sent_ms"])}
            for row in rows
        ]
    return found


def _who(
    db: sqlite3.Connection, person: FoundPerson, agreed: Mapping[str, Mapping[str, Any]], asked: ContactArgument
) -> str:
    """Return the name of a contact in all output: its e-mail address, else its number, else its id."""
    for record in person.records:
        row = db.execute(
            "SELECT email, phones FROM person WHERE connection = ? AND side = ? AND id = ?",
            (record.connection, record.side, record.id),
        ).fetchone()
        if row is not None and (row["email"] or row["phones"]):
            return str(row["email"] or json.loads(row["phones"])[0])
    values = {name: next(filter(None, each.values()), None) for name, each in agreed.items()}
    first = person.records[0]
    return asked.email or who(first.account, first.id, values)


def _connection(db: sqlite3.Connection, person: FoundPerson) -> str:
    return str(db.execute("SELECT name FROM connection WHERE id = ?", (person.connection,)).fetchone()[0])


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _time(milliseconds: int) -> str | None:
    moment = from_ms(milliseconds)
    return None if moment is None else time_text(moment)
