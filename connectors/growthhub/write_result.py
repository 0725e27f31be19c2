"""Compute what a record holds after a write, and which values the server refused.

Rules kept here:
- the answer counts (R21), but it may lack keys: what it does not show is as before, unless it was just emptied;
- a sent value that did not change the record was refused, and so was one that was emptied and still shows (R17). A
  value that the server rewrote was not.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connectors.contact import Contact, Fields, Value, same
from connectors.growthhub.encode import CUSTOM, EncodedWrite
from connectors.growthhub.wire_record import NATIVE, TWINS, custom_values
from connectors.records import Raw
from connectors.values import labels

_EMPTYING: tuple[Any, ...] = (None, "", [])
_ADDRESS = ("address1", "address")


def overlay(before: Raw, answer: Raw, sent: EncodedWrite) -> dict[str, Any]:
    """Return the record after a write, from the record before it, the answer, and what was emptied."""
    kept = {key: value for key, value in before.items() if key not in _emptied(sent)}
    if "address1" in answer or "address" in answer:
        kept = {key: value for key, value in kept.items() if key not in _ADDRESS}
    return {**kept, **answer, CUSTOM: _custom(before, answer, sent)}


def lacks(answer: Raw, sent: EncodedWrite) -> bool:
    """Say whether the answer does not show something that was set."""
    shown = {field_id for field_id, _ in custom_values(answer)}
    custom = any(key not in shown for key, value in sent.custom.items() if value not in _EMPTYING)
    return custom or any(
        key not in answer and not (key == "address1" and "address" in answer)
        for key, value in sent.properties.items()
        if value not in _EMPTYING
    )


def silent(before: Raw, answer: Raw, sent: EncodedWrite) -> frozenset[str]:
    """Return the properties that were emptied and that the answer does not show. CUSTOM stands for all custom fields.

    They may be empty now, or the answer never shows them.
    """
    shown = {"address1": before.get("address"), **before}
    emptied = {key for key, value in sent.properties.items() if value in _EMPTYING and shown.get(key)}
    custom = {CUSTOM for value in sent.custom.values() if value in _EMPTYING}
    return frozenset((emptied | custom) - answer.keys())


def as_record(sent: EncodedWrite) -> dict[str, Any]:
    """Return what was sent in the shape of a record: what it would show if the server took all of it."""
    values = [{"id": each, "value": value} for each, value in sent.custom.items()]
    return {**sent.properties, CUSTOM: values}


def refusals(names: Iterable[str], before: Contact, wanted: Callable[[], Fields], after: Contact) -> frozenset[str]:
    """Return the sent fields that the server did not take: they show what they showed before.

    `wanted` is called only where a field does that.
    """
    kept = [name for name in names if same(name, _shown(after, name), _shown(before, name))]
    values = wanted() if kept else {}
    return frozenset(name for name in kept if not same(name, _shown(after, name), values.get(name)))


def tag_changes(before: tuple[str, ...], value: Value) -> tuple[list[str], list[str]]:
    """Return the tags to add and those to remove, compared as labels are."""
    wanted = value if isinstance(value, tuple) else ()
    had, want = ({labels.key(tag) for tag in tags} for tags in (before, wanted))
    added = [tag for tag in wanted if labels.key(tag) not in had]
    return added, [tag for tag in before if labels.key(tag) not in want]


def shows_tags(answer: Any, expected: Iterable[str], gone: Iterable[str]) -> list[str] | None:
    """Return the tags in the answer to a tag call.

    None if it does not show the expected ones: then the record has to be read.
    """
    tags = answer.get("tags") if isinstance(answer, Mapping) else None
    if not isinstance(tags, list):
        return None
    shown = {labels.key(str(tag)) for tag in tags}
    if not {labels.key(tag) for tag in expected} <= shown or {labels.key(tag) for tag in gone} & shown:
        return None
    return [str(tag) for tag in tags]


def _shown(contact: Contact, name: str) -> Value:
    return contact.fields.get(name, contact.unmapped.get(name))


def _emptied(sent: EncodedWrite) -> frozenset[str]:
    emptied = {key for key, value in sent.properties.items() if value in _EMPTYING}
    twins = {twin for name, twin in TWINS.items() if NATIVE[name] in emptied}
    return frozenset({*emptied, *twins, *(_ADDRESS if NATIVE["address"] in emptied else ())})


def _custom(before: Raw, answer: Raw, sent: EncodedWrite) -> list[dict[str, Any]]:
    emptied = {key for key, value in sent.custom.items() if value in _EMPTYING}
    kept = {key: value for key, value in custom_values(before) if key not in emptied}
    return [{"id": key, "value": value} for key, value in {**kept, **dict(custom_values(answer))}.items()]
