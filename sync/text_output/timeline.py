"""`sync explain` as lines of text: per contact the timeline, then its values and what is open."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.contact import Value
from sync.output.formats import WHOLE
from sync.output.text import aligned, counted, indented, printable, time_shown, value_text

Document = Mapping[str, Any]

REASONS = {
    "carried": "changed there",
    "filled": "was empty when the records were linked",
    "newest": "changed on both sides, the record that was edited last won",
    "left": "changed on both sides, the left side wins",
    "right": "changed on both sides, the right side wins",
    "resolved": "changed on both sides, a user decided",
    "derived": "differed, and the other record holds this value in its own field",
    "undo": "restored by an undo",
}
"""Why a value was written, by its rule. A rule that is not here is shown by its name."""

EVENTS = {
    "created": "created",
    "deleted": "deleted, because the other record was deleted",
    "found deleted": "found deleted",
    "undo": "deleted by an undo",
    "dismissed": "failure removed from the list",
    "settled": "conflict settled",
}


def explanation_lines(document: Document) -> Iterator[str]:
    """Yield every contact that matches, or that none does."""
    contacts = document["people"]
    if not contacts:
        yield "no contact matches"
        if document["forgotten"]:
            yield "a contact that matches was forgotten; sync it again with: sync forget WHO --lift"
    elif len(contacts) > 1:
        yield f"{counted(len(contacts), 'record')} match and are not linked to each other:"
    for contact in contacts:
        yield from _contact_lines(contact)


def _contact_lines(contact: Document) -> Iterator[str]:
    ids = ", ".join(f"{account}:{printable(record_id)}" for account, record_id in contact["ids"].items())
    yield f"{printable(contact['who'])} ({contact['connection']}): {ids}{_link_state(contact)}"
    history = contact["history"]
    if history:
        yield from indented(aligned(map(_event_row, history)))
    else:
        yield "  nothing was written"
    yield from indented(_fact_lines(contact))


def _link_state(contact: Document) -> str:
    if contact["deleted_from"]:
        return f"; deleted from {contact['deleted_from']}"
    if contact["linked"]:
        return ""
    if contact["failures"]:
        return "; could not be synced"
    if contact["unanswered"]:
        return "; a create was sent and never answered"
    if contact["left_out"]:
        return f"; left out: {contact['left_out']}"
    return "; read but not linked: left out, or not synced yet"


def _event_row(event: Document) -> Sequence[str]:
    where = event["account"] if event["stream"] == "contacts" else f"{event['account']}, message {event['id']}"
    return time_shown(event["at"]), where, _what(event), f"run {event['run']}" if event["run"] else "by hand"


def _what(event: Document) -> str:
    if event["field"] == WHOLE:
        text = EVENTS.get(event["rule"], event["rule"])
        why = f": {value_text(event['new'])}" if event["rule"] in ("dismissed", "settled") else ""
        return f"{text}{why}{'' if event['rule'] == 'undo' else _origin(event)}"
    values = f"{event['field']}: {value_text(event['old'])} -> {value_text(event['new'])}"
    if event["rule"] == "refused":
        return f"{values} was refused{_origin(event)}"
    shown = f", shown as {value_text(event['shown'])}" if "shown" in event else ""
    return f"{values}{shown}{_origin(event)}, {REASONS.get(event['rule'], event['rule'])}{_undone_run(event)}"


def _origin(event: Document) -> str:
    return f", from {printable(event['source'])}" if event["source"] else ""


def _undone_run(event: Document) -> str:
    return f", as before run {event['undoes']}" if "undoes" in event else ""


def _fact_lines(contact: Document) -> Iterator[str]:
    if contact["agreed"]:
        yield "both sides last agreed on:"
        yield from indented(aligned(_agreed_rows(contact)))
    for one in contact["parked"]:
        since = time_shown(one["since"])
        yield f"parked since {since}: it left the scope of {one['account']}, so nothing of it is synced"
    for one in contact["conflicts"]:
        yield f"in conflict: {one['field']}, see: sync conflicts show {one['id']}"
    for one in contact["failures"]:
        yield f"failed: {one['operation']}, {printable(one['reason'])} (failure {one['id']})"
    for one in contact["refused"]:
        yield f"refused by {one['account']}: {one['field']} {value_text(one['value'])}"
    for one in contact["owed"]:
        yield f"no place yet at {one['account']}: {one['field']} {value_text(one['value'])}, see: sync check"
    for account, values in contact["unmapped"].items():
        for field, text in values.items():
            yield f"means nothing on the other side: {field} {value_text(text)} at {account}"


def _agreed_rows(contact: Document) -> Iterable[Sequence[str]]:
    held = {one["field"]: one["since"] for one in contact["held"]}
    for field, values in contact["agreed"].items():
        note = f"held since {time_shown(held[field])}" if field in held else ""
        yield field, _values(values), note


def _values(values: Mapping[str, Value]) -> str:
    shown = {account: value_text(value) for account, value in values.items()}
    if len(set(shown.values())) == 1 and len(shown) > 1:
        return next(iter(shown.values()))
    return ", ".join(f"{account} {text}" for account, text in shown.items())
