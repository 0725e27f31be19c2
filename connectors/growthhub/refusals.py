"""Read what a refusal of a write says, and repeat the write without what the server does not take.

Rules kept here: R17 (an unknown property is left out and remembered for a day, per method), R42 (a value at fault is
left out and reported, the rest is written) and P9 (no contact is created without its "do not contact" or its tags).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from connectors.connector import Cache
from connectors.errors import DuplicateRefused, RecordRefused
from connectors.growthhub.custom_fields import CustomFields
from connectors.growthhub.encode import EncodedWrite
from connectors.growthhub.wire_record import NATIVE
from connectors.http.allowed_calls import is_usable_id
from connectors.refused_values import CONFLICT, REFUSALS

_KNOWN: Final = "refused_properties"
_CREATE: Final = "POST"
_VALIDATION: Final = 422
_IDENTITY: Final = frozenset({"email", "phone", "firstName", "lastName", "companyName"})
_NEVER_LEFT_OUT: Final = frozenset({NATIVE["do_not_contact"], NATIVE["tags"]})
"""A create is not sent without these: they keep workflows from contacting the person."""

Sent = TypeVar("Sent")
_UNKNOWN_PROPERTY: Final = re.compile(r"^property (\w+) should not exist")
_AT_FAULT: Final = re.compile(r"^(\w+) (?:must|should|is|has|cannot|can't)\b")
_NO_FIELD: Final = re.compile(r"not found|does not exist|unknown", re.IGNORECASE)


class WriteRetry:
    """Sends writes of one location, and sends them again with less."""

    def __init__(self, cache: Cache, custom_fields: CustomFields) -> None:
        self._cache = cache
        self._custom_fields = custom_fields

    def send_accepted(
        self, method: str, prepare: Callable[[], EncodedWrite], send: Callable[[EncodedWrite], Sent]
    ) -> tuple[Sent, EncodedWrite]:
        """Send, and send again without what is refused, as long as the refusal names something that is sent.

        Return the answer and what was sent in the end. Raises what `send` raises.
        """
        sending = prepare().without(self.unknown_to(method))
        attempt = _Attempt(self, method, prepare)
        while True:
            try:
                return send(sending), sending
            except RecordRefused as refused:
                less = attempt.less_than(sending, refused)
                if less is None:
                    raise
                sending = less

    def unknown_to(self, method: str) -> frozenset[str]:
        """Return the properties that the server is known not to accept with this method."""
        known = frozenset((self._cache.get(_KNOWN) or {}).get(method, ()))
        return known - _NEVER_LEFT_OUT if method == _CREATE else known

    def learn_unknown(self, method: str, refused: RecordRefused, sending: EncodedWrite) -> frozenset[str]:
        """Return, and remember, the sent properties that the server says it does not know."""
        if refused.status != _VALIDATION:
            return frozenset()
        unknown = unknown_properties(refused) & sending.body().keys()
        if unknown:
            known = dict(self._cache.get(_KNOWN) or {})
            self._cache.put(_KNOWN, {**known, method: sorted({*known.get(method, ()), *unknown})})
        return unknown

    def read_fields_again(self) -> None:
        """Forget the list of custom fields, so that the next write reads it."""
        self._custom_fields.forget()

    def at_fault(self, refused: RecordRefused, sending: EncodedWrite) -> frozenset[str]:
        """Return the sent properties and custom fields with values that the refusal complains about by name."""
        if refused.status not in REFUSALS:
            return frozenset()
        said = refused.messages or (refused.message,)
        faulty = properties_at_fault(said) & sending.properties.keys()
        by_id = {field.id: (field.id, field.key, field.name) for field in self._custom_fields.places.values()}
        fields = {key for key in sending.custom if any(names_field(each, by_id.get(key, (key,))) for each in said)}
        return faulty | fields


@dataclass(slots=True)
class _Attempt:
    """One write and its repetitions."""

    retry: WriteRetry
    method: str
    prepare: Callable[[], EncodedWrite]
    has_read_fields: bool = False

    def less_than(self, sending: EncodedWrite, refused: RecordRefused) -> EncodedWrite | None:
        """Return what to send after a refusal, None where nothing helps."""
        # After a conflict the server may hold the contact already: another create could be a second one (R20).
        if self.method == _CREATE and refused.status == CONFLICT:
            return None
        unknown = self.retry.learn_unknown(self.method, refused, sending)
        if unknown:
            return self._if_sendable(sending.without(unknown), unknown)
        current = self._with_current_fields(sending, refused)
        if current is not None:
            return current
        faulty = self.retry.at_fault(refused, sending)
        return self._if_sendable(sending.rejecting(faulty, refused.message), faulty) if faulty else None

    def _with_current_fields(self, sending: EncodedWrite, refused: RecordRefused) -> EncodedWrite | None:
        """Return the write for the list of custom fields as it is now, None where that changes nothing."""
        if self.has_read_fields or not is_about_custom_fields(refused, sending):
            return None
        self.has_read_fields = True
        self.retry.read_fields_again()
        again = self.prepare().without(self.retry.unknown_to(self.method)).without_rejected(sending)
        return again if again.custom != sending.custom else None

    def _if_sendable(self, rest: EncodedWrite, left_out: frozenset[str]) -> EncodedWrite | None:
        """Return the rest of a write, None where a contact may not be created from it."""
        is_sendable = _NEVER_LEFT_OUT.isdisjoint(left_out) and not _IDENTITY.isdisjoint(rest.properties)
        return rest if is_sendable or self.method != _CREATE else None


def is_duplicate(refused: RecordRefused) -> bool:
    """Say whether a write was refused because another contact has the address or the number."""
    return "duplicated contact" in _words(refused) or bool(_meta(refused).get("contactId"))


def duplicate_error(refused: RecordRefused) -> DuplicateRefused:
    """Return the error that names the other contact, and the field that both share, where the refusal says so."""
    meta = _meta(refused)
    other, field = meta.get("contactId"), meta.get("matchingField")
    return DuplicateRefused(
        refused.account, refused.message, str(other) if is_usable_id(other) else None, str(field) if field else None
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
