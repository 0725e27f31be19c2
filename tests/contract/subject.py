"""What a system brings along to be held to the contract: its sandbox, its connector, and what users do there.

A new connector writes one module like tests.contract.growthhub and adds its subjects to tests.contract.subjects; the
tests beside this file know of nothing else.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from connectors.connector import Connector
from connectors.contact import Contact, Fields, Value
from connectors.http.allowed_calls import AllowedCalls
from connectors.http.client import HttpClient
from connectors.http.rate_headers import RateHeaders
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer, RateLimit
from connectors.records import Page, Raw, Window
from connectors.sandbox.base import Sandbox
from tests.connectors.clocks import FakeClock
from tests.connectors.growthhub.world import MemoryCache
from tests.contract.sample_contacts import OTHER, SAMPLE, numbered

ACCOUNT = "the-account"
SECRET = "open+sesame/4711=="
"""The credentials; their form is nothing that a redaction would know by itself."""

SETTLE = timedelta(seconds=60)
"""How long a system may take to show a change in its lists: the default of `settle` in the config file."""

PATIENT = (5.0, 10.0)
"""Time-outs of connect and answer in seconds, as the connectors have them."""

IMPATIENT = (5.0, 0.12)


class Place(ABC):
    """One account at a running sandbox. Both go by one clock, which stands still until a test moves it.

    Contacts that add and edit there are given canonical names: those of BRIEF and NAMED.
    """

    sandbox: Sandbox
    account: Connector
    reads_before: Mapping[str, int] = MappingProxyType({})
    """The calls that only read and come before an operation of tests.contract.operations, by its name."""
    looked_for: frozenset[str] = frozenset()
    """The fields for which another contact with the same value is looked for before each update."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.cache = MemoryCache()
        self.store = MemoryCallLogStore()
        self._connected: list[Connector] = []

    def connect(
        self, *, secret: str = SECRET, timeout: tuple[float, float] = PATIENT, elsewhere: bool = False
    ) -> Connector:
        """Return the account as another process would have it, or one `elsewhere` with another identity."""
        connector = self._connector(secret, timeout, elsewhere=elsewhere)
        self._connected.append(connector)
        return connector

    def impatient(self) -> Connector:
        """Return another connection, which gives an answer little time."""
        return self.connect(timeout=IMPATIENT)

    @abstractmethod
    def add(self, fields: Fields, *, at: datetime | None = None) -> str:
        """Let a user add a contact, at the server's now or earlier; return the id."""

    @abstractmethod
    def edit(self, record_id: str, fields: Fields) -> None:
        """Let a user change a contact, at the server's now. No fields: it is saved again as it was."""

    @abstractmethod
    def remove(self, record_id: str) -> None:
        """Let a user delete a contact."""

    @abstractmethod
    def ids(self) -> list[str]:
        """Return the ids of every contact that is there."""

    @abstractmethod
    def make_places(self) -> None:
        """Let a user make all custom fields that values may need; nothing where there are none to be made."""

    @abstractmethod
    def forbid_new_places(self) -> None:
        """Take from the credentials the right to make custom fields; nothing where there are none to be made."""

    def whole(self, fields: Fields) -> dict[str, Value]:
        """Return a contact with what the system requires of each contact, and this one lacks."""
        return dict(fields)

    @abstractmethod
    def _connector(self, secret: str, timeout: tuple[float, float], *, elsewhere: bool) -> Connector: ...

    def settle(self) -> None:
        """Let enough time pass for every change to show."""
        self.clock.pass_by(SETTLE.total_seconds())

    def crowd(self, count: int, *, apart: timedelta = timedelta(seconds=1)) -> list[str]:
        """Add a number of contacts, the last of them a minute ago; return their ids from the oldest on."""
        first = self.sandbox.server_now() - SETTLE - (count - 1) * apart
        return [self.add(numbered(number), at=first + number * apart) for number in range(count)]

    def everything(self) -> dict[str, Raw]:
        """Read everything that has settled, by id; the later showing of a record counts."""
        self.settle()
        return self.united(self.account.read_window(Window(self.clock.start - timedelta(days=365))))

    def united(self, pages: Iterator[Page]) -> dict[str, Raw]:
        """Return the records of pages by id; the later showing of a record counts."""
        return {self.account.to_contact(raw, {}).id: raw for page in pages for raw in page.records}

    def got(self, record_id: str) -> Raw:
        """Return a record as it is now."""
        (raw,) = self.account.read_record(record_id).records
        return raw

    def person(self, record_id: str) -> Contact:
        """Return a contact as he is now."""
        return self.account.to_contact(self.got(record_id), {})

    def prepare(self) -> None:
        """See to it that everything has a place, and is known: what follows makes no calls for settings."""
        self.make_places()
        self.account.create_places(self.account.mappable_fields)
        self.account.to_contact(self.got(self.add({"first_name": "Nobody"})), {})

    def writable(self) -> frozenset[str]:
        """Return the fields that the account takes."""
        return self.account.fields - self.account.read_only

    def wire(
        self,
        base_url: str,
        headers: dict[str, str],
        secret: str,
        timeout: tuple[float, float],
        calls: AllowedCalls,
        rate_headers: Callable[[Mapping[str, str]], RateHeaders] = RateHeaders.of,
    ) -> HttpClient:
        """Return a wire to the sandbox, put together as `sync` does it, with fixed jitter."""
        pacer = Pacer(self.store, self.clock, self.documented_limit(), ACCOUNT, rate_headers=rate_headers)
        return HttpClient(
            ACCOUNT,
            base_url,
            headers,
            pacer,
            calls=calls,
            clock=self.clock,
            secrets=[secret],
            timeout=timeout,
            chance=lambda: 0.5,
        )

    def documented_limit(self) -> RateLimit | None:
        """Return the rate limit that the system documents."""
        return None

    def renewed_at(self) -> datetime:
        """Return when a daily allowance is renewed whose first call is made now."""
        return self.clock.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)

    def close(self) -> None:
        """Give all connections back."""
        for connector in self._connected:
            connector.close()


@dataclass(frozen=True, slots=True)
class Subject:
    """One system, in one of the ways in which it may behave.

    `sample` is a contact with a value in every field that can be set at the same time, `other` has other values. Of
    `one_of`, one field has to have a value. `unique` are the fields by which the system itself refuses a second
    contact. `page` is how many records it shows at once, at most. `priced`: it answers as documented, so that
    `count_write_calls` and `count_lookups` can be held to the number of calls. `fills` are the fields that it fills in
    by itself. `deletes`: its API deletes contacts. `says_gone` are the statuses that
    mean that a contact is gone. `unknown_is_gone`: so is the answer for an id that never was.
    """

    name: str
    open: Callable[[FakeClock], Place]
    sample: Fields = field(default_factory=lambda: SAMPLE)
    other: Fields = field(default_factory=lambda: OTHER)
    one_of: frozenset[str] = frozenset()
    unique: frozenset[str] = frozenset()
    page: int = 100
    priced: bool = True
    fills: frozenset[str] = frozenset({"country"})
    deletes: bool = True
    says_gone: frozenset[int] = frozenset({404, 410})
    unknown_is_gone: bool = True

    @contextmanager
    def running(self) -> Iterator[Place]:
        """Start the sandbox, and end it with everything that is connected to it."""
        place = self.open(FakeClock())
        with place.sandbox:
            place.account = place.connect()
            yield place
            place.close()
