"""Apollo under the contract: as it is documented today, and in the form of 2020 with an index that lags."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from connectors.apollo.allowed_calls import CALLS
from connectors.apollo.connector import Apollo
from connectors.apollo.custom_fields import LABELS
from connectors.apollo.rate_headers import FREE, rate_headers
from connectors.apollo.sandbox.server import ApolloQuirks, ApolloSandbox
from connectors.connector import Connector
from connectors.contact import Fields
from connectors.http.rate_limiter import RateLimit
from tests.connectors.clocks import FakeClock
from tests.contract.operations import TAG
from tests.contract.sample_contacts import BRIEF, OTHER, OWNERS, SAMPLE
from tests.contract.subject import ACCOUNT, SECRET, Place, Subject

WIRE: Final[Mapping[str, str]] = {"company": "organization_name", "phone": "mobile_phone", "tags": "label_names"}
MAKING_FIELDS: Final = "fields/create"


class ApolloPlace(Place):
    """A team; "elsewhere" is another one."""

    sandbox: ApolloSandbox

    def __init__(self, clock: FakeClock, quirks: ApolloQuirks) -> None:
        super().__init__(clock)
        self.sandbox = ApolloSandbox(key=SECRET, quirks=quirks, now=clock.now)
        names = [name for name in self.sandbox.stages.values() if name != "Replied"]
        names += [str(SAMPLE["stage"]), str(OTHER["stage"])]
        self.sandbox.stages = {f"5c48fb{number:018x}": name for number, name in enumerate(names)}
        for address in OWNERS:
            self.sandbox.add_user(address)

    def make_places(self) -> None:
        for label in LABELS.values():
            self.sandbox.add_field(label)
        # What the tests write is known by then: another list costs one reading of all names.
        for name in (*(SAMPLE["tags"] or ()), *(OTHER["tags"] or ()), *(BRIEF["tags"] or ()), TAG):
            self.sandbox.label_id(name)

    def add(self, fields: Fields, *, at: datetime | None = None) -> str:
        return self.sandbox.add(_wire(fields), at)

    def edit(self, record_id: str, fields: Fields) -> None:
        record = next(each for each in self.sandbox.people() if each["id"] == record_id)
        self.sandbox.edit(record_id, _wire(fields, record["present_raw_address"]))

    def remove(self, record_id: str) -> None:
        self.sandbox.remove(record_id)

    def ids(self) -> list[str]:
        return [record["id"] for record in self.sandbox.people()]

    def forbid_new_places(self) -> None:
        self.sandbox.quirks.scopes_missing = frozenset({MAKING_FIELDS})

    def documented_limit(self) -> RateLimit:
        # The limits of the paid plans: the tests make more calls than the free one allows.
        return replace(FREE, calls=200, daily=None, spans=())

    def prepare(self) -> None:
        super().prepare()
        assert isinstance(self.account, Apollo)
        for each in (self.account.stages, self.account.users, self.account.lists):
            each.names()

    def renewed_at(self) -> datetime:
        return self.clock.now() + timedelta(days=1)

    def _connector(self, secret: str, timeout: tuple[float, float], *, elsewhere: bool) -> Connector:
        is_old = self.sandbox.quirks.old_form
        headers: dict[str, str] = {} if is_old else {"x-api-key": secret}
        wire = self.wire(self.sandbox.base_url, headers, secret, timeout, CALLS, rate_headers=rate_headers)
        identity = {"team": "another" if elsewhere else "team"}
        return Apollo(
            ACCOUNT, wire, cache=self.cache, country="US", identity=identity, legacy_key=secret if is_old else "",
            clock=self.clock,
        )  # fmt: skip


def _wire(fields: Fields, address: str | None = None) -> dict[str, Any]:
    """Return the body of a user's edit; a city takes the place of the one in an address."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "city":
            body["present_raw_address"] = ", ".join([str(value), *(address or "").split(", ")[1:]])
        else:
            body[WIRE.get(name, name)] = list(value) if isinstance(value, tuple) else value
    return body


def _open(quirks: ApolloQuirks, clock: FakeClock) -> ApolloPlace:
    return ApolloPlace(clock, replace(quirks))


def _subject(name: str, quirks: ApolloQuirks, *, priced: bool = True) -> Subject:
    shown_only = {"email_status", "do_not_contact", "mobile_phone"}
    sample = {key: value for key, value in SAMPLE.items() if key not in shown_only}
    return Subject(
        name, partial(_open, quirks), sample, priced=priced, fills=frozenset({"company", "stage"}), deletes=False,
        says_gone=frozenset(), unknown_is_gone=False,
    )  # fmt: skip


SUBJECTS: Final = (
    _subject("apollo", ApolloQuirks()),
    _subject("apollo-otherwise", ApolloQuirks(index_lag=30.0, old_form=True, guesses=False), priced=False),
)
