"""Serve an ASGI application at an address, in a thread with uvicorn.

Rules kept here:
- the address is bound before the thread starts, so that an address in use is an error and not a line in a log;
- the listener leaves the signals of the process alone; it ends by `stop`;
- nothing of a request is logged, because a URL may hold personal data.
"""

import os
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Self

import uvicorn

from sync.config.value_types import Address
from sync.errors import ConfigError
from sync.http_server.connection_limits import Callers, Limits
from sync.http_server.request_limits import LimitedProtocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp

BACKLOG: Final = 512
"""Connections that wait to be accepted. The kernel refuses more, and their callers try again."""
KEPT_ALIVE: Final = 75
"""Seconds that an idle connection is kept: longer than a reverse proxy keeps it, so that no request is lost."""

EVERYDAY: Final = Limits()


class Listener:
    """Serve an application at an address from `start` until `stop`."""

    def __init__(self, application: "ASGIApp", address: Address, key: str, limits: Limits = EVERYDAY) -> None:
        self._address = address
        self._key = key
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                lifespan="off",
                # No request is logged: a URL may hold personal data.
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                http=partial(LimitedProtocol, callers=Callers(limits)),  # type: ignore[arg-type] # uvicorn only calls it
                ws="none",
                timeout_keep_alive=KEPT_ALIVE,
                timeout_graceful_shutdown=1,
            )
        )

    @property
    def address(self) -> Address:
        """Return the address; after `start` with the real port."""
        return self._address

    def start(self) -> Self:
        """Bind the address and begin. Raises ConfigError, with the config key, where the address cannot be bound."""
        self._socket = self._bound_socket()
        self._address = Address(self._address.host, int(self._socket.getsockname()[1]))
        self._thread = threading.Thread(target=self._serve, name=self._key, daemon=True)
        self._thread.start()
        return self

    def stop(self, seconds: float = 0.4) -> None:
        """Accept no more requests, and wait so many seconds for the present ones."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(seconds)
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()

    def _bound_socket(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._address.host else socket.AF_INET
        try:
            bound = socket.create_server(self._address, family=family, backlog=BACKLOG)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else error
            raise ConfigError(
                f"{self._key}: growthsync cannot listen at {self._address}: {reason}; "
                "end the process that listens there, or set another address"
            ) from None
        # Accepted connections inherit it. Without it the second half of a response waits 40 ms for an ACK of the first.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return bound

    def _serve(self) -> None:
        assert self._socket is not None  # noqa: S101 - `start` has bound it
        self._server.run(sockets=[self._socket])
