"""A GrowthHub on loopback: contacts, notes and conversations of the LeadConnector API 2.0 over HTTP.

Built from the documented and recorded behaviour. `quirks` selects behaviour that is unproven. `add`, `edit`, `remove`
and `merge` are what users do in their GrowthHub.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from connectors.growthhub.sandbox import records
from connectors.growthhub.sandbox.answers import elsewhere, number_in, refusal, routes, unknown
from connectors.growthhub.sandbox.contacts import LOCATION, TOKEN, Quirks
from connectors.growthhub.sandbox.conversations import CONVERSATION_ROUTES, SandboxConversations
from connectors.growthhub.sandbox.index import InvalidQuestion
from connectors.growthhub.sandbox.notes import NOTE_ROUTES
from connectors.growthhub.sandbox.oauth import OAuthServer
from connectors.sandbox.base import Call, SandboxResponse

__all__ = ["COMPANY", "DUPLICATE", "LOCATION", "TOKEN", "GrowthHubSandbox", "Quirks"]

VERSIONS = frozenset({"2021-07-28", "2021-04-15", "2023-02-21", "v3"})
COMPANY = "5DP4iH6HLkQsiKESj6rh"
DUPLICATE = "This location does not allow duplicated contacts."
SEARCH_BODY = frozenset({"locationId", "pageLimit", "page", "searchAfter", "filters", "sort", "query"})


class GrowthHubSandbox(SandboxConversations):
    """One location.

    Any other location's id is answered with 403. Its own token is accepted, and so are those of `oauth`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.oauth = OAuthServer(self.location_id, COMPANY)

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call."""
        answer = self.oauth.answer(call)
        if answer is not None:
            return answer
        bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer != self.token and not self.oauth.accepts(bearer, call.at):
            return refusal(401, "Invalid JWT")
        if call.headers.get("version") not in VERSIONS:
            return refusal(401, "version header was not found.")
        for method, pattern, scope, carry_out in ROUTES:
            found = pattern.fullmatch(call.path)
            if found and method == call.method:
                if scope in self.quirks.scopes_missing:
                    return refusal(401, "The token is not authorized for this scope.")
                return carry_out(self, call, *map(unquote, found.groups()))
        return refusal(404, f"Cannot {call.method} {call.path}")

    def search(self, call: Call) -> SandboxResponse:
        """POST /contacts/search."""
        body = call.body if isinstance(call.body, dict) else {}
        said = [f"property {key} should not exist" for key in body if key not in SEARCH_BODY]
        limit = body.get("pageLimit")
        if "locationId" not in body:
            said.append("locationId should not be empty")
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= self.quirks.largest_page:
            limit = 0
            said.append(f"pageLimit must be a number between 1 and {self.quirks.largest_page}")
        if said:
            return refusal(422, said)
        if body["locationId"] != self.location_id:
            return elsewhere()
        self._index.refresh(self._now())
        cap = self.quirks.silent_page_cap
        try:
            found = self._index.search({**body, "pageLimit": min(limit, cap) if cap else limit})
        except InvalidQuestion as error:
            return refusal(400, str(error))
        rows = [records.search_row(each, key if self.quirks.search_after else None) for each, key in found.rows]
        answer: dict[str, Any] = {"contacts": rows, "traceId": self._trace()}
        return SandboxResponse(200, {**answer, "total": found.total} if self.quirks.total else answer)

    def duplicate(self, call: Call) -> SandboxResponse:
        """GET /contacts/search/duplicate: looks at the records themselves, not at the index."""
        if call.query.get("locationId") != self.location_id:
            return elsewhere()
        asked = {"email": call.query.get("email"), "phone": call.query.get("number")}
        for identifier in self.unique_identifiers:
            for record_id in self._known(identifier, asked[identifier]):
                shown = records.by_id(self._records[record_id])
                return SandboxResponse(200, {"contact": shown, "matchingField": "contactId", "traceId": self._trace()})
        return SandboxResponse(200, {"contact": None, "traceId": self._trace()})

    def create(self, call: Call) -> SandboxResponse:
        """POST /contacts/."""
        body = dict(call.body) if isinstance(call.body, dict) else {}
        allowed = records.CREATED - self.quirks.unknown_properties
        said = records.complaints(body, allowed, records.NULLABLE_IN_POST)
        if not isinstance(body.get("locationId"), str):
            said.append("locationId must be a string")
        if said:
            return refusal(422, said)
        if body["locationId"] != self.location_id:
            return elsewhere()
        try:
            properties, custom = self._accepted(body)
        except ValueError as error:
            return refusal(400, str(error))
        duplicate = self._duplicate_of(properties, None)
        if duplicate:
            return duplicate
        record_id = self._add({"source": "public api", **properties}, custom)
        if self.quirks.refuses_yet_creates > 0:
            self.quirks.refuses_yet_creates -= 1
            return refusal(422, ["Unprocessable Entity"])
        shown = {**records.by_id(self._records[record_id]), **self._deliverability(record_id)}
        return SandboxResponse(201, {"contact": shown, "traceId": self._trace()})

    def _deliverability(self, record_id: str) -> dict[str, bool]:
        """Return what the location knows about the address of a new contact."""
        address = str(self._records[record_id].get("email") or "").casefold()
        return {"unsubscribeEmail": address in self.unsubscribed, "bounceEmail": address in self.bounced}

    def show(self, _call: Call, record_id: str) -> SandboxResponse:
        """GET /contacts/{id}."""
        if record_id not in self._records:
            return unknown("Contact", record_id)
        return SandboxResponse(200, {"contact": records.by_id(self._records[record_id]), "traceId": self._trace()})

    def update(self, call: Call, record_id: str) -> SandboxResponse:
        """PUT /contacts/{id}."""
        body = dict(call.body) if isinstance(call.body, dict) else {}
        allowed = records.UPDATED - (frozenset() if self.quirks.company_in_put else {"companyName"})
        said = records.complaints(body, allowed - self.quirks.unknown_properties, records.NULLABLE_IN_PUT)
        if said:
            return refusal(422, said)
        if record_id not in self._records:
            return unknown("Contact", record_id)
        try:
            properties, custom = self._accepted(body)
        except ValueError as error:
            return refusal(400, str(error))
        duplicate = self._duplicate_of(properties, record_id)
        if duplicate:
            return duplicate
        self._change(record_id, properties, custom)
        shown = records.by_id(self._records[record_id])
        shown = {key: value for key, value in shown.items() if key not in self.quirks.put_lacks}
        return SandboxResponse(200, {"succeded": True, "succeeded": True, "contact": shown, "traceId": self._trace()})

    def delete(self, _call: Call, record_id: str) -> SandboxResponse:
        """DELETE /contacts/{id}."""
        if record_id not in self._records:
            return unknown("Contact", record_id)
        self._delete(record_id)
        return SandboxResponse(200, {"succeded": True, "succeeded": True, "traceId": self._trace()})

    def add_tags(self, call: Call, record_id: str) -> SandboxResponse:
        """POST /contacts/{id}/tags."""
        return self._tag(call, record_id, adding=True)

    def remove_tags(self, call: Call, record_id: str) -> SandboxResponse:
        """DELETE /contacts/{id}/tags."""
        return self._tag(call, record_id, adding=False)

    def show_location(self, _call: Call, location_id: str) -> SandboxResponse:
        """GET /locations/{id}."""
        if location_id != self.location_id:
            return elsewhere()
        settings = {
            "allowDuplicateContact": self.allow_duplicates,
            "allowDuplicateOpportunity": False,
            "allowFacebookNameMerge": False,
            "disableContactTimezone": False,
            "contactUniqueIdentifiers": self.unique_identifiers,
        }
        location = {
            "id": self.location_id,
            "companyId": COMPANY,
            "name": "dentist",
            "country": self.country,
            "timezone": "America/Chicago",
            "settings": settings,
        }
        return SandboxResponse(200, {"location": location, "traceId": self._trace()})

    def list_fields(self, _call: Call, location_id: str) -> SandboxResponse:
        """GET /locations/{id}/customFields."""
        if location_id != self.location_id:
            return elsewhere()
        shown = [field.shown(self.location_id) for field in self.fields.values()]
        return SandboxResponse(200, {"customFields": shown, "traceId": self._trace()})

    def create_field(self, call: Call, location_id: str) -> SandboxResponse:
        """POST /locations/{id}/customFields."""
        if location_id != self.location_id:
            return elsewhere()
        body = call.body if isinstance(call.body, dict) else {}
        said = [f"{key} must be a string" for key in ("name", "dataType") if not isinstance(body.get(key), str)]
        if said:
            return refusal(422, said)
        field = self.fields[self.add_field(body["name"], body["dataType"])]
        return SandboxResponse(201, {"customField": field.shown(self.location_id), "traceId": self._trace()})

    def search_users(self, call: Call) -> SandboxResponse:
        """GET /users/search."""
        if "companyId" not in call.query:
            return refusal(422, ["companyId must be a string"])
        skip, limit = number_in(call.query, "skip", 0), number_in(call.query, "limit", 25)
        if skip is None or limit is None:
            wrong = [f"{key} must be a number" for key, one in (("skip", skip), ("limit", limit)) if one is None]
            return refusal(422, wrong)
        page = self.users[skip : skip + limit]
        return SandboxResponse(200, {"users": page, "count": len(self.users), "traceId": self._trace()})

    def list_users(self, _call: Call) -> SandboxResponse:
        """GET /users/ (deprecated): empty, as recorded for a location's token."""
        return SandboxResponse(200, {"users": [], "traceId": self._trace()})

    def _accepted(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what takes effect of a body: properties, and custom values by id. Raises ValueError."""
        properties = records.native_values(body, self.country)
        if "tags" in body:
            properties["tags"] = records.lower_tags(body["tags"])
        keys = {each.key.removeprefix("contact."): each.id for each in self.fields.values()}
        custom = {}
        for field_id, key, value in records.custom_items(body):
            field = self.fields.get(field_id or keys.get(key.removeprefix("contact."), ""))
            if field is None and self.quirks.unknown_custom_refused:
                raise ValueError(f"Custom field {field_id or key} not found")
            if field is None or field.key in self.quirks.drops:
                continue
            if not records.fits(field.kind, value):
                raise ValueError(f"Invalid value for custom field {field.name}")
            custom[field.id] = value
        taken = {key: value for key, value in properties.items() if key not in self.quirks.drops}
        if self.quirks.ignores_nulls:
            taken = {key: value for key, value in taken.items() if body.get(key, "") is not None}
        if self.quirks.ignores_clears:
            taken = {key: value for key, value in taken.items() if value is not None}
            custom = {key: value for key, value in custom.items() if value not in ("", [], None)}
        return taken, custom

    def _duplicate_of(self, properties: Mapping[str, Any], own_id: str | None) -> SandboxResponse | None:
        if self.allow_duplicates:
            return None
        for identifier in self.unique_identifiers:
            for record_id in self._known(identifier, properties.get(identifier)):
                if record_id == own_id:
                    continue
                other = self._records[record_id]
                name = " ".join(filter(None, (other.get("firstName"), other.get("lastName"))))
                meta = {"contactId": record_id, "contactName": name, "matchingField": identifier}
                return SandboxResponse(
                    400, {"statusCode": 400, "message": DUPLICATE, "meta": meta, "traceId": self._trace()}
                )
        return None

    def _tag(self, call: Call, record_id: str, *, adding: bool) -> SandboxResponse:
        body = call.body if isinstance(call.body, dict) else {}
        said = [f"property {key} should not exist" for key in body if key != "tags"]
        tags = body.get("tags")
        if said or not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            return refusal(422, said or ["tags must be an array"])
        if record_id not in self._records:
            return unknown("Contact", record_id)
        had, named = list(self._records[record_id]["tags"]), records.lower_tags(body["tags"])
        changed = [tag for tag in named if (tag in had) != adding]
        kept = [*had, *changed] if adding else [tag for tag in had if tag not in changed]
        if "tags" not in self.quirks.drops and changed:
            self._change(record_id, {"tags": kept}, {})
        shown = named if self.quirks.tags_echo else self._records[record_id]["tags"]
        key = "tagsAdded" if adding else "tagsRemoved"
        return SandboxResponse(201 if adding else 200, {"tags": shown, key: changed, "traceId": self._trace()})


ROUTES = (
    *routes(
        ("POST", r"/contacts/search", "contacts.readonly", GrowthHubSandbox.search),
        ("GET", r"/contacts/search/duplicate", "contacts.readonly", GrowthHubSandbox.duplicate),
        ("POST", r"/contacts/?", "contacts.write", GrowthHubSandbox.create),
        ("GET", r"/contacts/([^/]+)", "contacts.readonly", GrowthHubSandbox.show),
        ("PUT", r"/contacts/([^/]+)", "contacts.write", GrowthHubSandbox.update),
        ("DELETE", r"/contacts/([^/]+)", "contacts.write", GrowthHubSandbox.delete),
        ("POST", r"/contacts/([^/]+)/tags", "contacts.write", GrowthHubSandbox.add_tags),
        ("DELETE", r"/contacts/([^/]+)/tags", "contacts.write", GrowthHubSandbox.remove_tags),
        ("GET", r"/locations/([^/]+)", "locations.readonly", GrowthHubSandbox.show_location),
        ("GET", r"/locations/([^/]+)/customFields", "locations/customFields.readonly", GrowthHubSandbox.list_fields),
        ("POST", r"/locations/([^/]+)/customFields", "locations/customFields.write", GrowthHubSandbox.create_field),
        ("GET", r"/users/search", "users.readonly", GrowthHubSandbox.search_users),
        ("GET", r"/users/", "users.readonly", GrowthHubSandbox.list_users),
    ),
    *NOTE_ROUTES,
    *CONVERSATION_ROUTES,
)
