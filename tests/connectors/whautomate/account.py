"""A Whautomate account at a running sandbox, for tests of the connector."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer
from connectors.source_id import SourceAccount
from connectors.whautomate.allowed_calls import CALLS
from connectors.whautomate.connector import Whautomate
from connectors.whautomate.sandbox.server import KEY, LOCATION, WhautomateBehaviour, WhautomateSandbox
from connectors.whautomate.system import LIMIT
from tests.connectors.clocks import FakeClock

SOURCES = SourceAccount.of("growthhub", "https://hub.example.com", ["loc1"])


@dataclass(slots=True)
class AccountAtSandbox:
    """The account, its server and their clock."""

    sandbox: WhautomateSandbox
    connector: Whautomate
    clock: FakeClock

    def got(self, record_id: str) -> Any:
        """Return a record as it is now."""
        (raw,) = self.connector.read_record(record_id).records
        return raw

    def calls(self, method: str = ".", ending: str = "") -> int:
        """Return how many calls were made."""
        return sum(method in {".", each.method} and each.path.endswith(ending) for each in self.sandbox.calls)


@contextmanager
def account(
    behaviour: WhautomateBehaviour | None = None, *, seed: int = 1, **options: Any
) -> Iterator[AccountAtSandbox]:
    """Run an account without contacts."""
    clock = FakeClock()
    sandbox = WhautomateSandbox(now=clock.now, behaviour=replace(behaviour or WhautomateBehaviour()), seed=seed)
    with sandbox:
        pacer = Pacer(MemoryCallLogStore(), clock, LIMIT, "wa")
        wire = HttpClient("wa", sandbox.base_url, {"x-api-key": KEY}, pacer, calls=CALLS, clock=clock, secrets=[KEY])
        connector = Whautomate("wa", wire, location_id=LOCATION, country="US", clock=clock, sources=SOURCES, **options)
        yield AccountAtSandbox(sandbox, connector, clock)
        connector.close()
