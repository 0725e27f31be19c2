"""A GrowthGenius on loopback: the documented behaviour, and every way in which the documents can be read.

Nothing is deduplicated. Records have the 58 documented fields. What the documents leave open is an option of
`Behaviour`, so that a test can put the client before each reading: the shape of lists, paging, order, caps, whether
the ends of a window belong to it, what an answer to a write shows, how a field is emptied.
"""

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from random import Random
from typing import Any, Final, Literal
from urllib.parse import unquote
from uuid import UUID
from zoneinfo import ZoneInfo

from connectors.sandbox import Call, Sandbox, Served
from connectors.values import instant

PREFIX: Final = "/integrations/v1"
FIELDS: Final = (
    "annual_revenue", "bad_data_reason", "city", "company_address", "company_city", "company_country",
    "company_linkedin_url", "company_name", "company_name_informal", "company_state", "contact_account",
    "contact_account_id", "corporate_phone", "country", "created_at",
    *(f"custom{n}" for n in range(1, 10)),
    "email", "email_confidence", "email_status", "employee_count", "facebook_url", "first_name", "first_phone",
    "full_name", "home_phone", "id", "industry", "keywords", "label_names", "last_name", "linkedin_url",
    "linkedin_username", "lists", "mobile_phone", "name", "other_phone", "prospect_id", "seo_description", "stage",
    "state", "status", "technologies", "title", "twitter_url", "unstructured_data", "updated_at",
    "upload_identifier", "user_id", "website", "work_phone",
)  # fmt: skip
"""The documented keys of a contact, in the documented order."""

OWN: Final = frozenset({"id", "created_at", "updated_at"})
MINI: Final = ("id", "full_name", "fist_name", "last_name", "email")

Record = dict[str, Any]
Key = tuple[int, int]
"""Where a record stands in time: milliseconds of its last update, and a number that no other record has."""


@dataclass(slots=True)
class Behaviour:
    """How this server reads its own documents.

    `lists`: flat `{"contacts": [{}]}`, wrapped `{"contacts": [{"contact": {}}]}`, bare `[...]`, or single
    `{"contact": {}}`, which shows no more than one. `page_size` None answers in one piece; `announces` shows
    `pagination`; `pages` False ignores `page`; `largest_page` is what `per_page` can ask for. `cap` cuts what can be
    listed (`says_partial`: and says so); more than `too_many` are 413. `ends`: which ends belong to a window.

    `answers`: what a write shows; `bodies`: which style it understands (`complains`: 422 at the other, else it is
    ignored); `ignored` are fields that it silently does not take; `clearing`: what empties a field.
    `zone` is that of its times; `coarse` are whole seconds.
    """

    lists: Literal["flat", "wrapped", "bare", "single"] = "flat"
    page_size: int | None = None
    largest_page: int = 200
    announces: bool = True
    pages: bool = True
    order: Literal["updated", "updated_desc", "id", "shuffled"] = "updated"
    cap: int | None = None
    says_partial: bool = False
    too_many: int | None = None
    ends: Literal["half_open", "inclusive", "exclusive", "start_exclusive"] = "half_open"
    user_filters: bool = False
    omits_null: bool = False
    answers: Literal["full", "mini", "empty", "id"] = "full"
    bodies: Literal["wrapped", "flat", "both"] = "wrapped"
    complains: bool = False
    clearing: Literal["null", "blank", "never"] = "null"
    ignored: frozenset[str] = frozenset()
    zone: str = "America/New_York"
    coarse: bool = False
    users: Literal["one", "list", "hidden"] = "one"
    needs_user: bool = True
    ids: Literal["int", "uuid", "hex"] = "int"


SEARCHED = ("full_name", "first_name", "last_name", "email", "title", "company_name")


