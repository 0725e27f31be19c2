"""Both sandboxes on one virtual clock: every call is traced, takes time, and may be the moment at which a user acts.

Nothing here looks at the machine's clock: late effects stand in an agenda that the virtual clock works off, and a
time-out is an answer that the transport of the simulation takes for one.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any
from unittest.mock import patch

from requests import ReadTimeout
from urllib3 import BaseHTTPResponse

from connectors.apollo.sandbox.server import ApolloSandbox
from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.http.request import Request
from connectors.http.transport import Transport
from connectors.sandbox.base import Call, Sandbox, SandboxResponse
from connectors.sandbox.server import Outgoing
from connectors.whautomate.sandbox.server import WhautomateSandbox
from tests.end_to_end.world import Timeline, is_write

TIMED_OUT = 599
"""The status that stands for "no answer in time"."""

PATIENCE = 10.0

OF_THE_ADDRESS = re.compile(rb"(?<=growthgenius:)[0-9a-f]{10}(?=:)")
"""What a source id says of the server's address, in which the port is another one at each start."""


class Agenda(Timeline):
    """A clock that stands still but for `sleep`, and lets happen what falls due meanwhile."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._entered = 0

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Let something happen so many seconds from now."""
        self._entered += 1
        self._due.append((self.monotonic() + seconds, self._entered, act))
        self._due.sort(key=lambda each: each[:2])

    def sleep(self, seconds: float) -> None:
        """Let so much time pass, with what is due in it."""
        end = self.monotonic() + max(0.0, seconds)
        while self._due and self._due[0][0] <= end:
            moment, _, act = self._due.pop(0)
            super().sleep(moment - self.monotonic())
            act()
        super().sleep(end - self.monotonic())

    skip = sleep


@dataclass(slots=True)
class Trace:
    """Every HTTP call with all that it says, in order; `text` is the same for the same seed, byte for byte."""

    lines: list[str] = field(default_factory=list)

    def add(self, moment: datetime, side: str, call: Call, outgoing: Outgoing) -> None:
        """Note a call and its answer."""
        said = json.dumps([call.query, call.body], sort_keys=True, ensure_ascii=False)
        sent = OF_THE_ADDRESS.sub(b"", said.encode(errors="surrogatepass")).decode(errors="surrogatepass")
        head = outgoing.data.split(b"\r\n", 1)[0].decode("latin-1")
        digest = blake2b(OF_THE_ADDRESS.sub(b"", outgoing.data), digest_size=8).hexdigest()
        self.lines.append(
            f"{moment.isoformat()} {side} {call.method} {call.path} {sent} -> {head} {digest} {outgoing.then}"
        )

    @property
    def text(self) -> str:
        """Return the whole trace."""
        return "\n".join(self.lines)


@dataclass(slots=True)
class Road:
    """What both servers share: the clock, the trace, chance, and who wants to know of calls and of late effects."""

    clock: Agenda
    chance: Random
    trace: Trace = field(default_factory=Trace)
    before: Callable[[str, Call], None] | None = None
    late: Callable[[str, Callable[[], None]], None] | None = None
    made: Callable[[str, dict[str, Any]], None] | None = None
    wrote: Callable[[str, Call], AbstractContextManager[None]] | None = None
    slowest: float = 0.4


class Simulated(Sandbox):
    """A sandbox with calls that take virtual time, are traced, and are noticed before they are carried out."""

    side = ""
    road: Road

    def respond(self, call: Call) -> Outgoing:
        """Answer, late by some chance, and note it."""
        self.road.clock.sleep(self.road.chance.uniform(0.005, self.road.slowest))
        if self.road.before is not None:
            self.road.before(self.side, call)
        outgoing = super().respond(call)
        self.road.trace.add(self.road.clock.now(), self.side, call, outgoing)
        return outgoing

    def watched(self, call: Call) -> AbstractContextManager[None]:
        """Let whoever wants to know see what a call changes."""
        watch = self.road.wrote
        return nullcontext() if watch is None or not is_write(call) else watch(self.side, call)

    def _schedule(self, delay: float, call: Call) -> None:
        def land() -> None:
            self._effect(call)

        late = self.road.late
        act = land if late is None else lambda: late(self.side, land)
        self.road.clock.after(delay, act)


class Left(Simulated, GrowthGeniusSandbox):
    """GrowthGenius. `rewrites` are fields that it keeps in upper case, whatever it is given."""

    side = "left"
    rewrites: frozenset[str] = frozenset()

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out a call, and report a contact that it created."""
        before = {str(person["id"]) for person in self.people()} if is_write(call) else set()
        with self.watched(call):
            served = super().handle(call)
        if is_write(call) and self.road.made is not None:
            for person in self.people():
                if str(person["id"]) not in before:
                    self.road.made(self.side, person)
        return served

    def accepted(self, noun: str, given: dict[str, Any]) -> dict[str, Any]:
        taken = super().accepted(noun, given)
        return {key: _rewritten(key, value, self.rewrites) for key, value in taken.items()}


class Right(Simulated, GrowthHubSandbox):
    """GrowthHub. `rewrites` as at the other side."""

    side = "right"
    rewrites: frozenset[str] = frozenset()

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out a call, and report a contact that it created."""
        before = {person["id"] for person in self.people()} if is_write(call) else set()
        with self.watched(call):
            served = super().handle(call)
        if is_write(call) and self.road.made is not None:
            for person in self.people():
                if person["id"] not in before:
                    self.road.made(self.side, person)
        return served

    def _accepted(self, body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        properties, custom = super()._accepted(body)
        return {key: _rewritten(key, value, self.rewrites) for key, value in properties.items()}, custom


class Listed(Simulated, WhautomateSandbox):
    """Whautomate, which can only be listed."""

    side = "listed"

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out a call, and report a contact that it created."""
        before = {person["id"] for person in self.people()} if is_write(call) else set()
        served = super().handle(call)
        if is_write(call) and self.road.made is not None:
            for person in self.people():
                if person["id"] not in before:
                    self.road.made(self.side, person)
        return served


class Bulk(Simulated, ApolloSandbox):
    """Apollo, which takes many contacts in one call."""

    side = "bulk"

    def handle(self, call: Call) -> SandboxResponse:
        """Carry out a call, and report the contacts that it created."""
        before = {person["id"] for person in self.people()} if is_write(call) else set()
        served = super().handle(call)
        if is_write(call) and self.road.made is not None:
            for person in self.people():
                if person["id"] not in before:
                    self.road.made(self.side, person)
        return served


def _rewritten(key: str, value: Any, rewrites: frozenset[str]) -> Any:
    return value.upper() if key in rewrites and isinstance(value, str) else value


@contextmanager
def one_after_the_other(clock: Agenda) -> Iterator[None]:
    """Let the engine make its calls in one order, and run out of patience in virtual time only.

    Calls side by side would come in the order of the machine's scheduler, and no two runs would be the same.
    """

    class Impatient(Transport):
        def send(self, request: Request) -> BaseHTTPResponse:
            response = super().send(request)
            if response.status != TIMED_OUT:
                return response
            response.close()
            clock.sleep(PATIENCE)
            raise ReadTimeout("no answer in time")

    with patch("connectors.http.client.Transport", Impatient), patch("connectors.http.concurrency.WIDTH", 1):
        yield


def skewed(chance: Random) -> timedelta:
    """Return how far a server's clock is off: not at all, a little, or minutes."""
    return timedelta(seconds=chance.choice((0.0, 0.0, 0.4, -1.5, 95.0, -240.0, 3600.0)))
