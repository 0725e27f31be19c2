"""HTTP as uvicorn reads it, with an end to what a caller may put it through.

Rules kept here:
- who does not end the headers of a request within HEADERS seconds is hung up on (a body is the application's affair);
- no more than MOST connections are open at a door, so that whoever opens many can't take the files away that the runs
  need.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS: Final = 10.0
MOST: Final = 400


class PatientProtocol(HttpToolsProtocol):
    """One connection."""

    _alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take it, or hang up at once."""
        super().connection_made(transport)
        if len(self.connections) > MOST:
            transport.abort()
        else:
            self._set_alarm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_alarm()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Give a request its time."""
        self._set_alarm()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Be content with it."""
        self._stop_alarm()
        super().on_headers_complete()

    def _set_alarm(self) -> None:
        if self._alarm is None:
            self._alarm = self.loop.call_later(HEADERS, self.transport.abort)

    def _stop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
