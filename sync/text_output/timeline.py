"""What `sync explain` prints for people: each person with the timeline first, then how things stand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.contact import Value
from sync.output.formats import WHOLE
from sync.text_output.tables import aligned, counted, printable, value_text

Document = Mapping[str, Any]

REASONS = {
    "carried": "changed there",
    "filled": "was blank when both met",
    "newest": "both had changed it, the record that was edited last won",
    "left": "both had changed it, the left side wins",
    "right": "both had changed it, the right side wins",
    "resolved": "both had changed it, a person decided",
    "undo": "put back by hand",
}
"""Why a value was written, by its rule; a rule that is not here is told by its name."""

EVENTS = {
    "created": "created",
    "deleted": "deleted, since the other record was",
    "found deleted": "found deleted",
    "undo": "deleted by hand",
    "dismissed": "its failure was taken off the list",
}


def explanation_lines(document: Document) -> Iterator[str]:
    """Yield everybody who is meant, or that nobody is."""
    people = document["people"]
    if not people:
        yield "nobody is known by that"
        if document["forgotten"]:
            yield "somebody was forgotten by that, and is left out; take them up again with: sync forget WHO --lift"
    elif len(people) > 1:
        yield f"{counted(len(people), 'record')} are meant, since they are not linked to each other:"
    for person in people:
        yield from _person_lines(person)


def _person_lines(person: Document) -> Iterator[str]:
    ids = ", ".join(f"{account}:{printable(record_id)}" for account, record_id in person["ids"].items())
    yield f"{printable(person['who'])} ({person['connection']}): {ids}{_standing(person)}"
    history = person["history"]
    if history:
        yield from (f"  {line}" for line in aligned(map(_event_row, history)))
    else:
        yield "  nothing was written"
    yield from (f"  {line}" for line in _fact_lines(person))


def _standing(person: Document) -> str:
    if person["deleted_from"]:
        return f"; deleted from {person['deleted_from']}"
    if person["linked"]:
        return ""
    if person["failures"]:
        return "; could not be carried"
    if person["unanswered"]:
        return "; a create was sent, and its answer never came"
    return "; seen, not linked: left out, or not carried yet"


def _event_row(event: Document) -> Sequence[str]:
    where = event["account"] if event["stream"] == "contacts" else f"{event['account']}, message {event['id']}"
    return event["at"], where, _what(event), f"run {event['run']}" if event["run"] else "by hand"


def _what(event: Document) -> str:
    if event["field"] == WHOLE:
        text = EVENTS.get(event["rule"], event["rule"])
        why = f": {value_text(event['new'])}" if event["rule"] == "dismissed" else ""
        return f"{text}{why}{'' if event['rule'] == 'undo' else _origin(event)}"
    values = f"{event['field']}: {value_text(event['old'])} -> {value_text(event['new'])}"
    if event["rule"] == "refused":
        return f"{values} was not taken{_origin(event)}"
    shown = f", shown as {value_text(event['shown'])}" if "shown" in event else ""
    return f"{values}{shown}{_origin(event)}, {REASONS.get(event['rule'], event['rule'])}{_undoing(event)}"


def _origin(event: Document) -> str:
    return f", from {printable(event['source'])}" if event["source"] else ""


def _undoing(event: Document) -> str:
    return f", as before run {event['undoes']}" if "undoes" in event else ""


def _fact_lines(person: Document) -> Iterator[str]:
    if person["agreed"]:
        yield "both last agreed on:"
        yield from (f"  {line}" for line in aligned(_agreed_rows(person)))
    for one in person["conflicts"]:
        yield f"in conflict: {one['field']}, see: sync conflicts show {one['id']}"
    for one in person["failures"]:
        yield f"failed: {one['operation']}, {printable(one['reason'])} (failure {one['id']})"
    for one in person["refused"]:
        yield f"not taken by {one['account']}: {one['field']} {value_text(one['value'])}"
    for one in person["owed"]:
        yield f"no place yet at {one['account']}: {one['field']} {value_text(one['value'])}, see: sync check"
    for account, values in person["unmapped"].items():
        for field, text in values.items():
            yield f"means nothing on the other side: {field} {value_text(text)} at {account}"


def _agreed_rows(person: Document) -> Iterable[Sequence[str]]:
    held = {one["field"]: one["since"] for one in person["held"]}
    for field, values in person["agreed"].items():
        note = f"held since {held[field]}" if field in held else ""
        yield field, _both(values), note


def _both(values: Mapping[str, Value]) -> str:
    shown = {account: value_text(value) for account, value in values.items()}
    if len(set(shown.values())) == 1 and len(shown) > 1:
        return next(iter(shown.values()))
    return ", ".join(f"{account} {text}" for account, text in shown.items())
