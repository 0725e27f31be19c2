"""A door for webhooks on loopback, and somebody who comes to it with bytes of their own."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.growthhub.sandbox.webhooks import SigningKeys
from connectors.values import instant
from state.file import StateFile
from state.webhook_hints import Hint, Hints
from sync.config.model import Config, parse
from sync.config.value_types import Address
from sync.http_server.listener import Listener
from sync.webhooks.counters import Counters
from sync.webhooks.receiver import WebhookReceiver
from tests.sync.config_text import GOOD

LOCATION = "ve9EPM428h8vShlRW1KT"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = SigningKeys()
MESSAGES = '[connections.sales.messages]\ndirection = "both"'


class Clock:
    """A clock that stands at noon until it is moved."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        """Return its time."""
        return self.time

    def monotonic(self) -> float:
        """Return nothing that anybody should ask for."""
        raise AssertionError

    def sleep(self, seconds: float) -> None:
        """Wait for nothing."""
        raise AssertionError(seconds)


@dataclass(slots=True)
class House:
    """A door, and what stands behind it. `config` is in force; another one may be put in its place."""

    config: Config
    reception: WebhookReceiver = field(init=False)
    clock: Clock = field(default_factory=Clock)
    counters: Counters = field(default_factory=Counters)
    woken: list[tuple[str, str]] = field(default_factory=list)
    address: Address = Address("127.0.0.1", 0)  # noqa: RUF009 - a tuple

    def waiting(self, stream: str = "contacts") -> list[Hint]:
        """Return the hints that wait for a stream."""
        with closing(StateFile.open(self.config.state.path)) as state:
            return Hints(state.db, "sales", stream).waiting_hints("growthhub")

    def counts(self) -> dict[str, int]:
        """Return what became of those who came, as far as anything did."""
        return {name: count for name, count in self.counters.snapshot().outcomes.items() if count}

    def say(self, data: bytes, *, then: str = "") -> int:
        """Send bytes, and return the status of the answer; 0 where there is none. `then` may be "close"."""
        with socket.create_connection(self.address, timeout=30) as line:
            line.sendall(data)
            if then == "close":
                line.shutdown(socket.SHUT_WR)
            return status_of(line)

    def post(self, body: bytes, headers: Mapping[str, str] | None = None, **kept: str) -> int:
        """Send a body, signed unless headers say otherwise; return the status of the answer."""
        return self.say(request(body, KEYS.sign(body) if headers is None else headers, **kept))

    def tell(self, **said: Any) -> int:
        """Send an event, signed, and return the status of the answer."""
        return self.post(event(**said))


def status_of(line: socket.socket) -> int:
    """Return the status of an answer, 0 where there is none."""
    answer = b""
    try:
        while b"\r\n\r\n" not in answer:
            part = line.recv(4096)
            if not part:
                break
            answer += part
    except ConnectionResetError:
        return 0
    return int(answer[9:12]) if answer else 0


def event(**said: Any) -> bytes:
    """Return the body of an event about Ann, who was edited at noon."""
    known = {"type": "ContactUpdate", "locationId": LOCATION, "id": "ann", "email": "ann@example.com"}
    return json.dumps({**known, "timestamp": instant.render(NOON), "webhookId": "w1", **said}).encode()


def request(body: bytes, headers: Mapping[str, str], *, method: str = "POST", path: str = "/webhooks") -> bytes:
    """Return a request as it goes over the wire."""
    lines = {"Host": "example.com", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def config_with(folder: Path, *, with_messages: bool = True, **options: str) -> Config:
    """Return a config that listens for what is signed by the keys of these tests."""
    known = {"listen": '"127.0.0.1:0"', "ed25519_key": f'"{KEYS.ed25519}"', **options}
    lines = "\n".join(f"{key} = {value}" for key, value in known.items())
    text = GOOD if with_messages else GOOD.replace(f"{MESSAGES}\n", "")
    return parse(f"{text}\n[webhooks]\n{lines}\n", folder / "config.toml")


@contextmanager
def opened(config: Config) -> Iterator[House]:
    """Open a door."""
    house = House(config)
    house.reception = reception = WebhookReceiver(lambda: house.config, house.clock, house.counters, house.woken.extend)
    reception.open(config)
    listener = Listener(reception, Address("127.0.0.1", 0), "webhooks.listen").start()
    house.address = listener.address
    try:
        yield house
    finally:
        listener.stop()
        reception.close()


def minutes(count: float) -> timedelta:
    """Return a span."""
    return timedelta(minutes=count)
