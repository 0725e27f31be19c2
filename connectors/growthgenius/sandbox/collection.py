"""What the sandbox does alike with contacts and messages: lists in windows and pages, records one by one, writes.

What a kind of record adds to that (its fields, what a new one is born with, which time its windows go by) is said by
the classes in sandbox_contacts and sandbox_messages.
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


class Host(Protocol):
    """The server that a collection belongs to; its `shelves` are by noun."""

    behaviour: Behaviour
    users: dict[str, Record]
    shelves: dict[str, RecordStore]
    chance: Random

    def server_now(self) -> datetime:
        """Return the time that the server believes it is."""

    def new_id(self) -> Any:
        """Return an id that no record has."""

    def accepted(self, noun: str, given: Record) -> Record:
        """Return what is kept of the fields that a record is given."""


class Collection(ABC):
    """The records of one kind; `fields` are its documented keys, `own` those that nobody can send."""

    noun: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    own: ClassVar[frozenset[str]]

    def __init__(self, host: Host) -> None:
        self._host = host

    @property
    def shelf(self) -> RecordStore:
        """The records."""
        return self._host.shelves[self.noun]

    @abstractmethod
    def keep(self, record: Record, at: datetime | None = None) -> str:
        """Put a record on the shelf as changed at a moment, None being now; return its id."""

    @abstractmethod
    def born(self, at: datetime | None = None) -> Record:
        """Return a new record with an id and nothing else that is somebody's."""

    @abstractmethod
    def mini(self, record: Record) -> Record:
        """Return what an answer shows of a record where the server shows little."""

    def objection(self, record: Record) -> SandboxResponse | None:  # noqa: ARG002 (there is none but for messages)
        """Return how a new record is refused, None where it is not."""
        return None

    def removed(self, record_id: str) -> None:
        """Take a record from the shelf, with what goes along."""
        self.shelf.take(record_id)

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
        shown = [self.shelf.at[key] for key in reachable[(page - 1) * size : page * size]]
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
        ends, shelf = self._host.behaviour.ends, self.shelf
        low = first + 1 if ends in ("exclusive", "start_exclusive") else first
        found = shelf.between(low, last + 1 if ends in ("inclusive", "start_exclusive") else last)
        if not self._host.behaviour.user_filters:
            return found
        return [key for key in found if self._may_see(call, shelf.by_id[shelf.at[key]])]

    def _may_see(self, call: Call, record: Record) -> bool:
        return not self._host.behaviour.user_filters or str(record["user_id"]) == call.query["user_id"]

    def _ordered(self, keys: Sequence[Key]) -> Sequence[Key]:
        at = self.shelf.at
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
        shelf = self.shelf
        encoded = shelf.encoded.get(record_id)
        if encoded is None:
            encoded = json.dumps(self.shown(shelf.by_id[record_id]), separators=(",", ":")).encode()
            shelf.encoded[record_id] = encoded
        return encoded

    def _serve_create(self, call: Call) -> SandboxResponse:
        given = self._given(call)
        if given is None:
            return self._incomprehension()
        record = self.born() | self._of_caller(call) | self._taken(given)
        return self.objection(record) or self._answer(self.keep(record))

    def _of_caller(self, call: Call) -> Record:
        """Return the fields that name whoever calls: a new record is theirs unless it says otherwise."""
        user = self._host.users.get(call.query.get("user_id", ""), {})
        named = {"user_id": user.get("id"), "team_id": user.get("team_id")}
        return {key: value for key, value in named.items() if key in self.fields}

    def _serve_one(self, call: Call, record_id: str) -> SandboxResponse:
        record = self.shelf.by_id.get(record_id)
        if record is None or not self._may_see(call, record):
            return SandboxResponse(404, {"error": "Not Found"})
        if call.method == "GET":
            return SandboxResponse(200, {self.noun: self.shown(record)})
        if call.method == "DELETE":
            self.removed(record_id)
            return SandboxResponse(204)
        if call.method != "PATCH":
            return SandboxResponse(405, {"error": "Method Not Allowed"})
        given = self._given(call)
        if given is None:
            return self._incomprehension()
        taken = self._taken(given)
        if taken:
            self.keep(record | taken)
        return self._answer(record_id)

    def _incomprehension(self) -> SandboxResponse:
        return SandboxResponse(422, {"errors": [f"param is missing or the value is empty: {self.noun}"]})

    def _given(self, call: Call) -> Record | None:
        """Return the fields of a body in a style that is understood; nothing, or None to complain, of another."""
        body = call.body if isinstance(call.body, dict) else {}
        inner = body.get(self.noun)
        understood = self._host.behaviour.bodies
        if isinstance(inner, dict) and understood != "flat":
            return inner
        if not isinstance(inner, dict) and understood != "wrapped":
            return body
        return None if self._host.behaviour.complains else {}

    def _taken(self, given: Record) -> Record:
        keep = self._host.behaviour.clearing
        taken = {
            key: value
            for key, value in given.items()
            if key in self.fields
            and key not in self.own | self._host.behaviour.ignored
            and not (value is None and keep != "null")
            and not (value in ("", []) and keep == "never")
        }
        return self._host.accepted(self.noun, taken)

    def _answer(self, record_id: str) -> SandboxResponse:
        record = self.shelf.by_id[record_id]
        match self._host.behaviour.answers:
            case "mini":
                return SandboxResponse(200, {self.noun: self.mini(record) | {"//": "..."}})
            case "id":
                return SandboxResponse(200, {self.noun: {"id": record["id"]}})
            case "empty":
                return SandboxResponse(200)
            case "full":
                return SandboxResponse(200, {self.noun: self.shown(record)})


def _pagination(page: int, size: int, total: int) -> Record:
    return {"page": page, "per_page": size, "total_entries": total, "total_pages": -(-total // size)}
