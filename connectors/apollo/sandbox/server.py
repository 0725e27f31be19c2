"""An Apollo on loopback: contacts, lists, stages, users and custom fields over HTTP, as documented and as recorded.

`quirks` selects behaviour that is unproven. `add`, `edit` and `remove` are what users do in their Apollo. No write may
have one of the last names in `refused_names`. `before_answer` is called before each call is carried out.
"""

import itertools
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors.apollo.sandbox import records
from connectors.apollo.sandbox.index import ApolloSearchIndex
from connectors.apollo.sandbox.rate_limit import ApolloRateLimit
from connectors.apollo.sandbox.records import Record
from connectors.http.rate_headers import RateLimit
from connectors.sandbox.base import Call, Sandbox, SandboxResponse
from connectors.values import instant

KEY: Final = "apollo-key-000001"
FREE: Final = RateLimit(50, 60.0, 600, ((3600.0, 200), (86_400.0, 600)))
STAGES: Final = ("Cold", "Approaching", "Replied", "Interested", "Not Interested", "Unresponsive", "Do Not Contact",
    "Bad Data", "Changed Job")  # fmt: skip
BULK: Final = 100
JOB: Final = 1000
MODALITY: Final = "contacts"
INVALID_KEY: Final = b"Invalid API key. See https://docs.apollo.io/reference/authentication for how to authenticate."


@dataclass(slots=True)
class ApolloQuirks:
    """Behaviour that differs between accounts, or that no document proves.

    `index_lag` is in seconds. `guesses`: a create fills company, stage and owner. `old_form`: the key is taken from
    body or query, and updates are PUT. `rows_lack_places`: search rows do not show city, state and country.
    """

    index_lag: float = 0.0
    guesses: bool = True
    old_form: bool = False
    rows_lack_places: bool = False
    scopes_missing: frozenset[str] = frozenset()


