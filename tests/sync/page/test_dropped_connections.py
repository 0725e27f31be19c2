"""Local callers that disconnect: without an owner in the kernel's tables they decide nothing and read nothing."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from sync.config.model import Config
from sync.config.value_types import Address
from sync.http_server.listener import Listener
from sync.page import peer_process
from sync.page.application import application
from sync.page.daemon_runs import DaemonRuns
from sync.page.peer_process import End, is_ours
from tests.sync.page.state_files import stored

pytestmark = pytest.mark.skipif(not peer_process.KNOWS_OWNERS, reason="only Linux names the owner of a connection")


class Look:
    """Asks the kernel, but not before it may; notes what it said."""

    def __init__(self) -> None:
        self.asked, self.may, self.said = Event(), Event(), list[bool]()

    def __call__(self, client: End, server: End) -> bool:
        self.asked.set()
        assert self.may.wait(10)
        self.said.append(is_ours(client, server))
        return self.said[-1]


@contextmanager
def page(config: Config, look: Look) -> Iterator[Listener]:
    app = application(lambda: config, DaemonRuns(lambda: (), lambda: True), ours=look)
    one = Listener(app, Address("127.0.0.1", 0), "status_page.listen").start()
    try:
        yield one
    finally:
        look.may.set()
        one.stop()


def resolving(address: Address, *, length: int | None = None) -> bytes:
    body = json.dumps({"side": "left"}).encode()
    lines = [
        "POST /api/conflicts/1/resolve HTTP/1.1",
        f"Host: {address}",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def is_settled(config: Config) -> bool:
    return not stored(config, "SELECT 1 FROM conflict WHERE resolution IS NULL")


def test_a_caller_that_disconnects_at_once_settles_nothing(config: Config) -> None:
    look = Look()
    with page(config, look) as listener:
        with socket.create_connection(listener.address, timeout=10) as line:
            line.sendall(resolving(listener.address))
            assert look.asked.wait(10)
        look.may.set()
        with socket.create_connection(listener.address, timeout=10) as line:  # it is answered after the first one
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 200")
        assert look.said == [False]
        assert not is_settled(config)


def test_a_caller_that_stays_is_identified_and_settles_the_conflict(config: Config) -> None:
    look = Look()
    look.may.set()
    with page(config, look) as listener:
        with socket.create_connection(listener.address, timeout=10) as line:
            line.sendall(resolving(listener.address))
            assert line.recv(100).startswith(b"HTTP/1.1 200")
        assert look.said == [True, True]
        assert is_settled(config)


def test_a_request_with_half_a_body_settles_nothing(config: Config) -> None:
    look = Look()
    look.may.set()
    with page(config, look) as listener:
        with socket.create_connection(listener.address, timeout=10) as line:
            line.sendall(resolving(listener.address, length=1000))
            assert look.asked.wait(10)
        with socket.create_connection(listener.address, timeout=10) as line:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 200")
        assert not is_settled(config)
