"""A GrowthHub to try things on: the contacts part of the LeadConnector API 2.0 over real HTTP on loopback.

Built from the documented and recorded behaviour; what is unproven there can be chosen in `Quirks`. Beside the
API it has hands: `add`, `edit`, `remove` and `merge` are what people do in the GrowthHub of their own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

from connectors.growthhub import sandbox_records as records
from connectors.growthhub.sandbox_index import InvalidQuestion, Record, SearchIndex
from connectors.sandbox import Call, Sandbox, Served
from connectors.values import instant

VERSIONS = frozenset({"2021-07-28", "2021-04-15", "2023-02-21", "v3"})
LOCATION = "ve9EPM428h8vShlRW1KT"
COMPANY = "5DP4iH6HLkQsiKESj6rh"
TOKEN = "pit-00000000-0000-4000-8000-000000000000"  # noqa: S105 (invented)
DUPLICATE = "This location does not allow duplicated contacts."
SEARCH_BODY = frozenset({"locationId", "pageLimit", "page", "searchAfter", "filters", "sort", "query"})

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 20


@dataclass(slots=True)
class Quirks:
    """What a live location may do, and the documents do not settle.

    `index_lag` is in seconds, 12 to 60 in field reports. `drops` are properties and custom keys that writes
    ignore without a word; `ignores_clears` keeps what is to be emptied. `refuses_yet_creates` is how many
    creates answer 422 and take effect. `put_lacks` are keys that the answers of PUT do not show.
    `scopes_missing` are the scopes that the token lacks.
    """

    index_lag: float = 0.0
    largest_page: int = 500
    silent_page_cap: int | None = None
    search_after: bool = True
    total: bool = True
    company_in_put: bool = True
    unknown_custom_refused: bool = False
    ignores_clears: bool = False
    tags_echo: bool = False
    refuses_yet_creates: int = 0
    drops: frozenset[str] = frozenset()
    unknown_properties: frozenset[str] = frozenset()
    put_lacks: frozenset[str] = frozenset()
    scopes_missing: frozenset[str] = frozenset()


class GrowthHubSandbox(Sandbox):
    """One location with its contacts, custom fields and users. Any other location's id is answered with 403."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        location_id: str = LOCATION,
        country: str = "US",
        allow_duplicates: bool = False,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.token = token
        self.location_id = location_id
        self.country = country
        self.allow_duplicates = allow_duplicates
        self.unique_identifiers = ["email", "phone"]
        self.users: list[dict[str, Any]] = []
        self.quirks = Quirks()
        self.fields: dict[str, records.Field] = {}
        self._records: dict[str, Record] = {}
        self._identities: dict[tuple[str, str], dict[str, None]] = {}
        self._index = SearchIndex()
        self._made = 0

    # what people do

    def add(self, *, custom: Mapping[str, Any] | None = None, **properties: Any) -> str:
        """Add a contact by hand, return its id. `custom` is by fieldKey; dateAdded and dateUpdated may be set."""
        with self.lock:
            return self._add(properties, self._custom_by_key(custom or {}))

    def edit(self, record_id: str, *, custom: Mapping[str, Any] | None = None, **properties: Any) -> None:
        """Set properties of a contact by hand (tags as they shall be; None empties)."""
        with self.lock:
            self._change(record_id, properties, self._custom_by_key(custom or {}))

    def remove(self, record_id: str) -> None:
        """Delete a contact by hand. Raises KeyError for a stranger."""
        with self.lock:
            self._delete(record_id)

    def merge(self, kept: str, gone: str) -> None:
        """Merge two contacts as the user interface does: blanks filled, tags united, the other number kept beside."""
        with self.lock:
            winner, loser = self._records[kept], self._records[gone]
            filled = {key: value for key, value in loser.items() if value and not winner.get(key)}
            custom = {**loser["customFields"], **winner["customFields"]}
            beside = list(winner.get("additionalPhones") or [])
            if loser.get("phone") and loser["phone"] != winner.get("phone") and winner.get("phone"):
                beside.append({"phone": loser["phone"]})
            self._delete(gone)
            tags = records.lower_tags([*winner["tags"], *loser["tags"]])
            self._change(kept, {**filled, "tags": tags, "additionalPhones": beside}, custom)

    def person(self, record_id: str) -> dict[str, Any]:
        """Return a contact as GET shows it. Raises KeyError for a stranger."""
        with self.lock:
            return records.by_id(self._records[record_id])

    def people(self) -> list[dict[str, Any]]:
        """Return all contacts as GET shows them, in the order of their making."""
        with self.lock:
            return [records.by_id(record) for record in self._records.values()]

    def custom(self, record_id: str, key: str) -> Any:
        """Return a contact's custom value by fieldKey, None when it is empty."""
        with self.lock:
            field = self.field(key)
            return self._records[record_id]["customFields"].get(field.id) if field else None

    def field(self, key: str) -> records.Field | None:
        """Return a custom field by fieldKey."""
        return next((each for each in self.fields.values() if each.key == key), None)

    def add_field(self, name: str, kind: str = "TEXT", key: str | None = None) -> str:
        """Make a custom field, return its id; the key comes from the name, with a number behind it when it is taken."""
        with self.lock:
            slug = key or "contact." + re.sub(r"\W+", "_", name.strip().lower())
            taken = {each.key for each in self.fields.values()}
            free = slug if slug not in taken else f"{slug}_{len(taken)}"
            field = records.Field(self._new_id(), free, name, kind, 50 * len(self.fields))
            self.fields[field.id] = field
            return field.id

    def remove_field(self, key: str) -> None:
        """Delete a custom field, and its values."""
        with self.lock:
            field = self.field(key)
            if field is None:
                raise KeyError(key)
            del self.fields[field.id]
            for record_id, record in list(self._records.items()):
                if field.id in record["customFields"]:
                    self._change(record_id, {}, {field.id: None})

    def add_user(self, address: str, *, deleted: bool = False) -> str:
        """Add a user of the location, return the id."""
        with self.lock:
            user = {"id": self._new_id(), "name": address.partition("@")[0], "email": address, "deleted": deleted}
            self.users.append(user)
            return str(user["id"])

    # what the API does

    def handle(self, call: Call) -> Served:
        """Carry out one call."""
        if call.headers.get("authorization") != f"Bearer {self.token}":
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

    def search(self, call: Call) -> Served:
        """POST /contacts/search."""
        body = call.body if isinstance(call.body, dict) else {}
        said = [f"property {key} should not exist" for key in body if key not in SEARCH_BODY]
        limit = body.get("pageLimit")
        if "locationId" not in body:
            said.append("locationId should not be empty")
        if not isinstance(limit, int) or not 1 <= limit <= self.quirks.largest_page:
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
        return Served(200, {**answer, "total": found.total} if self.quirks.total else answer)

    def duplicate(self, call: Call) -> Served:
        """GET /contacts/search/duplicate: asked of the records themselves, not of the index."""
        if call.query.get("locationId") != self.location_id:
            return elsewhere()
        asked = {"email": call.query.get("email"), "phone": call.query.get("number")}
        for identifier in self.unique_identifiers:
            for record_id in self._known(identifier, asked[identifier]):
                shown = records.by_id(self._records[record_id])
                return Served(200, {"contact": shown, "matchingField": "contactId", "traceId": self._trace()})
        return Served(200, {"contact": None, "traceId": self._trace()})

    def create(self, call: Call) -> Served:
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
        return Served(201, {"contact": records.by_id(self._records[record_id]), "traceId": self._trace()})

    def show(self, _call: Call, record_id: str) -> Served:
        """GET /contacts/{id}."""
        if record_id not in self._records:
            return unknown_contact(record_id)
        return Served(200, {"contact": records.by_id(self._records[record_id]), "traceId": self._trace()})

    def update(self, call: Call, record_id: str) -> Served:
        """PUT /contacts/{id}."""
        body = dict(call.body) if isinstance(call.body, dict) else {}
        allowed = records.UPDATED - (frozenset() if self.quirks.company_in_put else {"companyName"})
        said = records.complaints(body, allowed - self.quirks.unknown_properties, records.NULLABLE_IN_PUT)
        if said:
            return refusal(422, said)
        if record_id not in self._records:
            return unknown_contact(record_id)
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
        return Served(200, {"succeded": True, "succeeded": True, "contact": shown, "traceId": self._trace()})

    def delete(self, _call: Call, record_id: str) -> Served:
        """DELETE /contacts/{id}."""
        if record_id not in self._records:
            return unknown_contact(record_id)
        self._delete(record_id)
        return Served(200, {"succeded": True, "succeeded": True, "traceId": self._trace()})

    def add_tags(self, call: Call, record_id: str) -> Served:
        """POST /contacts/{id}/tags."""
        return self._tag(call, record_id, adding=True)

    def remove_tags(self, call: Call, record_id: str) -> Served:
        """DELETE /contacts/{id}/tags."""
        return self._tag(call, record_id, adding=False)

    def show_location(self, _call: Call, location_id: str) -> Served:
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
        return Served(200, {"location": location, "traceId": self._trace()})

    def list_fields(self, _call: Call, location_id: str) -> Served:
        """GET /locations/{id}/customFields."""
        if location_id != self.location_id:
            return elsewhere()
        shown = [field.shown(self.location_id) for field in self.fields.values()]
        return Served(200, {"customFields": shown, "traceId": self._trace()})

    def create_field(self, call: Call, location_id: str) -> Served:
        """POST /locations/{id}/customFields."""
        if location_id != self.location_id:
            return elsewhere()
        body = call.body if isinstance(call.body, dict) else {}
        said = [f"{key} must be a string" for key in ("name", "dataType") if not isinstance(body.get(key), str)]
        if said:
            return refusal(422, said)
        field = self.fields[self.add_field(body["name"], body["dataType"])]
        return Served(201, {"customField": field.shown(self.location_id), "traceId": self._trace()})

    def search_users(self, call: Call) -> Served:
        """GET /users/search."""
        if "companyId" not in call.query:
            return refusal(422, ["companyId must be a string"])
        skip, limit = int(call.query.get("skip", "0")), int(call.query.get("limit", "25"))
        page = self.users[skip : skip + limit]
        return Served(200, {"users": page, "count": len(self.users), "traceId": self._trace()})

    def list_users(self, _call: Call) -> Served:
        """GET /users/ (deprecated): empty, as recorded for a location's token."""
        return Served(200, {"users": [], "traceId": self._trace()})

    # how it keeps them

    def _now(self) -> int:
        return instant.to_ms(self.server_now())

    def _trace(self) -> str:
        return f"00000000-0000-4000-8000-{len(self.calls):012d}"

    def _new_id(self) -> str:
        self._made += 1
        number = int.from_bytes(blake2b(str(self._made).encode(), digest_size=16).digest())
        letters = []
        for _ in range(_ID_LENGTH):
            number, digit = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[digit])
        return "".join(letters)

    def _custom_by_key(self, custom: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for key, value in custom.items():
            field = self.field(key)
            found[field.id if field else self.add_field(key.removeprefix("contact."), key=key)] = value
        return found

    def _accepted(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what of a body takes effect: properties, and custom values by id. Raises ValueError."""
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
        if self.quirks.ignores_clears:
            taken = {key: value for key, value in taken.items() if value is not None}
            custom = {key: value for key, value in custom.items() if value not in ("", [], None)}
        return taken, custom

    def _duplicate_of(self, properties: Mapping[str, Any], own_id: str | None) -> Served | None:
        if self.allow_duplicates:
            return None
        for identifier in self.unique_identifiers:
            for record_id in self._known(identifier, properties.get(identifier)):
                if record_id == own_id:
                    continue
                other = self._records[record_id]
                name = " ".join(filter(None, (other.get("firstName"), other.get("lastName"))))
                meta = {"contactId": record_id, "contactName": name, "matchingField": identifier}
                return Served(400, {"statusCode": 400, "message": DUPLICATE, "meta": meta, "traceId": self._trace()})
        return None

    def _known(self, identifier: str, value: str | None) -> list[str]:
        return list(self._identities.get((identifier, value.casefold()), ())) if value else []

    def _tag(self, call: Call, record_id: str, *, adding: bool) -> Served:
        body = call.body if isinstance(call.body, dict) else {}
        said = [f"property {key} should not exist" for key in body if key != "tags"]
        if said or not isinstance(body.get("tags"), list):
            return refusal(422, said or ["tags must be an array"])
        if record_id not in self._records:
            return unknown_contact(record_id)
        had, named = list(self._records[record_id]["tags"]), records.lower_tags(body["tags"])
        changed = [tag for tag in named if (tag in had) != adding]
        kept = [*had, *changed] if adding else [tag for tag in had if tag not in changed]
        if "tags" not in self.quirks.drops and changed:
            self._change(record_id, {"tags": kept}, {})
        shown = named if self.quirks.tags_echo else self._records[record_id]["tags"]
        key = "tagsAdded" if adding else "tagsRemoved"
        return Served(201 if adding else 200, {"tags": shown, key: changed, "traceId": self._trace()})

    def _add(self, properties: Mapping[str, Any], custom: Mapping[str, Any]) -> str:
        now, record_id = self._now(), self._new_id()
        record = {
            "id": record_id,
            "locationId": self.location_id,
            "type": "lead",
            "dnd": False,
            "country": self.country,
            **_by_hand(properties),
            "tags": records.lower_tags(properties.get("tags") or []),
            "customFields": {key: value for key, value in custom.items() if value not in (None, "", [])},
        }
        record["country"] = record["country"] or self.country
        self._keep({"dateAdded": now, "dateUpdated": record.get("dateAdded", now), **record})
        return record_id

    def _change(self, record_id: str, properties: Mapping[str, Any], custom: Mapping[str, Any]) -> None:
        record = self._records[record_id]
        merged = {**record["customFields"], **custom}
        changed = {
            **record,
            "dateUpdated": max(self._now(), record["dateUpdated"]),
            **_by_hand(properties),
            "customFields": {key: value for key, value in merged.items() if value not in (None, "", [])},
        }
        changed["tags"] = records.lower_tags(changed["tags"] or [])
        changed["id"] = record_id
        self._forget_identity(record)
        self._keep(changed)

    def _keep(self, record: Record) -> None:
        self._records[record["id"]] = record
        for identifier in ("email", "phone"):
            if record.get(identifier):
                key = (identifier, str(record[identifier]).casefold())
                self._identities.setdefault(key, {})[record["id"]] = None
        self._index.put(self._due(), record["id"], record)

    def _delete(self, record_id: str) -> None:
        record = self._records.pop(record_id)
        self._forget_identity(record)
        self._index.put(self._due(), record_id, None)

    def _forget_identity(self, record: Record) -> None:
        for identifier in ("email", "phone"):
            if record.get(identifier):
                ids = self._identities.get((identifier, str(record[identifier]).casefold()), {})
                ids.pop(record["id"], None)

    def _due(self) -> int:
        return self._now() + round(self.quirks.index_lag * 1000)


Carry = Callable[..., Served]
ROUTES: tuple[tuple[str, re.Pattern[str], str, Carry], ...] = tuple(
    (method, re.compile(pattern), scope, carry_out)
    for method, pattern, scope, carry_out in (
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
    )
)


def refusal(status: int, message: str | list[str]) -> Served:
    """Return a refusal as the API words it: one string, or an array under 422."""
    errors = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 422: "Unprocessable Entity"}
    return Served(status, {"statusCode": status, "message": message, "error": errors[status]})


def elsewhere() -> Served:
    """Return what is said to the token of another location."""
    return refusal(403, "The token does not have access to this location.")


def unknown_contact(record_id: str) -> Served:
    """Return what is said of a contact that does not exist."""
    return refusal(400, f"Contact with id {record_id} not found")


def _by_hand(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties with times in milliseconds."""
    times = {key: _milliseconds(properties[key]) for key in ("dateAdded", "dateUpdated") if key in properties}
    return {**properties, **times}


def _milliseconds(moment: Any) -> int:
    if isinstance(moment, int):
        return moment
    found = moment if isinstance(moment, datetime) else instant.parse(moment)
    if found is None:
        raise ValueError(f"no time: {moment!r}")
    return instant.to_ms(found)
