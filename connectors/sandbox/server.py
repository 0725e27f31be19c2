"""HTTP/1.1 over loopback sockets for the sandboxes: kept connections, one thread each, one write per answer."""

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BufferedIOBase
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Headers(Mapping[str, str]):
    """Headers of a request, found by name in any case."""

    __slots__ = ("_lowered",)

    def __init__(self, lowered: dict[str, str]) -> None:
        self._lowered = lowered

    def __getitem__(self, name: str) -> str:
        return self._lowered[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lowered)

    def __len__(self) -> int:
        return len(self._lowered)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, with the server's time of its arrival. `path` has no query and is still percent-encoded.

    Of a `query` key that stands several times and ends in [], the values are joined by commas.

    `body` is the decoded JSON, a dict for a form, text for anything else, None when there is none.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Bytes to send, and what happens to the connection then.

    "lose" keeps it until the next request came, and closes it without serving that.
    """

    data: bytes
    then: Literal["keep", "close", "reset", "lose"] = "keep"


CORK: Final[int | None] = getattr(socket, "TCP_CORK", None)
"""Holds the last bytes back until the connection closes; Linux has it."""
LONG_LENGTH = 10
"""Digits of a length that no body has."""


class SandboxServer(socketserver.TCPServer):
    """One thread that accepts, and one per connection."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, respond: Callable[[Call], Outgoing], now: Callable[[], datetime]) -> None:
        super().__init__(("127.0.0.1", port), SandboxConnection)
        self.respond = respond
        self.now = now
        self._open: dict[threading.Thread, socket.socket] = {}
        self._guard = threading.Lock()
        self._is_stopping = False
        self._acceptor = threading.Thread(target=self._accept, name="sandbox", daemon=True)

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self.server_address[1])

    @property
    def connections(self) -> int:
        """The number of open connections."""
        with self._guard:
            return len(self._open)

    def start(self) -> None:
        """Accept connections from now on."""
        self._acceptor.start()

    def stop(self) -> None:
        """Close every connection and end every thread."""
        self._is_stopping = True
        with suppress(OSError):
            # Wake the accepting thread, which waits for a connection without a time limit.
            socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
        self._acceptor.join()
        self.server_close()
        with self._guard:
            still_open = dict(self._open)
        for connection in still_open.values():
            with suppress(OSError):
                # The connection may have closed by itself meanwhile.
                connection.shutdown(socket.SHUT_RDWR)
        for thread in still_open:
            thread.join()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - socketserver passes both
        """Return whether to serve a connection: not one that arrives after `stop` began."""
        return not self._is_stopping

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        thread = threading.Thread(target=self._serve, args=(request, client_address), daemon=True)
        with self._guard:
            self._open[thread] = request
        thread.start()

    def _accept(self) -> None:
        while not self._is_stopping:
            self.handle_request()

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        finally:
            self.close_request(request)
            with self._guard:
                del self._open[threading.current_thread()]


class SandboxConnection(socketserver.StreamRequestHandler):
    """Serves requests over one connection, one after the other."""

    disable_nagle_algorithm = True
    server: SandboxServer
    _is_lost = False

    def handle(self) -> None:
        """Serve until one side closes."""
        with suppress(OSError):
            # The client is gone, or the sandbox stops.
            while self._serve_one():
                pass

    def _serve_one(self) -> bool:
        request = self.rfile.readline(65537).split()
        if len(request) != 3:  # noqa: PLR2004 (method, target, version)
            return False
        headers = read_headers(self.rfile)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < LONG_LENGTH and b"".join(request).isascii()):
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(length))
        if self._is_lost:
            return False
        outgoing = self._respond(request[0].decode(), request[1].decode(), headers, body)
        if request[0] == b"HEAD":
            outgoing = Outgoing(outgoing.data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", outgoing.then)
        if outgoing.then == "close" and CORK is not None:
            # The end of the connection arrives with the last byte: a client never writes to one that is closing.
            self.connection.setsockopt(socket.IPPROTO_TCP, CORK, 1)
        self.wfile.write(outgoing.data)
        if outgoing.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        closing = headers.get("connection", "").lower() == "close" or request[2] == b"HTTP/1.0"
        self._is_lost = outgoing.then == "lose"
        return outgoing.then in {"keep", "lose"} and not closing

    def _respond(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Outgoing:
        path, _, query = target.partition("?")
        decoded = decode_body(headers.get("content-type", ""), body)
        pairs: dict[str, str] = {}
        for key, value in parse_qsl(query, keep_blank_values=True) if query else ():
            pairs[key] = f"{pairs[key]},{value}" if key in pairs and key.endswith("[]") else value
        return self.server.respond(Call(method, path, pairs, Headers(headers), decoded, self.server.now()))


def read_headers(stream: BufferedIOBase) -> dict[str, str]:
    """Return the headers of a request, with names in lower case."""
    headers: dict[str, str] = {}
    while (line := stream.readline(65537)) not in {b"\r\n", b"\n", b""}:
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return headers


def decode_body(kind: str, body: bytes) -> Any:
    """Return the content of a request: JSON, a form as a dict, other text, or None."""
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
