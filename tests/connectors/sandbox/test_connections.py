"""What a sandbox does with a connection after an answer: as a client sees it, in whatever order threads run."""

import http.client
import select
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

import pytest

from connectors.sandbox.server import CORK, Call, Outgoing, SandboxServer

Then = Literal["keep", "close", "reset", "lose"]


@contextmanager
def answering(then: Then, served: list[str]) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection to a server that answers "ok", and then does this with the connection."""

    def respond(call: Call) -> Outgoing:
        served.append(call.path)
        return Outgoing(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", then)

    server = SandboxServer(0, respond, lambda: datetime.now(UTC))
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    try:
        yield connection
    finally:
        connection.close()
        server.stop()


def ask(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def test_a_connection_that_loses_the_next_request_serves_it_not() -> None:
    served: list[str] = []
    with answering("lose", served) as connection:
        assert ask(connection, "/one") == b"ok"
        with pytest.raises(http.client.RemoteDisconnected):
            ask(connection, "/two")
        assert served == ["/one"]
        connection.close()
        assert ask(connection, "/three") == b"ok"


@pytest.mark.skipif(CORK is None, reason="only Linux can send the end of a connection with the last byte")
def test_the_end_of_a_connection_arrives_with_the_last_byte() -> None:
    for _ in range(50):
        with answering("close", []) as connection:
            connection.request("GET", "/one")
            answer = connection.getresponse()
            sock = connection.sock
            assert answer.read() == b"ok"
            assert select.select([sock], [], [], 0)[0] == [sock]
