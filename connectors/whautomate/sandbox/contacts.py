"""The contacts of the sandbox: lists, single records, writes and tags."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, Final, Protocol

from connectors.sandbox.base import Call, SandboxResponse
from connectors.values import instant
from connectors.whautomate.sandbox.behaviour import STAGES, WhautomateBehaviour

Record = dict[str, Any]

OWN: Final = frozenset({"id", "createdAt", "updatedAt", "lastActivity"})
"""The keys that no call sets."""
DEFAULT_PAGE: Final = 20
KNOWN_FIELD: Final = "source"
"""The custom field that the account has defined, where undefined ones are dropped."""


class WhautomateHost(Protocol):
    """The server of the contacts."""

    behaviour: WhautomateBehaviour
    locations: dict[str, str]
    chance: Random

    def server_now(self) -> datetime:
        """Return the server's time."""

    def new_id(self) -> str:
        """Return an id that no record has."""

    def refusal(self, status: int, message: str) -> SandboxResponse:
        """Return the answer to a call that is refused."""


class WhautomateContacts:
    """The contacts of one account, by id, the oldest first.

    `found_by_text` takes the place of a walk through all of them where there are many.
    """

    def __init__(self, host: WhautomateHost) -> None:
        self.by_id: MutableMapping[str, Record] = {}
        self.found_by_text: Callable[[str], list[Record]] | None = None
        self._host = host
        self._shift = 0

    def add(self, fields: Mapping[str, Any], at: datetime | None) -> str:
        """Add a contact; return its id."""
        record_id = str(fields.get("id") or self._host.new_id())
        moment = self._moment(at)
        location = next(iter(self._host.locations.items()))
        self.by_id[record_id] = {
            "id": record_id,
            "name": "",
            "phoneNumber": "",
            "channel": "Whatsapp" if fields.get("phoneNumber", "") is not None else "Instagram",
            "location": {"id": location[0], "title": location[1]},
            "stage": STAGES[0],
            "notes": "",
            "customFields": {},
            "tags": [],
            **fields,
            "lastActivity": moment,
            "createdAt": moment,
            "updatedAt": moment,
        } | {"id": record_id}
        return record_id

    def edit(self, record_id: str, fields: Mapping[str, Any], at: datetime | None = None) -> None:
        """Change a contact."""
        record = self.by_id[record_id]
        custom = {**record["customFields"], **fields.get("customFields", {})}
        self._put(record_id, {**record, **fields, "customFields": custom}, at)

    def note_activity(self, record_id: str, moment: str) -> None:
        """Show that a contact wrote or got a message."""
        if record_id in self.by_id:
            self.by_id[record_id] = {**self.by_id[record_id], "lastActivity": moment}

    def serve(self, call: Call, path: str) -> SandboxResponse:
        """Carry out one call at the path below /contacts."""
        if not path:
            return self._list(call) if call.method == "GET" else self._create(call)
        record_id, _, action = path.partition("/")
        record = self.by_id.get(record_id)
        if record is None:
            return self.missing()
        match call.method, action:
            case "GET", "":
                answer = SandboxResponse(200, self.shown(record))
            case "PUT", "":
                answer = self._replace(call, record)
            case "DELETE", "":
                del self.by_id[record_id]
                answer = SandboxResponse(200, {"success": True})
            case "POST", "tags/add" | "tags/remove":
                answer = self._tag(call, record, adds=action == "tags/add")
            case _:
                answer = SandboxResponse(404, {"message": "Not Found"})
        return answer

    def shown(self, record: Record) -> Record:
        """Return a record as the API shows it."""
        behaviour = self._host.behaviour
        shown = {key: value for key, value in record.items() if value is not None}
        if behaviour.phones == "bare" and "phoneNumber" in shown:
            shown["phoneNumber"] = shown["phoneNumber"].removeprefix("+")
        if behaviour.times == "hidden":
            shown = {key: value for key, value in shown.items() if key not in OWN - {"id"}}
        if behaviour.numbers_as_words:
            shown["customFields"] = {key: _as_word(value) for key, value in shown["customFields"].items()}
        if behaviour.list_of_fields:
            shown["customFields"] = [{"name": key, "value": value} for key, value in shown["customFields"].items()]
        return shown

    def _list(self, call: Call) -> SandboxResponse:
        behaviour = self._host.behaviour
        limit, page = call.query.get("limit", str(DEFAULT_PAGE)), call.query.get("page", "1")
        if not (limit.isdigit() and page.isdigit() and int(page)):
            return self._host.refusal(400, "limit and page must be numbers")
        if behaviour.limit == "refused" and int(limit) > behaviour.largest_page:
            return self._host.refusal(400, f"limit must not be greater than {behaviour.largest_page}")
        size = behaviour.largest_page if behaviour.limit == "ignored" else min(int(limit), behaviour.largest_page)
        number = 1 if behaviour.page == "ignored" else int(page)
        first = max(0, (number - 1) * size - (behaviour.repeats and number > 1))
        shown = [self.shown(record) for record in self._rows(call, number, slice(first, number * size))]
        return SandboxResponse(200, shown if behaviour.lists == "bare" else {behaviour.lists: shown})

    def _rows(self, call: Call, number: int, part: slice) -> Sequence[Record]:
        if self.found_by_text is None or "searchText" in call.query:
            return self._ordered(self._found(call), number)[part]
        return [self.by_id[record_id] for record_id in list(self.by_id)[part]]

    def _found(self, call: Call) -> list[Record]:
        wanted = call.query.get("searchText", "").casefold()
        if wanted and self.found_by_text is not None:
            return self.found_by_text(wanted)
        records, behaviour = list(self.by_id.values()), self._host.behaviour
        if not wanted or behaviour.search == "ignored":
            return records
        return [] if behaviour.search == "nothing" else [each for each in records if wanted in _text(each)]

    def _ordered(self, records: list[Record], page: int) -> Sequence[Record]:
        match self._host.behaviour.order:
            case "oldest":
                return records
            case "updated":
                return sorted(records, key=lambda record: str(record["updatedAt"]), reverse=True)
            case "shuffled":
                return self._host.chance.sample(records, len(records))
            case "shifting":
                if page == 1:
                    self._shift = self._host.chance.randrange(len(records) or 1)
                return records[self._shift :] + records[: self._shift]
            case "newest":
                return records[::-1]

    def _create(self, call: Call) -> SandboxResponse:
        given, behaviour = self._given(call), self._host.behaviour
        if refused := self._refused(given):
            return refused
        location = given.get("location") or {}
        if behaviour.needs_location and location.get("id") not in self._host.locations:
            return self._host.refusal(400, "location.id is required")
        twin = None if behaviour.doubles == "made" else self._twin(given)
        if twin is not None and behaviour.doubles == "refused":
            return self._host.refusal(400, "A contact with this phone number already exists")
        if twin is not None and behaviour.doubles == "upserted":
            return self._answer(self._put(twin["id"], {**twin, **given}))
        if "id" in given and behaviour.ids == "taken":
            return self._answer(self._put(str(given["id"]), {**self.by_id.get(str(given["id"]), {}), **given}))
        fields = {key: value for key, value in given.items() if key not in OWN}
        if title := self._host.locations.get(str(location.get("id"))):
            fields["location"] = {"id": location["id"], "title": title}
        return self._answer(self.add(fields, None))

    def _twin(self, given: Record) -> Record | None:
        return next((each for each in self.by_id.values() if _digits(each) == _digits(given) != ""), None)

    def _replace(self, call: Call, record: Record) -> SandboxResponse:
        given, behaviour = self._given(call), self._host.behaviour
        if refused := self._refused(given):
            return refused
        fields = {key: value for key, value in given.items() if key not in OWN}
        own = {key: record[key] for key in OWN if key in record}
        kept = record if behaviour.put == "merges" else {**own, "stage": STAGES[0], "notes": "", "tags": []}
        after = {**kept, "customFields": {}, "location": record["location"], **fields, **own}
        if behaviour.put_custom_fields == "merges":
            after["customFields"] = {**record["customFields"], **after["customFields"]}
        if behaviour.put_tags == "adds":
            after["tags"] = [*record["tags"], *(each for each in after["tags"] if each not in record["tags"])]
        elif behaviour.put_tags == "ignores":
            after["tags"] = record["tags"]
        return self._answer(self._put(record["id"], after))

    def _tag(self, call: Call, record: Record, *, adds: bool) -> SandboxResponse:
        behaviour = self._host.behaviour
        if behaviour.tag_calls == "missing":
            return SandboxResponse(404, {"message": "Not Found"})
        named = call.body.get("tags") if isinstance(call.body, dict) else None
        if not isinstance(named, list) or not named:
            return self._host.refusal(400, "tags is required")
        if behaviour.tag_calls != "silent":
            others = [tag for tag in record["tags"] if tag not in named]
            tags = [*record["tags"], *(tag for tag in named if tag not in record["tags"])] if adds else others
            self._put(record["id"], {**record, "tags": tags})
        shown = {"id": record["id"], "tags": self.by_id[record["id"]]["tags"]}
        return SandboxResponse(200, {"success": True} if behaviour.tag_calls == "wordless" else shown)

    def _given(self, call: Call) -> Record:
        """Return the fields of a body, as far as this server takes them."""
        given: Record = dict(call.body) if isinstance(call.body, dict) else {}
        behaviour = self._host.behaviour
        custom = given.get("customFields")
        if isinstance(custom, list):
            given["customFields"] = {each["name"]: each["value"] for each in custom}
        if behaviour.unknown_fields == "dropped" and isinstance(given.get("customFields"), dict):
            given["customFields"] = {key: one for key, one in given["customFields"].items() if key == KNOWN_FIELD}
        if given.get("stage") not in {None, *STAGES} and behaviour.unknown_stage == "dropped":
            del given["stage"]
        if "phoneNumber" in given and str(given["phoneNumber"]).isdigit():
            given["phoneNumber"] = f"+{given['phoneNumber']}"
        return given

    def _refused(self, given: Record) -> SandboxResponse | None:
        for key in ("name", "phoneNumber"):
            if not isinstance(given.get(key), str) or not given[key].strip():
                return self._host.refusal(400, f"{key} is required")
        if given.get("stage") not in {None, *STAGES} and self._host.behaviour.unknown_stage == "refused":
            return self._host.refusal(400, "stage must be one of the known stages")
        return None

    def missing(self) -> SandboxResponse:
        """Return the answer to a call about a contact that does not exist."""
        match self._host.behaviour.missing:
            case "404":
                return SandboxResponse(404, {"message": "Contact not found"})
            case "400":
                return SandboxResponse(400, {"message": "Contact not found"})
            case "null":
                return SandboxResponse(200, b"null", {"Content-Type": "application/json"})
            case "empty":
                return SandboxResponse(200, {})

    def _put(self, record_id: str, record: Record, at: datetime | None = None) -> str:
        moved = {} if self._host.behaviour.times == "frozen" else {"updatedAt": self._moment(at)}
        moment = self._moment(at)
        own = {"createdAt": moment, "lastActivity": moment, "updatedAt": moment, "tags": [], "customFields": {}}
        self.by_id[record_id] = {**own, "stage": STAGES[0], "notes": "", **record, "id": record_id, **moved}
        return record_id

    def _answer(self, record_id: str) -> SandboxResponse:
        return SandboxResponse(200, self.shown(self.by_id[record_id]))

    def _moment(self, at: datetime | None) -> str:
        return instant.render(self._host.server_now() if at is None else at)


def _digits(record: Mapping[str, Any]) -> str:
    return "".join(filter(str.isdigit, str(record.get("phoneNumber") or "")))


def _text(record: Record) -> str:
    custom = record["customFields"].values()
    return "\n".join(map(str, (record["name"], record["phoneNumber"] or "", *custom))).casefold()


def _as_word(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) else value
