"""Write one contact at Apollo, and find out what the write did.

Rules kept here:
- only the given fields are sent. A contact costs one PATCH, one bulk_update of one contact where only that takes a
  field (owner, LinkedIn), or both;
- a create is sent once (R20). What it does not take follows as an update; its id is not lost over that;
- a value that Apollo silently did not take shows what it showed before, and is refused (R17);
- before a second try of an update the record is read, so that a person's edit is not overwritten (R19).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.apollo.client import ApolloClient
from connectors.apollo.encode import NEVER_EMPTY, NEW, ApolloWrite, encode
from connectors.apollo.mapping import PLACE, ApolloMapper
from connectors.connector import WriteResult
from connectors.contact import Fields, same
from connectors.edits import refuse_if_edited
from connectors.errors import AuthError, OutcomeUnknown, RecordError, TransientError
from connectors.records import Page, Raw


class ApolloWriter:
    """Creates and updates the contacts of one team, one by one."""

    def __init__(self, client: ApolloClient, mapper: ApolloMapper) -> None:
        self._client = client
        self._mapper = mapper

    def encoded(self, before: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None) -> ApolloWrite:
        """Return the write that sets these values; a value that cannot be emptied is impossible."""
        kept = {name for name in changes if changes[name] is None and name in NEVER_EMPTY}
        sent = {name: value for name, value in changes.items() if name not in kept}
        order = encode(self._mapper, before, memory, sent, marker)
        shown = {name for name in kept if before is not NEW}
        return replace(order, impossible=order.impossible | shown)

    def create(self, changes: Fields, marker: str | None) -> WriteResult:
        """Create a contact. Raises RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        sent = {name: value for name, value in changes.items() if value is not None}
        order = self.encoded(NEW, {}, sent, marker)
        page = self._client.create_contact(order.patch)
        late = {key: value for key, value in order.body.items() if key not in order.patch}
        if not late:
            return self._result(NEW, {}, sent, order, page)
        try:
            after = self._bulk(page.records[0], late)
        except OutcomeUnknown:
            return replace(self._result(NEW, {}, sent, order, page), doubtful=True)
        except (AuthError, RecordError, TransientError) as error:
            names = frozenset({"owner", "linkedin_url"} & sent.keys()) - order.impossible
            taken = {name: value for name, value in sent.items() if name not in names}
            made = self._result(NEW, {}, taken, order, page)
            return replace(made, unwritten=names, error=error)
        return self._result(NEW, {}, sent, order, after)

    def update(self, current: Raw, memory: Mapping[str, Any], changes: Fields, marker: str | None) -> WriteResult:
        """Set fields of a contact. Raises RecordGone, RecordRefused, OutcomeUnknown, AuthError, TransientError."""
        current = self.whole(current, changes)
        memory = self._mapper.phones(current, memory).memory
        order = self.encoded(current, memory, changes, marker)
        patch, bulk = order.parts()
        page: Page | None = None
        if patch:
            page = self._client.patch_contact(str(current["id"]), patch)
        if bulk:
            page = self._bulk({**current, **(page.records[0] if page else {})}, bulk)
        if page is None:
            page = self._client.read_contact(str(current["id"]))
        return self._result(current, memory, changes, order, page)

    def refuse_edited(self, current: Raw, memory: Mapping[str, Any], changes: Fields) -> None:
        """Read a record. Raises RecordEdited where a person edited what is to be changed, RecordGone and others."""
        now = self._client.read_contact(str(current["id"])).records[0]
        names = changes.keys() | (set(PLACE) if changes.keys() & set(PLACE) else set())
        before, after = (self._mapper.contact(raw, memory).fields for raw in (current, now))
        kept = ({name: fields[name] for name in names & fields.keys()} for fields in (before, after))
        refuse_if_edited(self._client.account, str(current["id"]), *kept)

    def whole(self, current: Raw, changes: Fields) -> Raw:
        """Return a record with its places, where one of them is written and the row does not show them all."""
        if not changes.keys() & set(PLACE) or all(name in current for name in PLACE):
            return current
        return {**current, **self._client.read_contact(str(current["id"])).records[0]}

    def _bulk(self, known: Raw, body: Mapping[str, Any]) -> Page:
        page = self._client.bulk_update([{"id": known["id"], **body}])
        shown = [raw for raw in page.records if raw.get("id") == known["id"]]
        if not shown:
            raise OutcomeUnknown(self._client.account, "an update was answered without the contact", accepted=True)
        return Page([{**known, **shown[0]}], page.served_at)

    def _result(
        self, before: Raw, memory: Mapping[str, Any], changes: Fields, order: ApolloWrite, page: Page
    ) -> WriteResult:
        raw = {**({} if before is NEW else before), **page.records[0]}
        refused = order.impossible | self.not_taken(before, raw, memory, changes)
        return WriteResult(raw, page.served_at, refused & changes.keys())

    def not_taken(self, before: Raw, raw: Raw, memory: Mapping[str, Any], changes: Fields) -> frozenset[str]:
        """Return the sent fields that show what they showed before."""
        held = self._mapper.settled(raw, memory, changes)
        shown = self._mapper.settled(before, memory, changes)
        return frozenset(
            name
            for name, value in held.items()
            if name in changes and not same(name, value, changes[name]) and same(name, value, shown.get(name))
        )
