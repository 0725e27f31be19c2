"""Calls that are alike for contacts and messages of the sandbox: lists in windows and pages, single records, writes.

The classes of each kind of record add its fields, the content of a new record, and the time of its windows.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, ClassVar, Protocol
from urllib.parse import unquote

from connectors.growthgenius.sandbox.behaviour import Behaviour
from connectors.growthgenius.sandbox.record_store import Key, Record, RecordStore
from connectors.sandbox.base import Call, SandboxResponse
from connectors.values import instant


class SandboxHost(Protocol):
    """The server of a collection. Its `stores` are by noun."""

    behaviour: Behaviour
    users: dict[str, Record]
    stores: dict[str, RecordStore]
    chance: Random

    def server_now(self) -> datetime:
        """Return the server's time."""

    def new_id(self) -> Any:
        """Return an id that no record has."""

    def accepted(self, noun: str, given: Record) -> Record:
        """Return what is stored of the fields that a call gives a record."""


class Collection(ABC):
    """The records of one kind. `fields` are its documented keys, `own` those that no call can set."""

    noun: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    own: ClassVar[frozenset[str]]

    def __init__(self, host: SandboxHost) -> None:
        self._host = host

    @property
    def store(self) -> RecordStore:
        """The records."""
        return self._host.stores[self.noun]

    @abstractmethod
    def put_record(self, record: Record, at: datetime | None = None) -> str:
        """Store a record as changed at a moment (None: now) and return its id."""

    @abstractmethod
    def new_record(self, at: datetime | None = None) -> Record:
        """Return a new record with an id and no values."""

    @abstractmethod
    def short_form(self, record: Record) -> Record:
        """Return what a short answer shows of a record."""

    def refusal_of(self, record: Record) -> SandboxResponse | None:  # noqa: ARG002 (there is none but for messages)
        """Return the refusal of a new record, None where it is accepted."""
        return None

    def delete_record(self, record_id: str) -> None:
        """Delete a record, with what belongs to it."""
        self.store.take(record_id)

    def serve(self, call: Call, path: str) -> SandboxResponse:
        """Carry out one call at the path of this collection, or of a record in it."""
        root = f"/{self.noun}s"
        if path.startswith(f"{root}/"):
            return self._serve_one(call, unquote(path.removeprefix(f"{root}/")))
        if call.method == "GET":
            return self._serve_list(call)
        return (
            self._serve_create(call) if call.method == "POST" else SandboxResponse(405, {"error": "Method Not Allowed"})
        )

    def shown(self, record: Record) -> Record:
        """Return a record as it is shown in full."""
        if not self._host.behaviour.omits_null:
            return record
        return {key: value for key, value in record.items() if value is not None}

    def _serve_list(self, call: Call) -> SandboxResponse:
        keys = self._within(call)
        behaviour = self._host.behaviour
        if behaviour.too_many is not None and len(keys) > behaviour.too_many:
            return SandboxResponse(413, {"error": "Too many results"})
        ordered = self._ordered(keys)
        partial = behaviour.cap is not None and len(ordered) > behaviour.cap
        page, size = self._page(call, len(ordered))
        reachable = ordered if behaviour.cap is None else ordered[: behaviour.cap]
        shown = [self.store.at[key] for key in reachable[(page - 1) * size : page * size]]
        extras: dict[str, Any] = {}
        if behaviour.says_partial:
            extras |= {"partial_results_only": partial, "partial_results_limit": behaviour.cap or 10_000}
        if behaviour.page_size is not None and behaviour.announces:
            extras["pagination"] = _pagination(page, size, len(ordered))
        return SandboxResponse(200, self._listing(shown, extras), {"Content-Type": "application/json; charset=utf-8"})

    def _page(self, call: Call, count: int) -> tuple[int, int]:
        """Return number and size of the page that a call asks for."""
        behaviour = self._host.behaviour
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
        ends, store = self._host.behaviour.ends, self.store
        low = first + 1 if ends in ("exclusive", "start_exclusive") else first
        found = store.between(low, last + 1 if ends in ("inclusive", "start_exclusive") else last)
        if not self._host.behaviour.user_filters:
            return found
        return [key for key in found if self._may_see(call, store.by_id[store.at[key]])]

    def _may_see(self, call: Call, record: Record) -> bool:
        return not self._host.behaviour.user_filters or str(record["user_id"]) == call.query["user_id"]

    def _ordered(self, keys: Sequence[Key]) -> Sequence[Key]:
        at = self.store.at
        match self._host.behaviour.order:
            case "updated_desc":
                return keys[::-1]
            case "id":
                return sorted(keys, key=lambda key: (len(at[key]), at[key]))
            case "shuffled":
                return self._host.chance.sample(keys, len(keys))
            case "updated":
                return keys

    def _listing(self, ids: Sequence[str], extras: Mapping[str, Any]) -> bytes:
        encoded = [self._encoded(record_id) for record_id in ids]
        tail = b"".join(
            b"," + json.dumps(key).encode() + b":" + json.dumps(value).encode() for key, value in extras.items()
        )
        noun = self.noun.encode()
        match self._host.behaviour.lists:
            case "bare":
                return b"[" + b",".join(encoded) + b"]"
            case "single":
                return b'{"%s":' % noun + (encoded[0] if encoded else b"null") + tail + b"}"
            case "wrapped":
                encoded = [b'{"%s":' % noun + record + b"}" for record in encoded]
            case "flat":
                pass
        return b'{"%ss":[' % noun + b",".join(encoded) + b"]" + tail + b"}"

    def _encoded(self, record_id: str) -> bytes:
        store = self.store
        encoded = store.encoded.get(record_id)
        if encoded is None:
            encoded = json.dumps(self.shown(store.by_id[record_id]), separators=(",", ":")).encode()
            if store.keeps_encoded:
                store.encoded[record_id] = encoded
        return encoded

    def _serve_create(self, call: Call) -> SandboxResponse:
        given = self._given(call)
        if given is None:
            return self._incomprehension()
        record = self.new_record() | self._of_caller(call) | self._taken(given)
        return self.refusal_of(record) or self._answer(self.put_record(record))

    def _of_caller(self, call: Call) -> Record:
        """Return the fields of the calling user: a new record is theirs unless it says otherwise."""
        user = self._host.users.get(call.query.get("user_id", ""), {})
        named = {"user_id": user.get("id"), "team_id": user.get("team_id")}
        return {key: value for key, value in named.items() if key in self.fields}

    def _serve_one(self, call: Call, record_id: str) -> SandboxResponse:
        record = self.store.by_id.get(record_id)
        if record is None or not self._may_see(call, record):
            return SandboxResponse(404, {"error": "Not Found"})
        if call.method == "GET":
            return SandboxResponse(200, {self.noun: self.shown(record)})
        if call.method == "DELETE":
            self.delete_record(record_id)
            return SandboxResponse(204)
        if call.method != "PATCH":
            return SandboxResponse(405, {"error": "Method Not Allowed"})
        given = self._given(call)
        if given is None:
            return self._incomprehension()
        taken = self._taken(given)
        if taken:
            self.put_record(record | taken)
        return self._answer(record_id)

    def _incomprehension(self) -> SandboxResponse:
        return SandboxResponse(422, {"errors": [f"param is missing or the value is empty: {self.noun}"]})

    def _given(self, call: Call) -> Record | None:
        """Return the fields of a body in a style that is read. Nothing, or None to complain, for another style."""
        body = call.body if isinstance(call.body, dict) else {}
        inner = body.get(self.noun)
        understood = self._host.behaviour.bodies
        if isinstance(inner, dict) and understood != "flat":
            return inner
        if not isinstance(inner, dict) and understood != "wrapped":
            return body
        return None if self._host.behaviour.complains else {}

    def _taken(self, given: Record) -> Record:
        put_record = self._host.behaviour.clearing
        taken = {
            key: value
            for key, value in given.items()
            if key in self.fields
            and key not in self.own | self._host.behaviour.ignored
            and not (value is None and put_record != "null")
            and not (value in ("", []) and put_record == "never")
        }
        return self._host.accepted(self.noun, taken)

    def _answer(self, record_id: str) -> SandboxResponse:
        record = self.store.by_id[record_id]
        match self._host.behaviour.answers:
            case "mini":
                return SandboxResponse(200, {self.noun: self.short_form(record) | {"//": "..."}})
            case "id":
                return SandboxResponse(200, {self.noun: {"id": record["id"]}})
            case "empty":
                return SandboxResponse(200)
            case "full":
                return SandboxResponse(200, {self.noun: self.shown(record)})


def _pagination(page: int, size: int, total: int) -> Record:
    return {"page": page, "per_page": size, "total_entries": total, "total_pages": -(-total // size)}
