"""A server that sends what it is given, byte for byte: for answers that no decent server gives."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Script:
    """What is sent after one request: the pieces, `pause` seconds apart, then maybe an end of the connection."""

    pieces: Sequence[bytes]
    close: bool = False
    pause: float = 0.0
    before_piece: Callable[[], None] = lambda: None


def json_answer(body: bytes, *heads: str, status: str = "200 OK") -> bytes:
    """Return a decent answer, with more lines in its head."""
    lines = "".join(f"{each}\r\n" for each in heads)
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode("latin-1") + body


@dataclass
class RawServer:
    """Answers each request with the next script, the last one for ever. `requests` are the heads that came."""

    scripts: list[Script]
    requests: list[bytes] = field(default_factory=list)
    accepted: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as stream:
            while not self._stop.is_set():
                head = self._request(stream)
                if not head:
                    return
                with self._lock:
                    self.requests.append(head)
                    script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                for number, piece in enumerate(script.pieces):
                    script.before_piece()
                    time.sleep(script.pause if number else 0.0)
                    connection.sendall(piece)
                if script.close:
                    return

    @staticmethod
    def _request(stream: object) -> bytes:
        lines = []
        length = 0
        while line := stream.readline():  # type: ignore[attr-defined]
            lines.append(line)
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            if line == b"\r\n":
                stream.read(length)  # type: ignore[attr-defined]
                return b"".join(lines)
        return b""
