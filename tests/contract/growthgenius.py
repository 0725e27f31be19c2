"""GrowthGenius under the contract: as its newest documents have it, and as else they can be read in many places."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from connectors.connector import Connector
from connectors.contact import Fields
from connectors.growthgenius.allowed_calls import CALLS
from connectors.growthgenius.connector import GrowthGenius
from connectors.growthgenius.sandbox.server import Behaviour, GrowthGeniusSandbox
from tests.connectors.clocks import FakeClock
from tests.contract.sample_contacts import OWNERS, SAMPLE
from tests.contract.subject import ACCOUNT, SECRET, Place, Subject

USERS: Final[Sequence[Mapping[str, Any]]] = [{"id": id_, "email": address} for id_, address in enumerate(OWNERS, 78)]
WIRE: Final[Mapping[str, str]] = {"phone": "mobile_phone", "company": "company_name", "tags": "label_names"}

HOMELESS: Final = frozenset({"address", "postal_code"})
SHOWN_ONLY: Final = frozenset({"lists", "email_status", "email_confidence"})
IN_THE_PLACE_OF_OTHERS: Final = frozenset({"mobile_phone", "do_not_contact"})
"""The typed number that is `phone` where there is any (R16), and what is a stage here: no contact has both."""


class GrowthGeniusPlace(Place):
    """An account that is seen as two users; "elsewhere" is one of them alone."""

    sandbox: GrowthGeniusSandbox

    def __init__(self, clock: FakeClock, behaviour: Behaviour) -> None:
        super().__init__(clock)
        self.sandbox = GrowthGeniusSandbox(api_key=SECRET, users=USERS, behaviour=replace(behaviour), now=clock.now)

    def add(self, fields: Fields, *, at: datetime | None = None) -> str:
        return self.sandbox.add(at=at, **_wire(fields))

    def edit(self, record_id: str, fields: Fields) -> None:
        self.sandbox.edit(record_id, **_wire(fields))

    def remove(self, record_id: str) -> None:
        self.sandbox.remove(record_id)

    def ids(self) -> list[str]:
        return [str(record["id"]) for record in self.sandbox.people()]

    def make_places(self) -> None: ...

    def forbid_new_places(self) -> None: ...

    def _connector(self, secret: str, timeout: tuple[float, float], *, elsewhere: bool) -> Connector:
        wire = self.wire(self.sandbox.base_url, {"Authorization": secret}, secret, timeout, CALLS)
        users = [user["id"] for user in USERS[elsewhere:]]
        return GrowthGenius(ACCOUNT, wire, user_ids=users, cache=self.cache, country="US", clock=self.clock)


def _wire(fields: Fields) -> dict[str, Any]:
    return {WIRE.get(name, name): list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def _subject(name: str, behaviour: Behaviour, *, page: int = 100, priced: bool = True) -> Subject:
    taken = SAMPLE.keys() - HOMELESS - SHOWN_ONLY - IN_THE_PLACE_OF_OTHERS
    sample = {name: value for name, value in SAMPLE.items() if name in taken}
    return Subject(name, partial(_open, behaviour), sample, page=page, priced=priced)


def _open(behaviour: Behaviour, clock: FakeClock) -> GrowthGeniusPlace:
    return GrowthGeniusPlace(clock, behaviour)


OTHERWISE: Final = Behaviour(
    lists="wrapped",
    page_size=25,
    largest_page=50,
    order="id",
    cap=120,
    says_partial=True,
    ends="exclusive",
    ids="uuid",
    users="list",
    answers="mini",
    bodies="flat",
    clearing="blank",
)

SUBJECTS: Final = (
    _subject("growthgenius", Behaviour()),
    _subject("growthgenius-otherwise", OTHERWISE, page=50, priced=False),
)
