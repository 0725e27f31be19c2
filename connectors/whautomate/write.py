"""Write a contact: read, overlay, replace, and read back.

Rules kept here:
- a PUT replaces the record, so it carries every key that the record shows, known to us or not, with the changes on top.
  Before it, the record is read: where it shows something else than the reading that the changes are based on, nothing
  is written, since there is no etag (R19);
- tags go by tags/add and tags/remove, which overwrite no other tag; where those do not work, by a PUT;
- a create is sent once (R20), and never for a number that a contact has already: the server might make it an update of
  that contact. It names the location, and no id;
- after a PUT the record is read. A value that is not there then was not taken (R17);
- name and number can be changed and not emptied. A contact without a number cannot be written at all (R37).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors.connector import WriteResult
from connectors.contact import Fields, alike, same
from connectors.edits import edited_between
from connectors.errors import ConnectorError, DuplicateRefused, OutcomeUnknown, RecordGone, RecordRefused
from connectors.records import Raw, RecordResponse
from connectors.values import labels
from connectors.whautomate.client import WhautomateClient
from connectors.whautomate.custom_fields import merged
from connectors.whautomate.envelope import identity
from connectors.whautomate.mapping import ContactMapping, digits, stage_word
from connectors.whautomate.names import whole_name
from connectors.whautomate.places import NAMES

TAGS: Final = "tags"
REFUSALS: Final = frozenset({400, 409, 422})
TAG_REFUSALS: Final = frozenset({400, 405, 422, 501})

FindByNumber = Callable[[str], Sequence[Raw]]


@dataclass(frozen=True, slots=True)
class _PlannedWrite:
    """What a record is to show: wire keys, custom fields, and the changes that are not possible."""

    keys: Mapping[str, Any]
    custom: Mapping[str, str]
    tags: tuple[str, ...] | None
    impossible: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is to be sent besides tags."""
        return not self.keys and not self.custom


