"""An account of a sandbox, with clocks that stand still, for the tests beside this file."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from connectors.growthgenius.allowed_calls import CALLS
from connectors.growthgenius.connector import GrowthGenius
from connectors.growthgenius.sandbox.server import Behaviour, GrowthGeniusSandbox
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import CallSlot
from connectors.records import Page, Raw, Window
from connectors.values import instant
from tests.connectors.clocks import FakeClock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVERYTHING = Window(EPOCH)
KEY = "gg-sandbox-key"


class NoPace:
    """GrowthGenius documents no limit."""

    def take(self) -> CallSlot:
        return CallSlot()

    def done(self, *_: Any) -> None: ...

    def hold(self, seconds: float) -> None: ...

    def interval_of(self, _headers: object) -> float | None: ...

    def close(self) -> None: ...


class MemoryCache:
    """What the state keeps for a day."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def get(self, key: str) -> Any | None:
        return self.values.get(key)

    def put(self, key: str, value: Any) -> None:
        self.values[key] = value

    def forget(self, key: str) -> None:
        self.values.pop(key, None)


class World:
    """A sandbox with the client's clock, and an account at it."""

    def __init__(
        self, behaviour: Behaviour | None = None, *, user_ids: Sequence[int | str] = (78,), **options: Any
    ) -> None:
        self.clock = FakeClock()
        self.sandbox = GrowthGeniusSandbox(behaviour=behaviour, now=self.clock.now, **options)
        self.cache = MemoryCache()
        self.user_ids = user_ids
        self.account: GrowthGenius

    def __enter__(self) -> Self:
        self.sandbox.start()
        self.account = self.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.account.close()
        self.sandbox.__exit__(kind, *rest)

    def connect(self, key: str = KEY, *, messages: bool = False) -> GrowthGenius:
        """Return the account as a new process would have it."""
        wire = HttpClient(
            "gg", self.sandbox.base_url, {"Authorization": key}, NoPace(), calls=CALLS, clock=self.clock, secrets=[key]
        )
        return GrowthGenius(
            "gg",
            wire,
            user_ids=self.user_ids,
            cache=self.cache,
            country="US",
            clock=self.clock,
            messages=messages,
        )

    def populate(self, count: int, *, seconds: float = 60.0, ending: float = 3600.0) -> list[str]:
        """Add contacts, `seconds` apart, the last of them `ending` seconds ago."""
        first = self.clock.now() - timedelta(seconds=ending + seconds * (count - 1))
        return [
            self.sandbox.add(
                at=first + timedelta(seconds=seconds * n), first_name=f"Person {n}", email=f"person{n}@example.com"
            )
            for n in range(count)
        ]

    def correspond(
        self,
        count: int,
        *,
        seconds: float = 60.0,
        ending: float = 3600.0,
        sent: Callable[[datetime], datetime | None] = lambda at: at,
    ) -> list[str]:
        """Write to a contact, `seconds` apart, the last time `ending` seconds ago; `sent` says when that was sent."""
        contact_id = self.sandbox.add(first_name="Louis")
        first = self.clock.now() - timedelta(seconds=ending + seconds * (count - 1))
        times = [first + timedelta(seconds=seconds * number) for number in range(count)]
        return [
            self.sandbox.add_message(contact_id, at=at, rendered_copy=f"Message {number}", sent_at=_shown(sent(at)))
            for number, at in enumerate(times)
        ]

    def asked(self) -> list[tuple[str, str]]:
        """Return method and path of every call so far."""
        prefix = "/integrations/v1"
        return [(call.method, call.path.removeprefix(prefix)) for call in self.sandbox.calls]

    def read(self, window: Window = EVERYTHING) -> dict[str, Raw]:
        """Read a window to the end; the later showing of a record counts."""
        return united(self.account.read_window(window))


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else instant.render(moment)


def united(pages: Iterable[Page]) -> dict[str, Raw]:
    return {str(raw["id"]): raw for page in pages for raw in page.records}
