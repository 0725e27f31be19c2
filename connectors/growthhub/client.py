"""The endpoints of GrowthHub (LeadConnector API 2.0) for contacts: paths, bodies, and the records in answers.

Rules kept here:
- every call is about one location. An answer without its record is ServerTrouble, or OutcomeUnknown after a write;
- the id in an answer is compared with the id that was asked for: an answer about another record proves nothing;
- an unknown contact is answered with 400 "Contact with id X not found" or 404. Both are RecordGone;
- a create is never repeated here (R20). PUT and the tag calls may be, because twice has the effect of once.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.errors import OtherRecord, OutcomeUnknown, RecordGone, RecordRefused, ServerTrouble
from connectors.growthhub.allowed_calls import GuardedClient
from connectors.http.allowed_calls import is_usable_id
from connectors.http.call import Reply
from connectors.http.forbidden import ForbiddenCheck
from connectors.records import Page, Raw
from connectors.values import email

BASE_URL = "https://services.leadconnectorhq.com"
VERSION = "2021-07-28"
USERS_PER_PAGE = 100

_GONE = re.compile(
    r"^(?:contact|note|(?:email )?message|email|conversation)\b.*\b(?:not found|is deleted|does not exist)",
    re.IGNORECASE,
)
_GONE_STATUSES = frozenset({404, 410})


def headers(token: str) -> dict[str, str]:
    """Return the headers of every call. The published specification requires `Version` for each operation."""
    return {"Authorization": f"Bearer {token}", "Version": VERSION, "Accept": "application/json"}


class GrowthHubClient:
    """The calls of one location of one account."""

    def __init__(self, calls: GuardedClient, location_id: str) -> None:
        self.calls = calls
        self.account = calls.account
        self.location_id = location_id
        self._location = f"/locations/{quote(location_id, safe='')}"
        calls.admission = ForbiddenCheck(self._plain_read)

    def search_contacts(self, body: Mapping[str, Any], *, once: bool = False) -> Reply:
        """Ask POST /contacts/search. Raises AnswerTooLarge where less should be asked for."""
        reading = {"locationId": self.location_id, **body}
        return self.calls.send_query("POST", "/contacts/search", json=reading, splittable=True, once=once)

    def read_contact(self, record_id: str) -> Page:
        """Return one contact. Raises RecordGone, and OtherRecord where two answers in a row show another one."""
        try:
            return self._contact(record_id)
        except OtherRecord:
            # A crossed answer or a stale cache goes away with a second call, a merge of records does not.
            return self._contact(record_id)

    def _plain_read(self) -> Reply:
        asked = {"locationId": self.location_id, "pageLimit": 1}
        return self.calls.send_query("POST", "/contacts/search", json=asked)

    def _contact(self, record_id: str) -> Page:
        with_id = _contact_path(record_id)
        try:
            reply = self.calls.send_query("GET", with_id)
        except RecordRefused as refused:
            raise gone_or(refused) from refused
        record = _object(reply.body, "contact")
        if record is None:
            raise ServerTrouble(self.account, f"GET {with_id} was answered without a contact")
        if record.get("deleted") is True and is_of(record, record_id):
            raise RecordGone(self.account, f"GET {with_id} shows a contact that is deleted")
        if not is_of(record, record_id):
            raise other_record(self.account, f"GET {with_id}", record)
        return Page([record], reply.served_at)

    def find_duplicate(self, **identifier: str) -> Raw | None:
        """Return the contact that the server finds for an `email` or `number`, None if there is none."""
        asked = {"locationId": self.location_id, **identifier}
        try:
            reply = self.calls.send_query("GET", "/contacts/search/duplicate", params=asked)
        except RecordGone:
            return None
        except RecordRefused as refused:
            if isinstance(gone_or(refused), RecordGone):
                return None
            raise
        found = _object(reply.body, "contact")
        is_none = isinstance(reply.body, Mapping) and reply.body.get("contact", "") is None
        # If this counted as "no such contact", the contact could be created a second time.
        if found is None and not is_none:
            raise ServerTrouble(self.account, "GET /contacts/search/duplicate was answered without `contact`")
        if found is not None and not is_usable_id(found.get("id")):
            raise ServerTrouble(
                self.account, "GET /contacts/search/duplicate was answered with a contact without an id"
            )
        return found

    def create_contact(self, properties: Mapping[str, Any]) -> Page:
        """Create a contact and return the answer that shows it. Raises RecordRefused, OutcomeUnknown."""
        sent = {**properties, "locationId": self.location_id}
        reply = self.calls.send_change("POST", "/contacts/", json=sent, repeatable=False)
        record = _object(reply.body, "contact")
        if record is None or not is_record(record):
            raise OutcomeUnknown(self.account, "a write was answered without the contact", accepted=True)
        if not _may_be_made_of(record, properties):
            message = f"a create was answered with contact {record['id']}, which is another contact"
            raise OutcomeUnknown(self.account, message, accepted=True)
        return Page([record], reply.served_at)

    def update_contact(self, record_id: str, properties: Mapping[str, Any]) -> Page:
        """Set properties of a contact and return it, from the answer or else by id.

        Raises RecordGone, RecordRefused, OutcomeUnknown.
        """
        try:
            reply = self.calls.send_change(
                "PUT", _contact_path(record_id), json=dict(properties), repeatable=True, overwrites=True
            )
        except RecordRefused as refused:
            raise gone_or(refused) from refused
        record = _object(reply.body, "contact")
        return Page([record], reply.served_at) if is_of(record, record_id) and record else self.read_contact(record_id)

    def delete_contact(self, record_id: str) -> None:
        """Delete a contact. Raises RecordGone, RecordRefused, OutcomeUnknown."""
        try:
            self.calls.send_change("DELETE", _contact_path(record_id), repeatable=True)
        except RecordRefused as refused:
            raise gone_or(refused) from refused

    def add_tags(self, record_id: str, tags: Sequence[str]) -> Reply:
        """Add tags to a contact. The answer holds `tags`. Raises RecordGone, RecordRefused, OutcomeUnknown."""
        return self._tags("POST", record_id, tags)

    def remove_tags(self, record_id: str, tags: Sequence[str]) -> Reply:
        """Remove tags from a contact. The answer holds `tags`. Raises RecordGone, RecordRefused, OutcomeUnknown."""
        return self._tags("DELETE", record_id, tags)

    def read_location(self) -> Mapping[str, Any]:
        """Return the location with its settings and its companyId."""
        reply = self.calls.send_query("GET", self._location)
        location = _object(reply.body, "location")
        if location is None:
            raise ServerTrouble(self.account, f"GET {self._location} was answered without the location")
        return location

    def list_custom_fields(self) -> list[Raw]:
        """Return the custom fields of contacts in this location."""
        path = f"{self._location}/customFields"
        fields = self._listed(path, {"model": "contact"}, "customFields")
        if not all(isinstance(each, Mapping) for each in fields):
            raise ServerTrouble(self.account, f"GET {path} was answered with a row that is no field")
        return fields

    def create_custom_field(self, name: str, kind: str) -> Raw | None:
        """Create a custom field of contacts. Raises OutcomeUnknown, RecordRefused, AuthError (missing scope)."""
        sent = {"name": name, "dataType": kind, "model": "contact"}
        reply = self.calls.send_change("POST", f"{self._location}/customFields", json=sent, repeatable=False)
        return _object(reply.body, "customField")

    def ask_for_unnamed_field(self) -> None:
        """Ask for a custom field without name and type.

        That is refused, but only with the scope is it refused for this reason.
        """
        self.calls.send_change("POST", f"{self._location}/customFields", json={}, repeatable=False)

    def list_users(self, company_id: str | None) -> Iterator[Raw]:
        """Yield the users of the location. Without the company only the deprecated list is available."""
        if company_id is None:
            shown = self._listed("/users/", {"locationId": self.location_id}, "users")
            yield from (each for each in shown if isinstance(each, Mapping))
            return
        seen: dict[str, Raw] = {}
        while True:
            users = {str(user.get("id")): user for user in self._users_page(company_id, len(seen))}
            yield from (user for user_id, user in users.items() if user_id not in seen)
            if len(users) < USERS_PER_PAGE or users.keys() <= seen.keys():
                return
            seen |= users

    def _users_page(self, company_id: str, skip: int) -> list[Raw]:
        asked = {
            "companyId": company_id,
            "locationId": self.location_id,
            "skip": str(skip),
            "limit": str(USERS_PER_PAGE),
        }
        return [each for each in self._listed("/users/search", asked, "users") if isinstance(each, Mapping)]

    def _listed(self, path: str, params: Mapping[str, str], key: str) -> list[Any]:
        """Return the rows of a list. Raises ServerTrouble where there is no list, which is not an empty one (R43)."""
        body = self.calls.send_query("GET", path, params=params).body
        found = body.get(key) if isinstance(body, Mapping) else None
        if not isinstance(found, list):
            raise ServerTrouble(self.account, f"GET {path} was answered without {key}")
        return found

    def _tags(self, method: str, record_id: str, tags: Sequence[str]) -> Reply:
        path = f"{_contact_path(record_id)}/tags"
        try:
            return self.calls.send_change(method, path, json={"tags": list(tags)}, repeatable=True, overwrites=True)
        except RecordRefused as refused:
            raise gone_or(refused) from refused


def is_record(row: object) -> bool:
    """Say whether a row of a list is a record: an object with an id by which it can be read."""
    record_id = row.get("id") if isinstance(row, Mapping) else None
    return is_usable_id(record_id)


def is_of(record: Raw | None, record_id: str) -> bool:
    """Say whether a record has that id."""
    return record is not None and str(record.get("id")) == record_id


def other_record(account: str, asked: str, record: Raw) -> OtherRecord:
    """Return the error for an answer that shows another record than was asked for."""
    return OtherRecord(account, f"{asked} was answered with record {record.get('id')}", record)


def gone_or(refused: RecordRefused) -> RecordGone | RecordRefused:
    """Return RecordGone if a refusal says that the record does not exist, else the refusal itself."""
    if refused.status in _GONE_STATUSES or any(map(_GONE.search, refused.messages)):
        return RecordGone(refused.account, refused.message)
    return refused


def _may_be_made_of(record: Raw, sent: Mapping[str, Any]) -> bool:
    """Say whether a record may be the result of a create: it shows the address that was sent, if it shows any."""
    wanted, shown = (email.key(str(each.get("email") or "")) for each in (sent, record))
    return not wanted or not shown or wanted == shown


def _contact_path(record_id: str) -> str:
    return f"/contacts/{quote(record_id, safe='')}"


def _object(body: Any, key: str) -> Raw | None:
    found = body.get(key) if isinstance(body, Mapping) else None
    return found if isinstance(found, Mapping) else None
