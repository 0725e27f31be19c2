"""One GrowthHub location and the connector that speaks to it, for tests: no waiting, calls counted."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from connectors.growthhub.allowed_calls import CALLS
from connectors.growthhub.client import headers
from connectors.growthhub.connector import GrowthHub
from connectors.growthhub.messages import MessageStyle
from connectors.growthhub.sandbox.server import TOKEN, GrowthHubSandbox
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer
from connectors.sandbox.base import Call, SandboxResponse
from tests.connectors.clocks import FakeClock

EXPORT = "/conversations/messages/export"


class MemoryCache:
    """A cache that keeps everything until a test says that a day has gone."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def get(self, key: str) -> Any | None:
        return self.kept.get(key)

    def put(self, key: str, value: Any) -> None:
        self.kept[key] = value

    def forget(self, key: str) -> None:
        self.kept.pop(key, None)


class ProbedSandbox(GrowthHubSandbox):
    """A sandbox that tests can act on between two calls; they can change its answers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.changes: dict[str, Callable[[Any], Any]] = {}
        self.after: dict[int, Callable[[], object]] = {}
        self.after_exports: dict[int, Callable[[], object]] = {}
        self.searches = 0
        self.exports = 0

    def handle(self, call: Call) -> SandboxResponse:
        served = super().handle(call)
        change = self.changes.get(call.path)
        if call.path == "/contacts/search":
            self.searches += 1
            self.after.pop(self.searches, lambda: None)()
        if call.path == EXPORT:
            self.exports += 1
            self.after_exports.pop(self.exports, lambda: None)()
        return served if change is None else replace(served, body=change(served.body))


class World:
    """A running sandbox, a clock that stands still, and connectors to it."""

    def __init__(self, sandbox: ProbedSandbox, clock: FakeClock) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.cache = MemoryCache()
        self._wires: list[HttpClient] = []
        self.hub = self.connect()

    def connect(
        self,
        *,
        token: str = TOKEN,
        location_id: str | None = None,
        places: Mapping[str, str] | None = None,
        groups: Mapping[str, str] | None = None,
        messages: MessageStyle | None = None,
    ) -> GrowthHub:
        """Return another connector over the same cache, as another run would have it."""
        pace = Pacer(MemoryCallLogStore(), self.clock, None, "growthhub")
        wire = HttpClient(
            "growthhub", self.sandbox.url, headers(token), pace, calls=CALLS, clock=self.clock, chance=lambda: 0.5
        )
        self._wires.append(wire)
        return GrowthHub(
            "growthhub",
            wire,
            location_id=location_id or self.sandbox.location_id,
            cache=self.cache,
            country="US",
            places=places,
            groups=groups,
            messages=messages,
        )

    def calls(self) -> list[str]:
        """Return the calls since the last look, as "METHOD /path"."""
        made = [f"{call.method} {call.path}" for call in self.sandbox.calls]
        self.sandbox.calls.clear()
        return made

    def bodies(self) -> list[Any]:
        """Return the bodies of the writes since the last look."""
        sent = [call.body for call in self.sandbox.calls if call.method != "GET"]
        self.sandbox.calls.clear()
        return sent

    def search_row(self, record_id: str) -> Any:
        """Return a contact as a search shows it."""
        rows = self.hub.search.having("id", record_id)
        self.sandbox.calls.clear()
        return rows[0]

    def after_search(self, number: int, act: Callable[[], object]) -> None:
        """Let something happen at the location right after the search of that number was answered."""
        self.sandbox.after[self.sandbox.searches + number] = act

    def after_export(self, number: int, act: Callable[[], object]) -> None:
        """Let something happen at the location right after the export of that number was answered."""
        self.sandbox.after_exports[self.sandbox.exports + number] = act

    def change_answers(self, path: str, change: Callable[[Any], Any]) -> None:
        """Let every answer for a path be another one."""
        self.sandbox.changes[path] = change

    def close(self) -> None:
        """Give every connection back."""
        for wire in self._wires:
            wire.close()
