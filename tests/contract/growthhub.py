"""GrowthHub under the contract: as it is documented and recorded, and with answers that show less."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from connectors.connector import Connector
from connectors.contact import Fields
from connectors.growthhub.allowed_calls import CALLS
from connectors.growthhub.client import headers
from connectors.growthhub.connector import GrowthHub
from connectors.growthhub.custom_field_keys import display_name
from connectors.growthhub.custom_fields import PLACES
from connectors.growthhub.sandbox.server import LOCATION, GrowthHubSandbox, Quirks
from connectors.http.rate_limiter import RateLimit
from tests.connectors.clocks import FakeClock
from tests.contract.sample_contacts import OWNERS
from tests.contract.subject import ACCOUNT, SECRET, Place, Subject

WIRE: Final[Mapping[str, str]] = {"first_name": "firstName", "last_name": "lastName", "company": "companyName"}
NO_GROUPS: Final[Mapping[str, str]] = {}
MAKING_FIELDS: Final = "locations/customFields.write"


class GrowthHubPlace(Place):
    """A location; "elsewhere" is another one."""

    sandbox: GrowthHubSandbox

    def __init__(self, clock: FakeClock, quirks: Quirks, groups: Mapping[str, str] = NO_GROUPS) -> None:
        super().__init__(clock)
        self._groups = groups
        self.sandbox = GrowthHubSandbox(token=SECRET, now=clock.now)
        self.sandbox.quirks = quirks
        for address in OWNERS:
            self.sandbox.add_user(address)

    def make_places(self) -> None:
        for key in PLACES.values():
            self.sandbox.add_field(display_name(key), key=key)

    def add(self, fields: Fields, *, at: datetime | None = None) -> str:
        times: dict[str, Any] = {} if at is None else {"dateAdded": at, "dateUpdated": at}
        return self.sandbox.add(**_wire(fields), **times)

    def edit(self, record_id: str, fields: Fields) -> None:
        self.sandbox.edit(record_id, **_wire(fields))

    def remove(self, record_id: str) -> None:
        self.sandbox.remove(record_id)

    def ids(self) -> list[str]:
        return [str(record["id"]) for record in self.sandbox.people()]

    def forbid_new_places(self) -> None:
        self.sandbox.quirks.scopes_missing = frozenset({MAKING_FIELDS})

    def documented_limit(self) -> RateLimit:
        return RateLimit(100, 10.0)

    def _connector(self, secret: str, timeout: tuple[float, float], *, elsewhere: bool) -> Connector:
        wire = self.wire(self.sandbox.url, headers(secret), secret, timeout, CALLS)
        location = "anotherLocation00001" if elsewhere else LOCATION
        return GrowthHub(ACCOUNT, wire, location_id=location, cache=self.cache, country="US", groups=self._groups)


def _wire(fields: Fields) -> dict[str, Any]:
    return {WIRE.get(name, name): list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def _subject(
    name: str, quirks: Quirks, *, page: int = 500, priced: bool = True, groups: Mapping[str, str] = NO_GROUPS
) -> Subject:
    return Subject(name, partial(_open, quirks, groups), unique=frozenset({"email", "phone"}), page=page, priced=priced)


def _open(quirks: Quirks, groups: Mapping[str, str], clock: FakeClock) -> GrowthHubPlace:
    return GrowthHubPlace(clock, replace(quirks), groups)


OTHERWISE: Final = Quirks(
    index_lag=30.0,
    largest_page=100,
    search_after=False,
    tags_echo=True,
    put_lacks=frozenset({"customFields", "website"}),
)

SUBJECTS: Final = (
    _subject("growthhub", Quirks()),
    _subject("growthhub-tags", Quirks(tags_echo=True), groups={"stage": "stage:", "status": "Status / "}),
    _subject("growthhub-otherwise", OTHERWISE, page=100, priced=False),
)
