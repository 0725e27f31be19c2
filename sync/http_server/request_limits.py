"""HTTP as uvicorn reads it, with an end to what a caller may put it through.

Rules kept here:
- the head of a request, its body, and taking up an answer each have their time; whoever needs longer is hung up on;
- a head has its size, and so has all that surrounds a body (trailers, sizes of chunks); the body's own size is the
  application's affair, and how much of all bodies is kept at once is `Callers`';
- trailers are not headers: what comes behind a body is not looked at.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sync.http_server.connection_limits import Callers

CHUNK_FRAME: Final = 8
"""Bytes around each byte of a body, at worst: chunks of one byte with their sizes."""
TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class TooMuchError(Exception):
    """A request that is larger than is allowed: its head, or what surrounds its body."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, callers: Callers, **kept: Any) -> None:
        super().__init__(*args, **kept)
        self._callers = callers
        self._limits = callers.limits
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._in_head = True
        self._around = 0
        """Bytes of this request that are no part of its body, less what a body allows for."""

    @property
    def address(self) -> str:
        """Return the address that the caller comes from."""
        return self.client[0] if self.client else ""

    def hang_up(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take it, or hang up at once."""
        super().connection_made(transport)
        if self._callers.add(self):
            self._set_reading(self._limits.head)
        else:
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._set_reading(None)
        self._set_writing(None)
        self._callers.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as far as a request may go."""
        if self._reading is None and not self._is_answering:
            self._set_reading(self._limits.head)  # a blank line begins no request, and takes up a place all the same
        self._around += len(data)
        is_kept = self._in_head or self._is_answering
        super().data_received(data)
        if self._around > self._limits.head_bytes:
            self._refuse()
        if is_kept and not self.transport.is_closing():
            self._callers.hold(self, len(data))

    def on_message_begin(self) -> None:
        """Give a request its time."""
        if len(self.pipeline) >= self._limits.pipelined:
            raise TooMuchError
        self._set_reading(self._limits.head)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of the head."""
        if not self._in_head:
            return
        if len(self.headers) >= self._limits.header_lines:
            raise TooMuchError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Give its body its time."""
        self._in_head = False
        self._around = 0
        self._set_reading(self._limits.body)
        super().on_headers_complete()
        self._review()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body. Its frame may be as long as a head, and then as the body makes necessary."""
        self._around -= CHUNK_FRAME * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Be content with it."""
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
        """Give the caller time to take up the answer."""
        super().pause_writing()
        self._set_writing(self._limits.answer)
        self._review()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        self._set_writing(None)
        self._review()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or more of it than is allowed."""
        if self._is_answering:
            self.transport.close()  # another answer may be half sent
        else:
            super().send_400_response(msg)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _review(self) -> None:
        """Note whether it is the caller who is waited for."""
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