@dataclass(slots=True)
class _Shelf:
    """The records in order of time; a record that changes moves to the end."""

    by_id: dict[str, Record] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    at: dict[Key, str] = field(default_factory=dict)
    key_of: dict[str, Key] = field(default_factory=dict)
    encoded: dict[str, bytes] = field(default_factory=dict)
    counter: int = 0

    def put(self, record_id: str, record: Record, moment: int) -> None:
        self.take(record_id)
        self.counter += 1
        key = (moment, self.counter)
        self.by_id[record_id], self.key_of[record_id], self.at[key] = record, key, record_id
        if not self.keys or key > self.keys[-1]:
            self.keys.append(key)
        else:
            insort(self.keys, key)

    def take(self, record_id: str) -> None:
        key = self.key_of.pop(record_id, None)
        self.encoded.pop(record_id, None)
        if key is not None:
            del self.keys[bisect_left(self.keys, key)]
            del self.at[key], self.by_id[record_id]


class GrowthGeniusSandbox(Sandbox):
    """The server. `users` are people with id and e-mail; the key is compared raw, without "Bearer"."""

    def __init__(
        self,
        *,
        api_key: str = "gg-sandbox-key",
        users: Sequence[Mapping[str, Any]] = ({"id": 78, "email": "dev@example.com", "first_name": "Okay"},),
        behaviour: Behaviour | None = None,
        seed: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.api_key = api_key
        self.users = {str(user["id"]): dict(user) for user in users}
        self.behaviour = behaviour or Behaviour()
        self.before_answer: Callable[[Call], None] | None = None
        self._shelf = _Shelf()
        self._chance = Random(seed)  # noqa: S311 (an order for tests, no secret)
        self._next_id = 1_102_755

    @property
    def base_url(self) -> str:
        """What an account puts into its config as base_url."""
        return self.url + PREFIX

    def add(self, *, at: datetime | None = None, **fields: Any) -> str:
        """Let a person add a contact, at the server's now or earlier; return its id."""
        with self.lock:
            record: Record = dict.fromkeys(FIELDS) | {"technologies": ""} | self._birth(at)
            record |= {"user_id": next(iter(self._user_ids()), None)} | fields
            return self._keep(record, at)

    def edit(self, record_id: str, *, at: datetime | None = None, **fields: Any) -> None:
        """Let a person change a contact."""
        with self.lock:
            self._keep(self._shelf.by_id[record_id] | fields, at)

    def remove(self, record_id: str) -> None:
        """Let a person delete a contact."""
        with self.lock:
            self._shelf.take(record_id)

    def person(self, record_id: str) -> Record:
        """Return a copy of a contact. Raises KeyError."""
        with self.lock:
            return dict(self._shelf.by_id[record_id])

    def people(self) -> list[Record]:
        """Return copies of all contacts, the longest untouched first."""
        with self.lock:
            return [dict(self._shelf.by_id[self._shelf.at[key]]) for key in self._shelf.keys]

    def handle(self, call: Call) -> Served:
        """Carry out one call."""
        if self.before_answer is not None:
            self.before_answer(call)
        if call.headers.get("Authorization") != self.api_key:
            return Served(401, {"error": "Invalid API key"})
        path = call.path.removeprefix(PREFIX)
        if path.rstrip("/") == "/users" and call.method == "GET":
            return self._serve_users(call, path)
        if self.behaviour.needs_user and "user_id" not in call.query:
            return Served(400, {"error": "user_id is missing"})
        return self._serve_contacts(call, path)

    def _serve_contacts(self, call: Call, path: str) -> Served:
        served = {
            ("GET", "/contacts"): self._serve_list,
            ("POST", "/contacts"): self._serve_create,
            ("POST", "/contacts/search"): self._serve_search,
        }.get((call.method, path))
        if served is not None:
            return served(call)
        if path.startswith("/contacts/"):
            return self._serve_one(call, unquote(path.removeprefix("/contacts/")))
        return Served(405 if path == "/contacts" else 404, {"error": "Method Not Allowed"})

    def _serve_users(self, call: Call, path: str) -> Served:
        behaviour = self.behaviour.users
        if behaviour == "hidden" or (behaviour == "one" and path == "/users"):
            return Served(404, {"error": "Not Found"})
        if behaviour == "list":
            return Served(200, {"users": list(self.users.values())})
        user = self.users.get(call.query.get("user_id", ""))
        return Served(200, {"user": user}) if user else Served(404, {"error": "Not Found"})

    def _serve_list(self, call: Call) -> Served:
        keys = self._within(call)
        behaviour = self.behaviour
        if behaviour.too_many is not None and len(keys) > behaviour.too_many:
            return Served(413, {"error": "Too many results"})
        ordered = self._ordered(keys)
        partial = behaviour.cap is not None and len(ordered) > behaviour.cap
        page, size = self._page(call, len(ordered))
        reachable = ordered if behaviour.cap is None else ordered[: behaviour.cap]
        shown = [self._shelf.at[key] for key in reachable[(page - 1) * size : page * size]]
        extras: dict[str, Any] = {}
        if behaviour.says_partial:
            extras |= {"partial_results_only": partial, "partial_results_limit": behaviour.cap or 10_000}
        if behaviour.page_size is not None and behaviour.announces:
            total = len(ordered)
            extras["pagination"] = {
                "page": page,
                "per_page": size,
                "total_entries": total,
                "total_pages": -(-total // size),
            }
        return _json(self._listing(shown, extras))

    def _serve_search(self, call: Call) -> Served:
        """POST /contacts/search, as the clone in the documents shows it: full text, each hit in its own envelope."""
        words = str((call.body or {}).get("q_keywords", "")).casefold()
        hits = [
            {"contact": self._shown(record)}
            for record in self._shelf.by_id.values()
            if words and words in " ".join(str(record[key]) for key in SEARCHED).casefold()
        ]
        found = {"page": 1, "per_page": 25, "total_entries": len(hits), "total_pages": 1}
        return Served(200, {"contacts": hits, "breadcrumbs": [], "partial_results_only": False, "pagination": found})

    def _page(self, call: Call, count: int) -> tuple[int, int]:
        """Return number and size of the page that a call asks for."""
        behaviour = self.behaviour
        if behaviour.page_size is None:
            return 1, count
        size = int(call.query.get("per_page", behaviour.page_size))
        number = int(call.query.get("page", 1)) if behaviour.pages else 1
        return number, max(1, min(size, max(behaviour.largest_page, behaviour.page_size)))

    def _within(self, call: Call) -> Sequence[Key]:
        """Return the places of the records in the window that a call asks for."""
        start, end = instant.parse(call.query.get("from")), instant.parse(call.query.get("to"))
        first = -(2**62) if start is None else instant.to_ms(start)
        last = 2**62 if end is None else instant.to_ms(end)
        ends, keys = self.behaviour.ends, self._shelf.keys
        low = (first + 1 if ends in ("exclusive", "start_exclusive") else first, 0)
        high = (last + 1 if ends in ("inclusive", "start_exclusive") else last, 0)
        found = keys[bisect_left(keys, low) : bisect_right(keys, high)]
        if not self.behaviour.user_filters:
            return found
        return [key for key in found if str(self._shelf.by_id[self._shelf.at[key]]["user_id"]) == call.query["user_id"]]

    def _ordered(self, keys: Sequence[Key]) -> Sequence[Key]:
        match self.behaviour.order:
            case "updated_desc":
                return keys[::-1]
            case "id":
                return sorted(keys, key=lambda key: (len(self._shelf.at[key]), self._shelf.at[key]))
            case "shuffled":
                return self._chance.sample(keys, len(keys))
            case "updated":
                return keys

    def _listing(self, ids: Sequence[str], extras: Mapping[str, Any]) -> bytes:
        encoded = [self._encoded(record_id) for record_id in ids]
        tail = b"".join(
            b"," + json.dumps(key).encode() + b":" + json.dumps(value).encode() for key, value in extras.items()
        )
        match self.behaviour.lists:
            case "bare":
                return b"[" + b",".join(encoded) + b"]"
            case "single":
                return b'{"contact":' + (encoded[0] if encoded else b"null") + tail + b"}"
            case "wrapped":
                encoded = [b'{"contact":' + record + b"}" for record in encoded]
            case "flat":
                pass
        return b'{"contacts":[' + b",".join(encoded) + b"]" + tail + b"}"

    def _encoded(self, record_id: str) -> bytes:
        encoded = self._shelf.encoded.get(record_id)
        if encoded is None:
            encoded = json.dumps(self._shown(self._shelf.by_id[record_id]), separators=(",", ":")).encode()
            self._shelf.encoded[record_id] = encoded
        return encoded

    def _shown(self, record: Record) -> Record:
        if not self.behaviour.omits_null:
            return record
        return {key: value for key, value in record.items() if value is not None}

    def _serve_create(self, call: Call) -> Served:
        if call.method != "POST":
            return Served(405, {"error": "Method Not Allowed"})
        given = self._given(call)
        if given is None:
            return Served(422, {"errors": ["param is missing or the value is empty: contact"]})
        owner = self._owner(call.query.get("user_id"))
        record: Record = dict.fromkeys(FIELDS) | self._birth(None) | {"user_id": owner} | self._taken(given)
        return self._answer(self._keep(record, None))

    def _serve_one(self, call: Call, record_id: str) -> Served:
        record = self._shelf.by_id.get(record_id)
        if record is None:
            return Served(404, {"error": "Not Found"})
        if call.method == "GET":
            return Served(200, {"contact": self._shown(record)})
        if call.method == "DELETE":
            self._shelf.take(record_id)
            return Served(204)
        if call.method != "PATCH":
            return Served(405, {"error": "Method Not Allowed"})
        given = self._given(call)
        if given is None:
            return Served(422, {"errors": ["param is missing or the value is empty: contact"]})
        taken = self._taken(given)
        if taken:
            self._keep(record | taken, None)
        return self._answer(record_id)

    def _given(self, call: Call) -> Record | None:
        """Return the fields of a body in a style that is understood; nothing, or None to complain, of another."""
        body = call.body if isinstance(call.body, dict) else {}
        inner = body.get("contact")
        understood = self.behaviour.bodies
        if isinstance(inner, dict) and understood != "flat":
            return inner
        if not isinstance(inner, dict) and understood != "wrapped":
            return body
        return None if self.behaviour.complains else {}

    def _taken(self, given: Record) -> Record:
        keep = self.behaviour.clearing
        return {
            key: value
            for key, value in given.items()
            if key in FIELDS
            and key not in OWN | self.behaviour.ignored
            and not (value is None and keep != "null")
            and not (value in ("", []) and keep == "never")
        }

    def _answer(self, record_id: str) -> Served:
        record = self._shelf.by_id[record_id]
        match self.behaviour.answers:
            case "mini":
                mini = record | {"fist_name": record["first_name"]}
                return Served(200, {"contact": {key: mini[key] for key in MINI} | {"//": "..."}})
            case "id":
                return Served(200, {"contact": {"id": record["id"]}})
            case "empty":
                return Served(200)
            case "full":
                return Served(200, {"contact": self._shown(record)})

    def _birth(self, at: datetime | None) -> Record:
        self._next_id += 1
        digest = blake2b(str(self._next_id).encode(), digest_size=16).digest()
        made: Mapping[str, Any] = {"int": self._next_id, "uuid": str(UUID(bytes=digest)), "hex": digest.hex()[:24]}
        moment = self._stamp(self.server_now() if at is None else at)
        return {"id": made[self.behaviour.ids], "created_at": self._local(moment)}

    def _keep(self, record: Record, at: datetime | None) -> str:
        moment = self._stamp(self.server_now() if at is None else at)
        record["updated_at"] = self._local(moment)
        self._shelf.put(str(record["id"]), record, instant.to_ms(moment))
        return str(record["id"])

    def _stamp(self, moment: datetime) -> datetime:
        return moment.replace(microsecond=0 if self.behaviour.coarse else moment.microsecond // 1000 * 1000)

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(ZoneInfo(self.behaviour.zone)).isoformat(timespec="milliseconds")

    def _user_ids(self) -> Iterable[Any]:
        return (user["id"] for user in self.users.values())

    def _owner(self, user_id: str | None) -> Any:
        return self.users.get(user_id or "", {}).get("id")


def _json(body: bytes) -> Served:
    return Served(200, body, {"Content-Type": "application/json; charset=utf-8"})