class ApolloSandbox(Sandbox):
    """One team. `people` are its contacts, `labels` its lists by id, `stages` and `fields` by id."""

    def __init__(self, *, key: str = KEY, quirks: ApolloQuirks | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.key = key
        self.quirks = quirks or ApolloQuirks()
        self.index = ApolloSearchIndex()
        self.labels: dict[str, str] = {}
        self.stages = {f"5c48fb{number:018x}": name for number, name in enumerate(STAGES)}
        self.users: list[dict[str, Any]] = []
        self.fields: dict[str, dict[str, Any]] = {}
        self.jobs = 0
        self.refused_names: frozenset[str] = frozenset()
        self.before_answer: Callable[[Call], None] = lambda _call: None
        self._records: MutableMapping[str, Record] = {}
        self._deleted: set[str] = set()
        self._ids = itertools.count(1)

    @property
    def base_url(self) -> str:
        """The address of the API."""
        return f"{self.url}/{'v1' if self.quirks.old_form else 'api/v1'}"

    def make_allowance(self, limit: RateLimit) -> ApolloRateLimit:
        """Return the counts of minute, hour and day."""
        return ApolloRateLimit(limit)

    def people(self) -> list[Record]:
        """Return all contacts."""
        return [dict(record) for record in self._records.values()]

    def add_user(self, address: str) -> str:
        """Add a user of the team; return the id."""
        user_id = self._new_id()
        self.users.append({"id": user_id, "email": address, "first_name": "U", "last_name": "Ser", "deleted": False})
        return user_id

    def add_field(self, label: str, kind: str = "string") -> str:
        """Add a custom field of contacts; return its id."""
        field_id = self._new_id()
        self.fields[field_id] = {"label": label, "type": kind}
        return field_id

    def label_id(self, name: str) -> str:
        """Return the id of a list, which is added where there is none of that name."""
        for label_id, known in self.labels.items():
            if known == name:
                return label_id
        label_id = self._new_id()
        self.labels[label_id] = name
        return label_id

    def add(self, body: Mapping[str, Any], at: datetime | None = None) -> str:
        """Let a user add a contact, with the keys of a write and `city`, `state`, `country` as they shall be."""
        with self.lock:
            moment = instant.render(at or self.server_now())
            record = records.blank(self._new_id(), moment)
            record["owner_id"] = record["creator_id"] = self.users[0]["id"] if self.users else None
            self._store(self._changed(record, body), moment)
            return str(record["id"])

    def edit(self, record_id: str, body: Mapping[str, Any]) -> None:
        """Let a user change a contact. Without anything it is saved again as it was."""
        with self.lock:
            self._store(self._changed(self._records[record_id], body), instant.render(self.server_now()))

    def remove(self, record_id: str) -> None:
        """Let a user delete a contact."""
        with self.lock:
            del self._records[record_id]
            self._deleted.add(record_id)
            self.index.put(self._due(), record_id, None)

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out one call."""
        self.before_answer(call)
        body = call.body if isinstance(call.body, dict) else {}
        if not self._is_authorized(call, body):
            return SandboxResponse(401, INVALID_KEY, {"Content-Type": "text/plain"})
        root = "/v1" if self.quirks.old_form else "/api/v1"
        if not call.path.startswith(f"{root}/"):
            return SandboxResponse(404, {"error": "Not Found"})
        path = call.path.removeprefix(root)
        for method, known, scope, carry_out in ROUTES:
            if method == call.method and known == path:
                return self._refused(scope) or carry_out(self, call, body)
        head, _, record_id = path.rpartition("/")
        if head == "/contacts" and record_id:
            return self._of_record(call.method, record_id, body)
        return SandboxResponse(404, {"error": "Not Found"})

    def search(self, _call: Call, body: Mapping[str, Any]) -> SandboxResponse:
        """POST /contacts/search."""
        self.index.refresh(self.server_now().timestamp())
        found = self.index.search(body)
        if found is None:
            return unprocessable("Parameters misconfigured. Only the first 50000 records can be displayed")
        hidden = {"city", "state", "country"} if self.quirks.rows_lack_places else set()
        rows = [{key: value for key, value in row.items() if key not in hidden} for row in found.rows]
        pages = -(-found.total // found.per_page)
        pagination = {"page": found.page, "per_page": found.per_page, "total_entries": found.total,
            "total_pages": pages}  # fmt: skip
        return SandboxResponse(200, {
            "contacts": rows, "breadcrumbs": [], "partial_results_only": False, "disable_eu_prospecting": False,
            "partial_results_limit": 10_000, "pagination": pagination, "num_fetch_result": None,
        })  # fmt: skip

    def create(self, _call: Call, body: Mapping[str, Any]) -> SandboxResponse:
        """POST /contacts."""
        wrong = self._complaint(body)
        if wrong:
            return unprocessable(wrong)
        record = self._created({key: body[key] for key in body if key in records.PATCHED})
        return SandboxResponse(200, {"contact": record, "labels": self._labels_of(record), "team": {"id": "t1"}})

    def bulk_create(self, _call: Call, body: Mapping[str, Any]) -> SandboxResponse:
        """POST /contacts/bulk_create."""
        items = body.get("contacts")
        if not isinstance(items, list) or not items or len(items) > BULK:
            return unprocessable("contact_attributes must be an array of 1 to 100 contacts")
        wrong = next(filter(None, map(self._complaint, items)), None)
        if wrong:
            return unprocessable(wrong)
        lists = body.get("append_label_names") or []
        made = []
        for item in items:
            kept = {key: item[key] for key in item if key in records.BULK_CREATED}
            made.append(self._created({**kept, **({"label_names": lists} if lists else {})}))
        return SandboxResponse(200, {"created_contacts": made, "existing_contacts": []})

    def bulk_update(self, _call: Call, body: Mapping[str, Any]) -> SandboxResponse:
        """POST /contacts/bulk_update."""
        items = body.get("contact_attributes")
        if not isinstance(items, list) or not items or len(items) > JOB:
            return unprocessable("contact_attributes must be an array of 1 to 1000 contacts")
        gone = [item.get("id") for item in items if item.get("id") not in self._records]
        if gone:
            return deleted(gone)
        wrong = next(filter(None, map(self._complaint, items)), None)
        if wrong:
            return unprocessable(wrong)
        shown = []
        for item in items:
            kept = {key: item[key] for key in item if key in records.BULK_UPDATED}
            shown.append(self._update(item["id"], kept))
        if len(items) > BULK or body.get("async") is True:
            self.jobs += 1
            ids = [item["id"] for item in items]
            job = {"id": self._new_id(), "job_type": "bulk_update", "status": "pending", "entity_ids": ids}
            return SandboxResponse(200, {"entity_progress_job": job})
        return SandboxResponse(200, {"contacts": shown})

    def update_stages(self, call: Call, body: Mapping[str, Any]) -> SandboxResponse:
        """POST /contacts/update_stages: the parameters are in the query, in the form of 2020 in the body."""
        ids, stage = call.query.get("contact_ids[]", "").split(","), call.query.get("contact_stage_id")
        if self.quirks.old_form:
            ids, stage = body.get("contact_ids") or [], body.get("contact_stage_id")
        if stage not in self.stages:
            return unprocessable(f"Parameters misconfigured. {stage} is not a valid ID")
        shown = [self._update(each, {"contact_stage_id": stage}) for each in ids if each in self._records]
        return SandboxResponse(200, {"contacts": shown})

    def list_stages(self, _call: Call, _body: Mapping[str, Any]) -> SandboxResponse:
        """GET /contact_stages."""
        rows = [
            {"id": key, "team_id": "t1", "display_name": name, "name": name, "display_order": number, "category": None}
            for number, (key, name) in enumerate(self.stages.items())
        ]
        return SandboxResponse(200, {"contact_stages": rows})

    def list_users(self, call: Call, _body: Mapping[str, Any]) -> SandboxResponse:
        """GET /users/search."""
        page = int(call.query.get("page", "1"))
        size = int(call.query.get("per_page", "25"))
        rows = self.users[(page - 1) * size : page * size]
        pages = max(1, -(-len(self.users) // size))
        pagination = {"page": str(page), "per_page": str(size), "total_entries": len(self.users), "total_pages": pages}
        return SandboxResponse(200, {"users": rows, "pagination": pagination})

    def profile(self, _call: Call, _body: Mapping[str, Any]) -> SandboxResponse:
        """GET /users/api_profile."""
        return SandboxResponse(200, {"id": "u1", "team_id": "t1", "email": "api@example.com"})

    def list_labels(self, _call: Call, _body: Mapping[str, Any]) -> SandboxResponse:
        """GET /labels: a bare list."""
        rows = [
            {"_id": key, "id": key, "modality": MODALITY, "name": name, "cached_count": 0}
            for key, name in self.labels.items()
        ]
        account = {"_id": "a1", "id": "a1", "modality": "accounts", "name": "accounts only", "cached_count": 0}
        return SandboxResponse(200, [*rows, account])

    def add_to_lists(self, _call: Call, body: Mapping[str, Any]) -> SandboxResponse:
        """POST /labels/add_entity_ids_to_label_names."""
        return self._relabel(body, adding=True)

    def remove_from_lists(self, _call: Call, body: Mapping[str, Any]) -> SandboxResponse:
        """POST /labels/remove_entity_ids_from_label_names."""
        return self._relabel(body, adding=False)

    def list_fields(self, _call: Call, _body: Mapping[str, Any]) -> SandboxResponse:
        """GET /fields."""
        rows = [
            {"id": f"contact.{key}", "modality": "contact", "source": "custom", "field_name": f"contact.{key}", **field}
            for key, field in self.fields.items()
        ]
        return SandboxResponse(200, {"fields": rows})

    def create_field(self, _call: Call, body: Mapping[str, Any]) -> SandboxResponse:
        """POST /fields."""
        label, kind = body.get("label"), body.get("type")
        if not label or body.get("modality") != "contact" or not kind:
            return unprocessable("label, modality and type are needed")
        field_id = self.add_field(str(label), str(kind))
        made = {"id": field_id, "name": label, "modality": "contact", "text_field_max_length": 1200}
        return SandboxResponse(200, {"typed_custom_fields": [made]})

    def _of_record(self, method: str, record_id: str, body: Mapping[str, Any]) -> SandboxResponse:  # noqa: PLR0911 (the documented answers)
        is_update = method in ({"PUT"} if self.quirks.old_form else {"PATCH", "PUT"})
        if method != "GET" and not is_update:
            return SandboxResponse(404, {"error": "Not Found"})
        refused = self._refused("contacts/update" if is_update else "contacts/show")
        if refused:
            return refused
        if record_id not in self._records:
            if record_id in self._deleted:
                return deleted([record_id]) if is_update else unprocessable("This contact has been deleted.")
            return unprocessable("Oops! This contact does not exist in Apollo.")
        if not is_update:
            return SandboxResponse(200, {"contact": self._records[record_id]})
        wrong = self._complaint(body)
        if wrong:
            return unprocessable(wrong)
        record = self._update(record_id, {key: body[key] for key in body if key in records.PATCHED})
        return SandboxResponse(200, {"contact": record, "labels": self._labels_of(record)})

    def _is_authorized(self, call: Call, body: Mapping[str, Any]) -> bool:
        if self.quirks.old_form:
            return self.key in (body.get("api_key"), call.query.get("api_key"))
        return call.headers.get("x-api-key") == self.key

    def _refused(self, scope: str) -> SandboxResponse | None:
        if scope not in self.quirks.scopes_missing:
            return None
        said = f"This API key is not authorized to access api/v1/{scope}. Request an API key from your "
        said += "administrator that includes this endpoint in its configured scope."
        return SandboxResponse(403, {"error": said, "error_code": "API_INACCESSIBLE"})

    def _complaint(self, body: Mapping[str, Any]) -> str | None:
        if body.get("last_name") in self.refused_names:
            return f"Parameters misconfigured. {body['last_name']} is not a valid name"
        stage = body.get("contact_stage_id")
        if stage and stage not in self.stages:
            return f"Parameters misconfigured. {stage} is not a valid ID"
        custom = body.get("typed_custom_fields")
        unknown = [key for key in custom if key not in self.fields] if isinstance(custom, dict) else []
        return f"Parameters misconfigured. {unknown[0]} is not a valid ID" if unknown else None

    def _created(self, body: Mapping[str, Any]) -> Record:
        moment = instant.render(self.server_now())
        record = records.blank(self._new_id(), moment)
        if self.quirks.guesses:
            record["owner_id"] = record["creator_id"] = self.users[0]["id"] if self.users else None
            record["contact_stage_id"] = next(iter(self.stages), None)
            if records.is_address(body.get("email")) and not body.get("organization_name"):
                record["organization_name"] = "Self-employed"
        return self._store(self._changed(record, body), moment)

    def _update(self, record_id: str, body: Mapping[str, Any]) -> Record:
        before = self._records[record_id]
        after = self._changed(before, body)
        return before if after == before else self._store(after, instant.render(self.server_now()))

    def _changed(self, record: Record, body: Mapping[str, Any]) -> Record:
        names = body.get("label_names")
        labels = None
        if isinstance(names, list):
            labels = list(dict.fromkeys(self.label_id(str(name)) for name in names))
        return records.written(record, body, labels)

    def _store(self, record: Record, moment: str) -> Record:
        stored = {**record, "updated_at": moment}
        self._records[record["id"]] = stored
        self.index.put(self._due(), record["id"], stored)
        return stored

    def _relabel(self, body: Mapping[str, Any], *, adding: bool) -> SandboxResponse:
        names, ids = body.get("label_names") or [], body.get("entity_ids") or []
        if body.get("modality") != MODALITY:
            return unprocessable("modality must be contacts or accounts")
        labels = [self.label_id(str(name)) for name in names]
        for record_id in (each for each in ids if each in self._records):
            had = self._records[record_id]["label_ids"]
            more = [*had, *(each for each in labels if each not in had)]
            kept = more if adding else [each for each in had if each not in labels]
            if kept != had:
                self._store({**self._records[record_id], "label_ids": kept}, instant.render(self.server_now()))
        return SandboxResponse(200, {"message": "done"})

    def _labels_of(self, record: Record) -> list[dict[str, Any]]:
        return [{"id": each, "name": self.labels[each], "modality": MODALITY} for each in record["label_ids"]]

    def _due(self) -> float:
        return self.server_now().timestamp() + self.quirks.index_lag

    def _new_id(self) -> str:
        return f"5f34e4{next(self._ids):018x}"


def unprocessable(said: str) -> SandboxResponse:
    """Return a 422 with its reason, and with the details that newer errors carry."""
    details = {"code": "REQUEST.INVALID", "message": said, "suggestions": [], "context": {}}
    return SandboxResponse(422, {"error": said, "error_details": details})


def deleted(ids: list[Any]) -> SandboxResponse:
    """Return the 422 for an update of contacts that are deleted."""
    return SandboxResponse(422, {"error": "Some contacts have been deleted", "deleted_contact_ids": ids})


ROUTES: Final = (
    ("POST", "/contacts/search", "contacts/search", ApolloSandbox.search),
    ("POST", "/contacts", "contacts/create", ApolloSandbox.create),
    ("POST", "/contacts/bulk_create", "contacts/bulk_create", ApolloSandbox.bulk_create),
    ("POST", "/contacts/bulk_update", "contacts/bulk_update", ApolloSandbox.bulk_update),
    ("POST", "/contacts/update_stages", "contacts/update_stages", ApolloSandbox.update_stages),
    ("GET", "/contact_stages", "contact_stages/index", ApolloSandbox.list_stages),
    ("GET", "/users/search", "users/search", ApolloSandbox.list_users),
    ("GET", "/users/api_profile", "", ApolloSandbox.profile),
    ("GET", "/labels", "labels/index", ApolloSandbox.list_labels),
    ("POST", "/labels/add_entity_ids_to_label_names", "labels/add", ApolloSandbox.add_to_lists),
    ("POST", "/labels/remove_entity_ids_from_label_names", "labels/remove", ApolloSandbox.remove_from_lists),
    ("GET", "/fields", "fields/index", ApolloSandbox.list_fields),
    ("POST", "/fields", "fields/create", ApolloSandbox.create_field),
)
