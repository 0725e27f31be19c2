"""Whautomate under the contract: as its documents have it, and as else they can be read in many places."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from types import MappingProxyType
from typing import Any, Final

from connectors.connector import Connector
from connectors.contact import Fields, Value
from connectors.values import labels
from connectors.whautomate.allowed_calls import CALLS
from connectors.whautomate.connector import Whautomate
from connectors.whautomate.names import whole_name
from connectors.whautomate.places import HOMELESS, NAMES
from connectors.whautomate.sandbox.server import LOCATION, WhautomateBehaviour, WhautomateSandbox
from tests.connectors.clocks import FakeClock
from tests.contract.sample_contacts import OTHER, SAMPLE
from tests.contract.subject import ACCOUNT, SECRET, Place, Subject

ELSEWHERE: Final = "63f1c0ffee63f1c0ffee0002"


class WhautomatePlace(Place):
    """An account with two locations; "elsewhere" is the other one."""

    sandbox: WhautomateSandbox
    reads_before = MappingProxyType({"create": 1, "update": 1, "tag": 1})
    looked_for = frozenset({"phone"})

    def __init__(self, clock: FakeClock, behaviour: WhautomateBehaviour) -> None:
        super().__init__(clock)
        locations = {LOCATION: "Main Street", ELSEWHERE: "Side Street"}
        self.sandbox = WhautomateSandbox(
            api_key=SECRET, locations=locations, behaviour=replace(behaviour), now=clock.now
        )
        self._numbers = count(1)

    def whole(self, fields: Fields) -> dict[str, Value]:
        named = {} if any(fields.get(name) for name in NAMES) else {"first_name": "Nameless"}
        number = {} if fields.get("phone") else {"phone": f"+4420794{next(self._numbers):05}"}
        return {**fields, **named, **number}

    def add(self, fields: Fields, *, at: datetime | None = None) -> str:
        return self.sandbox.add(at=at, **_wire(self.whole(fields)))

    def edit(self, record_id: str, fields: Fields) -> None:
        shown = self.account.to_contact(self.sandbox.person(record_id), {}).fields
        names = {name: shown.get(name) for name in NAMES} if fields.keys() & set(NAMES) else {}
        self.sandbox.edit(record_id, **_wire({**names, **fields}))

    def remove(self, record_id: str) -> None:
        self.sandbox.remove(record_id)

    def ids(self) -> list[str]:
        return [str(record["id"]) for record in self.sandbox.people()]

    def make_places(self) -> None: ...

    def forbid_new_places(self) -> None: ...

    def _connector(self, secret: str, timeout: tuple[float, float], *, elsewhere: bool) -> Connector:
        wire = self.wire(self.sandbox.base_url, {"x-api-key": secret}, secret, timeout, CALLS)
        location = ELSEWHERE if elsewhere else LOCATION
        return Whautomate(ACCOUNT, wire, location_id=location, country="US", clock=self.clock)


def _wire(fields: Fields) -> dict[str, Any]:
    """Return what a user types: the name in one field, and the rest in custom fields."""
    keys: dict[str, Any] = {}
    custom: dict[str, str] = {}
    for name, value in fields.items():
        if name == "phone":
            keys["phoneNumber"] = value
        elif name == "stage":
            keys["stage"] = value
        elif name == "tags":
            keys["tags"] = list(value or ())
        else:
            custom[name] = labels.to_text(value) if isinstance(value, tuple) else value or ""
    if fields.keys() & set(NAMES):
        first, last = (custom.get(name) for name in NAMES)
        keys["name"] = whole_name(first, last)
    return {**keys, **({"customFields": custom} if custom else {})}


def _sample() -> dict[str, Value]:
    return {name: value for name, value in SAMPLE.items() if name not in HOMELESS} | {"stage": "Lead"}


def _others() -> dict[str, Value]:
    return {name: value for name, value in OTHER.items() if name not in HOMELESS} | {"stage": "Customer"}


def _subject(name: str, behaviour: WhautomateBehaviour, *, page: int = 100, priced: bool = True) -> Subject:
    unique, names = frozenset({"phone"}), frozenset(NAMES)
    return Subject(name, partial(_open, behaviour), _sample(), _others(), names, unique, page, priced)


def _open(behaviour: WhautomateBehaviour, clock: FakeClock) -> WhautomatePlace:
    return WhautomatePlace(clock, behaviour)


OTHERWISE: Final = WhautomateBehaviour(
    lists="data",
    largest_page=20,
    order="shifting",
    repeats=True,
    phones="bare",
    numbers_as_words=True,
    list_of_fields=True,
    put="merges",
    put_custom_fields="merges",
    put_tags="adds",
    tag_calls="wordless",
    unknown_stage="dropped",
    doubles="upserted",
    ids="taken",
    missing="null",
)

SUBJECTS: Final = (
    _subject("whautomate", WhautomateBehaviour()),
    _subject("whautomate-otherwise", OTHERWISE, page=20, priced=False),
)
