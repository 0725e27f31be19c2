"""Read what a refusal of GrowthHub says: a duplicate, an unknown property, a value at fault. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.errors import DuplicateRefused, RecordRefused
from connectors.growthhub.encode import EncodedWrite

_UNKNOWN_PROPERTY: Final = re.compile(r"^property (\w+) should not exist")
_AT_FAULT: Final = re.compile(r"^(\w+) (?:must|should|is|has|cannot|can't)\b")
_NO_FIELD: Final = re.compile(r"not found|does not exist|unknown", re.IGNORECASE)


def is_duplicate(refused: RecordRefused) -> bool:
    """Say whether a write was refused because another contact has the address or the number."""
    return "duplicated contact" in _words(refused) or bool(_meta(refused).get("contactId"))


def duplicate_error(refused: RecordRefused) -> DuplicateRefused:
    """Return the error that names the other contact, and the field that both share, where the refusal says so."""
    meta = _meta(refused)
    other, field = meta.get("contactId"), meta.get("matchingField")
    return DuplicateRefused(
        refused.account, refused.message, str(other) if other else None, str(field) if field else None
    )


def unknown_properties(refused: RecordRefused) -> frozenset[str]:
    """Return the properties that the server says it does not know."""
    said = (_UNKNOWN_PROPERTY.match(each) for each in refused.messages)
    return frozenset(found[1] for found in said if found)


def properties_at_fault(messages: Iterable[str]) -> frozenset[str]:
    """Return the properties with values that the messages complain about."""
    return frozenset(found[1] for each in messages if (found := _AT_FAULT.match(each)))


def names_field(message: str, names: Iterable[str]) -> bool:
    """Say whether a message complains about a custom field, by id, key or name, and not that it does not exist."""
    if _NO_FIELD.search(message):
        return False
    return any(name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", message) for name in names)


def is_about_custom_fields(refused: RecordRefused, sending: EncodedWrite) -> bool:
    """Say whether a refusal speaks of custom fields in any way."""
    said = " ".join((*refused.messages, refused.message))
    return "custom" in said.casefold() or any(field_id in said for field_id in sending.custom)


def _words(refused: RecordRefused) -> str:
    return " ".join((*refused.messages, refused.message)).casefold()


def _meta(refused: RecordRefused) -> Mapping[str, Any]:
    meta = refused.body.get("meta") if isinstance(refused.body, Mapping) else None
    return meta if isinstance(meta, Mapping) else {}
