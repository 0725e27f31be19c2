"""HTTP as uvicorn reads it, with limits on the time and the size of each request.

Rules kept here:
- the head of a request, its body, and reading the response each have a time limit; after it the connection is closed;
- a head has a size limit, and so has the framing of a body (trailers, sizes of chunks). The application limits the size
  of the body; `Callers` limits the memory of all bodies together;
- trailers are no headers: they are ignored.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sync.http_server.connection_limits import Callers

CHUNK_FRAME: Final = 8
"""Bytes of framing per byte of a body, at worst: chunks of one byte with their sizes."""
TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class TooMuchError(Exception):
    """The head of a request, or the framing of its body, is larger than the limit."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection with limits."""

    def __init__(self, *args: Any, callers: Callers, **kept: Any) -> None:
        super().__init__(*args, **kept)
        self._callers = callers
        self._limits = callers.limits
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._in_head = True
        self._around = 0
        """Bytes of this request outside its body, less the framing that the body explains."""

    @property
    def address(self) -> str:
        """Return the address of the caller."""
        return self.client[0] if self.client else ""

    def hang_up(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's signature
        """Accept the connection, or close it at once."""
        super().connection_made(transport)
        if self._callers.add(self):
            self._set_reading(self._limits.head)
        else:
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel all time limits."""
        self._set_reading(None)
        self._set_writing(None)
        self._callers.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read more of a request, up to its limits."""
        if self._reading is None and not self._is_answering:
            self._set_reading(self._limits.head)  # a blank line begins no request, but holds a connection
        self._around += len(data)
        is_kept = self._in_head or self._is_answering
        super().data_received(data)
        if self._around > self._limits.head_bytes:
            self._refuse()
        if is_kept and not self.transport.is_closing():
            self._callers.hold(self, len(data))

    def on_message_begin(self) -> None:
        """Start the time limit of a head."""
        if len(self.pipeline) >= self._limits.pipelined:
            raise TooMuchError
        self._set_reading(self._limits.head)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Read a line of the head."""
        if not self._in_head:
            return
        if len(self.headers) >= self._limits.header_lines:
            raise TooMuchError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the time limit of a body."""
        self._in_head = False
        self._around = 0
        self._set_reading(self._limits.body)
        super().on_headers_complete()
        self._review()

    def on_body(self, body: bytes) -> None:
        """Read a part of a body. Its framing may be as long as a head, plus what the body makes necessary."""
        self._around -= CHUNK_FRAME * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the time limit of a body."""
        self._in_head = True
        self._around = 0
        self._set_reading(None)
        super().on_message_complete()
        self._review()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._callers.release(self)
        super().on_response_complete()
        self._review()

    def pause_writing(self) -> None:
        """Start the time limit for reading the response."""
        super().pause_writing()
        self._set_writing(self._limits.answer)
        self._review()

    def resume_writing(self) -> None:
        """End the time limit for reading the response."""
        super().resume_writing()
        self._set_writing(None)
        self._review()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, or exceeds a limit."""
        if self._is_answering:
            self.transport.close()  # another response may be half sent
        else:
            super().send_400_response(msg)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _review(self) -> None:
        """Record whether the server waits for the caller."""
        owes = not self._is_answering or self.cycle.more_body or self.flow.write_paused
        self._callers.wait(self, waits=owes)

    def _refuse(self) -> None:
        if not self._is_answering and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
        self.transport.close()

    def _set_reading(self, seconds: float | None) -> None:
        if self._reading is not None:
            self._reading.cancel()
        self._reading = None if seconds is None else self.loop.call_later(seconds, self.hang_up)

    def _set_writing(self, seconds: float | None) -> None:
        if self._writing is not None:
            self._writing.cancel()
        self._writing = None if seconds is None else self.loop.call_later(seconds, self.hang_up)
