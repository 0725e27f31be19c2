"""A receiver of webhooks on loopback, and a client that sends it any bytes."""

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
    """A clock that stays at noon until a test moves it."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        """Return its time."""
        return self.time

    def monotonic(self) -> float:
        """Fail: no code under test may use this."""
        raise AssertionError

    def sleep(self, seconds: float) -> None:
        """Fail: no code under test may wait."""
        raise AssertionError(seconds)


@dataclass(slots=True)
class ReceiverOnLoopback:
    """A receiver with its state. `config` is in force; a test may replace it."""

    config: Config
    receiver: WebhookReceiver = field(init=False)
    clock: Clock = field(default_factory=Clock)
    counters: Counters = field(default_factory=Counters)
    woken: list[tuple[str, str]] = field(default_factory=list)
    address: Address = Address("127.0.0.1", 0)  # noqa: RUF009 - a tuple

    def waiting(self, stream: str = "contacts") -> list[Hint]:
        """Return the hints that wait for a stream."""
        with closing(StateFile.open(self.config.state.path)) as state:
            return Hints(state.db, "sales", stream).waiting_hints("growthhub")

    def counts(self) -> dict[str, int]:
        """Return the outcomes that are not 0."""
        return {name: count for name, count in self.counters.snapshot().outcomes.items() if count}

    def send_bytes(self, data: bytes, *, then: str = "") -> int:
        """Send bytes, and return the status of the answer; 0 where there is none. `then` may be "close"."""
        with socket.create_connection(self.address, timeout=30) as line:
            line.sendall(data)
            if then == "close":
                line.shutdown(socket.SHUT_WR)
            return status_of(line)

    def post(self, body: bytes, headers: Mapping[str, str] | None = None, **kept: str) -> int:
        """Send a body, signed unless headers say otherwise; return the status of the answer."""
        return self.send_bytes(request(body, KEYS.sign(body) if headers is None else headers, **kept))

    def send_event(self, **said: Any) -> int:
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
    """Return the body of an event that says that Ann was edited at noon."""
    known = {"type": "ContactUpdate", "locationId": LOCATION, "id": "ann", "email": "ann@example.com"}
    return json.dumps({**known, "timestamp": instant.render(NOON), "webhookId": "w1", **said}).encode()


def request(body: bytes, headers: Mapping[str, str], *, method: str = "POST", path: str = "/webhooks") -> bytes:
    """Return the bytes of a request."""
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
def serving(config: Config) -> Iterator[ReceiverOnLoopback]:
    """Run a receiver until the block ends."""
    server = ReceiverOnLoopback(config)
    server.receiver = receiver = WebhookReceiver(
        lambda: server.config, server.clock, server.counters, server.woken.extend
    )
    receiver.open(config)
    listener = Listener(receiver, Address("127.0.0.1", 0), "webhooks.listen").start()
    server.address = listener.address
    try:
        yield server
    finally:
        listener.stop()
        receiver.close()


def minutes(count: float) -> timedelta:
    """Return a span of minutes."""
    return timedelta(minutes=count)
