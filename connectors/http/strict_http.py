"""Read one HTTP answer strictly by RFC 9112.

Rules kept here:
- an interim answer (100, 102, 103) is read and skipped, up to a maximum. 101 was never asked for;
- a head that is cut off or contradicts itself (two lengths, a length that is no number, an unknown transfer coding, a
  line that is no header) is an error, because it does not say where the answer ends;
- an answer has one deadline from its first byte on, by a monotonic clock;
- a connection with more bytes than its answer is never used again: they would be taken for the next answer.
`http.client` parses. Its reading and its guesses are replaced here.
"""

import io
import math
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from typing import Any, Final

INTERIM: Final = 32
"""The largest number of interim answers before the answer."""
LINE: Final = 65536
OK: Final = 200
SWITCHED: Final = 101

_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?\r?\n")
_STATUS: Final = re.compile(rb"(HTTP/1\.[0-9]) +([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n")


class TooSlow(OSError):
    """The deadline of an answer passed before its end. `received` is the number of bytes until then."""

    def __init__(self, received: int) -> None:
        super().__init__("the answer came too slowly")
        self.received = received


class Source(io.RawIOBase):
    """The bytes of a socket, for so many seconds after the first of them.

    `shut` says that no more will be asked for, `ended` that none are left.
    """

    def __init__(self, sock: socket.socket, seconds: float, monotonic: Callable[[], float]) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._monotonic = monotonic
        self._seconds = seconds
        self._deadline = math.inf
        self._wait = sock.gettimeout()
        self._received = 0
        self.ended = False
        self.shut = False

    def readable(self) -> bool:
        """Return True, as io.RawIOBase requires."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read the bytes that are there, or wait for some. Raises TooSlow, TimeoutError, OSError."""
        if self.shut:
            return None
        left = self._deadline - self._monotonic()
        if left <= 0.0:
            raise TooSlow(self._received)
        last = left < (math.inf if self._wait is None else self._wait)
        self._sock.settimeout(left if last else self._wait)
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError:
            if last:
                raise TooSlow(self._received) from None
            raise
        if not self._received:
            self._deadline = self._monotonic() + self._seconds
        self._received += count or 0
        self.ended = count == 0
        return count

    def close(self) -> None:
        """Release the socket."""
        self._raw.close()
        super().close()

    def hang_up(self) -> None:
        """End the connection, so that its pool finds it closed."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


class StrictResponse(HTTPResponse):
    """An answer that is read strictly by the standard."""

    def __init__(
        self, sock: socket.socket, *args: Any, seconds: float, monotonic: Callable[[], float], **options: Any
    ) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self._source = Source(sock, seconds, monotonic)
        self.fp = io.BufferedReader(self._source, LINE)

    def begin(self) -> None:
        """Read the head. Raises HTTPException."""
        if self.headers is not None:
            return
        super().begin()
        if self._source.ended:
            raise HTTPException("the head of the answer broke off")
        if self.headers.defects or self.headers.get_payload():
            raise HTTPException("the head of the answer holds a line that is no header")
        self._frame()

    def _frame(self) -> None:
        """Determine where the body ends."""
        codings = [each.lower() for each in self._values("Transfer-Encoding")]
        lengths = set(self._values("Content-Length"))
        if codings not in ([], ["identity"], ["chunked"]):
            raise HTTPException("the answer has a transfer coding that was not asked for")
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise HTTPException(f"the answer has no usable Content-Length ({', '.join(sorted(lengths))[:60]!r})")
        self.chunked, self.chunk_left = codings == ["chunked"], None
        # http.client sets 0 for 204 and 304 as well, whatever their headers say.
        if self.chunked or self.length != 0:
            self.length = None if self.chunked or not lengths else int(lengths.pop())
        framed = self.length is not None or (self.chunked and not lengths)
        self.will_close = self._check_close() or not framed  # type: ignore[attr-defined] # not in the stub

    def _values(self, name: str) -> list[str]:
        return [value.strip() for line in self.headers.get_all(name, []) for value in str(line).split(",")]

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(INTERIM + 1):
            line = self.fp.readline(LINE + 1)
            if not line:
                raise RemoteDisconnected("the connection was closed without an answer")
            found = _STATUS.fullmatch(line)
            if found is None:
                raise HTTPException(f"the answer has no usable status line ({line[:40]!r})")
            status = int(found[2])
            if status >= OK:
                return found[1].decode(), status, (found[3] or b"").decode("latin-1")
            if status == SWITCHED:
                raise HTTPException("the answer switches to another protocol, which was not asked for")
            self._skip_head()
        raise HTTPException(f"more than {INTERIM} interim answers came, and no answer")

    def _skip_head(self) -> None:
        for _ in range(LINE):
            line = self.fp.readline(LINE + 1)
            if line in (b"\r\n", b"\n"):
                return
            if not line.endswith(b"\n"):
                break
        raise HTTPException("an interim answer broke off")

    def _read_next_chunk_size(self) -> int:
        line = self.fp.readline(LINE + 1)
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise HTTPException(f"the body has no usable size of a chunk ({line[:40]!r})")
        return int(found[1], 16)

    def _close_conn(self) -> None:
        self._source.shut = True
        if self.fp is not None and self.fp.peek(1):
            self._source.hang_up()
        super()._close_conn()  # type: ignore[misc] # not in the stub


def strict(connection: type[Any], seconds: float, monotonic: Callable[[], float]) -> type[Any]:
    """Return a class of urllib3 connection that reads answers strictly, each within so many seconds."""
    response = partial(StrictResponse, seconds=seconds, monotonic=monotonic)
    return type(f"Strict{connection.__name__}", (connection,), {"response_class": staticmethod(response)})
