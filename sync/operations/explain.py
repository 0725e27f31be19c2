"""`sync explain`: return everything that the state knows about a contact. No account is called.

Per contact: both ids; every value that was written, with its source, its rule and its run; the values that both sides
last agreed on; and what is open, held, refused or unmapped (R17).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from state import connections, contact_lookup
from state.contact_lookup import STREAM, FoundContact
from state.database import Database
from state.history import REFUSED, SETTLED, HistoryLine
from state.holds import Holds
from state.links import Link, Links
from state.owed_values import owed_of_link
from state.parked import parked_sides
from state.queries import open_intents
from sync.config.field_places import field_names
from sync.config.model import Config
from sync.config.value_types import suggest
from sync.errors import UsageError
from sync.operations import open_items
from sync.operations.contact_argument import ContactArgument, parse_who
from sync.operations.forget import is_forgotten
from sync.operations.left_out import why_left_out
from sync.operations.state_access import reading
from sync.output.formats import WHOLE, ms_text
from sync.rules import shadow_codec
from sync.rules.contact_codec import display_name

Document = dict[str, Any]


def explain(config: Config, typed: str, field: str | None) -> Document:
    """Return the contacts that match, with their history, or that of one field. Raises UsageError."""
    with reading(config) as db:
        return explain_in(db, config, typed, field)


def explain_in(db: Database, config: Config, typed: str, field: str | None) -> Document:
    """Return the same from an open state file. Raises UsageError."""
    known = dict.fromkeys(name for one in config.connections.values() for name in field_names(one.contacts.fields))
    if field is not None and field not in known:
        raise UsageError(f"there is no field {field}; allowed is {suggest(field, known)}")
    asked = parse_who(typed, config, contact_lookup.account_names(db))
    found = contact_lookup.found_contacts(db, asked.records(db))
    return {
        "people": [
            {**_person(db, person, asked, field), "left_out": why_left_out(db, config, person)} for person in found
        ],
        "forgotten": not found and is_forgotten(db, asked),
    }


def _person(db: Database, person: FoundContact, asked: ContactArgument, field: str | None) -> Document:
    link = None if person.link is None else Links(db, person.connection, STREAM).by_id(person.link)
    accounts = {record.side: record.account for record in person.records}
    history = contact_lookup.contact_history(db, person)
    owed = _owed(db, person, accounts)
    owed_fields = {one["field"] for one in owed}
    agreed = {name: values for name, values in _agreed(db, person, link).items() if name not in owed_fields}
    facts: dict[str, Any] = {
        "agreed": agreed,
        "owed": owed,
        "held": _held(db, person, agreed),
        "refused": _refused(history),
        "unmapped": _unmapped(link, accounts),
        **open_items.open_about(db, person),
    }
    return {
        "ids": dict(person.ids),
        "who": _who(db, person, agreed, asked),
        "connection": connections.connection_name(db, person.connection),
        "linked": link is not None,
        "deleted_from": accounts.get(link.gone) if link is not None and link.gone else None,
        "parked": _parked(db, link, accounts),
        "history": [_event(line) for line in history if _concerns(line, field)],
        **{name: _of_field(name, value, field) for name, value in facts.items()},
        "unanswered": _unanswered(db, person),
    }


def _parked(db: Database, link: Link | None, accounts: Mapping[str, str]) -> list[Document]:
    """Return the sides at which the contact is out of the scope, and since when."""
    sides = {} if link is None else parked_sides(db, link.id)
    return [{"account": accounts.get(side, side), "since": ms_text(since)} for side, since in sides.items()]


def _event(line: HistoryLine) -> Document:
    entry = line.entry
    event: Document = {
        "at": ms_text(line.at_ms),
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


def _concerns(line: HistoryLine, field: str | None) -> bool:
    """Return whether a line is about a field; the decision about a conflict names its field in its text."""
    entry = line.entry
    return field in (None, entry.field) or (entry.rule == SETTLED and str(_value(entry.new)).startswith(f"{field}: "))


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


def _agreed(db: Database, person: FoundContact, link: Link | None) -> dict[str, dict[str, Any]]:
    """Return the values that both sides last agreed on, by field and account; fields empty on both are left out."""
    if link is None:
        return {}
    _, fields = connections.mappings(db, person.connection)[link.mapping]
    names = [each.partition(" ")[0] for each in fields]  # the name of a moved field is followed by its place
    found: dict[str, dict[str, Any]] = {}
    for record in person.records:
        for name, value in shadow_codec.decode(link.side(record.side).shadow, names).items():
            found.setdefault(name, {})[record.account] = value
    return {name: values for name, values in found.items() if any(value is not None for value in values.values())}


def _held(db: Database, person: FoundContact, agreed: Mapping[str, Mapping[str, Any]]) -> list[Document]:
    holds = Holds(db, person.connection, STREAM).of_link(person.link or 0)
    return [
        {
            "field": hold.field,
            "values": {account: agreed.get(hold.field, {}).get(account) for account in person.ids},
            "since": ms_text(hold.since_ms),
            "run": hold.run,
        }
        for hold in holds.values()
    ]


def _owed(db: Database, person: FoundContact, accounts: Mapping[str, str]) -> list[Document]:
    """Return the values that wait for a place at an account (R41)."""
    return [
        {"account": accounts.get(one.side, one.side), "field": one.field, "value": _value(one.value)}
        for one in owed_of_link(db, person.link or 0)
    ]


def _unmapped(link: Link | None, accounts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    if link is None:
        return {}
    found = {account: link.side(side).unmapped for side, account in accounts.items()}
    return {account: json.loads(text) for account, text in found.items() if text}


def _refused(history: Sequence[HistoryLine]) -> list[Document]:
    """Return the values that a server refused, unless the field was written since."""
    last = {(line.entry.account, line.entry.field): line for line in history if line.entry.field != WHOLE}
    return [
        {"account": account, "field": field, "value": _value(line.entry.new), "at": ms_text(line.at_ms)}
        for (account, field), line in last.items()
        if line.entry.rule == REFUSED
    ]


def _unanswered(db: Database, person: FoundContact) -> list[Document]:
    """Return the creates with an unknown outcome (R20)."""
    return [
        {"account": intent.account, "run": intent.run, "sent_at": ms_text(intent.sent_ms)}
        for intent in open_intents(db, person)
    ]


def _who(db: Database, person: FoundContact, agreed: Mapping[str, Mapping[str, Any]], asked: ContactArgument) -> str:
    """Return the name of a contact in all output: its e-mail address, else its number, else its id."""
    for record in person.records:
        found = contact_lookup.indexed_contact(db, record)
        if found is not None and (found.email or found.phones):
            return found.email or found.phones[0]
    values = {name: next(filter(None, each.values()), None) for name, each in agreed.items()}
    first = person.records[0]
    return asked.email or display_name(first.account, first.id, values)


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)