class WhautomateWriter:
    """Creates and updates the contacts of one location. `find` returns the contacts with a number."""

    def __init__(self, client: WhautomateClient, mapping: ContactMapping, find: FindByNumber) -> None:
        self._client = client
        self._mapping = mapping
        self._find = find

    def create(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a contact. Raises DuplicateRefused, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        wanted = {name: value for name, value in changes.items() if value is not None}
        lacking = missing_key(wanted)
        if lacking:
            raise RecordRefused(self._client.account, lacking)
        self._refuse_double(str(wanted["phone"]), None)
        order = self._order({}, wanted, marker)
        tags = {TAGS: list(order.tags)} if order.tags else {}
        location = {"id": self._mapping.location_id}
        body = {**order.keys, "location": location, "customFields": dict(order.custom), **tags}
        shown = self._posted(body, str(wanted["phone"]))
        if shown.raw is None:
            message = "a contact was sent, but the answer shows no id for it"
            raise OutcomeUnknown(self._client.account, message, accepted=True)
        try:
            return self._completed(shown.raw, shown.served_at, wanted, order)
        except ConnectorError:
            # The record exists. Its id must not be lost over a reading that can be repeated.
            return WriteResult(shown.raw, shown.served_at, order.impossible)

    def update(self, current: Raw, changes: Fields, marker: str | None) -> WriteResult:
        """Set fields of a contact. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        record_id = identity(current)
        fresh = self._unedited(current, changes)
        if not digits(fresh.raw.get("phoneNumber")) and not changes.get("phone"):
            return WriteResult(fresh.raw, fresh.served_at, frozenset(changes))
        order = self._order(fresh.raw, changes, marker)
        if "phoneNumber" in order.keys:
            self._refuse_double(str(changes["phone"]), record_id)
        if order.is_empty:
            if order.tags is not None and self._tagged(record_id, fresh.raw, order.tags):
                return self._read_back(record_id, fresh.raw, changes, order, None)
            if order.tags is None:
                return WriteResult(fresh.raw, fresh.served_at, order.impossible)
        put = self._client.put_contact(record_id, self._body(fresh.raw, order))
        return self._read_back(record_id, fresh.raw, changes, order, put)

    def count_calls(self, current: Raw, changes: Fields) -> int:
        """Return how many writing calls an update makes; without changes, one that sets the source id."""
        order = self._order(current, changes, None)
        if changes and order.is_empty:
            return 0 if order.tags is None else len(tag_calls(current, order.tags))
        return 1

    def refuse_edited(self, current: Raw, changes: Fields) -> None:
        """Read a record. Raises RecordEdited where a user edited it since, RecordGone and others."""
        self._unedited(current, changes)

    def _unedited(self, current: Raw, changes: Fields) -> "_Fresh":
        record_id = identity(current)
        page = self._client.read_contact(record_id)
        fresh = page.records[0]
        if self._mapping.digest(fresh) != self._mapping.digest(current):
            raise edited_between(self._client.account, "contact", record_id, sorted(changes))
        return _Fresh(fresh, page.served_at)

    def _order(self, before: Raw, changes: Fields, marker: str | None) -> _PlannedWrite:
        keys: dict[str, Any] = {}
        impossible = {name for name in changes if not self._mapping.is_writable(name)}
        names = self._names(before, changes)
        if any(name in changes for name in NAMES):
            name = whole_name(*names.values())
            if name:
                keys["name"] = name
            else:
                impossible |= {each for each in NAMES if each in changes}
        if "phone" in changes:
            number = changes["phone"]
            if number is None:
                impossible.add("phone")
            else:
                keys["phoneNumber"] = number
        if "stage" in changes:
            word = stage_word(changes["stage"])
            if word is None:
                impossible.add("stage")
            else:
                keys["stage"] = word
        possible = {name: value for name, value in changes.items() if name not in impossible}
        # Both names stand beside the name, because one of them alone does not make it up.
        others, custom = self._mapping.wire({**possible, **(names if "name" in keys else {})})
        keys |= others
        if marker is not None:
            custom |= self._mapping.marker_wire(before, marker)
        return _PlannedWrite(keys, custom, tags_of(before, changes), frozenset(impossible))

    def _names(self, before: Raw, changes: Fields) -> dict[str, str | None]:
        shown = self._mapping.names(before) if before else (None, None)
        after = (changes.get(name, own) for name, own in zip(NAMES, shown, strict=True))
        return {name: one if isinstance(one, str) else None for name, one in zip(NAMES, after, strict=True)}

    def _body(self, fresh: Raw, order: _PlannedWrite) -> dict[str, Any]:
        """Return the whole record with the changes: what is not sent may be lost."""
        number = fresh.get("phoneNumber")
        plus = {"phoneNumber": f"+{digits(number)}"} if str(number or "").isdigit() else {}
        tags = {} if order.tags is None else {TAGS: list(order.tags)}
        custom = merged(fresh.get("customFields"), order.custom)
        return {**fresh, **plus, **order.keys, **tags, "customFields": custom}

    def _posted(self, body: Mapping[str, Any], number: str) -> RecordResponse:
        try:
            return self._client.create_contact(body)
        except RecordRefused as refused:
            if refused.status in REFUSALS:
                self._refuse_double(number, None)
            raise

    def _refuse_double(self, number: str, own: str | None) -> None:
        """Raise DuplicateRefused where another contact has a number."""
        other = next((identity(raw) for raw in self._find(number) if identity(raw) != own), None)
        if other is not None:
            message = f"contact {other} has the number already, and a second one might replace it"
            raise DuplicateRefused(self._client.account, message, other, "phone")

    def _tagged(self, record_id: str, before: Raw, wanted: Sequence[str]) -> bool:
        """Add and remove tags; say whether the last answer shows that both were done."""
        shown: Any = before.get(TAGS)
        try:
            for action, tags in tag_calls(before, wanted):
                shown, _ = self._client.change_tags(record_id, action, tags)
        except RecordGone:
            # A server without these calls answers the same; the record itself tells.
            self._client.read_contact(record_id)
            return False
        except RecordRefused as refused:
            if refused.status not in TAG_REFUSALS:
                raise
            return False
        return _took_tags(shown, before, wanted)

    def _completed(self, raw: Raw, served_at: datetime, sent: Fields, order: _PlannedWrite) -> WriteResult:
        """Return the result of a create; what its answer does not show is looked for, and tags are added."""
        shown = self._mapping.contact(raw).fields
        if all(same(name, shown.get(name), sent[name]) for name in sent if name not in order.impossible):
            return WriteResult(raw, served_at, order.impossible)
        return self._read_back(identity(raw), raw, sent, order, RecordResponse(raw, served_at))

    def _read_back(
        self, record_id: str, before: Raw, changes: Fields, order: _PlannedWrite, put: RecordResponse | None
    ) -> WriteResult:
        """Read a record after a write, and say what it did not take."""
        page = self._client.read_contact(record_id)
        raw = page.records[0]
        if order.tags is not None and put is not None and not _took_tags(raw.get(TAGS), before, order.tags):
            self._tagged(record_id, before, order.tags)
            page = self._client.read_contact(record_id)
            raw = page.records[0]
        shown, was = self._mapping.contact(raw).fields, self._mapping.contact(before).fields
        stale = {
            name
            for name in changes.keys() - order.impossible
            if not same(name, shown.get(name), changes[name])
            and not alike(name, shown.get(name), changes[name])
            and (same(name, shown.get(name), was.get(name)) or shown.get(name) is None)
        }
        proven = put is not None and put.raw is not None and self._mapping.digest(put.raw) == self._mapping.digest(raw)
        served_at = page.served_at if put is None else put.served_at
        return WriteResult(raw, served_at, order.impossible | frozenset(stale), doubtful=not proven)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A record as it is now, and the server's time of that."""

    raw: Raw
    served_at: datetime


def missing_key(fields: Fields) -> str:
    """Return why Whautomate takes no such contact, "" where it does (R37)."""
    lacks_name = not any(fields.get(name) for name in NAMES)
    lacks = [what for what, lacking in (("name", lacks_name), ("phone number", not fields.get("phone"))) if lacking]
    return f"no {' and no '.join(lacks)}, which Whautomate needs" if lacks else ""


def tags_of(before: Raw, changes: Fields) -> tuple[str, ...] | None:
    """Return the tags as they are to be, in the spelling of the record; None where they do not change."""
    if TAGS not in changes:
        return None
    value, known = changes[TAGS], labels.spellings(before.get(TAGS))
    names = value if isinstance(value, tuple) else ()
    return (*labels.spelled(names, known), *known.get("", ()))


def tag_calls(before: Raw, wanted: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the calls that make the tags of a record the wanted ones: "add" or "remove", and the tags."""
    spelled = labels.spellings(before.get(TAGS))
    keys = {labels.key(tag): tag for tag in wanted}
    added = [tag for key, tag in keys.items() if key not in spelled]
    removed = [each for key, spellings in spelled.items() if key and key not in keys for each in spellings]
    return [(action, tags) for action, tags in (("add", added), ("remove", removed)) if tags]


def _took_tags(shown: Any, before: Raw, wanted: Sequence[str]) -> bool:
    """Say whether what was to be added is shown, and what was to be removed is not. Others may have come meanwhile."""
    present = labels.spellings(shown)
    return all(
        (labels.key(tag) in present) == (action == "add") for action, tags in tag_calls(before, wanted) for tag in tags
    )
